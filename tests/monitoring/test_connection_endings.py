import pytest

from linarite.monitoring.connection_endings import ending_of


@pytest.mark.parametrize(
    ("reason", "message"),
    [
        ("The service is shutting down.", "Service reloading, reconnect"),
        ("Internal server error", "Internal server transient error"),
        ("The client is too slow to read its messages.", "Slow client"),
        ("The connection was lost.", "Connection lost"),
        ("The client frame is invalid.", "Invalid frame"),
    ],
)
def test_an_end_that_nobody_wanted_is_an_abort_in_the_services_words(reason, message):
    ending = ending_of(reason)
    assert (ending.is_aborted, ending.message, ending.collection) == (True, message, "Connection")


def test_a_quota_on_messages_is_throttling():
    assert ending_of("Message count reaches limit").collection == "Throttling"


def test_an_end_that_somebody_wanted_tells_their_reason():
    assert ending_of("") == (False, "Connection ended", "Connection")
    told = "Application server closed the connection. Reason: maintenance"
    assert ending_of(told) == (False, f"Connection ended. Reason: {told}", "Connection")
