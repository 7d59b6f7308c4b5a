"""`json.webpubsub.azure.v1` and its reliable form: JSON in text frames.

The two differ in what is told about messages: the reliable one counts them for each client, and gives it a token with
which it may come back (reference-json-reliable-webpubsub-subprotocol). Whatever is not a valid frame ends the
connection with 1007 and no ack.
"""

from __future__ import annotations

import msgspec

from linarite.domain.messages import DataType, Message
from linarite.protocols.codec import AckError, InvocationAnswer
from linarite.protocols.framing import TEXT, frame, frame_header
from linarite.protocols.json_messages import data_members, message_text
from linarite.protocols.json_requests import read_request
from linarite.protocols.requests import Payload, ProtocolViolation, Request

__all__ = ["JSON", "RELIABLE_JSON", "JsonCodec", "ReliableJsonCodec"]

_UNSUPPORTED_DATA = 1003
_INVALID_PAYLOAD = 1007
_quote = msgspec.json.encode


class JsonCodec:
    """The JSON protocol without reliability."""

    name = "json.webpubsub.azure.v1"
    is_reliable = False

    def decode(self, is_text: bool, payload: bytes) -> Request:
        """The request in one JSON text frame. Raises ProtocolViolation."""
        if not is_text:
            raise ProtocolViolation(_UNSUPPORTED_DATA, "The JSON subprotocol requires text messages.")
        try:
            return read_request(payload)
        except (ValueError, RecursionError) as error:
            raise ProtocolViolation(
                _INVALID_PAYLOAD, "The client message is not a valid JSON protocol message.", str(error)
            ) from None

    def encode(self, message: Message) -> bytes:
        """A `message` frame."""
        return frame(TEXT, message_text(message, b"{"))

    def number(self, encoded: bytes, sequence_id: int) -> bytes:
        """Without reliability nothing is counted."""
        return encoded

    def ack(self, ack_id: int, error: AckError | None) -> bytes:
        """An `ack` frame."""
        if error is None:
            return frame(TEXT, b'{"type":"ack","ackId":%d,"success":true}' % ack_id)
        return frame(TEXT, b'{"type":"ack","ackId":%d,"success":false,"error":%b}' % (ack_id, _error(error)))

    def connected(self, connection_id: str, user_id: str | None, reconnection_token: str | None) -> bytes:
        """The `connected` system frame; `userId` is null without a user."""
        text = b'{"type":"system","event":"connected","userId":%b,"connectionId":%b' % (
            _quote(user_id),
            _quote(connection_id),
        )
        if reconnection_token is not None:
            text += b',"reconnectionToken":' + _quote(reconnection_token)
        return frame(TEXT, text + b"}")

    def disconnected(self, reason: str) -> bytes:
        """The `disconnected` system frame."""
        return frame(TEXT, b'{"type":"system","event":"disconnected","message":%b}' % _quote(reason))

    def pong(self) -> bytes:
        """The `pong` frame."""
        return _PONG

    def stream_ack(self, stream_id: str, expected_sequence_id: int) -> bytes:
        """A `streamAck` frame."""
        text = b'{"type":"streamAck","streamId":%b,"expectedSequenceId":%d}'
        return frame(TEXT, text % (_quote(stream_id), expected_sequence_id))

    def stream_nack(self, stream_id: str, expected_sequence_id: int, error: AckError) -> bytes:
        """A `streamNack` frame."""
        text = b'{"type":"streamNack","streamId":%b,"expectedSequenceId":%d,"name":%b,"message":%b}'
        members = (_quote(stream_id), expected_sequence_id, _quote(error.name), _quote(error.message))
        return frame(TEXT, text % members)

    def stream_closed(self, stream_id: str, error: AckError | None) -> bytes:
        """A `streamClosed` frame; without an `error` the stream ended well."""
        if error is None:
            return frame(TEXT, b'{"type":"streamClosed","streamId":%b}' % _quote(stream_id))
        return frame(TEXT, b'{"type":"streamClosed","streamId":%b,"error":%b}' % (_quote(stream_id), _error(error)))

    def invoke_response(self, invocation_id: str, answer: InvocationAnswer | AckError) -> bytes:
        """An `invokeResponse` frame."""
        head = b'{"type":"invokeResponse","invocationId":%b,"success":' % _quote(invocation_id)
        if isinstance(answer, AckError):
            return frame(TEXT, b'%bfalse,"error":%b}' % (head, _error(answer)))
        head += b"true"
        if answer.metadata:
            head += b',"metadata":' + _quote(answer.metadata)
        data = b"" if answer.payload is None or _is_null(answer.payload) else data_members(answer.payload)
        return frame(TEXT, b"%b%b}" % (head, data))


class ReliableJsonCodec(JsonCodec):
    """The JSON protocol with a sequence id in each message."""

    name = "json.reliable.webpubsub.azure.v1"
    is_reliable = True

    def encode(self, message: Message) -> bytes:
        """The text of a `message` frame from behind its first member, the number, on."""
        return message_text(message, b",")

    def number(self, encoded: bytes, sequence_id: int) -> bytes:
        """A `message` frame. Runs once for each receiver: 0.2 us for a short message, a copy for a long one."""
        head = b'{"sequenceId":%d' % sequence_id
        return b"".join((frame_header(TEXT, len(head) + len(encoded)), head, encoded))


_PONG = frame(TEXT, b'{"type":"pong"}')


def _error(error: AckError) -> bytes:
    return b'{"name":%b,"message":%b}' % (_quote(error.name), _quote(error.message))


def _is_null(payload: Payload) -> bool:
    """Whether the data is JSON's null: the JavaScript client drops a response with it, and would wait for ever."""
    return payload.data_type is DataType.JSON and payload.data.strip() == b"null"


JSON = JsonCodec()
RELIABLE_JSON = ReliableJsonCodec()
