"""A hub on this process: its connections, users and groups, and what it can be told and asked."""

from __future__ import annotations

import heapq
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Any, NamedTuple

from linarite.domain import commands as do
from linarite.domain import inspection
from linarite.domain.commands import Added, Command, Granted, GroupMember, HubAddress, Question
from linarite.domain.filters import Filter
from linarite.domain.permissions import TooManyTargets
from linarite.hubs.batch import NO_CONNECTIONS, Batch
from linarite.hubs.client_events import ClientEvents
from linarite.hubs.connection import Connection
from linarite.hubs.delivery import Delivery
from linarite.hubs.inspection import HubView, inspect

__all__ = ["Hub", "HubLimits"]

_log = logging.getLogger(__name__)

# WebSocket close code of a close that the application server asks for; its description is empty
# (reference-rest-api-data-plane, close operations; measured form in docs/differences.md).
_NORMAL_CLOSURE = 1000

_by_id = attrgetter("connection_id")


class _Audience:
    """Connections that can be addressed at once: all of the hub, a group's, a user's."""

    __slots__ = ("batch", "members")

    def __init__(self) -> None:
        self.members: dict[Connection, None] = {}
        self.batch: Batch | None = None


_NOBODY = _Audience()


class HubLimits(NamedTuple):
    """Bounds of what is kept for one connection."""

    permission_targets: int
    """Groups that grants and revocations may name."""
    groups: int
    """Groups that it may be a member of."""


class Hub:
    """The connections of one hub on this process.

    A group exists while it has a member and a user while it has a connection; neither is ever made on its own.
    """

    def __init__(self, at: HubAddress, delivery: Delivery, limits: HubLimits, events: ClientEvents) -> None:
        self._at = at
        self._events = events
        self.delivery = delivery
        self._limits = limits
        self._everyone = _Audience()
        self._connections: dict[str, Connection] = {}
        self._users: dict[str, _Audience] = {}
        self._groups: dict[str, _Audience] = {}

    # Who is here

    def __len__(self) -> int:
        return len(self._connections)

    def connections(self) -> Sequence[Connection]:
        """Every connection of the moment."""
        return list(self._connections.values())

    def find(self, connection_id: str) -> Connection | None:
        """The connection of that id, if it is here."""
        return self._connections.get(connection_id)

    def connections_of(self, user_id: str) -> tuple[Connection, ...]:
        """The connections that a user has here."""
        return tuple(self._users.get(user_id, _NOBODY).members)

    def attach(self, connection: Connection, groups: Iterable[str] = ()) -> None:
        """Take in a new connection and make it a member of the groups that its token names."""
        self.delivery.settle()
        connection.attached_at = time.monotonic()
        self._connections[connection.connection_id] = connection
        self._everyone.members[connection] = None
        if connection.user_id is not None:
            self._users.setdefault(connection.user_id, _Audience()).members[connection] = None
        for group in groups:
            self.join(connection, group)

    def detach(self, connection: Connection) -> None:
        """Forget a connection whose socket has ended."""
        if self._connections.pop(connection.connection_id, None) is None:
            return
        self.leave_all(connection)
        self._everyone.members.pop(connection, None)
        if connection.user_id is not None:
            _take_out(self._users, connection.user_id, connection)
        self.delivery.stalled.discard(connection)

    # Membership

    def join(self, connection: Connection, group: str) -> bool:
        """Make a connection a member, which hears what is said from now on; False if it is in too many groups."""
        audience = self._groups.get(group)
        if audience is not None and connection in audience.members:
            return True
        if len(connection.groups) >= self._limits.groups:
            return False
        if audience is None:
            audience = self._groups[group] = _Audience()
        elif audience.batch is not None:
            self.delivery.settle()
        audience.members[connection] = None
        connection.note_joined(group)
        self._events.joined(self._at, connection, group)
        return True

    def leave(self, connection: Connection, group: str) -> None:
        """End a membership; what was said before still arrives."""
        audience = self._groups.get(group)
        if audience is None or connection not in audience.members:
            return
        if audience.batch is not None:
            self.delivery.settle()
        _take_out(self._groups, group, connection)
        connection.note_left(group)
        self._events.left(self._at, connection, group)

    def leave_all(self, connection: Connection) -> None:
        """End all memberships of a connection."""
        for group in tuple(connection.groups):
            self.leave(connection, group)

    # Commands and questions

    def execute(self, command: Command) -> None:
        """Carry out a command for the connections of this process."""
        _EXECUTE[type(command)](self, command)

    def answer(self, question: Question[Any]) -> Any:  # noqa: ANN401 - the question's type names the answer's
        """Answer a question from the connections of this process."""
        return _ANSWER[type(question)](self, question)

    def _send_to_all(self, command: do.SendToAll) -> None:
        self._send(self._everyone, command)

    def _send_to_group(self, command: do.SendToGroup) -> None:
        audience = self._groups.get(command.group)
        if audience is not None:
            self._send(audience, command)

    def _send(self, audience: _Audience, command: do.SendToAll | do.SendToGroup) -> None:
        skipped = self._named(command.excluded) if command.excluded else NO_CONNECTIONS
        if command.filter is None:
            self.delivery.send(audience, command.message, skipped)
            return
        chosen = _matching(audience.members, command.filter)
        self.delivery.send_to_each((one for one in chosen if one not in skipped), command.message)

    def _send_to_user(self, command: do.SendToUser) -> None:
        audience = self._users.get(command.user_id)
        if audience is None:
            return
        if command.filter is None:
            self.delivery.send(audience, command.message)
        else:
            self.delivery.send_to_each(_matching(audience.members, command.filter), command.message)

    def _send_to_connection(self, command: do.SendToConnection) -> None:
        connection = self._connections.get(command.connection_id)
        if connection is not None:
            self.delivery.send_direct(connection, command.message)

    def _named(self, connection_ids: Iterable[str]) -> frozenset[Connection]:
        found = map(self._connections.get, connection_ids)
        return frozenset(connection for connection in found if connection is not None)

    def _add_connections(self, command: do.AddConnectionsToGroups) -> None:
        refused = 0
        for connection in _matching(self._everyone.members, command.filter):
            refused += sum(not self.join(connection, group) for group in command.groups)
        if refused:
            _log.warning(
                "%d memberships refused: %d groups are the most for a connection", refused, self._limits.groups
            )

    def _remove_connections(self, command: do.RemoveConnectionsFromGroups) -> None:
        for connection in _matching(self._everyone.members, command.filter):
            for group in command.groups:
                self.leave(connection, group)

    def _remove_connection(self, command: do.RemoveConnectionFromGroup) -> None:
        connection = self._connections.get(command.connection_id)
        if connection is not None:
            self.leave(connection, command.group)

    def _remove_connection_from_all(self, command: do.RemoveConnectionFromAllGroups) -> None:
        connection = self._connections.get(command.connection_id)
        if connection is not None:
            self.leave_all(connection)

    def _remove_user(self, command: do.RemoveUserFromGroup) -> None:
        for connection in self.connections_of(command.user_id):
            self.leave(connection, command.group)

    def _remove_user_from_all(self, command: do.RemoveUserFromAllGroups) -> None:
        for connection in self.connections_of(command.user_id):
            self.leave_all(connection)

    def _close_connection(self, command: do.CloseConnection) -> None:
        connection = self._connections.get(command.connection_id)
        self._close(() if connection is None else (connection,), do.NOBODY, command.reason)

    def _close_all(self, command: do.CloseAll) -> None:
        self._close(self.connections(), command.excluded, command.reason)

    def _close_group(self, command: do.CloseGroup) -> None:
        members = self._groups.get(command.group, _NOBODY).members
        self._close(tuple(members), command.excluded, command.reason)

    def _close_user(self, command: do.CloseUser) -> None:
        self._close(self.connections_of(command.user_id), command.excluded, command.reason)

    def _close(self, connections: Iterable[Connection], excluded: frozenset[str], reason: str | None) -> None:
        self.delivery.settle()
        told = "Application server closed the connection."
        if reason:
            told += f" Reason: {reason}"
        for connection in connections:
            if connection.connection_id not in excluded:
                connection.close(_NORMAL_CLOSURE, "", told)
                self.detach(connection)

    def _connection_exists(self, question: do.ConnectionExists) -> bool:
        return question.connection_id in self._connections

    def _user_exists(self, question: do.UserExists) -> bool:
        return question.user_id in self._users

    def _group_exists(self, question: do.GroupExists) -> bool:
        return question.group in self._groups

    def _user_in_group(self, question: do.UserInGroup) -> bool:
        return any(question.group in connection.groups for connection in self.connections_of(question.user_id))

    def _add_connection_to_group(self, question: do.AddConnectionToGroup) -> Added:
        connection = self._connections.get(question.connection_id)
        return self._add(() if connection is None else (connection,), question.group)

    def _add_user_to_group(self, question: do.AddUserToGroup) -> Added:
        return self._add(self.connections_of(question.user_id), question.group)

    def _add(self, connections: Sequence[Connection], group: str) -> Added:
        if not connections:
            return Added.NOBODY
        # All are tried: who has room becomes a member.
        refused = sum(not self.join(one, group) for one in connections)
        return Added.TOO_MANY_GROUPS if refused else Added.DONE

    def _grant(self, question: do.GrantPermission) -> Granted:
        return self._change_permission(question, grant=True)

    def _revoke(self, question: do.RevokePermission) -> Granted:
        return self._change_permission(question, grant=False)

    def _change_permission(self, question: do.GrantPermission | do.RevokePermission, *, grant: bool) -> Granted:
        connection = self._connections.get(question.connection_id)
        if connection is None:
            return Granted.NO_CONNECTION
        change = connection.permissions.grant if grant else connection.permissions.revoke
        try:
            change(question.permission, question.group, self._limits.permission_targets)
        except TooManyTargets:
            return Granted.TOO_MANY_TARGETS
        return Granted.DONE

    def _check_permission(self, question: do.CheckPermission) -> bool:
        connection = self._connections.get(question.connection_id)
        return connection is not None and connection.permissions.allows(question.permission, question.group)

    def _list_group(self, question: do.ListGroupConnections) -> Sequence[GroupMember]:
        members = self._groups.get(question.group, _NOBODY).members
        rest = (connection for connection in members if connection.connection_id > question.after)
        page = heapq.nsmallest(question.limit, rest, key=_by_id)
        return [GroupMember(connection.connection_id, connection.user_id) for connection in page]

    def _inspect(self, question: Question[Any]) -> Any:  # noqa: ANN401 - the question's type names the answer's
        return inspect(HubView(self._connections, self._users, self._groups), question)


def _matching(members: Mapping[Connection, None], wanted: Filter | None) -> Iterator[Connection]:
    if wanted is None:
        return iter(tuple(members))
    matches = wanted.matches
    return iter([connection for connection in members if matches(connection)])


def _take_out(audiences: dict[str, _Audience], name: str, connection: Connection) -> None:
    audience = audiences.get(name)
    if audience is not None:
        audience.members.pop(connection, None)
        if not audience.members:
            del audiences[name]


_EXECUTE: dict[type[Command], Callable[[Hub, Any], None]] = {
    do.SendToAll: Hub._send_to_all,
    do.SendToGroup: Hub._send_to_group,
    do.SendToUser: Hub._send_to_user,
    do.SendToConnection: Hub._send_to_connection,
    do.AddConnectionsToGroups: Hub._add_connections,
    do.RemoveConnectionsFromGroups: Hub._remove_connections,
    do.RemoveConnectionFromGroup: Hub._remove_connection,
    do.RemoveConnectionFromAllGroups: Hub._remove_connection_from_all,
    do.RemoveUserFromGroup: Hub._remove_user,
    do.RemoveUserFromAllGroups: Hub._remove_user_from_all,
    do.CloseConnection: Hub._close_connection,
    do.CloseAll: Hub._close_all,
    do.CloseGroup: Hub._close_group,
    do.CloseUser: Hub._close_user,
}
_ANSWER: dict[type[Question[Any]], Callable[[Hub, Any], Any]] = {
    do.ConnectionExists: Hub._connection_exists,
    do.UserExists: Hub._user_exists,
    do.GroupExists: Hub._group_exists,
    do.UserInGroup: Hub._user_in_group,
    do.AddConnectionToGroup: Hub._add_connection_to_group,
    do.AddUserToGroup: Hub._add_user_to_group,
    do.GrantPermission: Hub._grant,
    do.RevokePermission: Hub._revoke,
    do.CheckPermission: Hub._check_permission,
    do.ListGroupConnections: Hub._list_group,
    inspection.CountHub: Hub._inspect,
    inspection.ListConnections: Hub._inspect,
    inspection.DescribeConnection: Hub._inspect,
    inspection.ListGroups: Hub._inspect,
    inspection.ListUsers: Hub._inspect,
}
