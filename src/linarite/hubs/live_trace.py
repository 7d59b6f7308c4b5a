"""What those who look on are told of a hub's messages: how many there are, and some of them.

It takes the place of the resource logs' trace while somebody looks on, and goes on telling them. A message is looked at
with a few comparisons; only one that is shown costs more (`monitoring/live_feed.py`).
"""

from __future__ import annotations

import base64
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Protocol

from linarite.domain.commands import HubAddress
from linarite.domain.messages import DataType, Message
from linarite.hubs.connection import Connection
from linarite.hubs.message_trace import MessageTrace
from linarite.hubs.taps import Raw, TappedCodec
from linarite.monitoring.live_feed import LiveFeed, Watch
from linarite.protocols.codec import Codec

__all__ = ["LiveTrace", "Trace"]

_SHOWN_BYTES = 2048
# A frame is made anew to be shown; of a longer message that would take a millisecond.
_ENCODED_BYTES = 16 * 1024
_IN, _OUT = "in", "out"


class Trace(Protocol):
    """What is told of a hub's messages."""

    def received(self, connection: Connection, message: Message) -> Message:
        """A client has sent a message, which goes on as the answer."""

    def sent(self, members: Mapping[Connection, None], skipped: Collection[Connection], message: Message) -> None:
        """A message is on its way to all members but the skipped."""

    def sent_to(self, connection: Connection, message: Message) -> None:
        """A message is on its way to one connection."""

    def dropped(self, connection: Connection, count: int, cause: str) -> None:
        """What waited for a connection will never reach it."""


class Who(Protocol):
    """A hub, asked for those that a watcher names."""

    def find(self, connection_id: str) -> Connection | None:
        """The connection of that id, if it is here."""

    def connections_of(self, user_id: str) -> Collection[Connection]:
        """A user's connections."""


class Hubs(Protocol):
    """All hubs."""

    def find(self, at: HubAddress) -> Who | None:
        """The hub, if it has any connection here."""


class LiveTrace:
    """Tells of one hub's messages."""

    __slots__ = ("_at", "_feed", "_hubs", "_logs", "_watchers")

    def __init__(self, at: HubAddress, feed: LiveFeed, logs: MessageTrace | None, hubs: Hubs) -> None:
        """`logs` tell the resource logs, if they want to know."""
        self._at = at
        self._feed = feed
        self._logs = logs
        self._hubs = hubs
        self._watchers = feed.of_hub(*at)

    def received(self, connection: Connection, message: Message) -> Message:
        """A client has sent a message."""
        self._feed.messages_in += 1
        for watcher in self._watchers:
            if watcher.takes_all or _wants_received(watcher.watch, connection, message):
                if watcher.room > 0:
                    who = connection.connection_id, connection.user_id
                    codec = connection.codec
                    raw = codec.raw_of(message) if isinstance(codec, TappedCodec) else None
                    watcher.note_message(_show, _IN, self._at, who, message, None, raw)
                else:
                    watcher.skipped_messages += 1
        return message if self._logs is None else self._logs.received(connection, message)

    def sent(self, members: Mapping[Connection, None], skipped: Collection[Connection], message: Message) -> None:
        """A message is on its way to all members but the skipped."""
        receivers = len(members)
        if skipped:
            receivers -= sum(connection in members for connection in skipped)
        self._feed.messages_out += receivers
        for watcher in self._watchers:
            if watcher.takes_all or self._wants_sent(watcher.watch, members, skipped, message):
                if watcher.room > 0:
                    codec = next((connection.codec for connection in members if connection not in skipped), None)
                    watcher.note_message(_show, _OUT, self._at, _NOBODY, message, receivers, codec)
                else:
                    watcher.skipped_messages += 1
        if self._logs is not None:
            self._logs.sent(members, skipped, message)

    def sent_to(self, connection: Connection, message: Message) -> None:
        """A message is on its way to one connection."""
        self._feed.messages_out += 1
        for watcher in self._watchers:
            if watcher.takes_all or self._wants_sent(watcher.watch, {connection: None}, (), message):
                if watcher.room > 0:
                    who = connection.connection_id, connection.user_id
                    watcher.note_message(_show, _OUT, self._at, who, message, 1, connection.codec)
                else:
                    watcher.skipped_messages += 1
        if self._logs is not None:
            self._logs.sent_to(connection, message)

    def dropped(self, connection: Connection, count: int, cause: str) -> None:
        """What waited for a connection will never reach it."""
        if self._logs is not None:
            self._logs.dropped(connection, count, cause)

    def _wants_sent(
        self, watch: Watch, members: Mapping[Connection, None], skipped: Collection[Connection], message: Message
    ) -> bool:
        if watch.direction == _IN or not _wants_message(watch, message):
            return False
        if watch.connection is None and watch.user is None:
            return True
        hub = self._hubs.find(self._at)
        if hub is None:
            return False
        if watch.connection is not None:
            found = hub.find(watch.connection)
            named: Collection[Connection] = () if found is None or watch.user not in (None, found.user_id) else (found,)
        else:
            named = hub.connections_of(str(watch.user))
        return any(connection in members and connection not in skipped for connection in named)


_NOBODY = (None, None)


def _wants_message(watch: Watch, message: Message) -> bool:
    return watch.group in (None, message.group) and watch.data_type in (None, message.data_type.value)


def _wants_received(watch: Watch, connection: Connection, message: Message) -> bool:
    return (
        watch.direction != _OUT
        and _wants_message(watch, message)
        and watch.connection in (None, connection.connection_id)
        and watch.user in (None, connection.user_id)
    )


# What is shown, made when a watcher takes it


def _show(
    at: float,
    direction: str,
    address: HubAddress,
    who: tuple[str | None, str | None],
    message: Message,
    receivers: int | None,
    source: Codec | Raw | None,
) -> Mapping[str, object]:
    """A row; its frame is the client's own where it is known, else what a receiver's protocol makes."""
    return {
        "kind": "message",
        "at": datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "direction": direction,
        "resource": address.resource,
        "hub": address.hub,
        "connection": who[0],
        "user": who[1],
        "fromUser": message.from_user_id,
        "group": message.group,
        "type": message.data_type.value,
        "bytes": len(message.data),
        "receivers": receivers,
        "data": _preview(message.data, is_text=message.data_type in (DataType.TEXT, DataType.JSON)),
        "frame": _frame(message, source),
    }


def _frame(message: Message, source: Codec | Raw | None) -> Mapping[str, object] | None:
    """The payload of the client's frame, or of the one that receivers of a protocol get; None if there is none."""
    if source is None:
        return None
    if isinstance(source, Raw):
        return _preview(source.payload, is_text=source.is_text)
    if len(message.data) > _ENCODED_BYTES:
        return {"text": None, "base64": None, "cut": True}
    # The sequence id of a reliable protocol is each receiver's own: 0 stands for it.
    encoded = source.encode(message)
    whole = source.number(encoded, 0) if source.is_reliable and encoded else encoded
    if not whole:
        return None
    # RFC 6455, section 5.2: what the server sends has no mask.
    is_text, size = whole[0] & 0xF == 1, whole[1]
    start = 2 if size < 126 else 4 if size == 126 else 10
    return _preview(whole[start:], is_text=is_text)


def _preview(data: bytes, *, is_text: bool) -> Mapping[str, object]:
    """The beginning of some bytes."""
    shown = bytes(data[:_SHOWN_BYTES])
    is_cut = len(data) > len(shown)
    if is_text:
        # A character may be cut in two at the end.
        return {"text": shown.decode(errors="ignore" if is_cut else "replace"), "base64": None, "cut": is_cut}
    return {"text": None, "base64": base64.b64encode(shown).decode(), "cut": is_cut}
