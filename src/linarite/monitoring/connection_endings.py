"""What the logs say of a connection's end: expected, or not.

"ConnectionEnded is an expected disconnection that is triggered by the client or server side. While the
ConnectionAborted is usually an unexpected connection dropping event, and the reason for disconnection will be
provided in message" (howto-troubleshoot-resource-logs). Where the page has words for a reason, they are used.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from linarite.domain.close_categories import CloseCategory

__all__ = ["CONNECTIONS_LIMIT", "MESSAGES_LIMIT", "Ending", "ending_of"]

CONNECTIONS_LIMIT = "Connection count reaches limit"
MESSAGES_LIMIT = "Message count reaches limit"
"""The page's words for the two quotas."""


class Ending(NamedTuple):
    """The operation and message of a connection's last entry."""

    is_aborted: bool
    message: str
    collection: str = "Connection"


_ABORTS: Mapping[CloseCategory, str] = {
    CloseCategory.SERVICE_RELOAD: "Service reloading, reconnect",
    CloseCategory.SERVICE_TRANSIENT_ERROR: "Internal server transient error",
    CloseCategory.SLOW_CLIENT: "Slow client",
}
# Ends without a word of the client, which metrics count as normal: it may have gone on purpose.
_VANISHED = ("The connection was lost.", "nothing heard for", "The connection recovery timeout expired.")


def ending_of(reason: str, category: CloseCategory) -> Ending:
    """How a connection ended, by the reason that is told of it and the category that metrics count it under."""
    if category is CloseCategory.NORMAL:
        if reason.startswith(_VANISHED):
            return Ending(True, "Connection lost")
        return Ending(False, f"Connection ended. Reason: {reason}" if reason else "Connection ended")
    if category is CloseCategory.THROTTLED:
        return Ending(True, MESSAGES_LIMIT if MESSAGES_LIMIT in reason else reason, "Throttling")
    return Ending(True, _ABORTS.get(category, reason))
