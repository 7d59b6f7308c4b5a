"""The seam between the session of a client and its wire protocol."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from linarite.domain.messages import Message
from linarite.protocols.requests import Payload, Request

__all__ = ["AckError", "Codec", "InvocationAnswer"]


class AckError(NamedTuple):
    """Why a request failed: the error's `name` and `message` in an ack frame, and wherever else one is told."""

    name: str
    message: str


class InvocationAnswer(NamedTuple):
    """What an invoked event's handler answered; `payload` is None for an empty answer."""

    payload: Payload | None
    metadata: Mapping[str, str]


class Codec(Protocol):
    """One wire protocol. Codecs have no state, so that one value serves every connection that speaks it.

    All that goes out are complete WebSocket frames, ready to be written, but for one thing: a message of a reliable
    protocol has yet to be numbered. A protocol without a frame for something answers None.
    """

    @property
    def name(self) -> str | None:
        """The subprotocol's name, None for plain clients."""

    @property
    def is_reliable(self) -> bool:
        """Whether messages carry sequence ids and are kept until the client has acknowledged them."""

    def decode(self, is_text: bool, payload: bytes) -> Request:
        """What the client asks; a text's payload is known to be UTF-8. Raises ProtocolViolation."""

    def encode(self, message: Message) -> bytes:
        """The message as this protocol's clients receive it; empty if they hear nothing of it.

        Of a reliable protocol it is what `number` makes frames of: the same for all receivers.
        """

    def number(self, encoded: bytes, sequence_id: int) -> bytes:
        """The frame of an encoded message for the receiver whose message number `sequence_id` it is.

        Of use to reliable protocols only; others have no numbers and give back what they got.
        """

    def ack(self, ack_id: int, error: AckError | None) -> bytes | None:
        """The answer to a request that carried an ack id; `error` is None for success."""

    def connected(self, connection_id: str, user_id: str | None, reconnection_token: str | None) -> bytes | None:
        """The first frame of a new connection, or of one that has been recovered; the token is for the next recovery.

        It is None on protocols that are not reliable.
        """

    def disconnected(self, reason: str) -> bytes | None:
        """The frame before a close that the service starts."""

    def pong(self) -> bytes | None:
        """The answer to a ping of the protocol."""

    def stream_ack(self, stream_id: str, expected_sequence_id: int) -> bytes | None:
        """Every fragment of the stream before this one has been taken."""

    def stream_nack(self, stream_id: str, expected_sequence_id: int, error: AckError) -> bytes | None:
        """A fragment has not been taken; the stream goes on with the expected one."""

    def stream_closed(self, stream_id: str, error: AckError | None) -> bytes | None:
        """The stream has ended; `error` is None if its publisher ended it."""

    def invoke_response(self, invocation_id: str, answer: InvocationAnswer | AckError) -> bytes | None:
        """The one answer to an invocation."""
