"""Time spans and intervals of metrics queries, as the management API writes them (ISO 8601)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

__all__ = ["WHOLE_SPAN", "InvalidTime", "TimeSpan", "interval_text", "parse_interval", "parse_timespan", "time_text"]

WHOLE_SPAN = 0
"""The interval FULL: one data point for the whole time span."""

# What times can be written at all.
_FIRST_SECOND = datetime.min.replace(tzinfo=UTC).timestamp()
_LAST_SECOND = datetime.max.replace(tzinfo=UTC, microsecond=0).timestamp()
_DEFAULT_SPAN = timedelta(hours=1)  # as `az monitor metrics list` asks
_DURATION = re.compile(r"P(?:(\d{1,6})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,9})S)?)?", re.IGNORECASE)
# Metrics - List, 2018-01-01: "Azure Monitor metrics overview" lists these time grains.
_INTERVALS = {
    "PT1M": 60,
    "PT5M": 300,
    "PT15M": 900,
    "PT30M": 1800,
    "PT1H": 3600,
    "PT6H": 21_600,
    "PT12H": 43_200,
    "P1D": 86_400,
}

TimeSpan = tuple[float, float]
"""From when to before when, in seconds since 1970."""


class InvalidTime(ValueError):
    """A time has another form; says what was expected and what came."""


def parse_timespan(text: str | None, now: float) -> TimeSpan:
    """The time span of a query: two times, a time and a duration, or a duration up to now; by default an hour.

    `az` 2.91 percent-encodes the text twice, so that it may come encoded still.
    """
    if not text:
        return now - _DEFAULT_SPAN.total_seconds(), now
    decoded = unquote(text) if "%" in text else text
    first, slash, second = decoded.partition("/")
    if not slash:
        return _checked(now - _seconds(first, decoded), now, decoded)
    if _is_duration(first):
        end = _time(second, decoded)
        start = end - _seconds(first, decoded)
    else:
        start = _time(first, decoded)
        end = start + _seconds(second, decoded) if _is_duration(second) else _time(second, decoded)
    return _checked(start, end, decoded)


def parse_interval(text: str | None) -> int:
    """The seconds of an interval, WHOLE_SPAN for FULL; by default a minute."""
    if not text:
        return _INTERVALS["PT1M"]
    if text.upper() == "FULL":
        return WHOLE_SPAN
    # `az` 2.91 writes a day as P1DT.
    wanted = _DURATION.fullmatch(text.upper())
    seconds = _sum(wanted) if wanted else 0
    if seconds not in _INTERVALS.values():
        raise InvalidTime(f"Expected an interval of {', '.join(_INTERVALS)} or FULL, got '{text[:40]}'.")
    return seconds


def interval_text(seconds: int) -> str:
    """An interval as answers have it."""
    return next((text for text, length in _INTERVALS.items() if length == seconds), "FULL")


def time_text(seconds: float) -> str:
    """A time as answers have it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _checked(start: float, end: float, whole: str) -> TimeSpan:
    if end < start:
        raise InvalidTime(f"Expected a time span whose end is not before its start, got '{whole[:100]}'.")
    if start < _FIRST_SECOND or end > _LAST_SECOND:  # a duration can lead to a time that no date has
        raise _invalid(whole)
    return start, end


def _is_duration(text: str) -> bool:
    return text[:1] in ("P", "p")


def _seconds(text: str, whole: str) -> float:
    found = _DURATION.fullmatch(text)
    seconds = _sum(found) if found else 0
    if not seconds:
        raise _invalid(whole)
    return seconds


def _sum(found: re.Match[str]) -> int:
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


def _time(text: str, whole: str) -> float:
    """A time without a zone is UTC; a `+` that nobody encoded has become a blank."""
    try:
        time = datetime.fromisoformat(text.strip().replace(" ", "+") if "T" in text.upper() else text)
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise _invalid(whole) from None


def _invalid(whole: str) -> InvalidTime:
    expected = "two times such as 2026-01-31T12:00:00Z/2026-01-31T13:00:00Z, or one of them a duration such as PT1H"
    return InvalidTime(f"Expected {expected}, got '{whole[:100]}'.")
