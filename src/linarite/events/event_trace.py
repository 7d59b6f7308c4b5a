"""What the resource logs are told of calls to event handlers: EventSent and EventFailed."""

from __future__ import annotations

import msgspec

from linarite.events.call_log import shown_url
from linarite.events.cloud_events import Event
from linarite.events.event_line import EventLine
from linarite.events.outbound import Call, CallResult, Outcome
from linarite.monitoring.entries import ERROR, INFORMATIONAL, WARNING, Level
from linarite.monitoring.resource_logs import HubName, Peer, ResourceLogs
from linarite.monitoring.trace_context import new_trace_id

__all__ = ["tell_call", "tell_dropped", "traced"]


def traced(logs: ResourceLogs, line: EventLine, event: Event) -> Event:
    """The event with a trace id, if its resource's logs want to know of it."""
    if event.trace_id is not None or line.resource not in logs.messaging:
        return event
    return msgspec.structs.replace(event, trace_id=new_trace_id())


def tell_call(
    logs: ResourceLogs,
    line: EventLine,
    event: Event,
    call: Call | None,
    outcome: Outcome,
    seconds: float,
    *,
    is_sent: bool,
) -> None:
    """Tell what came of a call; `call` is None if the event could not be made one."""
    where = "" if call is None else f" to {shown_url(call.url)}"
    status = "" if outcome.reply is None else f" Status: {outcome.reply.status}."
    level: Level
    duration = f" Duration: {seconds * 1000:.1f} ms."
    if is_sent:
        text, operation, level = f"Event '{event.name}' sent{where}.", "EventSent", INFORMATIONAL
    else:
        detail = f", {outcome.detail}" if outcome.detail else ""
        text = f"Event '{event.name}'{where} failed: {outcome.result.value}{detail}."
        operation = "EventFailed"
        level = WARNING if outcome.result is CallResult.CANCELLED else ERROR
    logs.message(
        HubName(line.resource, line.hub),
        Peer(line.connection_id, line.user_id),
        event.trace_id or "",
        operation,
        text + status + duration,
        level=level,
        size=len(event.body),
    )


def tell_dropped(logs: ResourceLogs, line: EventLine, name: str) -> None:
    """Tell that an event was not sent because too many of its connection wait."""
    text = f"Event '{name}' failed: {CallResult.DROPPED.value}, too many events of the connection wait."
    peer = Peer(line.connection_id, line.user_id)
    logs.message(HubName(line.resource, line.hub), peer, "", "EventFailed", text, level=WARNING)
