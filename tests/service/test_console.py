"""The console in Chromium: every room and control, against the running server."""

from importlib.resources import files

import pytest


@pytest.fixture(autouse=True)
def built():
    """Ask for the page, which is built and not kept in git."""
    assert files("linarite.http.console").joinpath("static", "index.html").is_file(), "run make console"


@pytest.mark.parametrize("part", ["access", "hostile", "hubs", "live", "playground", "settings", "sign-in"])
def test_the_console_works_in_chromium(node, part):
    finished = node(f"console-{part}.test.js")
    assert finished.returncode == 0, finished.stdout
