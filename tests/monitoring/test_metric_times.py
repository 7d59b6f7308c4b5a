"""Time spans and intervals of metrics queries."""

from datetime import UTC, datetime
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linarite.monitoring.metric_times import InvalidTime, interval_text, parse_interval, parse_timespan, time_text

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC).timestamp()
HOUR = 3600.0


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        (None, -HOUR, 0.0),
        ("", -HOUR, 0.0),
        ("2026-01-31T11:00:00Z/2026-01-31T12:00:00Z", -HOUR, 0.0),
        ("2026-01-31T11:00:00/2026-01-31T12:00:00.500000", -HOUR, 0.5),
        ("2026-01-31T12:00:00+01:00/2026-01-31T12:00:00Z", -HOUR, 0.0),
        ("2026-01-31T12:00:00 01:00/2026-01-31T12:00:00Z", -HOUR, 0.0),
        ("2026-01-31/2026-01-31T12:00:00Z", -12 * HOUR, 0.0),
        ("PT2H", -2 * HOUR, 0.0),
        ("P1DT30M", -24.5 * HOUR, 0.0),
        ("2026-01-31T11:00:00Z/PT30M", -HOUR, -HOUR / 2),
        ("PT30M/2026-01-31T11:00:00Z", -1.5 * HOUR, -HOUR),
        (quote_plus("2026-01-31T11:00:00+00:00/2026-01-31T12:00:00+00:00"), -HOUR, 0.0),
    ],
)
def test_spans_are_read(text: str | None, start: float, end: float) -> None:
    assert parse_timespan(text, NOON) == (NOON + start, NOON + end)


@pytest.mark.parametrize(
    "text",
    [
        "yesterday",
        "2026-01-31T11:00:00Z/",
        "/",
        "P",
        "PT0S",
        "2026-13-01/2026-01-31",
        "PT1H/PT1H",
        "PT9999999999S",
        "P999999D",
        "9999-12-31T23:59:59Z/PT1H",
        "PT1H/0001-01-01T00:00:00Z",
    ],
)
def test_other_spans_are_refused_with_what_was_expected(text: str) -> None:
    with pytest.raises(InvalidTime, match="Expected two times such as"):
        parse_timespan(text, NOON)


def test_a_span_does_not_end_before_it_begins() -> None:
    with pytest.raises(InvalidTime, match="end is not before its start"):
        parse_timespan("2026-01-31T12:00:00Z/2026-01-31T11:00:00Z", NOON)


@pytest.mark.parametrize(
    ("text", "seconds", "shown"),
    [(None, 60, "PT1M"), ("PT1M", 60, "PT1M"), ("pt5m", 300, "PT5M"), ("PT60M", 3600, "PT1H"), ("P1DT", 86_400, "P1D"),
     ("PT24H", 86_400, "P1D"), ("full", 0, "FULL")],
)  # fmt: skip
def test_intervals_are_read(text: str | None, seconds: int, shown: str) -> None:
    assert parse_interval(text) == seconds
    assert interval_text(seconds) == shown


@pytest.mark.parametrize("text", ["PT2M", "minute", "P", "-PT1M", "PT1.5M"])
def test_other_intervals_are_refused(text: str) -> None:
    with pytest.raises(InvalidTime, match="Expected an interval of PT1M, PT5M"):
        parse_interval(text)


def test_times_are_written_in_utc() -> None:
    assert time_text(NOON) == "2026-01-31T12:00:00Z"


@given(st.text(alphabet="0123456789-T:Z+/PHMSD. %2F", max_size=50) | st.text(max_size=40))
def test_any_text_is_a_span_or_refused(text: str) -> None:
    try:
        start, end = parse_timespan(text, NOON)
    except InvalidTime:
        return
    assert start <= end
    assert time_text(start) <= time_text(end)
