"""The seam between the session of a client and its wire protocol."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from linarite.domain.messages import Message
from linarite.protocols.requests import Request

__all__ = ["AckError", "Codec"]


class AckError(NamedTuple):
    """Why a request failed: the error's `name` and `message` in an ack frame."""

    name: str
    message: str


class Codec(Protocol):
    """One wire protocol. Codecs have no state, so that one value serves every connection that speaks it.

    All that goes out are complete WebSocket frames, ready to be written. A protocol without a frame for something
    answers None.
    """

    @property
    def name(self) -> str | None:
        """The subprotocol's name, None for plain clients."""

    def decode(self, is_text: bool, payload: bytes) -> Request:
        """What the client asks; a text's payload is known to be UTF-8. Raises ProtocolViolation."""

    def encode(self, message: Message) -> bytes:
        """The message as this protocol's clients receive it."""

    def ack(self, ack_id: int, error: AckError | None) -> bytes | None:
        """The answer to a request that carried an ack id; `error` is None for success."""

    def connected(self, connection_id: str, user_id: str | None) -> bytes | None:
        """The first frame of a new connection."""

    def disconnected(self, reason: str) -> bytes | None:
        """The frame before a close that the service starts."""

    def pong(self) -> bytes | None:
        """The answer to a ping of the protocol."""
