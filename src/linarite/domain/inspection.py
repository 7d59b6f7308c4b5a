"""What somebody who looks at a hub may ask: its connections, groups and users, page by page.

Each question is answered with bounded work: a page says how many rows were looked through and where to go on, even if
none of them was wanted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, NamedTuple, TypeVar

import msgspec

from linarite.domain.commands import Question
from linarite.domain.permissions import PermissionRow

__all__ = [
    "ConnectionRow",
    "ConnectionState",
    "CountHub",
    "DescribeConnection",
    "GroupRow",
    "HubCounts",
    "InvalidCursor",
    "ListConnections",
    "ListGroups",
    "ListUsers",
    "Page",
    "PageWish",
    "Traffic",
    "UserRow",
    "Waiting",
]

Row = TypeVar("Row")


class InvalidCursor(ValueError):
    """A cursor that no page has given."""


class Waiting(NamedTuple):
    """What has yet to reach a client."""

    messages: int
    bytes: int


class Traffic(NamedTuple):
    """The bytes of a client's TCP connection since its start, as the operating system counts them."""

    received: int
    sent: int


class ConnectionState(NamedTuple):
    """How a connection is just now."""

    word: str
    """`open`, `stalled` (not reading), `detached` (may be recovered) or `closing`."""
    outbox: Waiting
    unacknowledged: Waiting | None
    """None for protocols without acknowledgements."""
    traffic: Traffic | None
    """None where nobody knows."""


class ConnectionRow(NamedTuple):
    """One connection as it is shown."""

    connection_id: str
    user_id: str | None
    protocol: str | None
    groups: Sequence[str]
    """The first of them."""
    group_count: int
    age_seconds: float
    state: ConnectionState
    permissions: Sequence[PermissionRow] = ()
    """In an answer to `DescribeConnection` only."""


class GroupRow(NamedTuple):
    """A group and the number of its members."""

    group: str
    connections: int


class UserRow(NamedTuple):
    """A user and the number of his connections."""

    user_id: str
    connections: int


class HubCounts(NamedTuple):
    """How much there is in a hub."""

    connections: int
    users: int
    groups: int


class Page(msgspec.Struct, Generic[Row], frozen=True):
    """Some rows, and how to get the next ones."""

    rows: Sequence[Row]
    next: str | None
    """The cursor of the next page; None at the end."""
    looked: int
    """How many rows were looked through for this one."""
    total: int
    """How many there are altogether, wanted or not."""


class PageWish(msgspec.Struct, frozen=True):
    """Which page is wanted."""

    limit: int
    """Rows at most."""
    cursor: str | None = None
    search: str = ""
    """A part of the name, in any case."""


class CountHub(Question[HubCounts], frozen=True):
    """How many connections, users and groups the hub has."""


class ListConnections(Question[Page[ConnectionRow]], frozen=True):
    """The hub's connections, a user's or a group's, by the time of their coming."""

    page: PageWish
    user_id: str | None = None
    group: str | None = None
    protocol: str | None = None
    newest_first: bool = False


class DescribeConnection(Question[ConnectionRow | None], frozen=True):
    """Everything about one connection; None if it is not there."""

    connection_id: str


class ListGroups(Question[Page[GroupRow]], frozen=True):
    """The hub's groups, by the time of their making."""

    page: PageWish


class ListUsers(Question[Page[UserRow]], frozen=True):
    """The hub's users, by the time of their coming."""

    page: PageWish
