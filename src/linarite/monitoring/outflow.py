"""The way of log lines to one destination: a bounded buffer, and a thread that empties it.

Whoever logs notes what happened and goes on; it never waits for a disk or a network. The thread takes what has come
since the last flush interval and hands it to the destination's sink. A sink that fails is tried again with the same
lines; what comes meanwhile waits in the buffer, and what does not fit into it any more is dropped, counted and told
in the server's log. So a full disk or a dead collector costs log lines, never messages.

Lines that a sink has taken survive the end of the process, kill -9 included; those of the last interval do not.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol, TypeAlias

from linarite.monitoring.logs import log_event

__all__ = ["Line", "LineSink", "Outflow", "Render", "SinkError", "Stream", "Way"]

_log = logging.getLogger(__name__)

# A flush makes and hands over the lines of so many notes at a time, and lets the event loop run after each few of them:
# some 200 us of rendering, which nobody notices who waits for a message.
_LOT_NOTES = 512
_NOTES_A_TURN = 64
# Between two attempts at a sink that fails; an attempt costs a system call or a connect.
_RETRY_SECONDS = 0.5


class Stream(NamedTuple):
    """Whose lines they are: one category of one resource, with the days for which they shall be kept (0: no limit)."""

    category: str
    resource_id: str
    retention_days: int = 0


Line: TypeAlias = tuple[Stream, bytes]
"""Whose line it is, and one entry in JSON without a line break. A bare tuple: thousands are made in a second."""

Render: TypeAlias = Callable[..., bytes | Sequence[bytes]]
"""Makes one line or several of what was noted; called in the thread of an outflow."""

_Note: TypeAlias = tuple[Stream, int, int, Render, tuple[Any, ...]]
"""What waits: whose it is, its size, how many lines it will be, and how they are made."""


class SinkError(Exception):
    """The sink did not take everything; the text says why.

    `rest` are the lines that want a second attempt, `lost` the number of those for which there is none.
    """

    def __init__(self, text: str, rest: Sequence[Line] = (), *, lost: int = 0) -> None:
        super().__init__(text)
        self.rest = list(rest)
        self.lost = lost


class LineSink(Protocol):
    """Where lines end up. Called by one thread only, which may be kept waiting."""

    def write(self, lines: Sequence[Line]) -> None:
        """Keep the lines. Raises SinkError."""

    def tend(self) -> None:
        """Look after what was written; called after each interval, lines or not. Raises SinkError, without lines."""

    def close(self) -> None:
        """Let go of files and connections."""


class Way(Protocol):
    """Where notes go: to a destination, or to those who look on."""

    def add(self, stream: Stream, size: int, count: int, render: Render, arguments: tuple[Any, ...]) -> None:
        """Note what `render` shall make so many lines of, about so many bytes."""


class Outflow:
    """Carries lines to a sink."""

    def __init__(self, name: str, sink: LineSink, *, flush_seconds: float, limit_bytes: int) -> None:
        """`name` tells the destination in the server's log; the limits are the settings of those names."""
        self.name = name
        self._sink = sink
        self._flush_seconds = flush_seconds
        self._limit_bytes = limit_bytes
        self._hurry_bytes = limit_bytes // 4
        self._waiting: deque[_Note] = deque()
        # Each number has one writer: what came and what found no place is the event loop's, what went and what was lost
        # the thread's.
        self._came_bytes = 0
        self._went_bytes = 0
        self._found_no_place = 0
        self._lost = 0
        self._told_dropped = 0
        self._is_failing = False
        self._is_busy = False
        self._give_up_at: float | None = None
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"log lines to {name}", daemon=True)
        self._thread.start()

    def add(self, stream: Stream, size: int, count: int, render: Render, arguments: tuple[Any, ...]) -> None:
        """Note what `render` shall make so many lines of, about so many bytes; dropped when the buffer is full."""
        came = self._came_bytes + size
        waiting = came - self._went_bytes
        if waiting > self._limit_bytes:
            self._found_no_place += count
            return
        self._came_bytes = came
        self._waiting.append((stream, size, count, render, arguments))
        if waiting > self._hurry_bytes and not self._is_failing and not self._wake.is_set():
            self._wake.set()

    @property
    def dropped(self) -> int:
        """Lines that the sink will never see."""
        return self._found_no_place + self._lost

    def hurry(self) -> None:
        """Hand over now what waits, before the interval is over."""
        if not self._is_failing:
            self._wake.set()

    @property
    def is_empty(self) -> bool:
        """Whether the sink has taken everything."""
        return not self._waiting and not self._is_busy

    @property
    def is_over(self) -> bool:
        """Whether `end` is done."""
        return not self._thread.is_alive()

    def end(self, seconds: float) -> None:
        """Take no more, hand over what waits within this time, drop the rest, and close the sink; all in the thread."""
        self._give_up_at = time.monotonic() + seconds
        self._wake.set()

    def join(self, seconds: float) -> None:
        """Wait, for this long at most, until `end` is done; a sink that hangs is left behind."""
        self._thread.join(seconds)
        if self._thread.is_alive():
            log_event(_log, logging.WARNING, "log destination left behind", destination=self.name)

    def _run(self) -> None:
        lot: list[Line] = []
        is_over = False
        while not is_over:
            self._wake.wait(_RETRY_SECONDS if self._is_failing else self._flush_seconds)
            self._wake.clear()
            give_up_at = self._give_up_at
            lot = self._flush(lot)
            if give_up_at is not None:
                is_over = not (lot or self._waiting) or time.monotonic() >= give_up_at
            if is_over:
                self._lost += len(lot) + sum(note[2] for note in self._waiting)
            self._tell_dropped()
        with contextlib.suppress(OSError):
            self._sink.close()

    def _flush(self, lot: list[Line]) -> list[Line]:
        """Write everything; what comes back could not be written and is to be tried again.

        A broad catch stands here, at the thread's edge: a fault of ours costs the lot that met it, and is told.
        """
        self._is_busy = True
        while lot or self._waiting:
            lot = lot or self._render()
            try:
                self._sink.write(lot)
            except SinkError as error:
                self._lost += error.lost
                self._tell_failing(error)
                return error.rest
            except Exception as error:
                log_event(_log, logging.ERROR, "log lines lost", exception=error, destination=self.name, lines=len(lot))
                self._lost += len(lot)
            else:
                self._tell_working()
            lot = []
        try:
            self._sink.tend()
        except (SinkError, OSError) as error:
            self._tell_failing(error)
        self._is_busy = False
        return []

    def _render(self) -> list[Line]:
        """Make the lines of the oldest notes. Now and then the event loop gets a turn: both want the interpreter."""
        lines: list[Line] = []
        for number in range(min(_LOT_NOTES, len(self._waiting))):
            stream, size, count, render, arguments = self._waiting.popleft()
            self._went_bytes += size
            try:
                made = render(*arguments)
                if isinstance(made, bytes):
                    lines.append((stream, made))
                else:
                    lines += [(stream, text) for text in made]
            except Exception as error:
                log_event(_log, logging.ERROR, "log lines lost", exception=error, destination=self.name, lines=count)
                self._lost += count
            if number % _NOTES_A_TURN == _NOTES_A_TURN - 1:
                time.sleep(0)
        return lines

    def _tell_failing(self, error: Exception) -> None:
        if not self._is_failing:
            self._is_failing = True
            log_event(_log, logging.WARNING, "log destination fails", destination=self.name, reason=str(error))

    def _tell_working(self) -> None:
        if self._is_failing:
            self._is_failing = False
            log_event(_log, logging.INFO, "log destination works again", destination=self.name)

    def _tell_dropped(self) -> None:
        dropped = self.dropped
        if dropped > self._told_dropped:
            fresh, self._told_dropped = dropped - self._told_dropped, dropped
            log_event(
                _log, logging.WARNING, "log lines dropped", destination=self.name, lines=fresh, altogether=dropped
            )
