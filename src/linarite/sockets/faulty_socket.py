"""A client's socket whose line can be made bad on request, in `linarite dev` only (`domain/faults.py`).

A stalled line is one on which nothing moves: what is said to the client waits in its outbox, under the outbox's limits,
and nothing is read from it. A slow line lets frames out one by one, each as long after the last as its bytes take; no
frame is split. While a line is bad the client is not pinged, and its silence is not its own. When the server closes the
connection, what waits goes out first, as it would on any line.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from linarite.sockets.client_socket import ClientSocket
from linarite.sockets.keep_alive import KeepAlive
from linarite.sockets.socket_owner import SocketLimits, SocketOwner

__all__ = ["FaultySocket"]

Attached = Callable[["FaultySocket"], None]


class FaultySocket(ClientSocket):
    """A socket that behaves until it is told otherwise."""

    __slots__ = ("_attached", "_bytes_per_second", "_free_at", "_is_frozen", "_is_not_wanted", "_next_frame")

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        keep_alive: KeepAlive,
        limits: SocketLimits,
        owner: SocketOwner,
        attached: Attached,
    ) -> None:
        """`attached` is called when the socket has become a connection's way out."""
        super().__init__(loop, keep_alive, limits, owner)
        self._attached = attached
        self._is_frozen = False
        self._is_not_wanted = False
        """Whether the session wants nothing to be read just now."""
        self._bytes_per_second: int | None = None
        self._free_at = 0.0
        """When a slow line has taken what was written last."""
        self._next_frame: asyncio.TimerHandle | None = None

    # Faults

    def freeze(self) -> None:
        """Stall the line, until `thaw`."""
        if self._transport is not None and self.connection.outlet is self:
            self._is_frozen = True
            super().pause_writing()
            super().pause_reading()

    def thaw(self) -> None:
        """Let the line go again."""
        self._is_frozen = False
        if not self._is_not_wanted:
            super().resume_reading()
        self._go_on()

    def slow_down(self, bytes_per_second: int) -> None:
        """Give the client so much, until `speed_up`."""
        if self._transport is not None and self.connection.outlet is self:
            self._bytes_per_second = bytes_per_second
            super().pause_writing()
            self._expect_frame()

    def speed_up(self) -> None:
        """Let the line be as fast as it is."""
        self._bytes_per_second = None
        self._go_on()

    def _go_on(self) -> None:
        """Write what waited, unless the client itself does not read: then its transport will tell."""
        if self._transport is None or self._transport.get_write_buffer_size():
            return
        self.resume_writing()

    # What the socket does otherwise

    def attach(self) -> None:
        """Be the connection's way out."""
        super().attach()
        self._attached(self)

    def resume_writing(self) -> None:
        """The client reads again; a stalled line stays stalled and a slow one slow."""
        if self._is_frozen:
            return
        if self._bytes_per_second is None:
            super().resume_writing()
        else:
            self._expect_frame()

    def hold(self, frame: bytes, expires_at: float | None) -> None:
        """Keep a frame until its time has come."""
        super().hold(frame, expires_at)
        self._expect_frame()

    def pause_reading(self) -> None:
        """Take nothing more from the client for now."""
        self._is_not_wanted = True
        super().pause_reading()

    def resume_reading(self) -> None:
        """Take what the client sends again, unless the line is stalled."""
        self._is_not_wanted = False
        if not self._is_frozen:
            super().resume_reading()

    def ping(self) -> None:
        """Ask for a sign of life; on a bad line none is expected."""
        if self._is_frozen or self._bytes_per_second is not None:
            self.heard_at = self._keep_alive.now
        else:
            super().ping()

    def lost(self) -> None:
        """The transport is closed."""
        if self._next_frame is not None:
            self._next_frame.cancel()
            self._next_frame = None
        super().lost()

    # A slow line

    def _expect_frame(self) -> None:
        """See that the next frame goes out when the line is free."""
        if self._bytes_per_second is not None and self._next_frame is None and not self._is_frozen:
            self._next_frame = self._loop.call_at(max(self._free_at, self._loop.time()), self._write_next)

    def _write_next(self) -> None:
        self._next_frame = None
        if self._bytes_per_second is None or self._transport is None or self._is_frozen:
            return
        if self._outbox is None or self._transport.get_write_buffer_size():
            return  # `hold` or `resume_writing` will ask again
        frame = self._outbox.take(self._loop.time())
        if frame is None:
            self._outbox = None
            return
        self._transport.write(frame)
        self._free_at = self._loop.time() + len(frame) / self._bytes_per_second
        self._expect_frame()
