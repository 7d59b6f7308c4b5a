"""What the resource logs are told of a message that a REST call brings."""

from __future__ import annotations

import msgspec

from linarite.domain.messages import Message
from linarite.http.data_plane.requests import ApiRequest
from linarite.monitoring.resource_logs import HubName, Peer, ResourceLogs
from linarite.monitoring.trace_context import trace_id_of

__all__ = ["trace_received"]


def trace_received(logs: ResourceLogs, call: ApiRequest, message: Message) -> Message:
    """Tell that a message has come, and let it go on with the call's trace id; as it is where nobody wants to know."""
    at = call.at()
    if at.resource not in logs.messaging:
        return message
    header = call.headers.get(b"traceparent")
    trace_id = trace_id_of(None if header is None else header.decode("latin-1"))
    logs.message(
        HubName(at.resource, at.hub),
        Peer(None, None),
        trace_id,
        "MessageReceived",
        f"Message received from REST API: {message.data_type.value}, {len(message.data)} bytes",
        caller=call.address.client,
        message_type=message.data_type.value,
        size=len(message.data),
        group=message.group,
    )
    return msgspec.structs.replace(message, trace_id=trace_id)
