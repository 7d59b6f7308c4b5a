"""When a client is read: not while too many of its requests wait, and not while it sends too fast."""

from __future__ import annotations

import asyncio

from linarite.sockets.pace import Pace

__all__ = ["Reading"]


class Reading:
    """Pauses and resumes one client's transport, for two reasons that do not know of each other."""

    __slots__ = ("_is_paused", "_loop", "_slowed", "pace", "transport")

    def __init__(self, loop: asyncio.AbstractEventLoop, pace: Pace | None) -> None:
        self._loop = loop
        self.pace = pace
        """What the client has sent; None if nothing is limited."""
        self._is_paused = False
        self._slowed: asyncio.TimerHandle | None = None
        self.transport: asyncio.Transport | None = None
        """None before the client is connected and after its end."""

    @property
    def is_stopped(self) -> bool:
        """Whether the client is not read just now."""
        return self._is_paused or self._slowed is not None

    @property
    def is_measured(self) -> bool:
        """Whether the client's pace counts."""
        return self.pace is not None

    def owed(self, size: int) -> float:
        """A message of this size has come; the seconds for which the client is not to be read, 0 within its limits."""
        return 0.0 if self.pace is None else self.pace.sent(size, self._loop.time())

    def pause(self) -> None:
        """Read nothing more until `resume`."""
        if self.transport is not None and not self._is_paused:
            self._is_paused = True
            self.transport.pause_reading()

    def resume(self) -> None:
        """Read again, unless the client is too fast."""
        if self.transport is not None and self._is_paused:
            self._is_paused = False
            if self._slowed is None:
                self.transport.resume_reading()

    def slow_down(self, seconds: float) -> bool:
        """Read nothing more for so long; False if the client was slowed down before."""
        if self._slowed is not None or self.transport is None:
            return False
        self.transport.pause_reading()
        self._slowed = self._loop.call_later(seconds, self._speed_up)
        return True

    def keep_pace(self, pace: Pace | None) -> None:
        """Take over what the client has sent at another socket, and what it owes for that."""
        self.pace = pace
        owed = 0.0 if pace is None else pace.owed(self._loop.time())
        if owed:
            self.slow_down(owed)

    def end(self) -> None:
        """From now on whatever comes is read, for the client's answer to a close frame."""
        was_stopped = self.is_stopped
        if self._slowed is not None:
            self._slowed.cancel()
            self._slowed = None
        transport, self.transport = self.transport, None
        if was_stopped and transport is not None:
            transport.resume_reading()

    def _speed_up(self) -> None:
        """The time is over; what came before reading stopped may have added to it."""
        self._slowed = None
        if self.transport is None or self.pace is None:
            return
        owed = self.pace.owed(self._loop.time())
        if owed:
            self._slowed = self._loop.call_later(owed, self._speed_up)
        elif not self._is_paused:
            self.transport.resume_reading()
