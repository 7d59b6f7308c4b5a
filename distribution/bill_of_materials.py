"""Writes the bill of materials of a release as CycloneDX 1.6 JSON: `python -m distribution.bill_of_materials`.

It is made from the lock file, which has every package that an installation gets, its exact version and what it is there
for. Licences are those that the installed packages declare. No time and no random number stands in it, so that the same
lock file and the same packages give the same document.
"""

from __future__ import annotations

import json
import re
import sys
import uuid
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Any, NamedTuple

from linarite import __version__

__all__ = ["Locked", "bill_of_materials", "read_lock"]

LOCK = Path(__file__).parents[1] / "requirements" / "run.lock"
_PINNED = re.compile(r"(?P<name>[a-z0-9][a-z0-9._-]*)==(?P<version>[^ ;]+)")
_WANTED_BY = re.compile(r"\s+#\s+(?:via\s+)?(?P<parent>\S.*)")
_OURSELVES = "linarite (pyproject.toml)"
_ROOT = f"pkg:pypi/linarite@{__version__}"
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://cyclonedx.org/linarite")


class Locked(NamedTuple):
    """A package of the lock file, and what wants it."""

    name: str
    version: str
    wanted_by: Sequence[str]

    @property
    def url(self) -> str:
        """Its package URL (package-url/purl-spec, type pypi)."""
        return f"pkg:pypi/{self.name}@{self.version}"


def main() -> int:
    """Print the document."""
    text = json.dumps(bill_of_materials(read_lock(LOCK.read_text("utf-8"))), indent=2)
    sys.stdout.write(text + "\n")
    return 0


def read_lock(text: str) -> Sequence[Locked]:
    """The packages of a lock file that pip-compile has written."""
    return list(_read(text.splitlines()))


def _read(lines: Sequence[str]) -> Iterator[Locked]:
    pinned: re.Match[str] | None = None
    parents: list[str] = []
    for line in [*lines, ""]:
        wanted = _WANTED_BY.fullmatch(line)
        if wanted is not None and pinned is not None:
            parents += [] if wanted["parent"] == "via" else [wanted["parent"]]
            continue
        found = _PINNED.match(line)
        if found is not None or line == "":
            if pinned is not None:
                yield Locked(pinned["name"], pinned["version"], tuple(parents))
            pinned, parents = found, []


def bill_of_materials(packages: Sequence[Locked]) -> dict[str, Any]:
    """The document of a release with these packages."""
    identity = uuid.uuid5(_NAMESPACE, " ".join([_ROOT, *(package.url for package in packages)]))
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{identity}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": _ROOT,
                "name": "linarite",
                "version": __version__,
                "purl": _ROOT,
                "licenses": [{"expression": "MIT"}],
            }
        },
        "components": [_component(package) for package in packages],
        "dependencies": list(_dependencies(packages)),
    }


def _component(package: Locked) -> Mapping[str, Any]:
    is_for_running = any("requirements/" not in parent for parent in package.wanted_by)
    component = {
        "type": "library",
        "bom-ref": package.url,
        "name": package.name,
        "version": package.version,
        "purl": package.url,
        # What only an installation from a checkout needs, is not there when Linarite runs.
        "scope": "required" if is_for_running else "excluded",
    }
    licence = _licence(package.name)
    return component if licence is None else {**component, "licenses": [licence]}


def _licence(name: str) -> Mapping[str, Any] | None:
    """What the installed package declares: an SPDX expression (PEP 639), or the name that its older metadata has."""
    try:
        declared = metadata(name)
    except PackageNotFoundError:  # one for another platform
        return None
    if declared["License-Expression"]:
        return {"expression": declared["License-Expression"]}
    classifiers = declared.get_all("Classifier", [])
    names = [text.rpartition(" :: ")[2] for text in classifiers if text.startswith("License :: OSI Approved :: ")]
    return {"license": {"name": names[0]}} if len(names) == 1 else None


def _dependencies(packages: Sequence[Locked]) -> Iterator[Mapping[str, Any]]:
    of_ourselves = [package.url for package in packages if _OURSELVES in package.wanted_by]
    yield {"ref": _ROOT, "dependsOn": of_ourselves}
    for parent in packages:
        yield {
            "ref": parent.url,
            "dependsOn": [package.url for package in packages if parent.name in package.wanted_by],
        }


if __name__ == "__main__":
    raise SystemExit(main())
