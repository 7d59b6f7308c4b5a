"""Why connections end, in the service's words (concept-metrics, "ConnectionCloseCategory")."""

from __future__ import annotations

from enum import Enum

__all__ = ["CloseCategory", "category_of_code", "category_of_status"]


class CloseCategory(Enum):
    """A dimension's values in metrics; the comments say what is booked under each here."""

    NORMAL = "Normal"
    """The client closed or vanished, the application closed it by REST, nobody heard from it any more."""
    THROTTLED = "Throttled"
    """A connection or message quota, or a limit on rates."""
    SEND_EVENT_FAILED = "SendEventFailed"
    """An event handler that could not be reached or answered an error, where the connection depends on its answer."""
    EVENT_HANDLER_NOT_FOUND = "EventHandlerNotFound"
    """A message of a plain client that no event handler wants."""
    SLOW_CLIENT = "SlowClient"
    """More waited for the client than is kept for it."""
    SERVICE_TRANSIENT_ERROR = "ServiceTransientError"
    """An error of ours."""
    BAD_REQUEST = "BadRequest"
    """A bad address at the upgrade, a frame or message that the protocol does not have."""
    SERVICE_RELOAD = "ServiceReload"
    """The server stops, the resource was restarted or deleted."""
    UNAUTHORIZED = "Unauthorized"
    """No or a wrong token, an event handler that refused the client, a plain client without the role it needs."""


# RFC 6455, section 7.4.1. A code that several causes share stands for its most frequent one; whoever closes for another
# one says so.
_BY_CODE = {
    1000: CloseCategory.NORMAL,
    1001: CloseCategory.SERVICE_RELOAD,
    1002: CloseCategory.BAD_REQUEST,
    1003: CloseCategory.BAD_REQUEST,
    1007: CloseCategory.BAD_REQUEST,
    1008: CloseCategory.BAD_REQUEST,
    1009: CloseCategory.BAD_REQUEST,
    1011: CloseCategory.SERVICE_TRANSIENT_ERROR,
}
_BY_STATUS = {
    401: CloseCategory.UNAUTHORIZED,
    403: CloseCategory.UNAUTHORIZED,
    429: CloseCategory.THROTTLED,
    503: CloseCategory.SERVICE_RELOAD,
}


def category_of_code(code: int) -> CloseCategory:
    """The category of a close by the server with this code, unless its cause says otherwise."""
    return _BY_CODE.get(code, CloseCategory.NORMAL)


def category_of_status(status: int) -> CloseCategory:
    """The category of an upgrade that was refused with this status, unless its cause says otherwise."""
    other = CloseCategory.SERVICE_TRANSIENT_ERROR if status >= 500 else CloseCategory.BAD_REQUEST
    return _BY_STATUS.get(status, other)
