"""What a client can ask, whatever its protocol, and the one way in which a client's bytes can be wrong."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from linarite.domain.messages import NO_METADATA, DataType

__all__ = [
    "CancelInvocation",
    "EndStream",
    "Invoke",
    "JoinGroup",
    "KeepStreamAlive",
    "LeaveGroup",
    "Payload",
    "Ping",
    "ProtocolViolation",
    "RawMessage",
    "Request",
    "SendEvent",
    "SendToGroup",
    "SequenceAck",
    "StartStream",
    "StreamData",
    "Unsupported",
    "UserError",
]


class ProtocolViolation(Exception):
    """A client's message breaks its protocol: the connection ends with this WebSocket close code and reason."""

    def __init__(self, code: int, reason: str, detail: str = "") -> None:
        """`detail` is for the log: what exactly was wrong."""
        super().__init__(f"{reason} {detail}".strip())
        self.code = code
        self.reason = reason


class Payload(msgspec.Struct, frozen=True):
    """Data with its type, as a client sent it."""

    data_type: DataType
    data: bytes


class JoinGroup(msgspec.Struct, frozen=True):
    """Become a member of a group."""

    group: str
    ack_id: int | None = None


class LeaveGroup(msgspec.Struct, frozen=True):
    """End the membership in a group."""

    group: str
    ack_id: int | None = None


class SendToGroup(msgspec.Struct, frozen=True):
    """Publish to a group's members; `no_echo` leaves out the sending connection. `ttl_seconds` 0 never expires."""

    group: str
    payload: Payload
    ack_id: int | None = None
    no_echo: bool = False
    ttl_seconds: int = 0
    metadata: Mapping[str, str] = NO_METADATA


class SendEvent(msgspec.Struct, frozen=True):
    """Send a user event to the application server."""

    event: str
    payload: Payload
    ack_id: int | None = None
    metadata: Mapping[str, str] = NO_METADATA


class RawMessage(msgspec.Struct, frozen=True):
    """A plain client's text or bytes; what it means was said in the client's URL."""

    payload: Payload


class Ping(msgspec.Struct, frozen=True):
    """Answer with a pong of the protocol (not of WebSocket)."""


class SequenceAck(msgspec.Struct, frozen=True):
    """Every data message up to this sequence id has arrived."""

    sequence_id: int


class StartStream(msgspec.Struct, frozen=True):
    """Begin a stream into a group. None of `idle_timeout_ms` is the service's own time."""

    stream_id: str
    group: str
    no_echo: bool = False
    idle_timeout_ms: int | None = None
    fault: str | None = None
    """Why the stream cannot begin: such a start is answered, not a reason to end the connection."""


class StreamData(msgspec.Struct, frozen=True):
    """One fragment of a stream; fragments count from 1."""

    stream_id: str
    sequence_id: int
    payload: Payload


class KeepStreamAlive(msgspec.Struct, frozen=True):
    """The publisher is still there, though it has nothing to send."""

    stream_id: str


class UserError(msgspec.Struct, frozen=True):
    """Why a publisher gives its stream up, in its own words."""

    message: str | None = None
    code: str | None = None


class EndStream(msgspec.Struct, frozen=True):
    """End a stream, well or with an error."""

    stream_id: str
    error: UserError | None = None


class Invoke(msgspec.Struct, frozen=True):
    """Send a user event whose answer comes back under the invocation's id."""

    invocation_id: str
    event: str
    payload: Payload
    metadata: Mapping[str, str] = NO_METADATA
    fault: str | None = None
    """Why nothing can be invoked; `event` and `payload` mean nothing then."""


class CancelInvocation(msgspec.Struct, frozen=True):
    """Nobody waits for this invocation's answer any more."""

    invocation_id: str


class Unsupported(msgspec.Struct, frozen=True):
    """A well-formed request for something that this server does not offer."""

    what: str
    ack_id: int | None = None


Request = (
    JoinGroup
    | LeaveGroup
    | SendToGroup
    | SendEvent
    | RawMessage
    | Ping
    | SequenceAck
    | StartStream
    | StreamData
    | KeepStreamAlive
    | EndStream
    | Invoke
    | CancelInvocation
    | Unsupported
)
