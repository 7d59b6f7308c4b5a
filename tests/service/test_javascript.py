"""The JavaScript packages against the running server: what of tests/javascript needs no browser, by `node --test`."""

from pathlib import Path

import pytest

FILES = sorted(path.name for path in (Path(__file__).parents[1] / "javascript").glob("*.test.js"))


@pytest.mark.parametrize("file", [file for file in FILES if not file.startswith(("browser", "console"))])
def test_javascript_file_passes(node, file):
    finished = node(file)
    assert finished.returncode == 0, finished.stdout
