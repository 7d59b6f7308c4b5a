"""The streams that one client publishes into groups: which are open, which fragment comes next, and how each ends.

A stream is a connection's own: it is opened by an id, takes fragments numbered from 1 without a gap, and ends once, by
its publisher's word or for one of the service's reasons. Whoever is in the group when a fragment is taken hears it, as
a message with a `stream` of its own; the end is such a message too. The rules are those of "Streaming" in the client
specification (section 3.6) and in reference-json-webpubsub-subprotocol:

- `expected` never goes down. A fragment below it has been published already and is acknowledged again; one above it is
  refused with what is expected. Published is what is exactly expected, if the client may send to the group just then.
- A stream that takes nothing for its idle time is closed. While the client's requests wait for the answer to an event,
  what it has sent may be among them, so that this time does not count.
- A start is acknowledged by itself, since clients wait for the 1 before they send; fragments are acknowledged together,
  once for all that came in one turn of the event loop.

A stream outlives a lost socket of a connection that can be recovered: the client then sends again what was not
acknowledged to it. Nothing here knows of sockets or clocks: both come in as functions.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple, Protocol

from linarite.domain.messages import DataType, Message, StreamError, StreamPart
from linarite.domain.permissions import Permission
from linarite.hubs.client_events import Cancellable
from linarite.hubs.connection import Connection
from linarite.protocols import requests as wanted
from linarite.protocols.codec import AckError

__all__ = ["StreamLimits", "StreamPublisher", "Streams", "Timers"]

# Names of errors in `streamClosed`, `streamNack` and the last message of a stream (client specification, 3.6.4, 3.6.5).
_BAD_REQUEST = "BadRequest"
_CANCELLED = "Cancelled"
_FORBIDDEN = "Forbidden"
_IDLE_TIMEOUT = "IdleTimeout"
_INVALID_SEQUENCE_ID = "InvalidSequenceId"
_NOT_FOUND = "StreamNotFound"
_USER_ERROR = "UserError"

_NOBODY: frozenset[str] = frozenset()

# A publisher that ends its stream is told so this much later. The official JavaScript client (1.1.0) takes its `end()`
# for failed if the answer is there before the operating system has told it that the end was sent: over TLS on one
# machine 1 in 10 failed without this wait, 1 in 300 after 1 ms, none of 600 after 5 ms. A library that waits for the
# answer loses nothing but this moment.
_CONFIRM_SECONDS = 0.02


class StreamLimits(NamedTuple):
    """Bounds of the streams of one connection; each is the setting of the same name."""

    streams_limit: int
    stream_id_limit: int
    stream_idle_seconds: float


class Timers(Protocol):
    """Time, as the event loop counts it."""

    def time(self) -> float:
        """Seconds since some moment."""

    def call_later(self, delay: float, callback: Callable[[], None]) -> Cancellable:
        """Call back after so many seconds; 0 is when everything that was read so far is handled."""


class StreamPublisher(Protocol):
    """What streams need of their client's session."""

    @property
    def is_waiting(self) -> bool:
        """Whether requests of the client wait for the answer to an event."""

    def publish(self, group: str, message: Message, excluded: frozenset[str]) -> None:
        """Deliver to the group's members but the excluded connections."""

    def answer(self, frame: bytes | None) -> None:
        """Tell the client; None is nothing."""


class _Stream:
    """An open stream: the next fragment's number, when it last took something, and the timer that looks at that."""

    __slots__ = ("excluded", "expected", "group", "heard_at", "idle_seconds", "owes_ack", "stream_id", "timer")

    def __init__(self, stream_id: str, group: str, excluded: frozenset[str], idle_seconds: float) -> None:
        self.stream_id = stream_id
        self.group = group
        self.excluded = excluded
        self.idle_seconds = idle_seconds
        self.expected = 1
        self.owes_ack = False
        self.heard_at = 0.0
        self.timer: Cancellable | None = None


class Streams:
    """The open streams of one connection."""

    __slots__ = ("_connection", "_ended", "_limits", "_open", "_owing", "_publisher", "_timers")

    def __init__(
        self, connection: Connection, publisher: StreamPublisher, timers: Timers, limits: StreamLimits
    ) -> None:
        self._connection = connection
        self._publisher = publisher
        self._timers = timers
        self._limits = limits
        self._open: dict[str, _Stream] = {}
        # Streams with an acknowledgement to be sent at the end of this turn of the event loop.
        self._owing: list[_Stream] = []
        # Streams whose publisher has ended them and is yet to be told so, oldest first.
        self._ended: dict[str, _Stream] = {}

    def __len__(self) -> int:
        return len(self._open)

    # What the client asks

    def start(self, request: wanted.StartStream) -> None:
        """Open a stream, or tell why not; a stream that is open under the same id stays as it is."""
        self._confirm_end(request.stream_id)
        error = self._reason_against(request)
        if error is not None:
            self._tell_closed(request.stream_id, error)
            return
        excluded = frozenset((self._connection.connection_id,)) if request.no_echo else _NOBODY
        asked = request.idle_timeout_ms
        idle_seconds = self._limits.stream_idle_seconds if asked is None else asked / 1000
        stream = self._open[request.stream_id] = _Stream(request.stream_id, request.group, excluded, idle_seconds)
        stream.heard_at = self._timers.time()
        self._look_after(stream, idle_seconds)
        self._tell_expected(stream)

    def take(self, request: wanted.StreamData) -> None:
        """Publish a fragment if it is the next one."""
        stream = self._find(request.stream_id)
        if stream is None or not self._is_permitted(stream):
            return
        if request.sequence_id > stream.expected:
            text = f"The stream expects the fragment {stream.expected}, got {request.sequence_id}."
            self._settle(stream)
            error = AckError(_INVALID_SEQUENCE_ID, text)
            self._publisher.answer(self._connection.codec.stream_nack(stream.stream_id, stream.expected, error))
            return
        if request.sequence_id == stream.expected:
            part = StreamPart(stream.stream_id, stream.expected)
            stream.expected += 1
            stream.heard_at = self._timers.time()
            self._publish(stream, request.payload, part)
        self._owe(stream)

    def keep_alive(self, request: wanted.KeepStreamAlive) -> None:
        """Let the idle time begin anew."""
        stream = self._find(request.stream_id)
        if stream is not None:
            stream.heard_at = self._timers.time()

    def end(self, request: wanted.EndStream) -> None:
        """Close a stream as its publisher wishes; one that ends it with an error is told no error itself."""
        stream = self._find(request.stream_id)
        if stream is None or not self._is_permitted(stream):
            return
        error = request.error
        self._end(stream, None if error is None else StreamError(_USER_ERROR, error.message, error.code))
        self._confirm_soon(stream)

    def cancel(self) -> None:
        """Close all streams: the connection is gone for good. Those who listen are told so."""
        error = StreamError(_CANCELLED, "The connection of the stream's publisher has ended.")
        for stream in tuple(self._open.values()):
            self._forget(stream)
            self._publish_end(stream, error)
        self._ended.clear()

    # Rules

    def _reason_against(self, request: wanted.StartStream) -> AckError | None:
        """Why this stream cannot be opened."""
        limits = self._limits
        if request.fault is not None:
            return AckError(_BAD_REQUEST, request.fault)
        if len(request.stream_id) > limits.stream_id_limit:
            got = len(request.stream_id)
            return AckError(_BAD_REQUEST, f"streamId: expected at most {limits.stream_id_limit} characters, got {got}.")
        if not self._connection.permissions.allows(Permission.SEND_TO_GROUP, request.group):
            return _forbidden(request.group)
        if request.stream_id in self._open:
            return AckError(_BAD_REQUEST, "streamId: a stream of this connection is open under this id.")
        if len(self._open) >= limits.streams_limit:
            return AckError(_BAD_REQUEST, f"The connection has {limits.streams_limit} open streams, the most it may.")
        return None

    def _find(self, stream_id: str) -> _Stream | None:
        """The open stream; if there is none the client is told so."""
        stream = self._open.get(stream_id)
        if stream is None:
            self._confirm_end(stream_id)
            error = AckError(_NOT_FOUND, "No stream of this connection is open under this id.")
            self._tell_closed(stream_id, error)
        return stream

    def _is_permitted(self, stream: _Stream) -> bool:
        """Whether the client may still send to the group; a stream that it may not is closed."""
        if self._connection.permissions.allows(Permission.SEND_TO_GROUP, stream.group):
            return True
        told = StreamError(_FORBIDDEN, "The stream's publisher may no longer send to the group.")
        self._end(stream, told)
        self._tell_closed(stream.stream_id, _forbidden(stream.group))
        return False

    # Time

    def _look_after(self, stream: _Stream, seconds: float) -> None:
        """Look at the stream when it may have been idle for too long.

        The timer is not moved by each fragment: that costs as much as the fragment itself.
        """
        stream.timer = self._timers.call_later(seconds, partial(self._look, stream))

    def _look(self, stream: _Stream) -> None:
        now = self._timers.time()
        if self._publisher.is_waiting:
            stream.heard_at = now
        left = stream.heard_at + stream.idle_seconds - now
        if left > 0:
            self._look_after(stream, left)
            return
        text = f"The stream took nothing for {round(stream.idle_seconds * 1000)} ms."
        self._end(stream, StreamError(_IDLE_TIMEOUT, text))
        self._tell_closed(stream.stream_id, AckError(_IDLE_TIMEOUT, text))

    # Endings

    def _end(self, stream: _Stream, error: StreamError | None) -> None:
        """Close a stream and tell its listeners why; its publisher hears of it after them."""
        self._settle(stream)
        self._forget(stream)
        self._publish_end(stream, error)

    def _confirm_soon(self, stream: _Stream) -> None:
        """Tell the publisher of the end that it asked for in a moment; of no more than a bounded number of them."""
        self._ended[stream.stream_id] = stream
        self._timers.call_later(_CONFIRM_SECONDS, partial(self._confirm, stream))
        if len(self._ended) > self._limits.streams_limit:
            self._confirm_end(next(iter(self._ended)))

    def _confirm(self, stream: _Stream) -> None:
        if self._ended.get(stream.stream_id) is stream:
            self._confirm_end(stream.stream_id)

    def _confirm_end(self, stream_id: str) -> None:
        """Tell the publisher that its stream has ended, if that is due: before anything else is said of its id."""
        if self._ended.pop(stream_id, None) is not None:
            self._tell_closed(stream_id, None)

    def _forget(self, stream: _Stream) -> None:
        del self._open[stream.stream_id]
        stream.owes_ack = False
        if stream.timer is not None:
            stream.timer.cancel()

    def _publish_end(self, stream: _Stream, error: StreamError | None) -> None:
        """Tell the members of the moment.

        The message has an empty text: the official JavaScript client drops one without a data type, and Python's and
        .NET's fail at it.
        """
        part = StreamPart(stream.stream_id, stream.expected, end_of_stream=True, error=error)
        self._publish(stream, _NOTHING, part)

    def _publish(self, stream: _Stream, payload: wanted.Payload, part: StreamPart) -> None:
        message = Message(payload.data_type, payload.data, stream.group, self._connection.user_id, stream=part)
        self._publisher.publish(stream.group, message, stream.excluded)

    # What the client is told

    def _owe(self, stream: _Stream) -> None:
        """Acknowledge at the end of this turn of the event loop what the stream has taken by then."""
        if stream.owes_ack:
            return
        stream.owes_ack = True
        if not self._owing:
            self._timers.call_later(0, self._acknowledge)
        self._owing.append(stream)

    def _acknowledge(self) -> None:
        owing, self._owing = self._owing, []
        for stream in owing:
            self._settle(stream)

    def _settle(self, stream: _Stream) -> None:
        """Send the acknowledgement that is due, before anything else is said of the stream."""
        if stream.owes_ack:
            stream.owes_ack = False
            self._tell_expected(stream)

    def _tell_expected(self, stream: _Stream) -> None:
        self._publisher.answer(self._connection.codec.stream_ack(stream.stream_id, stream.expected))

    def _tell_closed(self, stream_id: str, error: AckError | None) -> None:
        self._publisher.answer(self._connection.codec.stream_closed(stream_id, error))


_NOTHING = wanted.Payload(DataType.TEXT, b"")


def _forbidden(group: str) -> AckError:
    return AckError(_FORBIDDEN, f"The client does not have permission to send to group '{group}'.")
