"""The console's page: its types and form, what it weighs, and that it asks nobody else for anything."""

import gzip
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "console"
BUILT = ROOT / "src" / "linarite" / "http" / "console" / "static"
SHIPPED = [".html", ".js", ".css", ".svg"]
LIMIT_BYTES = 200_000


@pytest.fixture
def shipped():
    """Give the files that a browser loads."""
    assert (BUILT / "index.html").is_file(), "run make console"
    return [file for file in BUILT.rglob("*") if file.suffix in SHIPPED]


@pytest.mark.parametrize("check", ["types", "lint"])
def test_sources_pass(check):
    assert (SOURCES / "node_modules").is_dir(), "run make node-packages"

    finished = subprocess.run(
        ["npm", "run", "--silent", check], cwd=SOURCES, capture_output=True, text=True, check=False
    )

    assert finished.returncode == 0, finished.stdout + finished.stderr


def test_page_weighs_at_most_200_kilobytes_compressed(shipped):
    sizes = {file.name: len(gzip.compress(file.read_bytes())) for file in shipped}

    assert sum(sizes.values()) <= LIMIT_BYTES, sizes


def test_page_names_no_other_host(shipped):
    named = {
        host for file in shipped for host in re.findall(r"https?://([^/\"'`\s$<>]+)", file.read_text("utf-8")) if host
    }

    # Names of namespaces, and what fields show as an example; nothing that is loaded.
    assert named <= {"www.w3.org", "localhost:3000"}


def test_page_has_nothing_inline():
    page = (BUILT / "index.html").read_text("utf-8")

    assert re.findall(r"<style|\bstyle=|\bon\w+=|<script(?![^>]*\bsrc=)", page) == []


def test_licences_of_what_is_in_the_page_come_with_it():
    text = (BUILT / "assets" / "licences.txt").read_text("utf-8")

    for package in ("preact", "@preact/signals", "uplot"):
        assert package in text
