"""What a call goes through on its way out: permission, token, request."""

import pytest
from tests.events.scripted import Endpoint, Time, allowing, ok

from linarite.events.abuse_protection import AbuseProtection
from linarite.events.attempts import Attempts
from linarite.events.http_replies import HttpReply
from linarite.events.outbound import Call, CallResult, Outcome
from linarite.events.upstream_tokens import Credentials, UpstreamTokens
from linarite.events.webhooks import Webhooks

CREDENTIALS = Credentials("http://login/token", "client", "secret")
TOKEN = ok(body=b'{"access_token":"t1"}')


def call(url: str = "http://h/message", auth_resource: str | None = None) -> Call:
    headers = [("ce-id", "1")]
    return Call("chat", "message", "conn1", url, "http://h/validate", "svc", headers, b"body", auth_resource)


def webhooks(endpoint: Endpoint, time: Time, login: Endpoint | None = None, *, is_strict: bool = True) -> Webhooks:
    attempts = Attempts(endpoint, time.clock, time.pause)
    protection = AbuseProtection(attempts, time.clock, 10.0) if is_strict else None
    tokens = UpstreamTokens(login or Endpoint(TOKEN), CREDENTIALS, time.clock)
    return Webhooks(attempts, protection, tokens, time.clock, 100.0)


async def test_an_endpoint_is_asked_first_and_then_sent_the_event():
    endpoint = Endpoint(allowing("*"), ok(body=b"yes"))
    outcome = await webhooks(endpoint, Time()).send(call())
    assert outcome == Outcome(CallResult.ANSWERED, ok(body=b"yes"), "", 1)
    assert [(method, target.path) for method, target, *_ in endpoint.requests] == [
        ("OPTIONS", "/validate"),
        ("POST", "/message"),
    ]
    assert endpoint.requests[1][2:] == ([("ce-id", "1")], b"body")


async def test_an_endpoint_that_refuses_is_not_sent_anything():
    endpoint = Endpoint(allowing("other"))
    outcome = await webhooks(endpoint, Time()).send(call())
    assert (outcome.result, outcome.reply, outcome.attempts) == (CallResult.NOT_ALLOWED, None, 0)
    assert "missing allowed origins: other" in outcome.detail
    assert endpoint.methods == ["OPTIONS"]


async def test_a_token_goes_with_the_event_of_a_handler_that_wants_one():
    endpoint = Endpoint(ok())
    sent = webhooks(endpoint, Time(), is_strict=False)
    await sent.send(call(auth_resource="api://app"))
    await sent.send(call())
    with_token, without = (headers for _, _, headers, _ in endpoint.requests)
    assert with_token == [("ce-id", "1"), ("Authorization", "Bearer t1")]
    assert without == [("ce-id", "1")]


async def test_without_a_token_the_event_is_not_sent():
    endpoint = Endpoint(ok())
    outcome = await webhooks(endpoint, Time(), Endpoint(HttpReply(400)), is_strict=False).send(call(auth_resource="r"))
    assert (outcome.result, outcome.detail) == (CallResult.NO_TOKEN, "the token endpoint answered 400")
    assert endpoint.requests == []


async def test_the_time_for_a_call_covers_validation_and_all_attempts():
    endpoint, time = Endpoint(allowing("*"), HttpReply(503)), Time()
    attempts = Attempts(endpoint, time.clock, time.pause)
    protection = AbuseProtection(attempts, time.clock, 10.0)
    tokens = UpstreamTokens(Endpoint(TOKEN), CREDENTIALS, time.clock)
    outcome = await Webhooks(attempts, protection, tokens, time.clock, 4.5).send(call())
    assert (outcome.result, outcome.attempts) == (CallResult.TIMED_OUT, 3)
    assert time.pauses == [1.0, 3.0]


@pytest.mark.parametrize("url", ["", "ftp://h/x", "http://a b/"])
async def test_what_is_no_url_is_not_called(url):
    endpoint = Endpoint(ok())
    outcome = await webhooks(endpoint, Time()).send(call(url))
    assert outcome.result is CallResult.INVALID_EVENT
    assert endpoint.requests == []


async def test_without_protection_every_endpoint_may_be_called():
    assert await webhooks(Endpoint(ok()), Time(), is_strict=False).check("http://h/validate", "svc") is None
