"""What is going on in the hubs of this server, as values."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator
from operator import itemgetter
from typing import NamedTuple

from linarite.domain.commands import HubAddress
from linarite.http.development.documents import ConnectionSeen, HubSeen, MemberCount, MemberCounts, Page
from linarite.hubs.connection import Connection
from linarite.hubs.directory import Directory
from linarite.sockets.client_socket import ClientSocket

__all__ = ["Wanted", "connection_page", "connections", "group_counts", "hubs", "user_counts"]


class Wanted(NamedTuple):
    """Which connections somebody asks about; None for any."""

    hub: str | None = None
    user: str | None = None
    group: str | None = None


def connections(directory: Directory, wanted: Wanted) -> Iterator[tuple[HubAddress, Connection]]:
    """The connections that are wanted, with the hubs that they are in."""
    for at, hub in directory:
        if wanted.hub is None or at.hub == wanted.hub.lower():
            for connection in hub.connections():
                if _is_wanted(connection, wanted):
                    yield at, connection


def connection_page(directory: Directory, wanted: Wanted, size: int, after: str) -> Page:
    """So many connections, those whose ids come after `after`."""
    rest = (
        (connection.connection_id, at, connection)
        for at, connection in connections(directory, wanted)
        if connection.connection_id > after
    )
    found = heapq.nsmallest(size + 1, rest, key=itemgetter(0))
    value = [_seen(at, connection) for _, at, connection in found[:size]]
    return Page(value=value, next=value[-1].connection_id if len(found) > size else None)


def hubs(directory: Directory) -> list[HubSeen]:
    """The hubs that have connections, with their counts."""
    found = []
    for at, hub in directory:
        here = hub.connections()
        users = {connection.user_id for connection in here} - {None}
        groups = {group for connection in here for group in connection.groups}
        if here:
            found.append(
                HubSeen(resource=at.resource, hub=at.hub, connections=len(here), users=len(users), groups=len(groups))
            )
    return found


def group_counts(directory: Directory, wanted: Wanted) -> MemberCounts:
    """The groups of the connections that are wanted."""
    counts: Counter[tuple[HubAddress, str]] = Counter()
    for at, connection in connections(directory, wanted):
        counts.update((at, group) for group in connection.groups)
    return _counts(counts)


def user_counts(directory: Directory, wanted: Wanted) -> MemberCounts:
    """The users of the connections that are wanted."""
    found = connections(directory, wanted)
    return _counts(Counter((at, connection.user_id) for at, connection in found if connection.user_id is not None))


def _counts(counts: Counter[tuple[HubAddress, str]]) -> MemberCounts:
    return MemberCounts(
        value=[
            MemberCount(resource=at.resource, hub=at.hub, name=name, connections=count)
            for (at, name), count in sorted(counts.items())
        ]
    )


def _is_wanted(connection: Connection, wanted: Wanted) -> bool:
    return (wanted.user is None or connection.user_id == wanted.user) and (
        wanted.group is None or wanted.group in connection.groups
    )


def _seen(at: HubAddress, connection: Connection) -> ConnectionSeen:
    return ConnectionSeen(
        resource=at.resource,
        hub=at.hub,
        connection_id=connection.connection_id,
        user_id=connection.user_id,
        protocol=connection.protocol,
        groups=sorted(connection.groups),
        has_socket=isinstance(connection.outlet, ClientSocket),
        unacknowledged=None if connection.recovery is None else len(connection.recovery),
    )
