"""What the resource logs are told of a hub's messages: that they came, and to whom they went.

A message that is traced has a trace id, by which all entries about it are found; a request's `traceparent` gives it,
or it is made when the message comes. Without MessagingLogs a hub has no trace and its messages no ids, and nothing is
done but to see so.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

import msgspec

from linarite.domain.messages import DataType, Message
from linarite.hubs.connection import Connection
from linarite.monitoring.entries import INFORMATIONAL, WARNING, MessageFacts
from linarite.monitoring.outflow import Render
from linarite.monitoring.recorder import ENTRY_BYTES, Recorder
from linarite.monitoring.trace_context import new_trace_id

__all__ = ["MessageTrace"]

_NOBODY = Recorder.part("", None, None)


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
        trace_id, size, group = new_trace_id(), len(message.data), message.group
        part = self._logs.part_of(connection.connection_id, connection.user_id)
        about = ENTRY_BYTES + len(part) + len(group or "")
        self._recorder.note(about, 1, _received, self._hub, part, trace_id, message.data_type, size, group)
        return msgspec.structs.replace(message, trace_id=trace_id)

    def sent(self, members: Mapping[Connection, None], skipped: Collection[Connection], message: Message) -> None:
        """A message is on its way to all members but the skipped: an entry for each if they are few, else one."""
        if message.trace_id is None:
            return
        if len(members) - len(skipped) <= self._receivers:
            receivers = [one for one in members if one not in skipped] if skipped else members
            if receivers:
                self._each(receivers, message)
            return
        count = len(members) - sum(connection in members for connection in skipped)
        self._note(ENTRY_BYTES, 1, _sent_to_many, count, message)

    def sent_to(self, connection: Connection, message: Message) -> None:
        """A message is on its way to one connection."""
        if message.trace_id is not None:
            self._each((connection,), message)

    def _each(self, connections: Collection[Connection], message: Message) -> None:
        part_of = self._logs.part_of
        parts = [part_of(connection.connection_id, connection.user_id) for connection in connections]
        count = len(parts)
        self._note(count * (ENTRY_BYTES + len(parts[0])), count, _sent, parts, message)

    def _note(self, about: int, count: int, render: Render, who: object, message: Message) -> None:
        """Note what a line needs of a message: not the message, whose body would be kept."""
        group = message.group
        if group is not None:
            about += count * len(group)
        self._recorder.note(
            about, count, render, self._hub, who, message.trace_id, message.data_type, len(message.data), group
        )

    def dropped(self, connection: Connection, count: int, cause: str) -> None:
        """What waited for a connection will never reach it: frames, which say nothing of their traces."""
        connection_id = connection.connection_id
        text = f"{count} {'frame' if count == 1 else 'frames'} dropped. Reason: {cause}"
        facts = MessageFacts(text, connection_id, connection.user_id, self._hub, "")
        self._recorder.write(WARNING, "MessageDropped", self._logs.caller_of(connection_id), facts)


# In the threads of outflows


def _received(
    recorder: Recorder, at: float, hub: str, part: bytes, trace_id: str, kind: DataType, size: int, group: str | None
) -> bytes:
    text = f"Message received from client: {kind.value}, {size} bytes"
    rest = recorder.rest(text, hub, trace_id, kind.value, size, group)
    return recorder.head(at, INFORMATIONAL, "MessageReceived") + part + rest


def _sent(
    recorder: Recorder,
    at: float,
    hub: str,
    parts: Sequence[bytes],
    trace_id: str,
    kind: DataType,
    size: int,
    group: str | None,
) -> bytes | Sequence[bytes]:
    head = recorder.head(at, INFORMATIONAL, "MessageSent")
    rest = recorder.rest("Message sent to connection", hub, trace_id, kind.value, size, group)
    return head + parts[0] + rest if len(parts) == 1 else [head + part + rest for part in parts]


def _sent_to_many(
    recorder: Recorder, at: float, hub: str, count: int, trace_id: str, kind: DataType, size: int, group: str | None
) -> bytes:
    rest = recorder.rest(f"Message sent to {count} connections", hub, trace_id, kind.value, size, group)
    return recorder.head(at, INFORMATIONAL, "MessageSent") + _NOBODY + rest
