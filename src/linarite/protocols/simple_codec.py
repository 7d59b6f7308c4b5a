"""Plain WebSocket clients: no envelope, no acks (concept-client-protocols, "simple WebSocket client")."""

from __future__ import annotations

from linarite.domain.messages import DataType, Message
from linarite.protocols.codec import AckError
from linarite.protocols.framing import BINARY, TEXT, frame
from linarite.protocols.requests import Payload, RawMessage

__all__ = ["SIMPLE"]

_TEXT_LIKE = (DataType.TEXT, DataType.JSON)


class SimpleCodec:
    """Text and JSON travel as text frames, binary and protobuf as binary frames, each with nothing around it."""

    name = None

    def decode(self, is_text: bool, payload: bytes) -> RawMessage:
        """The message as it stands; no bytes are wrong for a plain client."""
        return RawMessage(Payload(DataType.TEXT if is_text else DataType.BINARY, payload))

    def encode(self, message: Message) -> bytes:
        """The data alone."""
        return frame(TEXT if message.data_type in _TEXT_LIKE else BINARY, message.data)

    def ack(self, ack_id: int, error: AckError | None) -> None:
        """Plain clients have no acks."""

    def connected(self, connection_id: str, user_id: str | None) -> None:
        """Plain clients hear nothing of the service itself."""

    def disconnected(self, reason: str) -> None:
        """Plain clients get the close frame only."""

    def pong(self) -> None:
        """Plain clients have only the pings of WebSocket."""


SIMPLE = SimpleCodec()
