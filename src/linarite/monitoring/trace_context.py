"""Trace ids: what ties together a request, its messages and the calls that they cause (W3C Trace Context, Level 1)."""

from __future__ import annotations

import random
import re

__all__ = ["new_trace_id", "trace_id_of", "traceparent"]

# Section 3.2: version, trace id, parent id and flags; the trace id may not be all zeros, a version of ff is none.
_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?")
# Ids have to be unlikely to repeat, not hard to guess.
_random_bits = random.Random().getrandbits  # noqa: S311


def new_trace_id() -> str:
    """A trace id that nobody has: 32 hexadecimal digits."""
    return f"{_random_bits(128):032x}"


def trace_id_of(header: str | None) -> str:
    """The trace id of a `traceparent` header; a new one if there is none or it means nothing."""
    match = None if header is None else _TRACEPARENT.fullmatch(header)
    return match[1] if match is not None else new_trace_id()


def traceparent(trace_id: str) -> str:
    """The header by which a call joins the trace, with a parent id of its own."""
    return f"00-{trace_id}-{_random_bits(64) or 1:016x}-01"
