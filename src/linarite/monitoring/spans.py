"""Spans of traces: what was done, when, and what caused it (OpenTelemetry, "Tracing API"; W3C Trace Context, Level 1).

A span is noted when what it tells of has ended, and waits in a bounded buffer until it is exported; what does not fit
is counted and lost, so that a collector that does not answer costs spans and nothing else. A trace that came with a
request follows that request's sampling, a new one is kept with the probability that a setting gives.
"""

from __future__ import annotations

import random
import re
import time
from collections import deque
from collections.abc import Callable, Mapping
from enum import Enum
from typing import NamedTuple

import msgspec

__all__ = ["Span", "SpanBuffer", "SpanContext", "SpanKind"]

# Section 3.2; all zeros mean no id, and a version of ff is none.
_TRACEPARENT = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?P<trace>(?!0{32})[0-9a-f]{32})-(?P<parent>(?!0{16})[0-9a-f]{16})-(?P<flags>[0-9a-f]{2})(-.*)?"
)
_SAMPLED = 1
# Ids have to be unlikely to repeat, not hard to guess.
_random = random.Random()  # noqa: S311


class SpanKind(Enum):
    """Whether somebody was served or called; the numbers are those of the protocol."""

    SERVER = 2
    CLIENT = 3


class SpanContext(NamedTuple):
    """What of a span travels with a request."""

    trace_id: str
    span_id: str
    parent_id: str | None
    is_sampled: bool

    @property
    def header(self) -> str:
        """The `traceparent` by which others join the trace."""
        return f"00-{self.trace_id}-{self.span_id}-{'01' if self.is_sampled else '00'}"


class Span(msgspec.Struct, frozen=True):
    """Something that has been done."""

    context: SpanContext
    kind: SpanKind
    name: str
    started: float
    """Seconds since 1970."""
    seconds: float
    attributes: Mapping[str, str | int]
    error: str | None = None


class SpanBuffer:
    """Spans that wait to be exported."""

    def __init__(self, limit: int, ratio: float, *, now: Callable[[], float] = time.time) -> None:
        """`limit` bounds how many wait; `ratio` is the share of new traces that is kept."""
        self._waiting: deque[Span] = deque()
        self._limit = limit
        self._ratio = ratio
        self.now = now
        self.dropped = 0

    def begin(self, traceparent: str | None) -> SpanContext:
        """The context of a new span: in the trace that a request came with, or in a new one."""
        span_id = f"{_random.getrandbits(64) or 1:016x}"
        found = None if traceparent is None else _TRACEPARENT.fullmatch(traceparent)
        if found is None:
            return SpanContext(f"{_random.getrandbits(128) or 1:032x}", span_id, None, _random.random() < self._ratio)
        is_sampled = bool(int(found["flags"], 16) & _SAMPLED)
        return SpanContext(found["trace"], span_id, found["parent"], is_sampled)

    def sent(self, traceparent: str) -> SpanContext | None:
        """The context of a call that carried this header; None for a header that is none."""
        found = _TRACEPARENT.fullmatch(traceparent)
        if found is None:
            return None
        return SpanContext(found["trace"], found["parent"], None, bool(int(found["flags"], 16) & _SAMPLED))

    def end(self, span: Span) -> None:
        """Note a span, if its trace is kept."""
        if not span.context.is_sampled:
            return
        if len(self._waiting) >= self._limit:
            self.dropped += 1
        else:
            self._waiting.append(span)

    def take(self, most: int) -> list[Span]:
        """The oldest spans, so many at most; they do not wait any more."""
        return [self._waiting.popleft() for _ in range(min(most, len(self._waiting)))]

    def __len__(self) -> int:
        return len(self._waiting)
