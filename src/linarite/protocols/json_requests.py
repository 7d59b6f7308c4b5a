"""What clients of the JSON subprotocols write (reference-json-webpubsub-subprotocol; client-spec, section 3).

Words of the protocol (`type`, `dataType`, `target`) compare without case, since the .NET client writes `"Text"`; member
names do not. Unknown members are ignored.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import msgspec

from linarite.domain.messages import DataType
from linarite.protocols.json_data import ABSENT, DataMembers, is_present, read_metadata, read_payload
from linarite.protocols.json_members import span_of_member
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

__all__ = ["read_request"]

_NUMBER_LIMIT = 2**64  # ids of the protocol are unsigned 64-bit numbers


def read_request(payload: bytes) -> Request:
    """What one frame asks. Raises ValueError or RecursionError if it is malformed."""
    try:
        return _parse(payload)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        if b"\\ud" not in payload.lower():
            raise
        return _parse_around_data(payload)


def _parse(payload: bytes) -> Request:
    word = _head(payload).type
    parse = _PARSERS.get(word) or _PARSERS_BY_LOWER_CASE.get(word.lower())
    if parse is None:
        raise MalformedRequest(f"unknown type {word[:64]!r}")
    return parse(payload)


def _parse_around_data(payload: bytes) -> Request:
    """The request of a frame whose JSON data holds half of a surrogate pair, written as an escape.

    RFC 8259, section 8.2, allows that, and JavaScript writes a text so that was cut within an emoji. msgspec refuses
    it, so that the data is read by the standard library and the frame without it.
    """
    text = payload.decode()
    start, end = span_of_member(text, "data")
    request = _parse(f"{text[:start]}0{text[end:]}".encode())
    if isinstance(request, SendToGroup | SendEvent | StreamData | Invoke):
        # Other data types want a string and have refused the 0.
        data = Payload(DataType.JSON, text[start:end].encode())
        return msgspec.structs.replace(request, payload=data)
    return request


# Shapes: which members a frame has, in the wire's spelling, and of which type

Shape = TypeVar("Shape", bound=msgspec.Struct)


def _decoder(shape: type[Shape]) -> Callable[[bytes | msgspec.Raw], Shape]:
    return msgspec.json.Decoder(shape).decode


class _Head(msgspec.Struct):
    type: str


class _Anything(msgspec.Struct):
    ackId: int | None = None  # noqa: N815


class _Group(msgspec.Struct):
    group: str
    ackId: int | None = None  # noqa: N815


class _Publish(DataMembers, kw_only=True):
    group: str
    ackId: int | None = None  # noqa: N815
    noEcho: bool = False  # noqa: N815
    ttlSeconds: int | None = None  # noqa: N815
    metadata: msgspec.Raw = ABSENT
    stream: msgspec.Raw = ABSENT


class _Start(msgspec.Struct):
    streamId: str  # noqa: N815
    idleTimeoutMs: msgspec.Raw = ABSENT  # noqa: N815


class _StreamData(DataMembers, kw_only=True):
    streamId: str  # noqa: N815
    streamSequenceId: int | None = None  # noqa: N815


class _UserError(msgspec.Struct):
    message: str | None = None
    userErrorCode: str | None = None  # noqa: N815


class _StreamEnd(msgspec.Struct):
    streamId: str  # noqa: N815
    error: _UserError | None = None


class _Event(DataMembers, kw_only=True):
    event: str
    ackId: int | None = None  # noqa: N815
    metadata: msgspec.Raw = ABSENT


class _Invoke(DataMembers, kw_only=True):
    invocationId: str  # noqa: N815
    target: str | None = None
    event: str | None = None
    metadata: msgspec.Raw = ABSENT


class _Cancel(msgspec.Struct):
    invocationId: str  # noqa: N815


class _Sequence(msgspec.Struct):
    sequenceId: int  # noqa: N815


_head = _decoder(_Head)
_anything = _decoder(_Anything)
_group = _decoder(_Group)
_publish = _decoder(_Publish)
_start = _decoder(_Start)
_fragment = _decoder(_StreamData)
_end = _decoder(_StreamEnd)
_event = _decoder(_Event)
_invocation = _decoder(_Invoke)
_cancel = _decoder(_Cancel)
_sequence = _decoder(_Sequence)
_whole_number = msgspec.json.Decoder(int).decode


# Groups and events


def _join(payload: bytes) -> JoinGroup:
    shape = _group(payload)
    return JoinGroup(valid_group(shape.group), _ack_id(shape.ackId))


def _leave(payload: bytes) -> LeaveGroup:
    shape = _group(payload)
    return LeaveGroup(valid_group(shape.group), _ack_id(shape.ackId))


def _send_to_group(payload: bytes) -> SendToGroup | StartStream:
    shape = _publish(payload)
    group = valid_group(shape.group)
    if is_present(shape.stream):
        return _start_stream(group, shape)
    metadata = read_metadata(shape.metadata)
    data = payload_or_empty_text(read_payload(shape), metadata)
    ttl = valid_ttl(shape.ttlSeconds or 0)
    return SendToGroup(group, data, _ack_id(shape.ackId), shape.noEcho, ttl, metadata)


def _send_event(payload: bytes) -> SendEvent:
    shape = _event(payload)
    event = valid_event(shape.event)
    metadata = read_metadata(shape.metadata)
    data = payload_or_empty_text(read_payload(shape), metadata)
    return SendEvent(event, data, _ack_id(shape.ackId), metadata)


# Streams: what is wrong with a start is answered, since a client waits for the answer


def _start_stream(group: str, shape: _Publish) -> StartStream:
    start = _start(shape.stream)
    has_data = shape.dataType is not None or bool(bytes(shape.data))
    try:
        idle_timeout_ms = _whole_number(start.idleTimeoutMs) if is_present(start.idleTimeoutMs) else None
    except ValueError:
        return StartStream(start.streamId, group, shape.noEcho, fault="The idle timeout must be a whole number.")
    fault = stream_fault(start.streamId, idle_timeout_ms, has_data)
    return StartStream(start.streamId, group, shape.noEcho, idle_timeout_ms, fault)


def _stream_data(payload: bytes) -> StreamData | KeepStreamAlive:
    shape = _fragment(payload)
    sequence_id, kind, data = shape.streamSequenceId, shape.dataType, read_payload(shape)
    if sequence_id is None and kind is None and data is None:
        return KeepStreamAlive(shape.streamId)
    if sequence_id is None or kind is None or data is None:
        raise MalformedRequest("streamData: expected streamSequenceId, dataType and data, or none of them")
    if not 0 < sequence_id < _NUMBER_LIMIT:
        raise MalformedRequest(f"streamSequenceId: expected 1 to 2^64-1, got {sequence_id}")
    return StreamData(shape.streamId, sequence_id, data)


def _end_stream(payload: bytes) -> EndStream:
    shape = _end(payload)
    error = shape.error
    return EndStream(shape.streamId, None if error is None else UserError(error.message, error.userErrorCode))


# Invocations: as with streams, what can be answered under an id is


def _invoke(payload: bytes) -> Invoke:
    shape = _invocation(payload)
    fault = _invocation_fault(shape)
    if fault is not None:
        return Invoke(shape.invocationId, "", EMPTY_TEXT, fault=fault)
    if shape.event is None:
        raise MalformedRequest("event: expected a text, got none")
    data = read_payload(shape) or EMPTY_TEXT
    return Invoke(shape.invocationId, valid_event(shape.event), data, read_metadata(shape.metadata))


def _invocation_fault(shape: _Invoke) -> str | None:
    if not shape.invocationId:
        return "The invocation id must not be empty."
    if shape.target is None or shape.target.lower() != "event":
        return "The target of an invocation must be event."
    return None


def _cancel_invocation(payload: bytes) -> CancelInvocation:
    return CancelInvocation(_cancel(payload).invocationId)


# The rest


def _ping(payload: bytes) -> Ping:
    return Ping()


def _sequence_ack(payload: bytes) -> SequenceAck:
    sequence_id = _sequence(payload).sequenceId
    if not 0 <= sequence_id < _NUMBER_LIMIT:
        raise MalformedRequest(f"sequenceId: expected 0 to 2^64-1, got {sequence_id}")
    return SequenceAck(sequence_id)


def _group_state(payload: bytes) -> Unsupported:
    """Group state is a preview of which only the frames are public, not what they do."""
    return Unsupported("group state", _ack_id(_anything(payload).ackId))


_PARSERS: dict[str, Callable[[bytes], Request]] = {
    "joinGroup": _join,
    "leaveGroup": _leave,
    "sendToGroup": _send_to_group,
    "event": _send_event,
    "ping": _ping,
    "sequenceAck": _sequence_ack,
    "streamData": _stream_data,
    "streamEnd": _end_stream,
    "invoke": _invoke,
    "cancelInvocation": _cancel_invocation,
    "setGroupState": _group_state,
    "subscribeGroupState": _group_state,
    "unsubscribeGroupState": _group_state,
}
_PARSERS_BY_LOWER_CASE = {word.lower(): parse for word, parse in _PARSERS.items()}


def _ack_id(ack_id: int | None) -> int | None:
    if ack_id is not None and not 0 <= ack_id < _NUMBER_LIMIT:
        raise MalformedRequest(f"ackId: expected 0 to 2^64-1, got {ack_id}")
    return ack_id
