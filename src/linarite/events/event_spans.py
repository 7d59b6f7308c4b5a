"""Spans of calls to event handlers: part of the trace whose id the call carries upstream."""

from __future__ import annotations

import msgspec

from linarite.events.cloud_events import Event
from linarite.events.outbound import Call, CallResult, Outcome
from linarite.monitoring.spans import Span, SpanBuffer, SpanKind

__all__ = ["in_a_trace", "note_call"]


def in_a_trace(spans: SpanBuffer, event: Event) -> Event:
    """The event in the trace that it came with, or in a new one if that is to be kept."""
    if event.trace_id is not None:
        return event
    context = spans.begin(None)
    return msgspec.structs.replace(event, trace_id=context.trace_id) if context.is_sampled else event


def note_call(spans: SpanBuffer, event: Event, call: Call, outcome: Outcome, seconds: float) -> None:
    """Note a call that has ended; what is served upstream has this span as its parent."""
    header = next((value for name, value in call.headers if name == "traceparent"), None)
    context = None if header is None else spans.sent(header)
    if context is None:
        return
    attributes: dict[str, str | int] = {
        "http.request.method": "POST",
        # Without the query, which may hold secrets.
        "url.full": call.url.partition("?")[0],
        "cloudevents.event_type": event.name,
        "webpubsub.hub": event.hub,
        "webpubsub.connection_id": event.connection_id,
    }
    if outcome.reply is not None:
        attributes["http.response.status_code"] = outcome.reply.status
    if outcome.attempts > 1:
        attributes["http.request.resend_count"] = outcome.attempts - 1
    is_fine = outcome.result in (CallResult.ANSWERED, CallResult.CANCELLED)
    error = None if is_fine else outcome.result.value
    spans.end(Span(context, SpanKind.CLIENT, f"event {event.name}", spans.now() - seconds, seconds, attributes, error))
