"""`json.webpubsub.azure.v1`: JSON text frames (reference-json-webpubsub-subprotocol).

Words of the protocol (`type`, `dataType`) compare without case, since the .NET client writes `"Text"`; member names do
not. Unknown members are ignored. Whatever is not a valid frame ends the connection with 1007 and no ack.
"""

from __future__ import annotations

import binascii
import json as standard_json
from collections.abc import Callable, Mapping
from typing import TypeVar

import msgspec

from linarite.domain.messages import NO_METADATA, DataType, Message
from linarite.domain.metadata import parse_metadata
from linarite.domain.names import is_valid_event_name, is_valid_group_name
from linarite.protocols.codec import AckError, InvocationAnswer
from linarite.protocols.framing import TEXT, frame
from linarite.protocols.json_members import span_of_member
from linarite.protocols.protobuf_any import is_serialized_any
from linarite.protocols.requests import (
    JoinGroup,
    LeaveGroup,
    Payload,
    Ping,
    ProtocolViolation,
    Request,
    SendEvent,
    SendToGroup,
    SequenceAck,
    Unsupported,
)

__all__ = ["JSON", "JsonCodec"]

_UNSUPPORTED_DATA = 1003
_INVALID_PAYLOAD = 1007
_ACK_ID_LIMIT = 2**64  # acks of the protocol are unsigned 64-bit numbers
_TTL_LIMIT_SECONDS = 300  # as `messageTtlSeconds` of the REST API
_ABSENT = msgspec.Raw(b"")
_NULL = b"null"


class _Head(msgspec.Struct):
    type: str


class _Group(msgspec.Struct):
    group: str
    ackId: int | None = None  # noqa: N815 - the wire's spelling


class _Data(msgspec.Struct):
    dataType: str | None = None  # noqa: N815
    data: msgspec.Raw = _ABSENT
    ackId: int | None = None  # noqa: N815
    metadata: msgspec.Raw = _ABSENT


class _Publish(_Data, kw_only=True):
    group: str
    noEcho: bool = False  # noqa: N815
    ttlSeconds: int | None = None  # noqa: N815
    stream: msgspec.Raw = _ABSENT


class _Event(_Data, kw_only=True):
    event: str


class _Sequence(msgspec.Struct):
    sequenceId: int  # noqa: N815


class _Anything(msgspec.Struct):
    ackId: int | None = None  # noqa: N815


Shape = TypeVar("Shape", bound=msgspec.Struct)


def _decoder(shape: type[Shape]) -> Callable[[bytes], Shape]:
    return msgspec.json.Decoder(shape).decode


_head = _decoder(_Head)
_group = _decoder(_Group)
_publish = _decoder(_Publish)
_event = _decoder(_Event)
_sequence = _decoder(_Sequence)
_anything = _decoder(_Anything)
_text = msgspec.json.Decoder(str).decode
_quote = msgspec.json.encode


class _Malformed(ValueError):
    """Why a frame is refused; for the log."""


class JsonCodec:
    """The JSON protocol without reliability."""

    name = "json.webpubsub.azure.v1"
    is_reliable = False

    def decode(self, is_text: bool, payload: bytes) -> Request:
        """The request in one JSON text frame. Raises ProtocolViolation."""
        if not is_text:
            raise ProtocolViolation(_UNSUPPORTED_DATA, "The JSON subprotocol requires text messages.")
        try:
            return _request(payload)
        except (ValueError, RecursionError) as error:
            raise ProtocolViolation(
                _INVALID_PAYLOAD, "The client message is not a valid JSON protocol message.", str(error)
            ) from None

    def encode(self, message: Message) -> bytes:
        """A `message` frame; JSON data stands in it exactly as its sender wrote it."""
        if message.group is None:
            head = b'{"type":"message","from":"server"'
        else:
            head = b'{"type":"message","from":"group","group":' + _quote(message.group)
            if message.from_user_id is not None:
                head += b',"fromUserId":' + _quote(message.from_user_id)
        if message.metadata:
            head += b',"metadata":' + _quote(message.metadata)
        kind = message.data_type
        return frame(TEXT, b'%b,"dataType":"%b","data":%b}' % (head, kind.value.encode(), _data_text(message)))

    def number(self, encoded: bytes, sequence_id: int) -> bytes:
        """Without reliability nothing is counted."""
        return encoded

    def ack(self, ack_id: int, error: AckError | None) -> bytes:
        """An `ack` frame."""
        if error is None:
            return frame(TEXT, b'{"type":"ack","ackId":%d,"success":true}' % ack_id)
        text = b'{"type":"ack","ackId":%d,"success":false,"error":{"name":%b,"message":%b}}'
        return frame(TEXT, text % (ack_id, _quote(error.name), _quote(error.message)))

    def connected(self, connection_id: str, user_id: str | None, reconnection_token: str | None) -> bytes:
        """The `connected` system frame; `userId` is null without a user."""
        text = b'{"type":"system","event":"connected","userId":%b,"connectionId":%b}'
        return frame(TEXT, text % (_quote(user_id), _quote(connection_id)))

    def disconnected(self, reason: str) -> bytes:
        """The `disconnected` system frame."""
        return frame(TEXT, b'{"type":"system","event":"disconnected","message":%b}' % _quote(reason))

    def pong(self) -> bytes:
        """The `pong` frame."""
        return _PONG

    def stream_ack(self, stream_id: str, expected_sequence_id: int) -> bytes | None:
        """A `streamAck` frame."""
        return None

    def stream_nack(self, stream_id: str, expected_sequence_id: int, error: AckError) -> bytes | None:
        """A `streamNack` frame."""
        return None

    def stream_closed(self, stream_id: str, error: AckError | None) -> bytes | None:
        """A `streamClosed` frame."""
        return None

    def invoke_response(self, invocation_id: str, answer: InvocationAnswer | AckError) -> bytes | None:
        """An `invokeResponse` frame."""
        return None


_PONG = frame(TEXT, b'{"type":"pong"}')


def _data_text(message: Message) -> bytes:
    match message.data_type:
        case DataType.TEXT:
            return _quote(message.data.decode())
        case DataType.JSON:
            return message.data
        case _:
            return b'"%b"' % binascii.b2a_base64(message.data, newline=False)


def _request(payload: bytes) -> Request:
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
        raise _Malformed(f"unknown type {word[:64]!r}")
    return parse(payload)


def _parse_around_data(payload: bytes) -> Request:
    """The request of a frame whose JSON data holds half of a surrogate pair, written as an escape.

    RFC 8259, section 8.2, allows that, and JavaScript writes a text so that was cut within an emoji. msgspec refuses
    it, so that the data is read by the standard library and the frame without it.
    """
    text = payload.decode()
    start, end = span_of_member(text, "data")
    request = _parse(f"{text[:start]}0{text[end:]}".encode())
    if isinstance(request, SendToGroup | SendEvent):
        # Other data types want a string and have refused the 0.
        data = Payload(DataType.JSON, text[start:end].encode())
        return msgspec.structs.replace(request, payload=data)
    return request


def _join(payload: bytes) -> JoinGroup:
    shape = _group(payload)
    return JoinGroup(_valid_group(shape.group), _ack_id(shape.ackId))


def _leave(payload: bytes) -> LeaveGroup:
    shape = _group(payload)
    return LeaveGroup(_valid_group(shape.group), _ack_id(shape.ackId))


def _send_to_group(payload: bytes) -> Request:
    shape = _publish(payload)
    group = _valid_group(shape.group)
    ack_id = _ack_id(shape.ackId)
    if bytes(shape.stream) not in (b"", _NULL):
        return Unsupported("streams in groups", ack_id)
    metadata = _metadata(shape.metadata)
    ttl = shape.ttlSeconds or 0
    if not 0 <= ttl <= _TTL_LIMIT_SECONDS:
        raise _Malformed(f"ttlSeconds: expected 0 to {_TTL_LIMIT_SECONDS}, got {ttl}")
    return SendToGroup(group, _payload(shape, metadata), ack_id, shape.noEcho, ttl, metadata)


def _send_event(payload: bytes) -> SendEvent:
    shape = _event(payload)
    if not is_valid_event_name(shape.event):
        raise _Malformed(f"event: expected a letter and up to 127 of A-Za-z0-9_.-, got {shape.event[:140]!r}")
    metadata = _metadata(shape.metadata)
    return SendEvent(shape.event, _payload(shape, metadata), _ack_id(shape.ackId), metadata)


def _ping(payload: bytes) -> Ping:
    return Ping()


def _sequence_ack(payload: bytes) -> SequenceAck:
    sequence_id = _sequence(payload).sequenceId
    if not 0 <= sequence_id < _ACK_ID_LIMIT:
        raise _Malformed(f"sequenceId: expected 0 to 2^64-1, got {sequence_id}")
    return SequenceAck(sequence_id)


def _unsupported(what: str) -> Callable[[bytes], Unsupported]:
    def parse(payload: bytes) -> Unsupported:
        return Unsupported(what, _ack_id(_anything(payload).ackId))

    return parse


_PARSERS: dict[str, Callable[[bytes], Request]] = {
    "joinGroup": _join,
    "leaveGroup": _leave,
    "sendToGroup": _send_to_group,
    "event": _send_event,
    "ping": _ping,
    "sequenceAck": _sequence_ack,
    # Streams, invocations and group state are parts of the protocol that this server does not speak yet.
    "streamData": _unsupported("streams in groups"),
    "streamEnd": _unsupported("streams in groups"),
    "invoke": _unsupported("invocation"),
    "cancelInvocation": _unsupported("invocation"),
    "setGroupState": _unsupported("group state"),
    "subscribeGroupState": _unsupported("group state"),
    "unsubscribeGroupState": _unsupported("group state"),
}
_PARSERS_BY_LOWER_CASE = {word.lower(): parse for word, parse in _PARSERS.items()}


def _ack_id(ack_id: int | None) -> int | None:
    if ack_id is not None and not 0 <= ack_id < _ACK_ID_LIMIT:
        raise _Malformed(f"ackId: expected 0 to 2^64-1, got {ack_id}")
    return ack_id


def _valid_group(group: str) -> str:
    if not is_valid_group_name(group):
        raise _Malformed(f"group: expected 1 to 1024 characters, not only white space, got {len(group)} characters")
    return group


def _payload(shape: _Data, metadata: Mapping[str, str]) -> Payload:
    data = bytes(shape.data)
    if not data:
        if metadata:
            return Payload(DataType.TEXT, b"")
        raise _Malformed("data: expected a value, got none")
    kind = "json" if shape.dataType is None else shape.dataType.lower()
    if kind == "json":
        if data == _NULL:
            raise _Malformed("data: expected a value, got null")
        return Payload(DataType.JSON, data)
    if kind == "text":
        return Payload(DataType.TEXT, _text(data).encode())
    if kind == "binary":
        return Payload(DataType.BINARY, _base64(data))
    if kind == "protobuf":
        value = _base64(data)
        if not is_serialized_any(value):
            raise _Malformed("data: expected a serialized google.protobuf.Any")
        return Payload(DataType.PROTOBUF, value)
    raise _Malformed(f"dataType: expected json, text, binary or protobuf, got {kind[:64]!r}")


def _base64(data: bytes) -> bytes:
    try:
        return binascii.a2b_base64("".join(_text(data).split()), strict_mode=True)
    except (binascii.Error, ValueError) as error:
        raise _Malformed(f"data: expected base64, {error}") from None


def _metadata(raw: msgspec.Raw) -> Mapping[str, str]:
    if bytes(raw) in (b"", _NULL):
        return NO_METADATA
    pairs = standard_json.loads(bytes(raw), object_pairs_hook=_Pairs)
    if not isinstance(pairs, _Pairs):
        raise _Malformed("metadata: expected an object")
    return parse_metadata(pairs)


class _Pairs(list[tuple[str, object]]):
    """The members of a JSON object in order, a key that comes twice included."""


JSON = JsonCodec()
