"""What the logs say of a connection's end: expected, or not.

"ConnectionEnded is an expected disconnection that is triggered by the client or server side. While the
ConnectionAborted is usually an unexpected connection dropping event, and the reason for disconnection will be
provided in message" (howto-troubleshoot-resource-logs). Where the page has words for a reason, they are used.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

__all__ = ["Ending", "ending_of"]


class Ending(NamedTuple):
    """The operation and message of a connection's last entry."""

    is_aborted: bool
    message: str
    collection: str = "Connection"


# By how the text begins that the connection was told, or would have been told, of its end.
_ABORTS: Mapping[str, str] = {
    "The service is shutting down": "Service reloading, reconnect",
    "The resource has been": "Service reloading, reconnect",
    "Internal server error": "Internal server transient error",
    "The client is too slow": "Slow client",
    "The connection was lost": "Connection lost",
    "nothing heard for": "Connection lost",
    "The client frame is invalid": "Invalid frame",
    "The client message is not valid": "Invalid message",
    "The client message is too large": "Message too large",
}
_THROTTLED = "Message count reaches limit"


def ending_of(reason: str) -> Ending:
    """How a connection ended, by the reason that is told of it."""
    if _THROTTLED in reason:
        return Ending(True, _THROTTLED, "Throttling")
    for beginning, message in _ABORTS.items():
        if reason.startswith(beginning):
            return Ending(True, message)
    return Ending(False, f"Connection ended. Reason: {reason}" if reason else "Connection ended")
