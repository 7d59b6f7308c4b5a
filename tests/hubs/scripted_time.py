"""An event loop's time that goes on when it is told to."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from functools import partial


class Timer:
    """Something that is to happen."""

    def __init__(self, act: Callable[[], None]) -> None:
        self.act = act
        self.is_cancelled = False

    def cancel(self) -> None:
        self.is_cancelled = True


class ScriptedTime:
    """Seconds, and what is to happen when they have passed."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now
        self.calls = 0
        """How many timers were ever set, but for those of the same turn."""
        self._numbers = itertools.count()
        self._due: list[tuple[float, int, Timer]] = []

    def time(self) -> float:
        return self.now

    def call_soon(self, callback: Callable[..., None], *arguments: object) -> Timer:
        return self.call_later(0, callback, *arguments)

    def call_later(self, delay: float, callback: Callable[..., None], *arguments: object) -> Timer:
        timer = Timer(partial(callback, *arguments))
        self.calls += delay > 0
        heapq.heappush(self._due, (self.now + delay, next(self._numbers), timer))
        return timer

    def pass_(self, seconds: float = 0.0) -> None:
        """Let time go on, everything that is due meanwhile in its order; without an argument, end the turn."""
        until = self.now + seconds
        while self._due and self._due[0][0] <= until:
            self.now, _, timer = heapq.heappop(self._due)
            if not timer.is_cancelled:
                timer.act()
        self.now = until

    @property
    def pending(self) -> int:
        """Timers that are still to go off."""
        return sum(not timer.is_cancelled for _, _, timer in self._due)
