"""Spans: whose trace they are in, which ones are kept, and what a full buffer costs."""

import pytest

from linarite.monitoring.spans import Span, SpanBuffer, SpanContext, SpanKind

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
GIVEN = f"00-{TRACE}-{PARENT}-01"


def span(context: SpanContext) -> Span:
    return Span(context, SpanKind.SERVER, "work", 1.0, 0.5, {})


def test_a_request_s_trace_is_carried_on() -> None:
    context = SpanBuffer(10, 0.0).begin(GIVEN)
    assert (context.trace_id, context.parent_id, context.is_sampled) == (TRACE, PARENT, True)
    assert context.span_id not in (PARENT, "0" * 16)
    assert context.header == f"00-{TRACE}-{context.span_id}-01"


def test_a_request_that_is_not_sampled_is_not_kept_but_carried_on() -> None:
    spans = SpanBuffer(10, 1.0)
    context = spans.begin(f"00-{TRACE}-{PARENT}-00")
    spans.end(span(context))
    assert context.header.endswith("-00")
    assert len(spans) == 0


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "nonsense",
        f"ff-{TRACE}-{PARENT}-01",
        f"00-{'0' * 32}-{PARENT}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        GIVEN.upper(),
    ],
)
def test_without_a_good_header_a_trace_begins(header: str | None) -> None:
    spans = SpanBuffer(10, 1.0)
    first, second = spans.begin(header), spans.begin(header)
    assert first.parent_id is None
    assert len({TRACE, first.trace_id, second.trace_id}) == 3
    assert first.is_sampled


def test_headers_of_later_versions_are_read_by_what_is_known() -> None:
    assert SpanBuffer(10, 1.0).begin(f"01-{TRACE}-{PARENT}-03-more").trace_id == TRACE


def test_the_ratio_decides_about_new_traces() -> None:
    assert not any(SpanBuffer(10, 0.0).begin(None).is_sampled for _ in range(100))
    kept = sum(SpanBuffer(10, 0.5).begin(None).is_sampled for _ in range(400))
    assert 100 < kept < 300


def test_a_call_s_own_header_is_its_span() -> None:
    spans = SpanBuffer(10, 1.0)
    sent = spans.sent(GIVEN)
    assert sent is not None
    assert (sent.trace_id, sent.span_id, sent.parent_id) == (TRACE, PARENT, None)
    assert spans.sent("nonsense") is None


def test_what_does_not_fit_is_counted_and_the_oldest_are_taken_first() -> None:
    spans = SpanBuffer(3, 1.0)
    contexts = [spans.begin(None) for _ in range(5)]
    for context in contexts:
        spans.end(span(context))
    assert (len(spans), spans.dropped) == (3, 2)
    assert [one.context for one in spans.take(2)] == contexts[:2]
    assert [one.context for one in spans.take(10)] == contexts[2:3]
    assert spans.take(1) == []
