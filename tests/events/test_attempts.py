"""What is tried again, when, and for how long."""

import pytest
from tests.events.scripted import Endpoint, Time, ok

from linarite.events.addresses import AddressDenied
from linarite.events.attempts import Attempts, Request
from linarite.events.http_connection import ConnectionFailed, ReplyBroken, TimedOut
from linarite.events.http_replies import HttpReply
from linarite.events.outbound import CallResult, Outcome
from linarite.events.targets import parse_target

REQUEST = Request("POST", parse_target("http://h/x"), [("ce-id", "1"), ("x-ms-client-request-id", "r")], b"body")


async def make(endpoint: Endpoint, time: Time, seconds: float = 100.0) -> Outcome:
    return await Attempts(endpoint, time.clock, time.pause).make(REQUEST, time.seconds + seconds)


@pytest.mark.parametrize("status", [408, 500, 502, 503, 599])
async def test_a_passing_failure_is_tried_again_with_the_same_headers_and_body(status):
    endpoint, time = Endpoint(HttpReply(status), ok()), Time()
    outcome = await make(endpoint, time)
    assert (outcome.result, outcome.attempts) == (CallResult.ANSWERED, 2)
    assert time.pauses == [1.0]
    assert endpoint.requests[0] == endpoint.requests[1]


@pytest.mark.parametrize("status", [301, 400, 401, 404, 413, 429])
async def test_other_statuses_count_at_once(status):
    endpoint, time = Endpoint(HttpReply(status, (), b"why")), Time()
    outcome = await make(endpoint, time)
    assert outcome == Outcome(CallResult.STATUS, HttpReply(status, (), b"why"), "", 1)
    assert time.pauses == []


async def test_there_are_four_attempts_after_one_three_and_five_seconds():
    endpoint, time = Endpoint(HttpReply(503)), Time()
    outcome = await make(endpoint, time)
    assert outcome == Outcome(CallResult.STATUS, HttpReply(503), "", 4)
    assert time.pauses == [1.0, 3.0, 5.0]
    assert len(endpoint.requests) == 4


async def test_a_connection_that_fails_is_tried_again():
    endpoint, time = Endpoint(ConnectionFailed("refused"), ConnectionFailed("lost"), ok()), Time()
    assert (await make(endpoint, time)).result is CallResult.ANSWERED
    assert time.pauses == [1.0, 3.0]


async def test_a_connection_that_never_succeeds_is_unreachable_and_says_why():
    outcome = await make(Endpoint(ConnectionFailed("refused")), Time())
    assert outcome == Outcome(CallResult.UNREACHABLE, None, "refused", 4)


@pytest.mark.parametrize(
    ("error", "result"),
    [
        (TimedOut("late"), CallResult.TIMED_OUT),
        (AddressDenied("no"), CallResult.DENIED_ADDRESS),
        (ReplyBroken("cut", 200), CallResult.BROKEN_REPLY),
        (ReplyBroken("big", 200, is_too_large=True), CallResult.TOO_LARGE),
        (ReplyBroken("endless head", 0, is_too_large=True), CallResult.TOO_LARGE),
    ],
)
async def test_time_addresses_and_broken_bodies_are_given_no_second_chance(error, result):
    endpoint, time = Endpoint(error), Time()
    outcome = await make(endpoint, time)
    assert (outcome.result, outcome.detail, outcome.attempts) == (result, str(error), 1)
    assert len(endpoint.requests) == 1


async def test_a_status_counts_even_when_its_body_breaks():
    assert (await make(Endpoint(ReplyBroken("cut", 401)), Time())).reply == HttpReply(401)
    outcome = await make(Endpoint(ReplyBroken("cut", 503), ok()), Time())
    assert (outcome.result, outcome.attempts) == (CallResult.ANSWERED, 2)


async def test_no_attempt_starts_after_the_deadline():
    endpoint, time = Endpoint(HttpReply(503)), Time()
    outcome = await make(endpoint, time, seconds=3.5)
    assert (outcome.result, outcome.attempts) == (CallResult.TIMED_OUT, 2)
    assert time.pauses == [1.0]
