"""Entries of resource logs: their members as the service writes them, one JSON object a line.

Names and form follow "howto-troubleshoot-resource-logs" (archive log JSON) and the Azure Monitor tables
WebPubSubConnectivity, WebPubSubMessaging and WebPubSubHttpRequest. The page documents three operation names, all of
connections; the others are ours and stand in docs/monitoring.md.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import Enum
from typing import Final, Literal, TypeAlias

import msgspec

__all__ = [
    "CATEGORIES",
    "ERROR",
    "INFORMATIONAL",
    "WARNING",
    "Clock",
    "ConnectionFacts",
    "Facts",
    "HttpFacts",
    "Level",
    "LogCategory",
    "MessageFacts",
]


class LogCategory(Enum):
    """The categories of resource logs (supported logs of Microsoft.SignalRService/WebPubSub)."""

    CONNECTIVITY = "ConnectivityLogs"
    MESSAGING = "MessagingLogs"
    HTTP_REQUESTS = "HttpRequestLogs"


CATEGORIES = tuple(category.value for category in LogCategory)


Level: TypeAlias = Literal["Informational", "Warning", "Error"]
"""How serious an entry is. Words rather than an enum: their values are needed thousands of times a second."""

INFORMATIONAL: Final = "Informational"
WARNING: Final = "Warning"
ERROR: Final = "Error"


class ConnectionFacts(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """`properties` of an entry about a connection; `user_id` is null for an anonymous one, as in the sample."""

    message: str
    collection: str
    connection_id: str | None
    user_id: str | None
    hub: str


class MessageFacts(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """`properties` of an entry about a message or an event; bodies are never among them."""

    message: str
    connection_id: str | None
    user_id: str | None
    hub: str
    trace_id: str
    message_type: str | None = None
    size: int | None = None
    group: str | None = None


class HttpFacts(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """`properties` of an entry about a request; status and duration, in milliseconds, are there once it has ended.

    "Each entry has string fields" (the page), and the table WebPubSubHttpRequest has texts for these two.
    """

    message: str
    hub: str | None
    route_template: str | None
    http_method: str
    url: str
    trace_id: str
    status_code: str | None = None
    duration: str | None = None
    headers: str | None = None


Facts: TypeAlias = ConnectionFacts | MessageFacts | HttpFacts


class Clock:
    """The time in entries, to the millisecond, whose text is made once: busy servers write many entries in one."""

    __slots__ = ("_last",)

    def __init__(self) -> None:
        # One value, so that threads that share a clock never see half of a change.
        self._last = (-1, b"")

    def text(self, now: float) -> bytes:
        """UTC in ISO 8601, from seconds since 1970."""
        millisecond = int(now * 1000)
        known, text = self._last
        if millisecond != known:
            second, rest = divmod(millisecond, 1000)
            text = f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%S}.{rest:03d}Z".encode()
            self._last = (millisecond, text)
        return text
