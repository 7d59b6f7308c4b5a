"""A registry over a real store in a temporary folder."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from linarite.resources.registry import Registry
from linarite.resources.sqlite import DATABASE_NAME, SqliteStore


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Where the store of a test is kept."""
    return tmp_path / "data" / DATABASE_NAME


@pytest.fixture
def store(database: Path) -> Iterator[SqliteStore]:
    with closing(SqliteStore(database)) as store:
        yield store


@pytest.fixture
def registry(store: SqliteStore) -> Registry:
    """A registry with its default resource and an empty group `rg` at eastus."""
    registry = Registry(store, "linarite")
    registry.ensure_default()
    registry.put_group("rg", {"location": "eastus"})
    return registry


@pytest.fixture
def make_resource(registry: Registry) -> Callable[..., None]:
    """Makes the resource of a name in group `rg`, with the members that are given."""

    def make(name: str, **members: object) -> None:
        registry.create_or_update("rg", name, {"location": "eastus", **members})

    return make
