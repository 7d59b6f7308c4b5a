"""Documents: generated pages are current, links lead somewhere, every dependency has its reason."""

import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from docs.generate import pages

ROOT = Path(__file__).parents[2]


def tracked(pattern: str) -> list[Path]:
    """Return the files of a pattern that git has."""
    listed = subprocess.run(["git", "ls-files", pattern], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).exists()]


@pytest.mark.parametrize(("file", "text"), pages().items(), ids=lambda value: getattr(value, "name", ""))
def test_a_generated_page_is_what_the_code_says_now(file, text):
    assert file.read_text("utf-8") == text, "run make docs"


@pytest.mark.parametrize("page", tracked("*.md"), ids=lambda file: str(file.relative_to(ROOT)))
def test_links_to_files_lead_to_files(page):
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text("utf-8"))

    missing = [target for target in targets if "://" not in target and not (page.parent / target).exists()]

    assert missing == []


def test_every_dependency_has_its_reason():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    python = {
        re.split(r"[^A-Za-z0-9._-]", requirement)[0].lower()
        for requirement in [*project["dependencies"], *(name for extra in extras for name in extra)]
    }
    node = set()
    for folder in ("sdk/javascript", "tests/javascript", "console"):
        package = json.loads((ROOT / folder / "package.json").read_text())
        needed = package["dependencies"] | package.get("devDependencies", {})
        node |= {name for name, version in needed.items() if not version.startswith(("npm:", "file:"))}
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", (ROOT / "docs" / "dependencies.md").read_text(), re.MULTILINE)
    explained = {name for row, reason in rows if reason.strip() for name in row.split(", ")}

    assert sorted((python | node) - explained) == []


def test_the_chores_of_the_contributors_page_are_commands_of_the_makefile():
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    commands = set(re.findall(r"^make (\S+)", shown, re.MULTILINE))

    named = set(re.findall(r"`make ([a-z-]+)", (ROOT / "CONTRIBUTING.md").read_text()))

    assert named <= commands
    assert commands - named == {"help"}
