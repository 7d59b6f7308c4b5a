"""What those who look on are shown of messages and log entries while they happen: a sample, bounded, and told as such.

Nobody looking costs nothing: what tells of messages (`hubs/live_trace.py`) and entries is in place only while somebody
does. A watcher has room for so many items until its next `take`; what finds no room is counted, not kept. An item is
noted as a call that will make it (as in `recorder.py`), so that the one who happens to send a message pays for a note
of some hundred nanoseconds at most, and only what is shown is ever rendered.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from linarite.monitoring.outflow import Render, Stream

__all__ = ["COUNTERS", "LOGS", "MESSAGES", "LiveFeed", "Taken", "TooManyWatchers", "Watch", "Watcher"]

MESSAGES, LOGS, COUNTERS = "messages", "logs", "counters"
TURNS_PER_SECOND = 10
"""How often a watcher takes what there is: what people see as at once."""

Item = tuple[Callable[..., Any], tuple[Any, ...]]


class TooManyWatchers(Exception):
    """As many look on as may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What somebody wants to see; None in a filter is any. Resource and hub are in lower case."""

    show: frozenset[str]
    resource: str | None = None
    hub: str | None = None
    group: str | None = None
    user: str | None = None
    connection: str | None = None
    direction: str | None = None
    data_type: str | None = None

    @property
    def takes_every_message(self) -> bool:
        """Whether a hub's messages are wanted whatever they are."""
        return (self.group, self.user, self.connection, self.direction, self.data_type) == (None,) * 5


@dataclass(frozen=True, slots=True)
class Taken:
    """What has come since the last time."""

    messages: Sequence[Item]
    logs: Sequence[Item]
    skipped_messages: int
    skipped_logs: int


class Watcher:
    """One who looks on. What hot paths touch are plain attributes."""

    __slots__ = (
        "_room",
        "log_room",
        "logs",
        "messages",
        "room",
        "skipped_logs",
        "skipped_messages",
        "takes_all",
        "watch",
    )

    def __init__(self, watch: Watch, per_second: int) -> None:
        self.watch = watch
        self.takes_all = watch.takes_every_message
        self._room = max(1, per_second // TURNS_PER_SECOND)
        self.room = self.log_room = self._room
        """Items that find a place until the next turn."""
        self.messages: list[Item] = []
        self.logs: list[Item] = []
        self.skipped_messages = 0
        """Messages that were wanted and found none."""
        self.skipped_logs = 0

    def note_message(self, render: Callable[..., Any], *arguments: object) -> None:
        """Keep a message to be shown; called when there is room."""
        self.room -= 1
        self.messages.append((render, (time.time(), *arguments)))

    def take(self) -> Taken:
        """What has come, and room for more."""
        taken = Taken(self.messages, self.logs, self.skipped_messages, self.skipped_logs)
        self.messages, self.logs = [], []
        self.skipped_messages = self.skipped_logs = 0
        self.room = self.log_room = self._room
        return taken


class LiveFeed:
    """Those who look on, and what they are told."""

    def __init__(self, watchers_limit: int, messages_per_second: int) -> None:
        """The limits are the settings console_feeds and console_messages_per_second."""
        self._limit = watchers_limit
        self._per_second = messages_per_second
        self._watchers: list[Watcher] = []
        self._log_watchers: list[Watcher] = []
        self._subscribers: list[Callable[[], None]] = []
        self._over = asyncio.Event()
        self.messages_in = 0
        """Messages of clients, counted while somebody looks at messages or counters."""
        self.messages_out = 0
        """Messages to clients, once for each receiver."""

    def open(self, watch: Watch) -> Watcher:
        """Begin to look on. Raises TooManyWatchers."""
        if len(self._watchers) >= self._limit or self.is_over:
            raise TooManyWatchers
        watcher = Watcher(watch, self._per_second)
        self._watchers.append(watcher)
        self._changed()
        return watcher

    def close(self, watcher: Watcher) -> None:
        """Look on no more."""
        self._watchers.remove(watcher)
        self._changed()

    def subscribe(self, callback: Callable[[], None]) -> None:
        """Have `callback` called when somebody begins or ceases to look on."""
        self._subscribers.append(callback)

    def _changed(self) -> None:
        self._log_watchers = [one for one in self._watchers if LOGS in one.watch.show]
        for callback in self._subscribers:
            callback()

    # What is wanted

    @property
    def counts_messages(self) -> bool:
        """Whether somebody wants to know how many messages there are."""
        return any(one.watch.show & {MESSAGES, COUNTERS} for one in self._watchers)

    @property
    def wants_logs(self) -> bool:
        """Whether somebody wants to see log entries."""
        return bool(self._log_watchers)

    @property
    def watched_connections(self) -> frozenset[str]:
        """The connections that are named by those who want to see messages."""
        named = (one.watch.connection for one in self._watchers if MESSAGES in one.watch.show)
        return frozenset(name for name in named if name is not None)

    def of_hub(self, resource: str, hub: str) -> tuple[Watcher, ...]:
        """Those who want to see messages of this hub."""
        return tuple(
            one
            for one in self._watchers
            if MESSAGES in one.watch.show and one.watch.resource in (None, resource) and one.watch.hub in (None, hub)
        )

    # A way of log entries, beside those to destinations

    def add(self, stream: Stream, size: int, count: int, render: Render, arguments: tuple[Any, ...]) -> None:
        """Show entries to those who want them."""
        for watcher in self._log_watchers:
            if watcher.log_room > 0:
                watcher.log_room -= 1
                watcher.logs.append((render, arguments))
            else:
                watcher.skipped_logs += count

    # The end

    @property
    def is_over(self) -> bool:
        """Whether the server is stopping."""
        return self._over.is_set()

    def end(self) -> None:
        """Let everybody go: the server is stopping."""
        self._over.set()

    async def turn(self) -> None:
        """Wait for a watcher's next turn, or for the end."""
        try:
            async with asyncio.timeout(1 / TURNS_PER_SECOND):
                await self._over.wait()
        except TimeoutError:
            return
