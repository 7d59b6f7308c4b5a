"""A registry over a real store, and the diagnostic settings in it."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from linarite.monitoring.setting_book import SettingBook
from linarite.resources.registry import Registry
from linarite.resources.sqlite import DATABASE_NAME, SqliteStore

GROUP = "/subscriptions/0/resourceGroups/rg"


def workspace_id(name: str) -> str:
    return f"{GROUP}/providers/microsoft.OperationalInsights/workspaces/{name}"


def setting_body(*categories: str, workspace: str = "logs", **properties: object) -> dict[str, object]:
    """The body of a PUT that sends these categories to a workspace."""
    logs = [{"category": category, "enabled": True} for category in categories]
    return {"properties": {"workspaceId": workspace_id(workspace), "logs": logs, **properties}}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with closing(SqliteStore(tmp_path / "data" / DATABASE_NAME)) as store:
        yield store


@pytest.fixture
def registry(store: SqliteStore) -> Registry:
    """A registry with its default resource and a resource `Demo` in group `rg`."""
    registry = Registry(store, "linarite")
    registry.ensure_default()
    registry.put_group("rg", {"location": "eastus"})
    registry.create_or_update("rg", "Demo", {"location": "eastus", "sku": {"name": "Standard_S1"}})
    return registry


@pytest.fixture
def open_book(store: SqliteStore, registry: Registry) -> Callable[[], SettingBook]:
    return lambda: SettingBook(store, registry, has_collector=False)


@pytest.fixture
def book(open_book: Callable[[], SettingBook]) -> SettingBook:
    return open_book()
