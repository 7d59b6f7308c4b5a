"""Plain WebSocket clients: no envelope, no acks (concept-client-protocols, "simple WebSocket client")."""

from __future__ import annotations

from linarite.domain.messages import DataType, Message
from linarite.protocols.codec import AckError, InvocationAnswer
from linarite.protocols.framing import BINARY, TEXT, frame
from linarite.protocols.requests import Payload, RawMessage

__all__ = ["SIMPLE"]

_TEXT_LIKE = (DataType.TEXT, DataType.JSON)


class SimpleCodec:
    """Text and JSON travel as text frames, binary and protobuf as binary frames, each with nothing around it."""

    name = None
    is_reliable = False

    def decode(self, is_text: bool, payload: bytes) -> RawMessage:
        """The message as it stands; no bytes are wrong for a plain client."""
        return RawMessage(Payload(DataType.TEXT if is_text else DataType.BINARY, payload))

    def encode(self, message: Message) -> bytes:
        """The data alone; the end of a stream has none, and shows to nobody who knows nothing of streams."""
        if message.stream is not None and message.stream.end_of_stream:
            return b""
        return frame(TEXT if message.data_type in _TEXT_LIKE else BINARY, message.data)

    def number(self, encoded: bytes, sequence_id: int) -> bytes:
        """Plain clients count nothing."""
        return encoded

    def ack(self, ack_id: int, error: AckError | None) -> None:
        """Plain clients have no acks."""

    def connected(self, connection_id: str, user_id: str | None, reconnection_token: str | None) -> None:
        """Plain clients hear nothing of the service itself."""

    def disconnected(self, reason: str) -> None:
        """Plain clients get the close frame only."""

    def pong(self) -> None:
        """Plain clients have only the pings of WebSocket."""

    def stream_ack(self, stream_id: str, expected_sequence_id: int) -> None:
        """Plain clients publish no streams."""

    def stream_nack(self, stream_id: str, expected_sequence_id: int, error: AckError) -> None:
        """Plain clients publish no streams."""

    def stream_closed(self, stream_id: str, error: AckError | None) -> None:
        """Plain clients publish no streams."""

    def invoke_response(self, invocation_id: str, answer: InvocationAnswer | AckError) -> None:
        """Plain clients invoke nothing."""


SIMPLE = SimpleCodec()
