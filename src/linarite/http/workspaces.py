"""Searching workspaces: what `linarite monitor logs query` asks for.

`GET /linarite/workspaces/{name}/entries` with the administrator's credential answers `{"value": [entry, …], "cursor":
"…"}`; with that cursor it answers what has come since. Files are read by a thread, while the event loop goes on.
"""

from __future__ import annotations

import asyncio
import re
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

__all__ = ["workspace_routes"]

_WORKSPACES = "/linarite/workspaces"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,62}")
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


class _Invalid(ValueError):
    """A parameter has a value that it may not have."""


def workspace_routes(access: ManagementAccess, logs: ResourceLogs, data_folder: Path) -> list[BaseRoute]:
    """The routes, for requests that bear the administrator's credential."""

    async def list_workspaces(request: Request) -> Response:
        names = await asyncio.to_thread(_names, data_folder / "workspaces")
        return json_answer(200, {"value": [{"name": name} for name in names]})

    async def list_entries(request: Request) -> Response:
        name = request.path_params["name"]
        folder = workspace_folder(data_folder, name)
        await _written(logs)
        if _NAME.fullmatch(name) is None or not await asyncio.to_thread(folder.is_dir):
            message = f"The workspace '{name[:63]}' was not found: no diagnostic setting has named it."
            return error_answer(404, "NotFound", message)
        try:
            found = await asyncio.to_thread(_find, folder, request.query_params)
        except (_Invalid, InvalidCursor) as error:
            return error_answer(400, "BadRequest", str(error))
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
            raise _Invalid(f"category: expected one of {', '.join(CATEGORIES)}, got '{category[:40]}'.")
    texts = {field: query[name] for name, field in _TEXTS.items() if name in query}
    times = {name: _time(name, query[name]) for name in ("start", "end") if name in query}
    return EntryFilter(categories=categories, **times, **texts)


def _time(name: str, text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _Invalid(f"{name}: expected a time such as 2026-01-31T23:59:00Z, got '{text[:40]}'.") from None
    return entry_time(moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC))


def _top(query: QueryParams) -> int:
    text = query.get("top", str(_DEFAULT_TOP))
    if not text.isdecimal() or not 1 <= int(text) <= _MOST_TOP:
        raise _Invalid(f"top: expected a whole number from 1 to {_MOST_TOP}, got '{text[:40]}'.")
    return int(text)
