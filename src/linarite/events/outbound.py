"""The seam between what has to be sent upstream and the way it goes: a call, and what came of it."""

from __future__ import annotations

from enum import Enum
from typing import Protocol

import msgspec

from linarite.events.http_replies import HttpReply

__all__ = ["Call", "CallResult", "EventSink", "Outcome"]


class CallResult(Enum):
    """What came of a call. The words stand in metrics and log lines."""

    ANSWERED = "answered"
    """A status of success, and a reply that could be taken."""
    STATUS = "status"
    """Another status."""
    INVALID_REPLY = "invalid reply"
    """A status of success, but a reply that means nothing."""
    BROKEN_REPLY = "broken reply"
    """A status of success, and then not the whole reply."""
    TOO_LARGE = "too large"
    """More bytes than are accepted."""
    TIMED_OUT = "timed out"
    UNREACHABLE = "unreachable"
    """No connection, or one that was lost before a reply."""
    NOT_ALLOWED = "not allowed"
    """The endpoint does not say that it wants events of this server (abuse protection)."""
    DENIED_ADDRESS = "denied address"
    NO_TOKEN = "no token"  # noqa: S105 - a word for metrics
    """The token endpoint gave none."""
    INVALID_EVENT = "invalid event"
    """Something in the event cannot be sent in a header or URL."""
    INTERNAL_ERROR = "internal error"
    """A fault of this server's, which its log shows."""
    CANCELLED = "cancelled"
    """The client is gone."""
    DROPPED = "dropped"
    """The connection had too many events waiting."""


class Call(msgspec.Struct, frozen=True):
    """One event, ready to be sent."""

    hub: str
    event: str
    connection_id: str
    url: str
    validation_url: str
    origin: str
    headers: list[tuple[str, str]]
    body: bytes
    auth_resource: str | None = None
    """The resource whose bearer token the call carries, None for no token."""


class Outcome(msgspec.Struct, frozen=True):
    """What came of a call; `reply` is there whenever a status is."""

    result: CallResult
    reply: HttpReply | None = None
    detail: str = ""
    attempts: int = 1


class EventSink(Protocol):
    """A way upstream: webhooks now, a tunnel or Event Hubs later."""

    async def send(self, call: Call) -> Outcome:
        """Send one event and wait for what comes of it. A cancelled call is ended at once."""

    async def check(self, validation_url: str, origin: str) -> str | None:
        """Why events may not be sent there now, None if they may."""

    async def close(self) -> None:
        """End what is under way."""
