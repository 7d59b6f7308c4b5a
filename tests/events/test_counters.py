"""Counting calls."""

from linarite.domain.traffic import Traffic
from linarite.events.counters import OTHER_EVENTS, EventCounters
from linarite.events.outbound import CallResult


def test_calls_are_counted_by_hub_event_and_result():
    counters = EventCounters()
    counters.count("r", "chat", "message", CallResult.ANSWERED)
    counters.count("r", "chat", "message", CallResult.ANSWERED)
    counters.count("r", "chat", "message", CallResult.TIMED_OUT)
    counters.count("r", "other", "message", CallResult.ANSWERED)
    assert counters.counts() == {
        ("r", "chat", "message", CallResult.ANSWERED): 2,
        ("r", "chat", "message", CallResult.TIMED_OUT): 1,
        ("r", "other", "message", CallResult.ANSWERED): 1,
    }


def test_names_that_clients_make_up_are_counted_together_past_a_hundred():
    counters = EventCounters()
    for number in range(1000):
        counters.count("r", "chat", f"n{number}", CallResult.ANSWERED)
    counters.count("r", "chat", "n0", CallResult.ANSWERED)
    counts = counters.counts()
    assert len(counts) == 101
    assert counts["r", "chat", OTHER_EVENTS, CallResult.ANSWERED] == 900
    assert counts["r", "chat", "n0", CallResult.ANSWERED] == 2


def test_what_calls_carry_is_their_resource_s_outbound_traffic():
    traffic = {"one": Traffic(), "two": Traffic()}
    counters = EventCounters(traffic.__getitem__)
    counters.sent("one", 4096)
    counters.sent("one", 4)
    assert [one.outbound_bytes for one in traffic.values()] == [4100, 0]
