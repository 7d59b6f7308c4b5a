"""Waits for something to become true, and looks again only when something has happened."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

__all__ = ["Pulse", "WaitEnded"]


class WaitEnded(Exception):
    """The server stops, so that there is nothing more to wait for."""


class Pulse:
    """Beats when something happens that somebody may be waiting for. While nobody waits, a beat is a look at a set."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiters: set[asyncio.Future[None]] = set()
        self._is_closed = False

    def beat(self) -> None:
        """Something has happened; whoever waits looks again, once for all that happens in a tick."""
        if self._waiters:
            waiters, self._waiters = self._waiters, set()
            for waiter in waiters:
                if not waiter.done():
                    waiter.set_result(None)

    async def until(self, is_true: Callable[[], bool], seconds: float) -> bool:
        """Whether it became true in time. Raises WaitEnded when the server stops."""
        deadline = self._loop.time() + seconds
        while not is_true():
            if self._is_closed:
                raise WaitEnded
            waiter: asyncio.Future[None] = self._loop.create_future()
            self._waiters.add(waiter)
            try:
                async with asyncio.timeout_at(deadline):
                    await waiter
            except TimeoutError:
                return is_true()
            finally:
                self._waiters.discard(waiter)
        return True

    def close(self) -> None:
        """End all waiting."""
        self._is_closed = True
        self.beat()
