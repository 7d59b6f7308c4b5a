"""Searching workspaces: what `linarite monitor logs query` asks for.

`GET /linarite/workspaces/{name}/entries` with the administrator's credential answers `{"value": [entry, …], "cursor":
"…"}`; with that cursor it answers what has come since. Files are read by a thread, while the event loop goes on.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from linarite.access.management import ManagementAccess
from linarite.http.administration import error_answer, guarded, json_answer
from linarite.monitoring.destinations import workspace_folder
from linarite.monitoring.entries import CATEGORIES
from linarite.monitoring.resource_logs import ResourceLogs
from linarite.monitoring.workspace import EntryFilter, Found, InvalidCursor, entry_time, follow, search

__all__ = ["InvalidQuery", "Workspaces", "workspace_routes"]

_WORKSPACES = "/linarite/workspaces"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,62}")
_DIGITS = re.compile(r"[0-9]{1,9}")
_DEFAULT_TOP, _MOST_TOP = 1000, 100_000
# Whoever asks shall find what has just happened: so long a search waits for it to be written.
_PATIENCE_SECONDS = 1.0
_LOOK_SECONDS = 0.005
# The parameters, and the fields of a filter that they set.
_TEXTS = {
    "resource": "resource",
    "operation": "operation",
    "level": "level",
    "hub": "hub",
    "connectionId": "connection_id",
    "userId": "user_id",
    "traceId": "trace_id",
}


class InvalidQuery(ValueError):
    """A parameter has a value that it may not have."""


class Workspaces:
    """The workspaces of a data folder."""

    def __init__(self, logs: ResourceLogs, data_folder: Path) -> None:
        self._logs = logs
        self._data_folder = data_folder

    async def names(self) -> Sequence[str]:
        """Those that there are."""
        return await asyncio.to_thread(_names, self._data_folder / "workspaces")

    async def entries(self, name: str, query: QueryParams) -> Found | None:
        """What a search finds; None if there is no such workspace. Raises InvalidQuery and InvalidCursor."""
        folder = workspace_folder(self._data_folder, name)
        await _written(self._logs)
        if _NAME.fullmatch(name) is None or not await asyncio.to_thread(folder.is_dir):
            return None
        return await asyncio.to_thread(_find, folder, query)


def workspace_routes(access: ManagementAccess, workspaces: Workspaces) -> list[BaseRoute]:
    """The routes, for requests that bear the administrator's credential."""

    async def list_workspaces(request: Request) -> Response:
        return json_answer(200, {"value": [{"name": name} for name in await workspaces.names()]})

    async def list_entries(request: Request) -> Response:
        name = request.path_params["name"]
        try:
            found = await workspaces.entries(name, request.query_params)
        except (InvalidQuery, InvalidCursor) as error:
            return error_answer(400, "BadRequest", str(error))
        if found is None:
            message = f"The workspace '{name[:63]}' was not found: no diagnostic setting has named it."
            return error_answer(404, "NotFound", message)
        return json_answer(200, {"value": found.entries, "cursor": found.cursor})

    return [
        Route(_WORKSPACES, guarded(access, list_workspaces), methods=["GET"]),
        Route(_WORKSPACES + "/{name}/entries", guarded(access, list_entries), methods=["GET"]),
    ]


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


async def _written(logs: ResourceLogs) -> None:
    """Wait a moment until everything that was logged is in its file."""
    logs.hurry()
    waited = 0.0
    while not logs.is_written and waited < _PATIENCE_SECONDS:
        await asyncio.sleep(_LOOK_SECONDS)
        waited += _LOOK_SECONDS


def _find(folder: Path, query: QueryParams) -> Found:
    wanted = _filter(query)
    cursor = query.get("cursor")
    return search(folder, wanted, _top(query)) if cursor is None else follow(folder, wanted, cursor)


def _filter(query: QueryParams) -> EntryFilter:
    categories = query.getlist("category")
    for category in categories:
        if category.lower() not in map(str.lower, CATEGORIES):
            raise InvalidQuery(f"category: expected one of {', '.join(CATEGORIES)}, got '{category[:40]}'.")
    texts = {field: query[name] for name, field in _TEXTS.items() if name in query}
    times = {name: _time(name, query[name]) for name in ("start", "end") if name in query}
    return EntryFilter(categories=categories, **times, **texts)


def _time(name: str, text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
        return entry_time(moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError):  # the latter for a time that is before the year 1 in UTC
        raise InvalidQuery(f"{name}: expected a time such as 2026-01-31T23:59:00Z, got '{text[:40]}'.") from None


def _top(query: QueryParams) -> int:
    text = query.get("top", str(_DEFAULT_TOP))
    # Longer texts are too large, and past some thousand digits Python reads none.
    if _DIGITS.fullmatch(text) is None or not 1 <= int(text) <= _MOST_TOP:
        raise InvalidQuery(f"top: expected a whole number from 1 to {_MOST_TOP}, got '{text[:40]}'.")
    return int(text)
