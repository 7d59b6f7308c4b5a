"""What is going on: hubs, connections, groups and users, page by page."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from linarite.cluster.backplane import Backplane
from linarite.domain.commands import HubAddress, Question
from linarite.domain.inspection import (
    ConnectionRow,
    CountHub,
    DescribeConnection,
    InvalidCursor,
    ListConnections,
    ListGroups,
    ListUsers,
    Page,
)
from linarite.http.console.answers import answer
from linarite.http.console.door import Refused
from linarite.http.console.wishes import bad_request, hub_of, page_of, resource_of
from linarite.resources.registry import Registry

__all__ = ["Listing"]

Document = Mapping[str, object]
_ORDERS = ("newest", "oldest")


class Listing:
    """Answers what there is."""

    def __init__(self, registry: Registry, backplane: Backplane, live_hubs: Callable[[], Iterable[HubAddress]]) -> None:
        """`live_hubs` are those that have a connection."""
        self._registry = registry
        self._backplane = backplane
        self._live_hubs = live_hubs

    async def hubs(self, request: Request) -> Response:
        """The hubs of a resource: those that are settings and those that are alive, by name."""
        resource, page = resource_of(self._registry, request), page_of(request)
        key = resource.name.lower()
        names = {at.hub for at in self._live_hubs() if at.resource == key} | set(resource.hubs)
        after = page.cursor or ""
        needle = page.search.casefold()
        found = sorted(name for name in names if name > after and needle in name)
        shown = found[: page.limit]
        rows = [await self._hub(HubAddress(key, name), len(resource.hub(name).event_handlers)) for name in shown]
        following = shown[-1] if len(found) > page.limit else None
        return answer({"value": rows, "next": following, "looked": len(names), "total": len(names)})

    async def _hub(self, at: HubAddress, handlers: int) -> Document:
        counts = await self._backplane.ask(CountHub(at))
        return {"resource": at.resource, "hub": at.hub, **counts._asdict(), "eventHandlers": handlers}

    async def connections(self, request: Request) -> Response:
        """The connections of a hub, a user or a group."""
        query = request.query_params
        order = query.get("order", "oldest")
        if order not in _ORDERS:
            raise bad_request(f"order: expected newest or oldest, got {order[:40]!r}.")
        page: Page[ConnectionRow] = await self._ask(
            ListConnections(
                hub_of(self._registry, request),
                page_of(request),
                query.get("user"),
                query.get("group"),
                query.get("protocol"),
                order == "newest",
            )
        )
        return _page(page, _connection)

    async def connection(self, request: Request) -> Response:
        """One connection."""
        at, connection_id = hub_of(self._registry, request), request.path_params["connection"]
        row = await self._backplane.ask(DescribeConnection(at, connection_id))
        if row is None:
            raise Refused(404, "NotFound", f"The connection {connection_id[:80]!r} is not there any more.")
        permissions = [
            {
                "permission": one.permission.value,
                "all": one.for_all,
                "granted": one.granted,
                "revoked": one.revoked,
                "patterns": one.patterns,
            }
            for one in row.permissions
        ]
        return answer({**_connection(row), "permissions": permissions})

    async def groups(self, request: Request) -> Response:
        """The groups of a hub."""
        page = await self._ask(ListGroups(hub_of(self._registry, request), page_of(request)))
        return _page(page, lambda row: {"group": row.group, "connections": row.connections})

    async def users(self, request: Request) -> Response:
        """The users of a hub."""
        page = await self._ask(ListUsers(hub_of(self._registry, request), page_of(request)))
        return _page(page, lambda row: {"user": row.user_id, "connections": row.connections})

    async def _ask(self, question: Question[Page[Any]]) -> Page[Any]:
        try:
            return await self._backplane.ask(question)
        except InvalidCursor as error:
            raise bad_request(f"{error}.") from None


def _page(page: Page[Any], document: Callable[[Any], Document]) -> Response:
    rows = [document(row) for row in page.rows]
    return answer({"value": rows, "next": page.next, "looked": page.looked, "total": page.total})


def _connection(row: ConnectionRow) -> Document:
    state = row.state
    traffic = state.traffic
    waiting = state.unacknowledged
    return {
        "connection": row.connection_id,
        "user": row.user_id,
        "protocol": row.protocol,
        "groups": row.groups,
        "groupCount": row.group_count,
        "openedAt": _moment(time.time() - row.age_seconds),
        "ageSeconds": row.age_seconds,
        "state": state.word,
        "outbox": {"frames": state.outbox.messages, "bytes": state.outbox.bytes},
        "unacknowledged": None if waiting is None else waiting._asdict(),
        "traffic": None if traffic is None else {"receivedBytes": traffic.received, "sentBytes": traffic.sent},
    }


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
