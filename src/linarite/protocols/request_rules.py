"""What holds for a request whatever the protocol that it was written in; codecs ask, so that no rule stands twice.

A broken rule ends the connection, but for `stream_fault`: a stream that cannot begin is answered.
"""

from __future__ import annotations

from collections.abc import Mapping

from linarite.domain.messages import DataType
from linarite.domain.names import is_valid_event_name, is_valid_group_name
from linarite.protocols.requests import Payload

__all__ = [
    "EMPTY_TEXT",
    "MalformedRequest",
    "payload_or_empty_text",
    "stream_fault",
    "valid_event",
    "valid_group",
    "valid_ttl",
]

EMPTY_TEXT = Payload(DataType.TEXT, b"")
_TTL_LIMIT_SECONDS = 300  # as `messageTtlSeconds` of the REST API
_IDLE_TIMEOUT_LIMIT_MS = 2**32 - 1  # the type of `idle_timeout_ms` in webpubsub.proto is uint32


class MalformedRequest(ValueError):
    """Why a client's message is refused: field, what was expected, what came. For the log."""


def valid_group(group: str) -> str:
    """The group's name if it can be one. Raises MalformedRequest."""
    if not is_valid_group_name(group):
        raise MalformedRequest(
            f"group: expected 1 to 1024 characters, not only white space, got {len(group)} characters"
        )
    return group


def valid_event(event: str) -> str:
    """The user event's name if it can be one. Raises MalformedRequest."""
    if not is_valid_event_name(event):
        raise MalformedRequest(f"event: expected a letter and up to 127 of A-Za-z0-9_.-, got {event[:140]!r}")
    return event


def valid_ttl(seconds: int) -> int:
    """The time to live if it is within the limits; 0 never expires. Raises MalformedRequest."""
    if not 0 <= seconds <= _TTL_LIMIT_SECONDS:
        raise MalformedRequest(f"ttlSeconds: expected 0 to {_TTL_LIMIT_SECONDS}, got {seconds}")
    return seconds


def payload_or_empty_text(payload: Payload | None, metadata: Mapping[str, str]) -> Payload:
    """What a publish or an event carries: beside metadata, no data is an empty text. Raises MalformedRequest."""
    if payload is not None:
        return payload
    if not metadata:
        raise MalformedRequest("data: expected a value, got none")
    return EMPTY_TEXT


def stream_fault(stream_id: str, idle_timeout_ms: int | None, has_data: bool) -> str | None:
    """Why a stream cannot begin (reference-json-webpubsub-subprotocol, streaming), in words for its publisher."""
    if not stream_id:
        return "The stream id must not be empty."
    if idle_timeout_ms is not None and not 0 < idle_timeout_ms <= _IDLE_TIMEOUT_LIMIT_MS:
        return f"The idle timeout must be 1 to {_IDLE_TIMEOUT_LIMIT_MS} milliseconds."
    if has_data:
        return "The message that begins a stream must have no data."
    return None
