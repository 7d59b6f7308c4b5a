"""The frames of a connection that somebody looks at, as its client wrote them.

A message is decoded when it comes, and its frame is gone. Of a connection that a watcher names, a codec in front of its
own remembers the last frames; nobody else's way changes. Delivery takes such a connection for one with a protocol of
its own, and encodes once more for it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import NamedTuple, Protocol

from linarite.domain.commands import HubAddress
from linarite.domain.messages import Message
from linarite.hubs.connection import Connection
from linarite.monitoring.live_feed import LiveFeed
from linarite.protocols.codec import Codec
from linarite.protocols.requests import Request

__all__ = ["Raw", "TappedCodec", "Taps"]

# Requests may wait for the answer to an event before they become messages; of more than these the frame is not shown.
_FRAMES_LIMIT = 64


class Raw(NamedTuple):
    """A message of a client as it came."""

    is_text: bool
    payload: bytes


class TappedCodec:
    """A codec that remembers what it has decoded."""

    def __init__(self, inner: Codec) -> None:
        self.inner = inner
        self.name = inner.name
        self.is_reliable = inner.is_reliable
        self.encode = inner.encode
        self.number = inner.number
        self.ack = inner.ack
        self.connected = inner.connected
        self.disconnected = inner.disconnected
        self.pong = inner.pong
        self.stream_ack = inner.stream_ack
        self.stream_nack = inner.stream_nack
        self.stream_closed = inner.stream_closed
        self.invoke_response = inner.invoke_response
        self._heard: deque[tuple[bytes, Raw]] = deque(maxlen=_FRAMES_LIMIT)

    def decode(self, is_text: bool, payload: bytes) -> Request:
        """What the client asks. Raises ProtocolViolation."""
        request = self.inner.decode(is_text, payload)
        data = getattr(getattr(request, "payload", None), "data", None)
        if isinstance(data, bytes):
            self._heard.append((data, Raw(is_text, payload)))
        return request

    def raw_of(self, message: Message) -> Raw | None:
        """The frame that a message was made of: the one whose data, not just its like, the message has."""
        return next((raw for data, raw in reversed(self._heard) if data is message.data), None)


class Hub(Protocol):
    """A hub, asked for a connection."""

    def find(self, connection_id: str) -> Connection | None:
        """The connection of that id, if it is here."""


class Hubs(Protocol):
    """All hubs."""

    def __iter__(self) -> Iterator[tuple[HubAddress, Hub]]:
        """Each with its address."""


class Taps:
    """Keeps the connections tapped that watchers name."""

    def __init__(self, feed: LiveFeed, hubs: Hubs) -> None:
        self._feed = feed
        self._hubs = hubs
        self._tapped: list[Connection] = []

    def renew(self) -> None:
        """Watchers have come or gone."""
        for connection in self._tapped:
            if isinstance(connection.codec, TappedCodec):
                connection.codec = connection.codec.inner
        self._tapped = []
        for connection_id in self._feed.watched_connections:
            for _, hub in self._hubs:
                found = hub.find(connection_id)
                if found is not None:
                    found.codec = TappedCodec(found.codec)
                    self._tapped.append(found)
