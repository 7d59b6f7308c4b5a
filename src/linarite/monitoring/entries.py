"""Entries of resource logs: their members as the service writes them, one JSON object a line.

Names and form follow "howto-troubleshoot-resource-logs" (archive log JSON) and the Azure Monitor tables
WebPubSubConnectivity, WebPubSubMessaging and WebPubSubHttpRequest. The page documents three operation names, all of
connections; the others are ours and stand in docs/monitoring.md.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import Enum

import msgspec

__all__ = [
    "CATEGORIES",
    "Clock",
    "ConnectionFacts",
    "Entry",
    "HttpFacts",
    "Level",
    "LogCategory",
    "MessageFacts",
    "encode_entry",
]


class LogCategory(Enum):
    """The categories of resource logs (supported logs of Microsoft.SignalRService/WebPubSub)."""

    CONNECTIVITY = "ConnectivityLogs"
    MESSAGING = "MessagingLogs"
    HTTP_REQUESTS = "HttpRequestLogs"


CATEGORIES = tuple(category.value for category in LogCategory)


class Level(Enum):
    """How serious an entry is."""

    INFORMATIONAL = "Informational"
    WARNING = "Warning"
    ERROR = "Error"


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


class Entry(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """One entry; `time` stands first, so that whoever files lines by the hour finds it at once."""

    time: str
    level: str
    resource_id: str
    location: str
    category: str
    operation_name: str
    caller_ip_address: str
    properties: ConnectionFacts | MessageFacts | HttpFacts


encode_entry = msgspec.json.Encoder().encode


class Clock:
    """The time in entries, to the millisecond; a second's text is made once, for busy servers write many in one."""

    __slots__ = ("_second", "_text")

    def __init__(self) -> None:
        self._second = -1
        self._text = ""

    def text(self, now: float) -> str:
        """UTC in ISO 8601, from seconds since 1970."""
        second = int(now)
        if second != self._second:
            self._second = second
            self._text = datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        return f"{self._text}.{int((now - second) * 1000):03d}Z"
