"""A connection as filters see it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import pytest


@dataclass(frozen=True, slots=True)
class Connection:
    connection_id: str = "c1"
    user_id: str | None = None
    groups: Collection[str] = frozenset()
    protocol: str | None = None


@pytest.fixture(scope="session")
def connection() -> type[Connection]:
    return Connection
