"""What the resource logs are told of a message that a REST call brings."""

from __future__ import annotations

from linarite.domain.commands import HubAddress
from linarite.domain.messages import DataType
from linarite.http.data_plane.requests import ApiRequest
from linarite.monitoring.entries import INFORMATIONAL
from linarite.monitoring.recorder import ENTRY_BYTES, Recorder
from linarite.monitoring.resource_logs import ResourceLogs
from linarite.monitoring.trace_context import trace_id_of

__all__ = ["trace_received"]


def trace_received(
    logs: ResourceLogs, call: ApiRequest, at: HubAddress, kind: DataType, size: int, group: str | None
) -> str | None:
    """Tell that a message has come; the call's trace id, with which it goes on, or None where nobody wants to know."""
    recorder = logs.messaging.get(at.resource)
    if recorder is None:
        return None
    header = call.headers.get(b"traceparent")
    trace_id = trace_id_of(None if header is None else header.decode("latin-1"))
    about = ENTRY_BYTES + len(group or "")
    recorder.note(about, 1, _received, at.hub, call.address.client, trace_id, kind, size, group)
    return trace_id


def _received(
    recorder: Recorder, at: float, hub: str, caller: str, trace_id: str, kind: DataType, size: int, group: str | None
) -> bytes:
    """The entry's line; made in the thread of an outflow."""
    text = f"Message received from REST API: {kind.value}, {size} bytes"
    part = recorder.part(caller, None, None)
    rest = recorder.rest(text, hub, trace_id, kind.value, size, group)
    return recorder.head(at, INFORMATIONAL, "MessageReceived") + part + rest
