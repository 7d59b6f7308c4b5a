"""What the resource logs are told of a hub's messages: that they came, and to whom they went.

A message that is traced has a trace id, by which all entries about it are found; a request's `traceparent` gives it,
or it is made when the message comes. Without MessagingLogs a hub has no trace and its messages no ids, and nothing is
done but to see so.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import msgspec

from linarite.domain.commands import HubAddress
from linarite.domain.messages import Message
from linarite.hubs.connection import Connection
from linarite.monitoring.entries import Level
from linarite.monitoring.resource_logs import HubName, Peer, ResourceLogs
from linarite.monitoring.trace_context import new_trace_id

__all__ = ["MessageTrace"]

_NOBODY = Peer(None, None)


class MessageTrace:
    """Tells of one hub's messages."""

    __slots__ = ("_at", "_logs", "_receivers")

    def __init__(self, at: HubAddress, logs: ResourceLogs, receivers: int) -> None:
        """`receivers` is the setting resource_log_receivers."""
        self._at = HubName(at.resource, at.hub)
        self._logs = logs
        self._receivers = receivers

    def received(self, connection: Connection, message: Message) -> Message:
        """A client has sent a message; it goes on with a trace id."""
        traced = msgspec.structs.replace(message, trace_id=new_trace_id())
        size = len(message.data)
        text = f"Message received from client: {message.data_type.value}, {size} bytes"
        self._tell(Peer(connection.connection_id, connection.user_id), traced, "MessageReceived", text)
        return traced

    def sent(self, members: Mapping[Connection, None], skipped: Collection[Connection], message: Message) -> None:
        """A message is on its way to all members but the skipped: an entry for each if they are few, else one."""
        if len(members) - len(skipped) <= self._receivers:
            for connection in members:
                if connection not in skipped:
                    self.sent_to(connection, message)
            return
        count = len(members) - sum(connection in members for connection in skipped)
        self._tell(_NOBODY, message, "MessageSent", f"Message sent to {count} connections")

    def sent_to(self, connection: Connection, message: Message) -> None:
        """A message is on its way to one connection."""
        peer = Peer(connection.connection_id, connection.user_id)
        self._tell(peer, message, "MessageSent", "Message sent to connection")

    def dropped(self, connection: Connection, count: int, cause: str) -> None:
        """What waited for a connection will never reach it: frames, which say nothing of their traces."""
        peer = Peer(connection.connection_id, connection.user_id)
        text = f"{count} {'frame' if count == 1 else 'frames'} dropped. Reason: {cause}"
        self._logs.message(self._at, peer, "", "MessageDropped", text, level=Level.WARNING)

    def _tell(self, peer: Peer, message: Message, operation: str, text: str) -> None:
        self._logs.message(
            self._at,
            peer,
            message.trace_id or "",
            operation,
            text,
            message_type=message.data_type.value,
            size=len(message.data),
            group=message.group,
        )
