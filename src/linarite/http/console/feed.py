"""The console's feed: one JSON object a line, for as long as somebody reads it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from linarite.domain.messages import DataType
from linarite.events.call_log import CallLog
from linarite.http.administration import error_answer
from linarite.http.console.answers import to_json
from linarite.http.console.calls import call_document
from linarite.http.console.counters import CounterReader, CounterSources
from linarite.http.console.wishes import bad_request, resource_of
from linarite.monitoring.live_feed import COUNTERS, LOGS, MESSAGES, LiveFeed, TooManyWatchers, Watch, Watcher
from linarite.resources.registry import Registry

__all__ = ["Feed"]

_CALLS = "calls"
_KINDS = (MESSAGES, _CALLS, LOGS, COUNTERS)
_DIRECTIONS = ("in", "out")
_COUNTER_SECONDS = 1.0
# Calls of one turn that are shown: a call with request and reply may be 130 KB.
_CALLS_A_TURN = 20


class Feed:
    """Lets pages look on."""

    def __init__(
        self, registry: Registry, feed: LiveFeed, sources: CounterSources, calls: CallLog | None, per_second: int
    ) -> None:
        """`calls` are kept in development only; `per_second` is the setting console_messages_per_second."""
        self._registry = registry
        self._feed = feed
        self._sources = sources
        self._calls = calls
        self._per_second = per_second

    async def watch(self, request: Request) -> Response:
        """What happens from now on."""
        wish = self._wish(request)
        try:
            watcher = self._feed.open(wish)
        except TooManyWatchers:
            refused = error_answer(503, "TooManyFeeds", "As many pages look on as may: see the setting console_feeds.")
            refused.headers["Retry-After"] = "5"
            return refused
        looking = _Onlooker(self._feed, watcher, self._sources, self._calls, self._per_second)
        return _FeedResponse(looking)

    def _wish(self, request: Request) -> Watch:
        query = request.query_params
        show = frozenset(filter(None, query.get("show", COUNTERS).split(",")))
        if not show or not show <= set(_KINDS):
            raise bad_request(f"show: expected some of {', '.join(_KINDS)}, got {query.get('show', '')[:80]!r}.")
        direction, data_type = query.get("direction") or None, query.get("type") or None
        if direction not in (None, *_DIRECTIONS):
            raise bad_request(f"direction: expected in or out, got {str(direction)[:40]!r}.")
        types = [one.value for one in DataType]
        if data_type not in (None, *types):
            raise bad_request(f"type: expected one of {', '.join(types)}, got {str(data_type)[:40]!r}.")
        resource = resource_of(self._registry, request).name.lower() if "resource" in query else None
        hub = query.get("hub") or None
        return Watch(
            show=show,
            resource=resource,
            hub=None if hub is None else hub.lower(),
            group=query.get("group") or None,
            user=query.get("user") or None,
            connection=query.get("connection") or None,
            direction=direction,
            data_type=data_type,
        )


class _FeedResponse(StreamingResponse):
    """A feed that is closed however its response ends, even before it began."""

    def __init__(self, looking: _Onlooker) -> None:
        super().__init__(looking.lines(), media_type="application/x-ndjson")
        self._looking = looking

    async def __call__(self, scope: object, receive: object, send: object) -> None:
        try:
            await super().__call__(scope, receive, send)  # type: ignore[arg-type]
        finally:
            self._looking.close()


class _Onlooker:
    """Makes the lines of one who looks on."""

    def __init__(
        self, feed: LiveFeed, watcher: Watcher, sources: CounterSources, calls: CallLog | None, per_second: int
    ) -> None:
        self._feed = feed
        self._watcher = watcher
        self._calls = calls if _CALLS in watcher.watch.show else None
        self._last_call = 0 if self._calls is None else self._calls.last
        self._reader = CounterReader(sources, watcher.watch.resource)
        self._per_second = per_second
        self._number = 0
        self._slowest: float | None = None
        self._skipped = {"messages": 0, "calls": 0, "logs": 0}

    def close(self) -> None:
        """Look on no more."""
        self._feed.close(self._watcher)

    async def lines(self) -> AsyncIterator[bytes]:
        """What there is in each turn."""
        loop = asyncio.get_running_loop()
        show = sorted(self._watcher.watch.show)
        yield _line({"kind": "hello", "show": show, "messagesPerSecond": self._per_second, "interval": 1.0})
        counted_at = loop.time()
        while not self._feed.is_over:
            await self._feed.turn()
            lines = self._turn()
            seconds = loop.time() - counted_at
            if seconds >= _COUNTER_SECONDS:
                counted_at += seconds
                lines += self._count(seconds)
            if lines:
                yield b"".join(lines)

    def _turn(self) -> list[bytes]:
        taken = self._watcher.take()
        self._skipped["messages"] += taken.skipped_messages
        self._skipped["logs"] += taken.skipped_logs
        lines = []
        for render, arguments in taken.messages:
            self._number += 1
            lines.append(_line({"number": self._number, **render(*arguments)}))
        for render, arguments in taken.logs:
            made = render(*arguments)
            entries = (made,) if isinstance(made, bytes) else made
            lines += [b'{"kind":"log","entry":%b}\n' % entry for entry in entries]
        if self._calls is not None:
            lines += self._calls_since(self._calls)
        return lines

    def _calls_since(self, calls: CallLog) -> list[bytes]:
        if calls.last == self._last_call:
            return []
        watch = self._watcher.watch
        came = [
            one
            for one in calls.since(self._last_call)
            if watch.resource in (None, one.resource.lower()) and watch.hub in (None, one.call.hub)
        ]
        self._last_call = calls.last
        if came:
            self._slowest = max(self._slowest or 0.0, *(one.seconds for one in came))
        self._skipped["calls"] += max(0, len(came) - _CALLS_A_TURN)
        return [_line({"kind": "call", "call": call_document(one)}) for one in came[-_CALLS_A_TURN:]]

    def _count(self, seconds: float) -> list[bytes]:
        """The line of each second, by which the page knows that the line stands; and what was left out."""
        counters = {"at": _now(), **self._reader.read(seconds, self._slowest)}
        self._slowest = None
        lines = [_line(counters)]
        if any(self._skipped.values()):
            lines.append(_line({"kind": "skipped", **self._skipped}))
            self._skipped = dict.fromkeys(self._skipped, 0)
        return lines


def _line(value: Mapping[str, object]) -> bytes:
    return to_json(value) + b"\n"


def _now() -> str:
    return datetime.fromtimestamp(time.time(), UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
