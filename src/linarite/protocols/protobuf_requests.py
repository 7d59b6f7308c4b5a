"""Reads what clients of the protobuf subprotocols ask (webpubsub.proto, `UpstreamMessage`).

Imported at the first message of such a client: the protobuf runtime takes a tenth of the server's start-up time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from google.protobuf.message import DecodeError

from linarite.domain.json_text import is_json
from linarite.domain.messages import NO_METADATA, DataType
from linarite.domain.metadata import parse_metadata
from linarite.protocols.request_rules import (
    EMPTY_TEXT,
    MalformedRequest,
    payload_or_empty_text,
    stream_fault,
    valid_event,
    valid_group,
    valid_ttl,
)
from linarite.protocols.requests import (
    CancelInvocation,
    EndStream,
    Invoke,
    JoinGroup,
    KeepStreamAlive,
    LeaveGroup,
    Payload,
    Ping,
    Request,
    SendEvent,
    SendToGroup,
    SequenceAck,
    StartStream,
    StreamData,
    Unsupported,
    UserError,
)
from linarite.protocols.webpubsub_pb2 import MessageData, UpstreamMessage

__all__ = ["read_request"]

_Join = UpstreamMessage.JoinGroupMessage
_Leave = UpstreamMessage.LeaveGroupMessage
_Publish = UpstreamMessage.SendToGroupMessage
_Event = UpstreamMessage.EventMessage
_Invocation = UpstreamMessage.InvokeEventMessage
_GroupState = (
    UpstreamMessage.SetGroupStateMessage
    | UpstreamMessage.SubscribeGroupStateMessage
    | UpstreamMessage.UnsubscribeGroupStateMessage
)
_WithAckId = _Join | _Leave | _Publish | _Event | _GroupState


def read_request(payload: bytes) -> Request:
    """The request in one serialized `UpstreamMessage`. Raises ValueError, which says what is wrong with it."""
    try:
        message = UpstreamMessage.FromString(payload)
    except DecodeError as error:
        raise MalformedRequest(f"expected a serialized UpstreamMessage: {error}") from None
    kind = message.WhichOneof("message")
    if kind is None:
        raise MalformedRequest("message: expected one that is known, got none")
    return _READERS[kind](getattr(message, kind))


def _join(message: _Join) -> JoinGroup:
    return JoinGroup(valid_group(message.group), _ack_id(message))


def _leave(message: _Leave) -> LeaveGroup:
    return LeaveGroup(valid_group(message.group), _ack_id(message))


def _publish(message: _Publish) -> Request:
    group = valid_group(message.group)
    if message.HasField("stream"):
        return _stream_start(message, group)
    metadata = _metadata(message.metadata)
    payload = payload_or_empty_text(_payload(message.data), metadata)
    return SendToGroup(group, payload, _ack_id(message), message.no_echo, valid_ttl(message.ttl_seconds), metadata)


def _stream_start(message: _Publish, group: str) -> StartStream:
    start = message.stream
    idle_timeout_ms = start.idle_timeout_ms if start.HasField("idle_timeout_ms") else None
    fault = stream_fault(start.stream_id, idle_timeout_ms, message.HasField("data"))
    return StartStream(start.stream_id, group, message.no_echo, idle_timeout_ms, fault)


def _event(message: _Event) -> Request:
    event = valid_event(message.event)
    if message.HasField("stream"):
        # The schema has the field, and nobody tells what it does.
        return Unsupported("streams of events", _ack_id(message))
    metadata = _metadata(message.metadata)
    return SendEvent(event, payload_or_empty_text(_payload(message.data), metadata), _ack_id(message), metadata)


def _sequence_ack(message: UpstreamMessage.SequenceAckMessage) -> SequenceAck:
    return SequenceAck(message.sequence_id)


def _ping(message: UpstreamMessage.PingMessage) -> Ping:
    return Ping()


def _invoke(message: _Invocation) -> Invoke:
    fault = _invocation_fault(message)
    if fault is not None:
        return Invoke(message.invocation_id, "", EMPTY_TEXT, fault=fault)
    payload = _payload(message.data) or EMPTY_TEXT
    return Invoke(message.invocation_id, valid_event(message.event), payload, _metadata(message.metadata))


def _invocation_fault(message: _Invocation) -> str | None:
    if not message.invocation_id:
        return "The invocation id must not be empty."
    if message.HasField("stream"):
        return "Streams of invocations are not supported."
    return None


def _cancel(message: UpstreamMessage.CancelInvocationMessage) -> CancelInvocation:
    return CancelInvocation(message.invocation_id)


def _stream_data(message: UpstreamMessage.StreamDataMessage) -> StreamData | KeepStreamAlive:
    if not message.HasField("stream_sequence_id") and not message.HasField("data"):
        return KeepStreamAlive(message.stream_id)
    payload = _payload(message.data)
    # Fragments count from 1, so that no number and a number of 0 are equally wrong.
    if payload is None or not message.stream_sequence_id:
        raise MalformedRequest("stream_data_message: expected stream_sequence_id from 1 on and data, or none of them")
    return StreamData(message.stream_id, message.stream_sequence_id, payload)


def _stream_end(message: UpstreamMessage.StreamEndMessage) -> EndStream:
    if not message.HasField("error"):
        return EndStream(message.stream_id)
    error = message.error
    return EndStream(
        message.stream_id,
        UserError(
            error.message if error.HasField("message") else None,
            error.user_error_code if error.HasField("user_error_code") else None,
        ),
    )


def _group_state(message: _GroupState) -> Unsupported:
    return Unsupported("group state", _ack_id(message))


_READERS: Mapping[str, Callable[[Any], Request]] = {
    "send_to_group_message": _publish,
    "event_message": _event,
    "join_group_message": _join,
    "leave_group_message": _leave,
    "sequence_ack_message": _sequence_ack,
    "ping_message": _ping,
    "invoke_event_message": _invoke,
    "cancel_invocation_message": _cancel,
    "stream_data_message": _stream_data,
    "stream_end_message": _stream_end,
    "set_group_state_message": _group_state,
    "subscribe_group_state_message": _group_state,
    "unsubscribe_group_state_message": _group_state,
}


def _ack_id(message: _WithAckId) -> int | None:
    return message.ack_id if message.HasField("ack_id") else None


def _metadata(entries: Mapping[str, str]) -> Mapping[str, str]:
    return parse_metadata(entries.items()) if entries else NO_METADATA


def _payload(data: MessageData) -> Payload | None:
    """The data, which may be empty; None if there is none."""
    match data.WhichOneof("data"):
        case "text_data":
            return Payload(DataType.TEXT, data.text_data.encode())
        case "binary_data":
            return Payload(DataType.BINARY, data.binary_data)
        case "protobuf_data":
            return Payload(DataType.PROTOBUF, data.protobuf_data.SerializeToString())
        case "json_data":
            text = data.json_data.encode()
            if not is_json(text):
                raise MalformedRequest("json_data: expected one JSON value")
            return Payload(DataType.JSON, text)
        case _:
            return None
