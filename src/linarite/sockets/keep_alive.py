"""Pings for all connections from one timer, and the end of those that no longer answer.

A connection is looked at once in each of its hub's keep-alive intervals: it gets a WebSocket ping, and if nothing at
all came from it for several intervals it is dropped (howto-troubleshoot-common-issues, PingTimeout). Time is counted in
whole seconds by one timer, so that noting a sign of life costs an attribute, not a system call.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import Protocol

__all__ = ["KeepAlive", "Watched"]


class Watched(Protocol):
    """What the keep-alive needs of a connection."""

    heard_at: int
    """When something last came from the client, on the clock of `KeepAlive.now`."""

    def ping(self) -> None:
        """Ask the client for a sign of life."""

    def is_sending(self, seconds: float) -> bool:
        """Whether anything came from the client in this time, even if no whole frame."""

    def drop(self, reason: str) -> None:
        """The client has given none for too long."""


class KeepAlive:
    """Watches connections until they are forgotten."""

    def __init__(self, loop: asyncio.AbstractEventLoop, missed_intervals: int, second: float = 1.0) -> None:
        """`missed_intervals` of silence end a connection. `second` is the length of one step of `now`."""
        self._loop = loop
        self._missed_intervals = missed_intervals
        self._second = second
        self._due: defaultdict[int, dict[Watched, int]] = defaultdict(dict)
        self._due_at: dict[Watched, int] = {}
        self._timer = loop.call_later(second, self._step)
        self.now = 0
        """Seconds since the start, as the timer counts them."""

    def watch(self, watched: Watched, interval: int) -> None:
        """Ping this connection each `interval` seconds from now on."""
        watched.heard_at = self.now
        self._put(watched, interval)

    def forget(self, watched: Watched) -> None:
        """Stop watching."""
        due = self._due_at.pop(watched, None)
        if due is not None:
            self._due[due].pop(watched, None)

    def stop(self) -> None:
        """End the timer."""
        self._timer.cancel()

    def _put(self, watched: Watched, interval: int) -> None:
        due = self.now + interval
        self._due[due][watched] = interval
        self._due_at[watched] = due

    def _step(self) -> None:
        self._timer = self._loop.call_later(self._second, self._step)
        self.now += 1
        for watched, interval in self._due.pop(self.now, {}).items():
            silence = self.now - watched.heard_at
            is_silent = silence >= interval * self._missed_intervals
            # In the middle of a long frame a client cannot answer pings: the frame's bytes are its sign of life.
            if is_silent and not watched.is_sending(interval * self._second):
                del self._due_at[watched]
                watched.drop(f"nothing heard for {silence} s")
            else:
                watched.ping()
                self._put(watched, interval)
