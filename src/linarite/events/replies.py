"""What a handler's reply means: overrides for a new connection, a message for its client, a new state, or a failure.

The rules are those of "CloudEvents extension for Azure Web PubSub event handler" (reference-cloud-events) and of the
service's runtime. Everything here is pure.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import msgspec

from linarite.domain.json_text import is_json
from linarite.domain.messages import NO_METADATA, DataType
from linarite.domain.metadata import InvalidMetadata, parse_metadata
from linarite.domain.names import is_valid_group_name
from linarite.domain.utf8 import is_utf8
from linarite.events.cloud_events import METADATA_PREFIX
from linarite.events.http_replies import HttpReply
from linarite.protocols.protobuf_any import is_serialized_any

__all__ = [
    "ConnectRefusal",
    "ConnectReply",
    "EventReply",
    "InvalidReply",
    "parse_connect_reply",
    "parse_event_reply",
    "refusal_of",
    "reply_state",
]

_STATE_HEADER = "ce-connectionstate"
_MEDIA_TYPES = {
    "text/plain": DataType.TEXT,
    "application/json": DataType.JSON,
    "application/octet-stream": DataType.BINARY,
    "application/x-protobuf": DataType.PROTOBUF,
}
# What a refused client is told is a sentence, not a document; a longer body is left out.
_REFUSAL_LIMIT_BYTES = 64 * 1024


class InvalidReply(ValueError):
    """A reply of a successful status that cannot be taken; the text names what was expected."""


class ConnectReply(msgspec.Struct, frozen=True):
    """What a `connect` handler says of a connection that it lets in; None keeps what the token says."""

    user_id: str | None = None
    """An empty one means: no user id."""
    roles: tuple[str, ...] | None = None
    """Replaces the token's roles."""
    groups: tuple[str, ...] | None = None
    """Replaces the token's groups; never empty."""
    subprotocol: str | None = None
    """One that the client offered."""


class ConnectRefusal(msgspec.Struct, frozen=True):
    """The HTTP answer to a client that may not come in."""

    status: int
    body: bytes = b""
    content_type: str | None = None


class EventReply(msgspec.Struct, frozen=True):
    """What a handler answers to a user event; `data_type` is None when there is nothing for the client."""

    data_type: DataType | None = None
    data: bytes = b""
    metadata: Mapping[str, str] = NO_METADATA


def reply_state(reply: HttpReply) -> str | None:
    """The connection's new state, None to keep the old one; of several headers the last counts."""
    return reply.last(_STATE_HEADER)


def refusal_of(reply: HttpReply) -> ConnectRefusal:
    """The client's answer when the handler's is not a success: its status, and the body that explains a 4xx."""
    if not 400 <= reply.status <= 499 or not 0 < len(reply.body) <= _REFUSAL_LIMIT_BYTES:
        return ConnectRefusal(reply.status)
    return ConnectRefusal(reply.status, reply.body, reply.last("content-type"))


def parse_connect_reply(body: bytes, offered: Collection[str]) -> ConnectReply:
    """What the body of a successful reply to `connect` says, whatever its content type. Raises InvalidReply.

    `offered` are the subprotocols that the client named: only one of them can be chosen (RFC 6455, section 4.1).
    """
    if not body:
        return ConnectReply()
    try:
        document = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        raise InvalidReply("connect reply: expected JSON or nothing") from None
    if document is None:
        return ConnectReply()
    if not isinstance(document, dict):
        raise InvalidReply("connect reply: expected a JSON object")
    # Members are found without regard to case, as the service's JSON reader finds them.
    members = {name.lower(): value for name, value in document.items()}
    return ConnectReply(
        _text(members.get("userid"), "userId"),
        _texts(members.get("roles"), "roles"),
        _groups(members.get("groups")),
        _subprotocol(members.get("subprotocol"), offered),
    )


def _text(value: object, member: str) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise InvalidReply(f"connect reply, {member}: expected text")


def _texts(value: object, member: str) -> tuple[str, ...] | None:
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise InvalidReply(f"connect reply, {member}: expected a list of texts")
    return tuple(value)


def _groups(value: object) -> tuple[str, ...] | None:
    groups = _texts(value, "groups")
    if not all(map(is_valid_group_name, groups or ())):
        raise InvalidReply("connect reply, groups: expected names of 1 to 1024 characters, not only white space")
    return groups or None


def _subprotocol(value: object, offered: Collection[str]) -> str | None:
    name = _text(value, "subprotocol")
    if name and name not in offered:
        raise InvalidReply("connect reply, subprotocol: expected one that the client offered")
    return name or None


def parse_event_reply(reply: HttpReply, *, accepts_protobuf: bool = False) -> EventReply:
    """What a successful reply to a user event means for the client. Raises InvalidReply.

    `accepts_protobuf` is for clients of the protobuf subprotocols, which alone can be sent a protobuf message.
    """
    metadata = _metadata(reply)
    if not reply.body:
        # "Success without data": middlewares send it with a content type all the same.
        return EventReply(DataType.TEXT, b"", metadata) if metadata else EventReply()
    data_type = _data_type(reply.last("content-type"), accepts_protobuf)
    if data_type is DataType.TEXT and not is_utf8(reply.body):
        raise InvalidReply("event reply: expected text in UTF-8")
    if data_type is DataType.JSON and not is_json(reply.body):
        raise InvalidReply("event reply: expected a JSON body")
    if data_type is DataType.PROTOBUF and not is_serialized_any(reply.body):
        raise InvalidReply("event reply: expected a serialized google.protobuf.Any")
    return EventReply(data_type, reply.body, metadata)


def _data_type(content_type: str | None, accepts_protobuf: bool) -> DataType:
    if content_type is None:
        return DataType.BINARY
    data_type = _MEDIA_TYPES.get(content_type.partition(";")[0].strip().lower())
    if data_type is None or (data_type is DataType.PROTOBUF and not accepts_protobuf):
        raise InvalidReply("event reply: expected text/plain, application/json or application/octet-stream")
    return data_type


def _metadata(reply: HttpReply) -> Mapping[str, str]:
    """Of a key that comes more than once, in several headers or in a list with commas, the last value counts."""
    found = {
        name[len(METADATA_PREFIX) :]: value.rpartition(",")[2].strip()
        for name, value in reply.headers
        if name.startswith(METADATA_PREFIX) and len(name) > len(METADATA_PREFIX)
    }
    if not found:
        return NO_METADATA
    try:
        return parse_metadata(found.items())
    except InvalidMetadata as error:
        raise InvalidReply(f"event reply, {error}") from None
