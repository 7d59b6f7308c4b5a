"""Lock files: exact versions for every supported Python, and no word of where anything was fetched from."""

import json
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYTHON_LOCKS = sorted((ROOT / "requirements").glob("*.lock"))
NODE_LOCKS = sorted(
    file for file in ROOT.glob("*/**/package-lock.json") if "node_modules" not in file.relative_to(ROOT).parts
)


def names(requirements: list[str]) -> set[str]:
    """Return the normalised package names of requirements."""
    return {re.split(r"[^A-Za-z0-9._-]", requirement)[0].lower().replace("_", "-") for requirement in requirements}


def locked(file: Path) -> list[str]:
    return [line for line in file.read_text().splitlines() if line.strip() and not line.lstrip().startswith("#")]


def test_there_are_lock_files():
    assert [file.name for file in PYTHON_LOCKS] == ["azure-cli.lock", "dev.lock", "run.lock"]
    assert NODE_LOCKS


@pytest.mark.parametrize("file", PYTHON_LOCKS, ids=lambda file: file.name)
def test_a_python_lock_has_exact_versions_and_names_no_place(file):
    assert "://" not in file.read_text()
    assert str(Path.home()) not in file.read_text()
    for line in locked(file):
        assert re.fullmatch(r"[a-z0-9][a-z0-9._-]*==[0-9][A-Za-z0-9.]*( ; .*)?", line), line


@pytest.mark.parametrize("file", NODE_LOCKS, ids=lambda file: str(file.parent.relative_to(ROOT)))
def test_a_node_lock_names_no_place(file):
    packages = json.loads(file.read_text())["packages"]

    resolved = [package["resolved"] for package in packages.values() if "resolved" in package]

    assert [place for place in resolved if "://" in place] == []


def test_the_run_lock_has_every_dependency_and_the_dev_lock_agrees_with_it():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    run, dev = (set(locked(ROOT / "requirements" / name)) for name in ("run.lock", "dev.lock"))

    assert names(project["dependencies"]) <= names(sorted(run))
    assert names(project["optional-dependencies"]["dev"]) <= names(sorted(dev))
    assert run <= dev
