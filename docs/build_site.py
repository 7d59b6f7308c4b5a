"""Makes the documentation site: `make docs`.

The pages that git has, and the files that they link to, are copied to `build/pages` under their paths in the
repository, so that a link leads to the same place on the site as in a checkout. MkDocs makes `build/site` of them and
fails at a warning: a link to a file or heading that is not there, a page that the navigation does not name.
"""

from __future__ import annotations

import logging
import re
import shutil
import subprocess
import sys
from pathlib import Path

from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort

__all__ = ["copy_pages", "heading_anchor", "main", "make_site"]

ROOT = Path(__file__).parents[1]
PAGES = ROOT / "build" / "pages"
SITE = ROOT / "build" / "site"
# What pages are made with, beside the pages themselves.
PARTS = ("docs/site/pages.css",)

# Of Markdown, and of pictures in HTML, which may be another one in the dark.
_LINK = re.compile(r"""(?:\]\(|\bsrc(?:set)?=")([^)#\s"]+)""")
_EXAMPLE = re.compile(r"^<!-- example: (\S+) -->$", re.MULTILINE)


def main() -> int:
    """Make the site and say where it is; 1 if a page has a fault."""
    logging.basicConfig(format="%(levelname)s: %(message)s", level=logging.WARNING)
    try:
        copy_pages(PAGES)
        make_site(PAGES, SITE)
    except Abort as error:
        print(f"docs: {error.message}", file=sys.stderr)
        return 1
    print(f"wrote {SITE.relative_to(ROOT)}/index.html")
    return 0


def copy_pages(pages: Path) -> None:
    """Copy every page, and what goes with them, to a folder in place of what is there."""
    shutil.rmtree(pages, ignore_errors=True)
    for file in _listed("*.md"):
        _copy_page(file, pages)
    for part in PARTS:
        _copy(part, pages)


def make_site(pages: Path, site: Path) -> None:
    """Make the site of the pages in a folder; raises `Abort` if there was a warning."""
    config = load_config(str(ROOT / "docs" / "site" / "mkdocs.yml"), docs_dir=str(pages), site_dir=str(site))
    build(config)


def heading_anchor(heading: str, separator: str) -> str:
    """The anchor of a heading as GitHub makes it, so that links work in both places."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", separator)


def _copy_page(file: str, pages: Path) -> None:
    """Copy a page, with the names of its examples to be seen, and what it links to beside pages."""
    text = (ROOT / file).read_text("utf-8")
    target = pages / file
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(_EXAMPLE.sub(r"`\1`:\n", text), "utf-8")
    for link in _LINK.findall(text):
        linked = (ROOT / file).parent / link
        if "://" not in link and linked.is_file() and linked.suffix != ".md":
            _copy(linked.resolve().relative_to(ROOT).as_posix(), pages)


def _copy(file: str, pages: Path) -> None:
    target = pages / file
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(ROOT / file, target)


def _listed(pattern: str) -> list[str]:
    """The files of a pattern that git has or would add."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", pattern]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603 - words of our own
    return [file for file in sorted(set(listed.stdout.splitlines())) if (ROOT / file).exists()]


if __name__ == "__main__":
    sys.exit(main())
