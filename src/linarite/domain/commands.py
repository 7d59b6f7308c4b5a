"""What a hub can be told and asked.

A Command says what is to happen; nobody waits for its result. A Question wants an answer, which may have to be put
together from many nodes. REST calls, client frames and, later, event-handler replies all become these values, so that
routing, auditing and tests see one kind of thing. Every one names its hub; nothing in them says where a connection is.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Generic, NamedTuple, TypeVar

import msgspec

from linarite.domain.filters import Filter
from linarite.domain.messages import Message
from linarite.domain.permissions import Permission

__all__ = [
    "AddConnectionToGroup",
    "AddConnectionsToGroups",
    "AddUserToGroup",
    "Added",
    "CheckPermission",
    "CloseAll",
    "CloseConnection",
    "CloseGroup",
    "CloseUser",
    "Command",
    "ConnectionExists",
    "GrantPermission",
    "Granted",
    "GroupExists",
    "GroupMember",
    "HubAddress",
    "ListGroupConnections",
    "Question",
    "RemoveConnectionFromAllGroups",
    "RemoveConnectionFromGroup",
    "RemoveConnectionsFromGroups",
    "RemoveUserFromAllGroups",
    "RemoveUserFromGroup",
    "RevokePermission",
    "SendToAll",
    "SendToConnection",
    "SendToGroup",
    "SendToUser",
    "UserExists",
    "UserInGroup",
]

NOBODY: frozenset[str] = frozenset()
Answer = TypeVar("Answer")


class HubAddress(NamedTuple):
    """Which hub is meant: hubs of the same name in two resources never meet."""

    resource: str
    hub: str


class Granted(Enum):
    """What became of a grant or a revocation."""

    DONE = "done"
    NO_CONNECTION = "no connection"
    TOO_MANY_TARGETS = "too many targets"


class Added(Enum):
    """What became of a wish to make connections members of a group."""

    DONE = "done"
    NOBODY = "nobody"
    """There is no such connection, or the user has none."""
    TOO_MANY_GROUPS = "too many groups"
    """A connection is in as many groups as it may be; others may have become members."""


class GroupMember(NamedTuple):
    """One row of a group's list of connections."""

    connection_id: str
    user_id: str | None


class Command(msgspec.Struct, frozen=True):
    """Something to do in a hub. Absent targets are no error: what is not there is already done."""

    at: HubAddress


class SendToAll(Command, frozen=True):
    """Deliver to every connection of the hub but `excluded`, if `filter` matches."""

    message: Message
    excluded: frozenset[str] = NOBODY
    filter: Filter | None = None


class SendToGroup(Command, frozen=True):
    """Deliver to the members of the moment of `group` but `excluded`, if `filter` matches."""

    group: str
    message: Message
    excluded: frozenset[str] = NOBODY
    filter: Filter | None = None


class SendToUser(Command, frozen=True):
    """Deliver to every connection of one user, if `filter` matches."""

    user_id: str
    message: Message
    filter: Filter | None = None


class SendToConnection(Command, frozen=True):
    """Deliver to one connection."""

    connection_id: str
    message: Message


class AddConnectionsToGroups(Command, frozen=True):
    """Make every connection that `filter` matches (None: every one) a member of every group named."""

    groups: Sequence[str]
    filter: Filter | None = None


class RemoveConnectionsFromGroups(Command, frozen=True):
    """End the membership of every connection that `filter` matches in every group named."""

    groups: Sequence[str]
    filter: Filter | None = None


class RemoveConnectionFromGroup(Command, frozen=True):
    """End one connection's membership in one group."""

    connection_id: str
    group: str


class RemoveConnectionFromAllGroups(Command, frozen=True):
    """End one connection's memberships."""

    connection_id: str


class RemoveUserFromGroup(Command, frozen=True):
    """End the membership of a user's connections in one group."""

    user_id: str
    group: str


class RemoveUserFromAllGroups(Command, frozen=True):
    """End all memberships of a user's connections."""

    user_id: str


class CloseConnection(Command, frozen=True):
    """Close one connection for the application server, telling `reason` where the protocol can."""

    connection_id: str
    reason: str | None = None


class CloseAll(Command, frozen=True):
    """Close every connection of the hub but `excluded`."""

    excluded: frozenset[str] = NOBODY
    reason: str | None = None


class CloseGroup(Command, frozen=True):
    """Close the members of a group but `excluded`."""

    group: str
    excluded: frozenset[str] = NOBODY
    reason: str | None = None


class CloseUser(Command, frozen=True):
    """Close a user's connections but `excluded`."""

    user_id: str
    excluded: frozenset[str] = NOBODY
    reason: str | None = None


class Question(msgspec.Struct, Generic[Answer], frozen=True):
    """Something to be answered by the hub, wherever its connections are."""

    at: HubAddress


class ConnectionExists(Question[bool], frozen=True):
    """Whether the connection is there, attached or waiting to be recovered."""

    connection_id: str


class UserExists(Question[bool], frozen=True):
    """Whether the user has any connection."""

    user_id: str


class GroupExists(Question[bool], frozen=True):
    """Whether the group has any member."""

    group: str


class UserInGroup(Question[bool], frozen=True):
    """Whether any of the user's connections is a member of the group."""

    user_id: str
    group: str


class AddConnectionToGroup(Question[Added], frozen=True):
    """Make a connection a member."""

    connection_id: str
    group: str


class AddUserToGroup(Question[Added], frozen=True):
    """Make a user's connections of this moment members."""

    user_id: str
    group: str


class GrantPermission(Question[Granted], frozen=True):
    """Allow one connection one thing for one literal group."""

    connection_id: str
    permission: Permission
    group: str


class RevokePermission(Question[Granted], frozen=True):
    """Forbid one connection one thing for one literal group."""

    connection_id: str
    permission: Permission
    group: str


class CheckPermission(Question[bool], frozen=True):
    """Whether the connection exists and may do this to this group."""

    connection_id: str
    permission: Permission
    group: str


class ListGroupConnections(Question[Sequence[GroupMember]], frozen=True):
    """The group's members in the order of their connection ids, at most `limit`, those after `after` only."""

    group: str
    limit: int
    after: str = ""
