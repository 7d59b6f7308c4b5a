"""The documentation site: it is made without a warning, and asks no other host for anything."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from docs.build_site import heading_anchor

ROOT = Path(__file__).parents[2]
# What a browser loads by itself, in a page or a style sheet.
LOADED = re.compile(
    r"""<(?:script|img|iframe|source)\b[^>]*?\bsrc=["']?([^"'\s>]+)|<link\b[^>]*?\bhref=["']?([^"'\s>]+)"""
)
STYLED = re.compile(r"""url\(\s*["']?([^"')]+)|@import\s+["']([^"']+)""")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the site as `make docs` makes it; strict, so that it is there only without a warning."""
    folder = tmp_path_factory.mktemp("site")
    # A process of its own: MkDocs and its extensions warn of their own matters, which are no errors of ours.
    program = "import sys; from pathlib import Path; from docs.build_site import build_site; "
    program += "build_site(Path(sys.argv[1]), Path(sys.argv[2]))"
    command = [sys.executable, "-c", program, str(folder / "pages"), str(folder / "site")]
    made = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert made.returncode == 0, made.stdout + made.stderr
    return folder / "site"


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

    # A page may say which address is its own; that is no request.
    assert loaded == []
    assert not list(site.rglob("*.woff2")) or all("webfonts" in str(file) for file in site.rglob("*.woff2"))


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
