"""Answers to those who look at a hub.

Rows stand in the order of their coming, in which dictionaries keep them. A cursor holds the place of the last row that
was looked at, and its name. Rows can only have gone since, so that it is found at that place or shortly before; of a
row that has gone itself only the place is left, and what went before it shifts a few rows past the reader. A list that
is read while it changes is good enough for that.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple, Protocol, TypeVar

from linarite.domain import inspection as ask
from linarite.domain.commands import Question
from linarite.domain.inspection import ConnectionRow, ConnectionState, Page, PageWish, Waiting
from linarite.hubs.connection import Connection

__all__ = ["HubView", "inspect"]

# So many rows a page looks through: about a millisecond of the event loop's time.
_LOOK_LIMIT = 2000
_SHOWN_GROUPS = 20
_PLACE_DIGITS = 12
_SHOWN_GROUPS_OF_ONE = 1000
_NOTHING_WAITS = Waiting(0, 0)

T = TypeVar("T")


class Members(Protocol):
    """A group's or a user's connections."""

    members: dict[Connection, None]


class HubView(NamedTuple):
    """What there is in a hub."""

    connections: Mapping[str, Connection]
    users: Mapping[str, Members]
    groups: Mapping[str, Members]


Observe = Callable[[], tuple[Waiting, ask.Traffic | None]]
"""What an outlet with a socket has under the name `observe`: what waits for the client, and what TCP has carried."""


def inspect(view: HubView, question: Question[Any]) -> Any:  # noqa: ANN401 - the question's type names the answer's
    """The answer to one of the questions of `domain/inspection.py`. Raises InvalidCursor."""
    return _ANSWERS[type(question)](view, question)


def _count(view: HubView, _question: ask.CountHub) -> ask.HubCounts:
    return ask.HubCounts(len(view.connections), len(view.users), len(view.groups))


def _connections(view: HubView, question: ask.ListConnections) -> Page[ConnectionRow]:
    needle = question.page.search.casefold()
    user_id, group, protocol = question.user_id, question.group, question.protocol

    def wanted(connection: Connection) -> bool:
        return (
            (user_id is None or connection.user_id == user_id)
            and (group is None or group in connection.groups)
            and (protocol is None or (connection.protocol or "") == protocol)
            and (not needle or needle in connection.connection_id or needle in (connection.user_id or "").casefold())
        )

    rows = list(_candidates(view, question))
    if question.newest_first:
        found, after, looked = _walk_back(rows, _id, wanted, question.page)
    else:
        found, after, looked = _walk(rows, _id, wanted, question.page)
    shown = [_row(connection, _SHOWN_GROUPS) for connection in found]
    return Page(shown, after, looked, len(rows))


def _candidates(view: HubView, question: ask.ListConnections) -> Iterable[Connection]:
    if question.user_id is not None:
        return _members(view.users, question.user_id)
    if question.group is not None:
        return _members(view.groups, question.group)
    return view.connections.values()


def _members(audiences: Mapping[str, Members], name: str) -> Iterable[Connection]:
    audience = audiences.get(name)
    return () if audience is None else audience.members


def _describe(view: HubView, question: ask.DescribeConnection) -> ConnectionRow | None:
    connection = view.connections.get(question.connection_id)
    if connection is None:
        return None
    return _row(connection, _SHOWN_GROUPS_OF_ONE)._replace(permissions=connection.permissions.describe())


def _groups(view: HubView, question: ask.ListGroups) -> Page[ask.GroupRow]:
    found, after, looked = _names(view.groups, question.page)
    return Page([ask.GroupRow(name, len(view.groups[name].members)) for name in found], after, looked, len(view.groups))


def _users(view: HubView, question: ask.ListUsers) -> Page[ask.UserRow]:
    found, after, looked = _names(view.users, question.page)
    return Page([ask.UserRow(name, len(view.users[name].members)) for name in found], after, looked, len(view.users))


def _names(audiences: Mapping[str, Members], page: PageWish) -> tuple[Sequence[str], str | None, int]:
    needle = page.search.casefold()
    return _walk(list(audiences), str, lambda name: needle in name.casefold(), page)


_ANSWERS: Mapping[type[Question[Any]], Callable[[HubView, Any], Any]] = {
    ask.CountHub: _count,
    ask.ListConnections: _connections,
    ask.DescribeConnection: _describe,
    ask.ListGroups: _groups,
    ask.ListUsers: _users,
}


# Rows


def _id(connection: Connection) -> str:
    return connection.connection_id


def _row(connection: Connection, groups: int) -> ConnectionRow:
    return ConnectionRow(
        connection.connection_id,
        connection.user_id,
        connection.protocol,
        tuple(islice(connection.groups, groups)),
        len(connection.groups),
        round(time.monotonic() - connection.attached_at, 3),
        _state(connection),
    )


def _state(connection: Connection) -> ConnectionState:
    outbox, traffic = _NOTHING_WAITS, None
    # An outlet that goes nowhere has nothing to tell. Asked by name: a check of the protocol takes 5 us.
    observe: Observe | None = getattr(connection.outlet, "observe", None)
    if observe is not None:
        outbox, traffic = observe()
    word = "open"
    if connection.is_closing:
        word = "closing"
    elif observe is None:
        word = "detached"
    elif connection.is_stalled:
        word = "stalled"
    recovery = connection.recovery
    unacknowledged = None if recovery is None else Waiting(len(recovery), recovery.bytes)
    return ConnectionState(word, outbox, unacknowledged, traffic)


# Pages


def _walk(
    rows: Sequence[T], name: Callable[[T], str], wanted: Callable[[T], bool], page: PageWish
) -> tuple[Sequence[T], str | None, int]:
    """The page's rows, the cursor of the next page, and how many were looked at."""
    start = 0
    if page.cursor is not None:
        place, last = _read_cursor(page.cursor)
        found_at = _find(rows, name, place, last)
        start = place if found_at is None else found_at + 1
    found: list[T] = []
    place = start - 1
    for place in range(start, min(start + _LOOK_LIMIT, len(rows))):
        if wanted(rows[place]):
            found.append(rows[place])
            if len(found) == page.limit:
                break
    is_end = place + 1 >= len(rows)
    return found, None if is_end else _cursor(place, name(rows[place])), place + 1 - start


def _walk_back(
    rows: Sequence[T], name: Callable[[T], str], wanted: Callable[[T], bool], page: PageWish
) -> tuple[Sequence[T], str | None, int]:
    """The same from the end."""
    start = len(rows) - 1
    if page.cursor is not None:
        place, last = _read_cursor(page.cursor)
        found_at = _find(rows, name, place, last)
        start = min(place, len(rows)) - 1 if found_at is None else found_at - 1
    found: list[T] = []
    place = start + 1
    for place in range(start, max(start - _LOOK_LIMIT, -1), -1):
        if wanted(rows[place]):
            found.append(rows[place])
            if len(found) == page.limit:
                break
    return found, None if place <= 0 else _cursor(place, name(rows[place])), max(0, start - place + 1)


def _find(rows: Sequence[T], name: Callable[[T], str], place: int, wanted: str) -> int | None:
    """Where the row of that name is, at `place` or not far before it."""
    first = min(place, len(rows) - 1)
    return next((at for at in range(first, max(first - _LOOK_LIMIT, -1), -1) if name(rows[at]) == wanted), None)


def _cursor(place: int, name: str) -> str:
    # A name from a token may hold halves of surrogate pairs.
    return base64.urlsafe_b64encode(f"{place}:{name}".encode("utf-8", "surrogatepass")).decode()


def _read_cursor(cursor: str) -> tuple[int, str]:
    try:
        place, colon, name = base64.urlsafe_b64decode(cursor).decode("utf-8", "surrogatepass").partition(":")
        if colon and place.isascii() and place.isdecimal() and len(place) <= _PLACE_DIGITS:
            return int(place), name
    except ValueError:
        pass
    raise ask.InvalidCursor(f"cursor: expected one that a page gave, got {cursor[:40]!r}")
