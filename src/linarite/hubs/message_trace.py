"""What the resource logs are told of a hub's messages: that they came, and to whom they went.

A message that is traced has a trace id, by which all entries about it are found; a request's `traceparent` gives it,
or it is made when the message comes. Without MessagingLogs a hub has no trace and its messages no ids, and nothing is
done but to see so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Protocol

import msgspec

from linarite.domain.messages import Message
from linarite.hubs.connection import Connection
from linarite.monitoring.entries import INFORMATIONAL, WARNING, MessageFacts, MessageRest
from linarite.monitoring.recorder import Recorder
from linarite.monitoring.trace_context import new_trace_id

__all__ = ["MessageTrace"]


class Connections(Protocol):
    """What is known of clients, wherever it is kept: `ResourceLogs`."""

    def caller_of(self, connection_id: str | None) -> str:
        """The address of a connection's client."""

    def part_of(self, connection_id: str, user_id: str | None) -> bytes:
        """What entries about a connection have in common."""


class MessageTrace:
    """Tells of one hub's messages."""

    __slots__ = ("_hub", "_logs", "_receivers", "_recorder")

    def __init__(self, hub: str, recorder: Recorder, receivers: int, logs: Connections) -> None:
        """`receivers` is the setting resource_log_receivers; `logs` know the clients' addresses."""
        self._hub = hub
        self._recorder = recorder
        self._receivers = receivers
        self._logs = logs

    def received(self, connection: Connection, message: Message) -> Message:
        """A client has sent a message; it goes on with a trace id."""
        connection_id = connection.connection_id
        trace_id = new_trace_id()
        kind, size = message.data_type.value, len(message.data)
        text = f"Message received from client: {kind}, {size} bytes"
        facts = MessageFacts(text, connection_id, connection.user_id, self._hub, trace_id, kind, size, message.group)
        self._recorder.write(INFORMATIONAL, "MessageReceived", self._logs.caller_of(connection_id), facts)
        return msgspec.structs.replace(message, trace_id=trace_id)

    def sent(self, members: Mapping[Connection, None], skipped: Collection[Connection], message: Message) -> None:
        """A message is on its way to all members but the skipped: an entry for each if they are few, else one."""
        if len(members) - len(skipped) <= self._receivers:
            self._each([connection for connection in members if connection not in skipped], message)
            return
        count = len(members) - sum(connection in members for connection in skipped)
        trace_id, kind, size = message.trace_id or "", message.data_type.value, len(message.data)
        text = f"Message sent to {count} connections"
        facts = MessageFacts(text, None, None, self._hub, trace_id, kind, size, message.group)
        self._recorder.write(INFORMATIONAL, "MessageSent", "", facts)

    def sent_to(self, connection: Connection, message: Message) -> None:
        """A message is on its way to one connection."""
        self._each((connection,), message)

    def _each(self, connections: Iterable[Connection], message: Message) -> None:
        part_of = self._logs.part_of
        parts = [part_of(connection.connection_id, connection.user_id) for connection in connections]
        trace_id, kind, size = message.trace_id or "", message.data_type.value, len(message.data)
        rest = MessageRest("Message sent to connection", self._hub, trace_id, kind, size, message.group)
        self._recorder.write_each(INFORMATIONAL, "MessageSent", parts, rest)

    def dropped(self, connection: Connection, count: int, cause: str) -> None:
        """What waited for a connection will never reach it: frames, which say nothing of their traces."""
        connection_id = connection.connection_id
        text = f"{count} {'frame' if count == 1 else 'frames'} dropped. Reason: {cause}"
        facts = MessageFacts(text, connection_id, connection.user_id, self._hub, "")
        self._recorder.write(WARNING, "MessageDropped", self._logs.caller_of(connection_id), facts)
