"""The documentation site: it is made without a warning, and asks no other host for anything."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from docs.build_site import copy_pages, heading_anchor

ROOT = Path(__file__).parents[2]
# What a browser loads by itself, in a page or a style sheet.
LOADED = re.compile(
    r"""<(?:script|img|iframe|source)\b[^>]*?\bsrc=["']?([^"'\s>]+)|<link\b[^>]*?\bhref=["']?([^"'\s>]+)"""
)
STYLED = re.compile(r"""url\(\s*["']?([^"')]+)|@import\s+["']([^"']+)""")

# A process of its own: MkDocs and its extensions warn of their own matters, which are no errors of ours.
PROGRAM = """
import logging, sys
from pathlib import Path
from docs.build_site import make_site
logging.basicConfig(level=logging.WARNING)
make_site(Path(sys.argv[1]), Path(sys.argv[2]))
"""


def make(folder: Path) -> subprocess.CompletedProcess[str]:
    """Make a site of the pages in a folder, strictly."""
    command = [sys.executable, "-c", PROGRAM, str(folder / "pages"), str(folder / "site")]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the site as `make docs` makes it; it is there only without a warning."""
    folder = tmp_path_factory.mktemp("site")
    copy_pages(folder / "pages")
    made = make(folder)
    assert made.returncode == 0, made.stdout + made.stderr
    return folder / "site"


@pytest.mark.parametrize(
    ("link", "told"),
    [
        ("[x](docs/none.md)", "docs/none.md"),
        ("[x](docs/tools.md#none)", "#none"),
        ("[x](#none)", "#none"),
        ("[x](/docs/tools.md)", "/docs/tools.md"),
    ],
)
def test_a_link_that_leads_nowhere_ends_it(tmp_path, link, told):
    copy_pages(tmp_path / "pages")
    page = tmp_path / "pages" / "README.md"
    page.write_text(f"{page.read_text('utf-8')}\n{link}\n", "utf-8")

    made = make(tmp_path)

    assert made.returncode != 0
    assert told in made.stderr


def test_every_page_of_the_repository_is_on_the_site(site):
    listed = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True)
    pages = [Path(line) for line in listed.stdout.splitlines() if (ROOT / line).exists()]
    made = [page.with_name("index.html") if page.name == "README.md" else page.with_suffix(".html") for page in pages]

    assert [str(page) for page in made if not (site / page).exists()] == []


def test_nothing_is_loaded_from_another_host(site):
    loaded = []
    for file in site.rglob("*"):
        pattern = {".html": LOADED, ".css": STYLED}.get(file.suffix)
        for found in pattern.findall(file.read_text("utf-8")) if pattern else ():
            target = "".join(found)
            if re.match(r"(https?:)?//", target):
                loaded.append((str(file.relative_to(site)), target))

    assert loaded == []


def test_an_example_that_is_saved_says_its_name(site):
    page = (site / "index.html").read_text("utf-8")

    assert "<code>first-message.mjs</code>:" in page
    assert "<!-- example" not in page


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("Roles and permissions", "roles-and-permissions"),
        ("The `az` commands", "the-az-commands"),
        (".NET", "net"),
        ("Pub/sub, and more - here", "pubsub-and-more---here"),
        ("rate_debt_seconds", "rate_debt_seconds"),
    ],
)
def test_anchors_are_those_of_github(heading, anchor):
    assert heading_anchor(heading, "-") == anchor
