"""What the resource logs are told of a message that a REST call brings."""

from __future__ import annotations

import msgspec

from linarite.domain.commands import HubAddress
from linarite.domain.messages import Message
from linarite.http.data_plane.requests import ApiRequest
from linarite.monitoring.entries import INFORMATIONAL, MessageFacts
from linarite.monitoring.resource_logs import ResourceLogs
from linarite.monitoring.trace_context import trace_id_of

__all__ = ["trace_received"]


def trace_received(logs: ResourceLogs, call: ApiRequest, at: HubAddress, message: Message) -> Message:
    """Tell that a message has come, and let it go on with the call's trace id; as it is where nobody wants to know."""
    recorder = logs.messaging.get(at.resource)
    if recorder is None:
        return message
    header = call.headers.get(b"traceparent")
    trace_id = trace_id_of(None if header is None else header.decode("latin-1"))
    kind, size = message.data_type.value, len(message.data)
    text = f"Message received from REST API: {kind}, {size} bytes"
    facts = MessageFacts(text, None, None, at.hub, trace_id, kind, size, message.group)
    recorder.write(INFORMATIONAL, "MessageReceived", call.address.client, facts)
    return msgspec.structs.replace(message, trace_id=trace_id)
