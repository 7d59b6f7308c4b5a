"""Makes the support matrix, `docs/support.md`, from the table in `docs/support.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Area", "Feature", "areas", "support_page"]

_TABLE = Path(__file__).parent / "support.toml"
_STATES = {"supported": "yes", "partly": "partly", "not": "no", "untried": "not tried"}
_OPENING = """\
# What is supported

This page is made by `make docs` from the table in `docs/support.toml`. It goes through what the service offers, row by
row. A proof is a test of this project: the tests check that each one is there, and at the end of `make test` it is
counted how many of them have passed, and told which have not. What is done in another way than by the service stands
in [differences.md](differences.md).
"""


@dataclass(frozen=True, slots=True)
class Feature:
    """One row: what the service offers, whether it is there, and the tests that prove it."""

    name: str
    state: str
    note: str
    proofs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Area:
    """A part of the service, with its rows."""

    title: str
    features: tuple[Feature, ...]


def areas() -> tuple[Area, ...]:
    """Return the table as it stands in the repository."""
    written = tomllib.loads(_TABLE.read_text("utf-8"))["area"]
    return tuple(Area(area["title"], tuple(_feature(row) for row in area["rows"])) for area in written)


def support_page() -> str:
    """Return the page: a table for each area."""
    return "\n".join([_OPENING, _summary(), *(_area_table(area) for area in areas())])


def _feature(row: dict[str, object]) -> Feature:
    """A row of the file; its members are exactly these."""
    unknown = row.keys() - {"feature", "state", "note", "proofs"}
    assert not unknown, f"expected feature, state, note, proofs; got {', '.join(sorted(unknown))}"
    proofs = row["proofs"]
    assert isinstance(proofs, list), f"proofs: expected a list, got {proofs!r}"
    return Feature(str(row["feature"]), str(row["state"]), str(row.get("note", "")), tuple(proofs))


def _summary() -> str:
    counts = dict.fromkeys(_STATES, 0)
    for area in areas():
        for feature in area.features:
            counts[feature.state] += 1
    cells = " | ".join(str(count) for count in counts.values())
    return f"| Supported | Partly | Not | Not tried |\n|---|---|---|---|\n| {cells} |\n"


def _area_table(area: Area) -> str:
    rows = [f"| {one.name} | {_STATES[one.state]} | {one.note} | {_proofs(one)} |" for one in area.features]
    return "\n".join([f"## {area.title}\n", "| Feature | There | Remark | Proof |", "|---|---|---|---|", *rows, ""])


def _proofs(feature: Feature) -> str:
    """The tests in short: a file once, then the names of its tests."""
    by_file: dict[str, list[str]] = {}
    for proof in feature.proofs:
        file, _, test = proof.partition("::")
        by_file.setdefault(file, []).append(test)
    return "<br>".join(f"`{file}`: " + ", ".join(f"`{test}`" for test in tests) for file, tests in by_file.items())
