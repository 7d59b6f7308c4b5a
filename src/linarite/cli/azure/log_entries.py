"""What `monitor logs …` does: searching the workspaces that diagnostic settings send resource logs to."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from knack.util import CLIError

from linarite.cli.azure.management import Document, Management
from linarite.cli.azure.metric_arguments import parse_period, parse_time

__all__ = ["entry_table", "list_workspaces", "query"]

_WORKSPACES = "/linarite/workspaces"
_DEFAULT_OFFSET = "24h"
_FOLLOW_SECONDS = 1.0

# Columns of a table, by the names of the tables of Azure Monitor, and where they stand in an entry.
_COLUMNS = {
    "TimeGenerated": "time",
    "Level": "level",
    "OperationName": "operationName",
    "Hub": "hub",
    "ConnectionId": "connectionId",
    "UserId": "userId",
    "TraceId": "traceId",
    "StatusCode": "statusCode",
    "Message": "message",
}


def list_workspaces(client: Management) -> Document:
    """List the workspaces that something was written to."""
    return client.own("GET", _WORKSPACES)["value"]


def query(
    client: Management,
    workspace: str,
    category: Sequence[str] | None = None,
    operation: str | None = None,
    level: str | None = None,
    hub: str | None = None,
    connection_id: str | None = None,
    user_id: str | None = None,
    trace_id: str | None = None,
    resource: str | None = None,
    start_time: str | None = None,
    end_time: str | None = None,
    offset: str | None = None,
    top: int | None = None,
    follow: bool = False,
) -> Document:
    """Show resource log entries of a workspace, oldest first."""
    if follow and (end_time is not None):
        raise CLIError("usage error: --follow has no end; leave out --end-time.")
    start, end = _times(start_time, end_time, offset)
    wanted = {
        "category": list(category or ()),
        "operation": operation,
        "level": level,
        "hub": hub,
        "connectionId": connection_id,
        "userId": user_id,
        "traceId": trace_id,
        "resource": None if resource is None else resource.rstrip("/").rpartition("/")[2],
        "start": start,
        "end": end,
        "top": top,
    }
    given = {name: value for name, value in wanted.items() if value not in (None, [])}
    path = f"{_WORKSPACES}/{quote(workspace.rstrip('/').rpartition('/')[2], safe='')}/entries"
    found = _ask(client, path, given)
    if not follow:
        return found["value"]
    given.pop("top", None)
    _print_until_interrupted(client, path, given, found)
    return None


def _ask(client: Management, path: str, given: Mapping[str, object]) -> Document:
    return client.own("GET", path, given)


def _print_until_interrupted(client: Management, path: str, given: Mapping[str, object], found: Document) -> None:
    """Print entries as they come, one JSON object a line, until Ctrl-C."""
    try:
        while True:
            for entry in found["value"]:
                sys.stdout.write(json.dumps(entry, ensure_ascii=False) + "\n")
            sys.stdout.flush()
            time.sleep(_FOLLOW_SECONDS)
            found = _ask(client, path, {**given, "cursor": found["cursor"]})
    except KeyboardInterrupt:
        return


def _times(start: str | None, end: str | None, offset: str | None) -> tuple[str | None, str | None]:
    """Start and end; without a start it lies by the offset before the end, or before now."""
    ended = None if end is None else parse_time(end)
    if start is not None:
        if offset is not None:
            raise CLIError("usage error: --start-time TIME [--end-time TIME] | [--end-time TIME] --offset PERIOD")
        started = parse_time(start)
    else:
        started = (ended or datetime.now(UTC)) - parse_period(offset or _DEFAULT_OFFSET)
    return started.isoformat(), None if ended is None else ended.isoformat()


def entry_table(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The columns of `monitor logs query --output table`: those that any entry has something for."""
    flat = [{**entry, **entry["properties"]} for entry in entries]
    shown = {
        column: member for column, member in _COLUMNS.items() if any(entry.get(member) is not None for entry in flat)
    }
    # The framework leaves null out, and a column's place with it.
    return [{column: entry.get(member) or "" for column, member in shown.items()} for entry in flat]
