"""Tells, when all tests have run, how many proofs of the support matrix have passed, and which have not."""

from collections.abc import Iterable

import pytest
from docs.support import areas

PROOFS = frozenset(proof for area in areas() for feature in area.features for proof in feature.proofs)

_collected: set[str] = set()
_not_passed: dict[str, str] = {}


def proofs_of(node_id: str) -> Iterable[str]:
    """Give the proofs that a test is: named with its parameters, or without them for all."""
    return [name for name in {node_id, node_id.partition("[")[0]} if name in PROOFS]


def verdict(collected: set[str], not_passed: dict[str, str]) -> list[str]:
    """Give what is to be told; nothing unless every proof was to run."""
    if collected != PROOFS:
        return []
    passed = f"{len(PROOFS) - len(not_passed)} of {len(PROOFS)} proofs of the support matrix have passed"
    return [passed, *(f"{outcome}: {proof}" for proof, outcome in sorted(not_passed.items()))]


def pytest_collection_finish(session: pytest.Session) -> None:
    for item in session.items:
        _collected.update(proofs_of(item.nodeid))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.outcome != "passed":
        _not_passed.update(dict.fromkeys(proofs_of(report.nodeid), report.outcome))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in verdict(_collected, _not_passed):
        terminalreporter.write_line(line)
