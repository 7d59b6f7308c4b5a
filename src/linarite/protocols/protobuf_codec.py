"""`protobuf.webpubsub.azure.v1` and its reliable form: serialized messages of webpubsub.proto in binary frames.

There is no `fromUserId` in these protocols, and a client without a user has an empty user id.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache

from linarite.domain.messages import DataType, Message, StreamPart
from linarite.protocols.codec import AckError, InvocationAnswer
from linarite.protocols.framing import BINARY, frame, frame_header
from linarite.protocols.protobuf_fields import (
    bytes_field,
    field_head,
    map_field,
    number_field,
    optional_text_field,
    text_field,
)
from linarite.protocols.requests import Payload, ProtocolViolation, Request

__all__ = ["PROTOBUF", "RELIABLE_PROTOBUF", "ProtobufCodec", "ReliableProtobufCodec"]

_UNSUPPORTED_DATA = 1003
_INVALID_PAYLOAD = 1007

# Field numbers of `DownstreamMessage` and, below, of the messages in it.
_ACK = 1
_DATA = 2
_SYSTEM = 3
_PONG = 4
_INVOKE_RESPONSE = 5
_STREAM_ACK = 6
_STREAM_NACK = 7
_STREAM_CLOSED = 8

_CONNECTED = 1
_DISCONNECTED = 2

_FROM_SERVER = text_field(1, "server")
_SUCCESS = number_field(2, 1)
_END_OF_STREAM = number_field(3, 1)
_TEXT, _JSON, _BINARY = DataType.TEXT, DataType.JSON, DataType.BINARY


class ProtobufCodec:
    """The protobuf protocol without reliability."""

    name = "protobuf.webpubsub.azure.v1"
    is_reliable = False

    def decode(self, is_text: bool, payload: bytes) -> Request:
        """The request in one `UpstreamMessage`. Raises ProtocolViolation."""
        if is_text:
            raise ProtocolViolation(_UNSUPPORTED_DATA, f"The {self.name} subprotocol requires binary messages.")
        try:
            return _request_reader()(payload)
        except ValueError as error:
            raise ProtocolViolation(
                _INVALID_PAYLOAD, f"The client message is not a valid {self.name} protocol message.", str(error)
            ) from None

    def encode(self, message: Message) -> bytes:
        """A `DataMessage`; JSON data and serialized `Any` values stand in it exactly as their senders wrote them."""
        written = _data_message(message)
        return _data_head(len(written)) + written

    def number(self, encoded: bytes, sequence_id: int) -> bytes:
        """Without reliability nothing is counted."""
        return encoded

    def ack(self, ack_id: int, error: AckError | None) -> bytes:
        """An `AckMessage`; `success` is false by its absence."""
        outcome = _SUCCESS if error is None else bytes_field(3, _error(error))
        return _frame(_ACK, number_field(1, ack_id) + outcome)

    def connected(self, connection_id: str, user_id: str | None, reconnection_token: str | None) -> bytes:
        """The `ConnectedMessage` of a `SystemMessage`."""
        token = optional_text_field(3, reconnection_token)
        connected = text_field(1, connection_id) + optional_text_field(2, user_id) + token
        return _frame(_SYSTEM, bytes_field(_CONNECTED, connected))

    def disconnected(self, reason: str) -> bytes:
        """The `DisconnectedMessage` of a `SystemMessage`."""
        return _frame(_SYSTEM, bytes_field(_DISCONNECTED, text_field(2, reason)))

    def pong(self) -> bytes:
        """A `PongMessage`."""
        return _PONG_FRAME

    def stream_ack(self, stream_id: str, expected_sequence_id: int) -> bytes:
        """A `StreamAckMessage`."""
        return _frame(_STREAM_ACK, text_field(1, stream_id) + number_field(2, expected_sequence_id))

    def stream_nack(self, stream_id: str, expected_sequence_id: int, error: AckError) -> bytes:
        """A `StreamNackMessage`."""
        why = text_field(2, error.name) + text_field(3, error.message)
        return _frame(_STREAM_NACK, text_field(1, stream_id) + why + number_field(4, expected_sequence_id))

    def stream_closed(self, stream_id: str, error: AckError | None) -> bytes:
        """A `StreamClosedMessage`."""
        why = b"" if error is None else bytes_field(2, _error(error))
        return _frame(_STREAM_CLOSED, text_field(1, stream_id) + why)

    def invoke_response(self, invocation_id: str, answer: InvocationAnswer | AckError) -> bytes:
        """An `InvokeResponseMessage`; `success` is false by its absence."""
        if isinstance(answer, AckError):
            outcome = bytes_field(4, _error(answer))
        else:
            payload = answer.payload
            data = b"" if payload is None else _content(payload)
            outcome = _SUCCESS + data + map_field(5, answer.metadata)
        return _frame(_INVOKE_RESPONSE, text_field(1, invocation_id) + outcome)


class ReliableProtobufCodec(ProtobufCodec):
    """The protobuf protocol whose messages are numbered.

    An encoded message is the `DataMessage` alone. Its number is appended, since fields may come in any order, and the
    lengths before it are written anew.
    """

    name = "protobuf.reliable.webpubsub.azure.v1"
    is_reliable = True

    def encode(self, message: Message) -> bytes:
        """A `DataMessage` without its sequence id, and with nothing around it."""
        return _data_message(message)

    def number(self, encoded: bytes, sequence_id: int) -> bytes:
        """The frame of that message with its sequence id."""
        field = _sequence_id_field(sequence_id)
        return _data_head(len(encoded) + len(field)) + encoded + field


def _frame(number: int, message: bytes) -> bytes:
    """The WebSocket frame of a `DownstreamMessage` that holds this one."""
    return frame(BINARY, bytes_field(number, message))


_PONG_FRAME = _frame(_PONG, b"")


# What comes before data depends on few things and is asked for with each message, or with each receiver of one: looked
# up, it is written in a third of the time.
@lru_cache(maxsize=4096)
def _data_head(size: int) -> bytes:
    """What comes before a `DataMessage` of that size: the frame's header, then the field's."""
    head = field_head(_DATA, size)
    return frame_header(BINARY, len(head) + size) + head


@lru_cache(maxsize=4096)
def _sequence_id_field(sequence_id: int) -> bytes:
    return number_field(4, sequence_id)


@lru_cache(maxsize=1024)
def _from_group(group: str) -> bytes:
    return text_field(1, "group") + text_field(2, group)


@lru_cache(maxsize=4096)
def _content_head(number: int, size: int) -> bytes:
    """What comes before that much data in a `DataMessage`: the head of `MessageData`, then that of its field."""
    head = field_head(number, size)
    return field_head(3, len(head) + size) + head


def _data_message(message: Message) -> bytes:
    origin = _FROM_SERVER if message.group is None else _from_group(message.group)
    data = message.data
    written = origin + _content_head(_data_number(message.data_type), len(data)) + data
    if message.metadata:
        written += map_field(5, message.metadata)
    if message.stream is not None:
        written += bytes_field(6, _stream_info(message.stream))
    return written


def _content(payload: Payload) -> bytes:
    return _content_head(_data_number(payload.data_type), len(payload.data)) + payload.data


def _data_number(data_type: DataType) -> int:
    """The field of `MessageData`. Compared in turn: looking up an enumeration's member takes longer."""
    if data_type is _TEXT:
        return 1
    if data_type is _JSON:
        return 4
    return 2 if data_type is _BINARY else 3


def _stream_info(part: StreamPart) -> bytes:
    written = text_field(1, part.stream_id) + number_field(2, part.sequence_id)
    if part.end_of_stream:
        written += _END_OF_STREAM
    if part.error is not None:
        error = part.error
        message = optional_text_field(2, error.message) + optional_text_field(3, error.user_error_code)
        written += bytes_field(4, text_field(1, error.name) + message)
    return written


def _error(error: AckError) -> bytes:
    return text_field(1, error.name) + text_field(2, error.message)


@cache
def _request_reader() -> Callable[[bytes], Request]:
    # Imported at first use: few servers see protobuf clients, and the runtime takes a tenth of the start-up time.
    from linarite.protocols.protobuf_requests import read_request

    return read_request


PROTOBUF = ProtobufCodec()
RELIABLE_PROTOBUF = ReliableProtobufCodec()
