"""One client's WebSocket: whole messages in, frames out, and the ways in which it ends.

picows parses what comes in. What goes out are frames that delivery has laid ready; they go to the transport in one
write. A client that does not read fills the transport's buffer; from then on its frames wait in a bounded outbox, and a
client that lets too much wait loses its connection (1008), never its neighbours' time. A reliable client loses only the
socket: what it has not acknowledged is kept for its return (sockets/recoveries.py).
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Iterable, Sequence
from enum import Enum
from functools import partial

from multidict import CIMultiDict
from picows import WSFrame, WSListener, WSMsgType, WSTransport

from linarite.domain.close_categories import CloseCategory
from linarite.domain.inspection import Traffic, Waiting
from linarite.domain.utf8 import is_utf8
from linarite.hubs.connection import Connection
from linarite.hubs.session import Session
from linarite.protocols.framing import PING, close_frame, pong_frame
from linarite.sockets.close_frames import (
    INTERNAL_ERROR,
    INVALID_DATA,
    NORMAL_CLOSURE,
    POLICY_VIOLATION,
    PROTOCOL_ERROR,
    REASONS,
    TOO_LARGE,
    Goodbye,
    goodbye_of,
)
from linarite.sockets.fragments import Fragments
from linarite.sockets.keep_alive import KeepAlive
from linarite.sockets.lingering import close_lingering
from linarite.sockets.outbox import Outbox
from linarite.sockets.pace import Pace
from linarite.sockets.reading import Reading
from linarite.sockets.socket_owner import SocketLimits, SocketOwner
from linarite.sockets.tcp_state import seconds_since_data, traffic_of
from linarite.sockets.turned_away import RECOVERY_REFUSED
from linarite.sockets.wire import Wire

__all__ = ["ClientSocket"]

_log = logging.getLogger(__name__)

_NO_HEADERS: CIMultiDict[str] = CIMultiDict()
_TEXT = WSMsgType.TEXT
_BINARY = WSMsgType.BINARY
_CONTINUATION = WSMsgType.CONTINUATION
_DATA = (_TEXT, _BINARY, _CONTINUATION)


# So much of a replay is written at once: a write costs more than a small frame, a long join more than it saves.
_REPLAY_BYTES = 64 * 1024
_TOO_FAST = "The client sends more than its rate limit allows."
_TOO_SLOW = "The client is too slow to read its messages."
# On Windows a socket's descriptor is not one that os.write takes.
_SOCKETS_ARE_FILES = os.name == "posix"


class _State(Enum):
    OPEN = "open"
    CLOSING = "closing"


class ClientSocket(WSListener):
    """A socket of one connection. `connection` and `session` are set before the handshake is answered."""

    __slots__ = (
        "_fragments",
        "_has_said_goodbye",
        "_is_leaving",
        "_keep_alive",
        "_limits",
        "_loop",
        "_outbox",
        "_owner",
        "_reading",
        "_state",
        "_timeout",
        "_transport",
        "connection",
        "groups",
        "heard_at",
        "is_recovery",
        "keep_alive_seconds",
        "session",
    )

    connection: Connection
    session: Session
    groups: Sequence[str]
    """The groups that the connection joins when it opens."""
    keep_alive_seconds: int

    def __init__(
        self, loop: asyncio.AbstractEventLoop, keep_alive: KeepAlive, limits: SocketLimits, owner: SocketOwner
    ) -> None:
        super().__init__()
        self._loop = loop
        self._keep_alive = keep_alive
        self._limits = limits
        self._owner = owner
        self._transport: asyncio.Transport | None = None
        self._state = _State.OPEN
        self._outbox: Outbox | None = None
        self._timeout: asyncio.TimerHandle | None = None
        self._fragments: Fragments | None = None
        self._reading = Reading(loop, limits.pace.start(loop.time()))
        self._has_said_goodbye = False
        self._is_leaving = False
        """Whether the client has said that it will not come back."""
        self.is_recovery = False
        """Whether a connection is recovered here, and not begun."""
        self.heard_at = 0

    # What picows and its wire call

    def on_ws_connected(self, transport: WSTransport) -> None:
        """The handshake is answered."""
        wire: Wire = transport.underlying_transport  # type: ignore[assignment]  # given to it by the upgrade
        self._transport = self._reading.transport = wire.transport
        # picows keeps the handshake for as long as the connection lasts; nobody asks for it any more.
        transport.request.headers = transport.response.headers = _NO_HEADERS
        try:
            self._owner.opened(self)
        except Exception:
            self._fail("connection start failed")

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """A frame came; a broad catch stands here, at the edge, so that one client's bad luck stays its own."""
        self.heard_at = self._keep_alive.now
        try:
            self._take(frame)
        except Exception:
            self._fail("client frame failed")

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """The socket is gone."""
        self.lost()

    @property
    def is_connected(self) -> bool:
        """Whether the handshake is answered and the socket still there."""
        return self._transport is not None

    @property
    def is_reading_stopped(self) -> bool:
        """Whether the client is not to be read just now."""
        return self._reading.is_stopped

    @property
    def pace(self) -> Pace | None:
        """What the client has sent, if that is limited."""
        return self._reading.pace

    @property
    def is_leaving(self) -> bool:
        """Whether the client has said that it will not come back, though something of it may still be carried out."""
        return self._is_leaving

    def refuse_frame(self, code: int) -> None:
        """picows looks one frame ahead: the wrong one is refused before the good one in front of it is handed over."""
        if self._transport is not None:
            self._transport.pause_reading()
            self._loop.call_soon(self._break_off, code)

    def text_before(self, opcode: int) -> bytes | None:
        """What of a character came in front of a frame of this kind; None unless its payload is text that counts."""
        if self._state is not _State.OPEN or self._has_said_goodbye:
            return None
        if self._fragments is None:
            return b"" if opcode == _TEXT.value else None
        is_more = self._fragments.is_text and opcode == _CONTINUATION.value
        return self._fragments.character if is_more else None

    def lost(self) -> None:
        """The transport is closed."""
        if self._transport is None:
            return
        if self._timeout is not None:
            self._timeout.cancel()
        self._transport = self._reading.transport = None
        self._end("The connection was lost.", is_final=False)
        self._owner.gone(self)

    def _descriptor(self, transport: asyncio.Transport) -> int | None:
        """The socket's descriptor for deliveries, with nothing held back from it; None if it is not for them."""
        if transport.get_extra_info("ssl_object") is not None or not _SOCKETS_ARE_FILES:
            transport.set_write_buffer_limits(high=self._limits.write_buffer_bytes)
            return None
        # Full as soon as a byte has to wait: then this connection is stalled, and deliveries leave its socket alone.
        transport.set_write_buffer_limits(high=0)
        sock = transport.get_extra_info("socket")
        return None if transport.get_write_buffer_size() else int(sock.fileno())

    # What the owner calls

    def attach(self) -> None:
        """Be the connection's way out: from here on a delivery's write is the transport's own, or the descriptor's."""
        assert self._transport is not None
        connection = self.connection
        connection.outlet = self
        connection.write = self._transport.write
        connection.is_stalled = False
        connection.descriptor = self._descriptor(self._transport)

    def keep_pace(self, pace: Pace | None) -> None:
        """A new socket is no way around the connection's rate limits."""
        self._reading.keep_pace(pace)

    def replay(self, frames: Iterable[tuple[bytes, float | None]]) -> None:
        """Send again what the client may have missed, before anything new."""
        together: list[bytes] = []
        size = 0
        for frame, expires_at in frames:
            if self.connection.is_stalled:
                self.hold(frame, expires_at)
                continue
            together.append(frame)
            size += len(frame)
            if size >= _REPLAY_BYTES and self._transport is not None:
                self._transport.write(b"".join(together))
                together, size = [], 0
        if together and self._transport is not None:
            self._transport.write(b"".join(together))

    def give_way(self) -> None:
        """Another socket is the connection's way out now."""
        self.abort()

    def turn_away(self) -> None:
        """There is no connection any more for this socket to go on with."""
        if self._transport is not None:
            self._transport.write(close_frame(POLICY_VIOLATION, RECOVERY_REFUSED))
            self._end(RECOVERY_REFUSED)
            self._loop.call_soon(self._linger)

    # What the transport calls

    def pause_writing(self) -> None:
        """The client does not keep up: what is said to it from now on waits in its outbox."""
        if self._state is not _State.OPEN:
            return
        self.connection.is_stalled = True
        self.session.hub.delivery.stalled.add(self.connection)

    def resume_writing(self) -> None:
        """The client reads again: write what waited, until it is all out or the client stalls once more."""
        if self._state is not _State.OPEN:
            return
        self.connection.is_stalled = False
        outbox, now = self._outbox, self._loop.time()
        while outbox is not None and self._transport is not None and not self.connection.is_stalled:
            frame = outbox.take(now)
            if frame is None:
                self._outbox = None
                self._tell_dropped(outbox.expired, "expired before the client read them")
                break
            self._transport.write(frame)
        if not self.connection.is_stalled:
            self.session.hub.delivery.stalled.discard(self.connection)

    # What the hub calls

    def write(self, frames: bytes) -> None:
        """Hand complete frames to the transport; used until the handshake is answered and after the end only."""

    def hold(self, frame: bytes, expires_at: float | None) -> None:
        """Keep a frame until the client reads again; too many end the connection."""
        if self._state is not _State.OPEN:
            return
        if self._outbox is None:
            self._outbox = Outbox()
        self._outbox.add(frame, expires_at)
        waiting = self._outbox
        is_full = (
            len(waiting.frames) > self._limits.outbox_limit_messages or waiting.bytes > self._limits.outbox_limit_bytes
        )
        if not is_full or self.connection.is_closing:
            return
        self._outbox = None
        if self.connection.recovery is None:
            self._tell_dropped(len(waiting.frames), "slow client")
            self.connection.close(POLICY_VIOLATION, _TOO_SLOW, category=CloseCategory.SLOW_CLIENT)
        else:
            self.drop(_TOO_SLOW)

    def close(self, code: int, reason: str, told: str) -> None:
        """Send what waits and a close frame, and give the client a while to answer."""
        self._send_close(code, reason)
        self._end(told)

    def pause_reading(self) -> None:
        """Take nothing more from the client for now."""
        self._reading.pause()

    def resume_reading(self) -> None:
        """Take what the client sends again."""
        self._reading.resume()

    def abort(self) -> None:
        """End the socket without a word."""
        self._end("The connection was lost.", is_final=False)
        if self._transport is not None:
            self._transport.abort()

    def observe(self) -> tuple[Waiting, Traffic | None]:
        """What waits for the client, in the outbox and before it, and what its TCP connection has carried."""
        transport, outbox = self._transport, self._outbox
        frames, size = (0, 0) if outbox is None else (len(outbox.frames), outbox.bytes)
        if transport is None:
            return Waiting(frames, size), None
        size += transport.get_write_buffer_size()
        return Waiting(frames, size), traffic_of(transport.get_extra_info("socket"))

    # What the keep-alive calls

    def ping(self) -> None:
        """Send a WebSocket ping, unless the client is not reading anyway.

        While reading has stopped, because its requests wait or come too fast, its silence is ours.
        """
        if self._reading.is_stopped:
            self.heard_at = self._keep_alive.now
        if self._transport is not None and not self.connection.is_stalled and self._state is _State.OPEN:
            self._transport.write(PING)

    def is_sending(self, seconds: float) -> bool:
        """Whether bytes came in this time, though no whole frame."""
        if self._transport is None:
            return False
        return seconds_since_data(self._transport.get_extra_info("socket")) < seconds

    def drop(self, reason: str) -> None:
        """The client is gone without having said so."""
        self._end(reason, is_final=False)
        self.abort()

    # Frames

    def _take(self, frame: WSFrame) -> None:
        if self._state is not _State.OPEN:
            if frame.msg_type == WSMsgType.CLOSE:
                self._disconnect()
            return
        if self._has_said_goodbye:
            return  # RFC 6455, section 5.5.1: nothing that comes behind a close frame means anything
        if frame.rsv1 or frame.rsv2 or frame.rsv3:
            self._refuse(PROTOCOL_ERROR)
            return
        kind = frame.msg_type
        if kind in _DATA:
            self._take_data(kind, frame)
        elif kind == WSMsgType.PING:
            if self._transport is not None and not self.connection.is_stalled:
                self._transport.write(pong_frame(frame.get_payload_as_bytes()))
        elif kind == WSMsgType.CLOSE:
            self._answer_close(frame)

    def _take_data(self, kind: WSMsgType, frame: WSFrame) -> None:
        if (kind == _CONTINUATION) == (self._fragments is None):
            # RFC 6455, section 5.4: a continuation needs a beginning, and a beginning no unfinished message.
            self._refuse(PROTOCOL_ERROR)
            return
        if self._fragments is None:
            if frame.fin:
                self._take_message(kind == _TEXT, frame.get_payload_as_bytes())
                return
            self._fragments = Fragments(kind == _TEXT)
        self._take_fragment(self._fragments, frame)

    def _take_fragment(self, fragments: Fragments, frame: WSFrame) -> None:
        if len(fragments.data) + frame.payload_size > self._limits.message_limit_bytes:
            self._refuse(TOO_LARGE)
        elif not fragments.add(frame.get_payload_as_bytes(), is_last=frame.fin):
            self._refuse(INVALID_DATA)
        elif frame.fin:
            self._fragments = None
            self._take_message(fragments.is_text, bytes(fragments.data))

    def _take_message(self, is_text: bool, payload: bytes) -> None:
        if is_text and not is_utf8(payload):
            self._refuse(INVALID_DATA)  # RFC 6455, section 8.1
            return
        self.session.receive(is_text, payload)
        if self._reading.is_measured and self._state is _State.OPEN:
            self._measure(len(payload))

    def _measure(self, size: int) -> None:
        """Slow a client down that sends too fast; one that has sent far too much already has to go."""
        owed = self._reading.owed(size)
        if owed > self._limits.rate_debt_seconds:
            self.connection.close(POLICY_VIOLATION, _TOO_FAST, _TOO_FAST)
        elif owed and self._reading.slow_down(owed):
            self._owner.slowed(self)

    # Endings

    def _refuse(self, code: int) -> None:
        """End the connection because of what the client sent, after what it was told before."""
        self.session.hub.delivery.settle()
        self.connection.close(code, REASONS[code])
        if self._transport is not None:
            # Not at once: picows is in the middle of what it has read.
            self._transport.pause_reading()
            self._loop.call_soon(self._linger)

    def _fail(self, event: str) -> None:
        """End the connection because of an error of ours."""
        _log.exception(event, extra={"connection": self.connection.connection_id})
        self.connection.close(INTERNAL_ERROR, REASONS[INTERNAL_ERROR])

    def _break_off(self, code: int) -> None:
        """End the connection at a frame behind which nothing can be understood."""
        if self._transport is not None and not self._has_said_goodbye:
            self._refuse(code if code in REASONS else PROTOCOL_ERROR)

    def _linger(self) -> None:
        """Close without waiting for the client's answer: after a wrong frame it may never come (RFC 6455, 7.1.7)."""
        if self._transport is not None:
            close_lingering(self._transport, self._limits.close_timeout_seconds, self.lost)

    def _answer_close(self, frame: WSFrame) -> None:
        """Answer a client's close frame; a client that closes in good order has what it sent before carried out."""
        goodbye = goodbye_of(frame)
        if goodbye is None:
            self._refuse(PROTOCOL_ERROR)
            self._disconnect()
        else:
            self._has_said_goodbye = True
            self._is_leaving = goodbye.code == NORMAL_CLOSURE
            self.session.after_requests(partial(self._say_goodbye, goodbye))

    def _say_goodbye(self, goodbye: Goodbye) -> None:
        self.session.hub.delivery.settle()
        self._send_close(goodbye.code, goodbye.reason)
        self._end(goodbye.reason, is_final=False)
        self._disconnect()

    def _send_close(self, code: int | None, reason: str) -> None:
        if self._state is not _State.OPEN or self._transport is None:
            return
        now = self._loop.time()
        while self._outbox is not None and (frame := self._outbox.take(now)) is not None:
            self._transport.write(frame)
        self._transport.write(close_frame(code, reason))
        self._timeout = self._loop.call_later(self._limits.close_timeout_seconds, self.abort)

    def _tell_dropped(self, count: int, cause: str) -> None:
        """Tell the resource logs, if they want to know, of frames that the client will not get."""
        trace = self.session.hub.delivery.trace
        if trace is not None and count:
            trace.dropped(self.connection, count, cause)

    def _disconnect(self) -> None:
        """Close the transport when what was written is out; a client that does not read has until the timeout."""
        if self._transport is not None:
            self._transport.close()

    def _end(self, reason: str, *, is_final: bool = True) -> None:
        """From now on nothing is written to the client here.

        The connection is over, and nobody's member any more, unless it is a reliable one that has lost its socket.
        """
        if self._state is not _State.OPEN:
            return
        self._state = _State.CLOSING
        if self._outbox is not None and self.connection.recovery is None:
            self._tell_dropped(len(self._outbox.frames), "disconnected")
        self._outbox = None
        self._fragments = None
        self._reading.end()
        self._keep_alive.forget(self)
        connection = self.connection
        if connection.outlet is not self:
            return
        if connection.recovery is not None and not is_final and not self._is_leaving:
            self._owner.detached(self)
            return
        connection.is_closing = True
        connection.is_stalled = False
        connection.write = self.write
        connection.descriptor = None
        # Not at once: whoever closes may be in the middle of writing to the hub's members.
        self._loop.call_soon(self._owner.ended, self.session, reason)
