"""What has happened since somebody began to look: messages that were published, and calls to event handlers.

A mark is a place in both: what came after it counts. Messages are noted from the first mark on, so that a server whose
tests never wait for messages does nothing for them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from itertools import takewhile
from typing import NamedTuple

from linarite.cluster.local import LocalBackplane
from linarite.domain.commands import (
    Command,
    HubAddress,
    SendToAll,
    SendToConnection,
    SendToGroup,
    SendToUser,
)
from linarite.domain.messages import DataType
from linarite.events.call_log import CallLog, KeptCall
from linarite.events.dispatcher import Upstream
from linarite.events.outbound import Call, Outcome
from linarite.hubs.connection import Connection
from linarite.monitoring.resource_logs import ResourceLogs
from linarite.resources.registry import Registry
from linarite.sockets.upstream_events import UpstreamEvents

__all__ = ["Mark", "Published", "PublishedMessages", "WatchedCalls", "WatchedEvents"]

Beat = Callable[[], None]
_SENDS = (SendToGroup, SendToAll, SendToUser, SendToConnection)


class Mark(NamedTuple):
    """The last message and the last call that had been before."""

    message: int
    call: int

    def __str__(self) -> str:
        return f"{self.message}.{self.call}"

    @classmethod
    def parse(cls, text: str) -> Mark:
        """The mark that was written so. Raises ValueError."""
        message, _, call = text.partition(".")
        return cls(int(message), int(call))


class Published(NamedTuple):
    """A message that somebody published, without what it said."""

    number: int
    at: HubAddress
    group: str | None
    user: str | None
    connection: str | None
    data_type: DataType
    size: int


class PublishedMessages:
    """The last messages of all hubs, by REST and by clients."""

    def __init__(self, limit: int, beat: Beat) -> None:
        self._kept: deque[Published] = deque(maxlen=limit)
        self._beat = beat
        self.last = 0
        """The number of the last message; it counts from the first mark on."""

    def watch(self, backplane: LocalBackplane) -> None:
        """Note from now on what is published."""
        backplane.observer = self._note

    def since(self, number: int) -> Sequence[Published]:
        """What was published after that message, oldest first."""
        newest_first = takewhile(lambda message: message.number > number, reversed(self._kept))
        return list(newest_first)[::-1]

    def is_kept_since(self, number: int) -> bool:
        """Whether nothing that came after that message has been forgotten."""
        return not self._kept or self._kept[0].number <= number + 1

    def forget(self, hub: str | None) -> None:
        """Forget all messages, or those of one hub."""
        left = [message for message in self._kept if hub is not None and message.at.hub != hub]
        self._kept.clear()
        self._kept.extend(left)

    def _note(self, command: Command) -> None:
        if not isinstance(command, _SENDS):
            return
        self.last += 1
        message = command.message
        self._kept.append(
            Published(
                self.last,
                command.at,
                command.group if isinstance(command, SendToGroup) else None,
                command.user_id if isinstance(command, SendToUser) else None,
                command.connection_id if isinstance(command, SendToConnection) else None,
                message.data_type,
                len(message.data),
            )
        )
        self._beat()


class WatchedCalls(CallLog):
    """The log of calls to event handlers, which says when one has ended."""

    def __init__(self, count_limit: int, bytes_limit: int, beat: Beat) -> None:
        super().__init__(count_limit, bytes_limit)
        self._beat = beat

    def add(
        self,
        call: Call,
        outcome: Outcome,
        *,
        resource: str,
        at: float,
        seconds: float,
        replay_of: int | None = None,
    ) -> KeptCall:
        """Keep a call that has come to its end."""
        kept = super().add(call, outcome, resource=resource, at=at, seconds=seconds, replay_of=replay_of)
        self._beat()
        return kept


class WatchedEvents(UpstreamEvents):
    """The events of connections, which say that something has changed."""

    def __init__(
        self, registry: Registry, open_upstream: Callable[[], Upstream], logs: ResourceLogs | None, beat: Beat
    ) -> None:
        super().__init__(registry, open_upstream, logs)
        self._beat = beat

    def connected(self, at: HubAddress, connection: Connection) -> None:
        """The connection is open."""
        super().connected(at, connection)
        self._beat()

    def disconnected(self, at: HubAddress, connection: Connection, reason: str) -> None:
        """The connection has ended, for good."""
        super().disconnected(at, connection, reason)
        self._beat()

    def joined(self, at: HubAddress, connection: Connection, group: str) -> None:
        """The connection has become a member of a group."""
        super().joined(at, connection, group)
        self._beat()

    def left(self, at: HubAddress, connection: Connection, group: str) -> None:
        """The connection is no longer a member of a group."""
        super().left(at, connection, group)
        self._beat()
