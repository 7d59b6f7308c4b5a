"""Endpoints are asked before they get events, once at a time, and their answers kept for a while."""

import asyncio
import logging

import pytest
from tests.events.scripted import Endpoint, Time, allowing, ok, settled

from linarite.events.abuse_protection import AbuseProtection, allows_origin
from linarite.events.attempts import Attempts
from linarite.events.http_connection import ConnectionFailed, TimedOut
from linarite.events.http_replies import HttpReply

URL = "http://h/api/validate?code=secret"
ORIGIN = "svc.example.com"


def protection(endpoint: Endpoint, time: Time) -> AbuseProtection:
    return AbuseProtection(Attempts(endpoint, time.clock, time.pause), time.clock, 10.0)


async def test_an_endpoint_is_asked_by_options_with_the_origin_and_the_version():
    endpoint = Endpoint(allowing("*"))
    assert await protection(endpoint, Time()).refusal(URL, ORIGIN) is None
    ((method, target, headers, body),) = endpoint.requests
    assert (method, target.path, body) == ("OPTIONS", "/api/validate?code=secret", b"")
    assert headers == [("WebHook-Request-Origin", ORIGIN), ("ce-awpsversion", "1.0")]


async def test_an_endpoint_without_options_is_asked_by_get():
    endpoint = Endpoint(HttpReply(404), allowing("*"))
    assert await protection(endpoint, Time()).refusal(URL, ORIGIN) is None
    assert endpoint.methods == ["OPTIONS", "GET"]
    assert endpoint.requests[0][1:] == endpoint.requests[1][1:]


@pytest.mark.parametrize("status", [301, 400, 401, 405])
async def test_another_status_refuses_without_a_get(status):
    endpoint = Endpoint(HttpReply(status, (("webhook-allowed-origin", "*"),)))
    refusal = await protection(endpoint, Time()).refusal(URL, ORIGIN)
    assert refusal == f"Abuse protection for 'http://h/api/validate' failed: {status}."
    assert endpoint.methods == ["OPTIONS"]


@pytest.mark.parametrize("origins", [(), ("other.example",), ("",)])
async def test_an_answer_that_does_not_name_the_origin_refuses(origins):
    refusal = await protection(Endpoint(allowing(*origins)), Time()).refusal(URL, ORIGIN)
    expected = f"Abuse protection for 'http://h/api/validate' missing allowed origins: {', '.join(origins)}."
    assert refusal == expected


@pytest.mark.parametrize(
    ("values", "origin", "is_allowed"),
    [
        (["*"], "svc.example.com", True),
        (["SVC.example.com"], "svc.Example.com", True),
        (["a.example", "svc.example.com"], "svc.example.com", True),
        (["a.example, svc.example.com"], "svc.example.com", True),
        (["localhost:8080"], "localhost", True),
        (["[::1]:8080"], "[::1]", True),
        (["::1"], "::1", True),
        (["svc.example.com.evil.example"], "svc.example.com", False),
        (["xsvc.example.com"], "svc.example.com", False),
        (["*.example.com"], "svc.example.com", False),
        ([], "svc.example.com", False),
    ],
)
def test_origins_are_compared_whole_without_case_and_port(values, origin, is_allowed):
    assert allows_origin(values, origin) is is_allowed


async def test_concurrent_first_events_ask_once_and_all_wait():
    endpoint = Endpoint(allowing("*"))
    endpoint.gate = asyncio.Event()
    asked = protection(endpoint, Time())
    waiting = [asyncio.create_task(asked.refusal(URL, ORIGIN)) for _ in range(8)]
    await settled()
    assert not any(task.done() for task in waiting)
    endpoint.gate.set()
    assert await asyncio.gather(*waiting) == [None] * 8
    assert len(endpoint.requests) == 1


async def test_an_event_whose_client_leaves_takes_the_answer_from_nobody():
    endpoint = Endpoint(allowing("*"))
    endpoint.gate = asyncio.Event()
    asked = protection(endpoint, Time())
    one, two = (asyncio.create_task(asked.refusal(URL, ORIGIN)) for _ in range(2))
    await settled()
    one.cancel()
    await settled()
    endpoint.gate.set()
    assert await two is None
    assert one.cancelled()
    assert len(endpoint.requests) == 1


async def test_a_yes_serves_a_minute_and_then_while_it_is_asked_again():
    time, endpoint = Time(), Endpoint(allowing("*"), allowing("other"))
    asked = protection(endpoint, time)
    assert await asked.refusal(URL, ORIGIN) is None
    time.seconds += 59.9
    assert await asked.refusal(URL, ORIGIN) is None
    assert len(endpoint.requests) == 1
    time.seconds += 0.1
    endpoint.gate = asyncio.Event()
    assert await asked.refusal(URL, ORIGIN) is None
    assert await asked.refusal(URL, ORIGIN) is None
    await settled()
    assert len(endpoint.requests) == 2
    endpoint.gate.set()
    await settled()
    assert await asked.refusal(URL, ORIGIN) is not None


async def test_a_no_is_asked_again_after_1_2_4_and_at_most_60_seconds():
    time, endpoint = Time(), Endpoint(HttpReply(400))
    asked = protection(endpoint, time)
    await asked.refusal(URL, ORIGIN)
    for pause in (1, 2, 4, 8, 16, 32, 60, 60):
        before = len(endpoint.requests)
        time.seconds += pause - 0.01
        assert await asked.refusal(URL, ORIGIN) is not None
        assert len(endpoint.requests) == before
        time.seconds += 0.01
        assert await asked.refusal(URL, ORIGIN) is not None
        assert len(endpoint.requests) == before + 1


async def test_the_first_event_after_a_no_waits_for_the_new_answer():
    time, endpoint = Time(), Endpoint(HttpReply(400), allowing("*"))
    asked = protection(endpoint, time)
    assert await asked.refusal(URL, ORIGIN) is not None
    time.seconds += 1
    assert await asked.refusal(URL, ORIGIN) is None


async def test_a_yes_starts_the_pauses_anew():
    time, endpoint = Time(), Endpoint(HttpReply(400), HttpReply(400), allowing("*"), HttpReply(400))
    asked = protection(endpoint, time)
    for pause in (0, 1, 2, 60):
        time.seconds += pause
        await asked.refusal(URL, ORIGIN)
    await settled()
    time.seconds += 1
    await asked.refusal(URL, ORIGIN)
    assert len(endpoint.requests) == 5


async def test_each_url_and_origin_has_an_answer_of_its_own():
    endpoint = Endpoint(allowing("one.example"))
    asked = protection(endpoint, Time())
    assert await asked.refusal(URL, "one.example") is None
    assert await asked.refusal(URL, "ONE.example") is None
    assert await asked.refusal(URL, "two.example") is not None
    assert await asked.refusal("http://h/other", "one.example") is None
    assert len(endpoint.requests) == 3


async def test_answers_that_are_remembered_are_bounded():
    asked = protection(Endpoint(ok()), Time())
    for number in range(1100):
        await asked.refusal(URL, f"h{number}.example")
    assert len(asked._answers) == 1024


async def test_validation_is_tried_again_like_events_but_a_timeout_is_not():
    time, endpoint = Time(), Endpoint(HttpReply(503), ConnectionFailed("refused"), allowing("*"))
    assert await protection(endpoint, time).refusal(URL, ORIGIN) is None
    assert time.pauses == [1.0, 3.0]
    endpoint = Endpoint(TimedOut("late"))
    refusal = await protection(endpoint, Time()).refusal(URL, ORIGIN)
    assert refusal == "Abuse protection for 'http://h/api/validate' failed: timed out, late."
    assert len(endpoint.requests) == 1


async def test_a_refused_endpoint_is_logged_without_its_secret(caplog):
    with caplog.at_level(logging.WARNING):
        await protection(Endpoint(HttpReply(401)), Time()).refusal("http://user:pw@h/v?code=secret", ORIGIN)
    (record,) = caplog.records
    assert record.getMessage() == "event handler refused"
    assert record.fields == {"endpoint": "http://h/v", "reason": "Abuse protection for 'http://h/v' failed: 401."}


@pytest.mark.parametrize(("url", "origin"), [("nonsense", ORIGIN), (URL, "a\r\nb")])
async def test_what_cannot_be_asked_is_refused(url, origin):
    endpoint = Endpoint(allowing("*"))
    assert await protection(endpoint, Time()).refusal(url, origin) is not None
    assert endpoint.requests == []


async def test_close_ends_what_is_asked_and_the_events_that_wait_for_it():
    endpoint = Endpoint(allowing("*"))
    endpoint.gate = asyncio.Event()
    asked = protection(endpoint, Time())
    waiting = asyncio.create_task(asked.refusal(URL, ORIGIN))
    await settled()
    await asked.close()
    assert await waiting == "the endpoint was not asked"
