import pytest

from linarite.domain.close_categories import CloseCategory
from linarite.monitoring.connection_endings import ending_of


@pytest.mark.parametrize(
    ("reason", "category", "message"),
    [
        ("The service is shutting down.", CloseCategory.SERVICE_RELOAD, "Service reloading, reconnect"),
        ("Internal server error", CloseCategory.SERVICE_TRANSIENT_ERROR, "Internal server transient error"),
        ("The client is too slow.", CloseCategory.SLOW_CLIENT, "Slow client"),
        ("The connection was lost.", CloseCategory.NORMAL, "Connection lost"),
        ("nothing heard for 40 s", CloseCategory.NORMAL, "Connection lost"),
        ("The connection recovery timeout expired.", CloseCategory.NORMAL, "Connection lost"),
        ("The client frame is invalid.", CloseCategory.BAD_REQUEST, "The client frame is invalid."),
        ("Internal server error", CloseCategory.SEND_EVENT_FAILED, "Internal server error"),
    ],
)
def test_an_end_that_nobody_wanted_is_an_abort(reason, category, message):
    assert ending_of(reason, category) == (True, message, "Connection")


def test_a_quota_or_rate_is_throttling():
    reason = "Message count reaches limit: the resource's quota of the day is used up."
    assert ending_of(reason, CloseCategory.THROTTLED) == (True, "Message count reaches limit", "Throttling")
    assert ending_of("Too many messages.", CloseCategory.THROTTLED) == (True, "Too many messages.", "Throttling")


def test_an_end_that_somebody_wanted_tells_their_reason():
    assert ending_of("", CloseCategory.NORMAL) == (False, "Connection ended", "Connection")
    told = "Application server closed the connection. Reason: maintenance"
    assert ending_of(told, CloseCategory.NORMAL) == (False, f"Connection ended. Reason: {told}", "Connection")
