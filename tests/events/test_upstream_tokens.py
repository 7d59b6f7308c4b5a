"""Bearer tokens by client credentials."""

import asyncio
import json
from urllib.parse import parse_qs

import pytest
from tests.events.scripted import Endpoint, Time, ok, settled

from linarite.events.http_connection import ConnectionFailed
from linarite.events.http_replies import HttpReply
from linarite.events.limits import UpstreamLimits
from linarite.events.upstream_tokens import Credentials, NoToken, UpstreamTokens, read_credentials

CREDENTIALS = Credentials("http://login/token", "client", "s3cr3t")


def answer(**members) -> HttpReply:
    return ok(body=json.dumps({"access_token": "t1", "expires_in": 3600, "token_type": "Bearer"} | members).encode())


def tokens(endpoint: Endpoint, time: Time, credentials: Credentials | None = CREDENTIALS) -> UpstreamTokens:
    return UpstreamTokens(endpoint, credentials, time.clock)


async def test_a_token_is_asked_for_with_the_clients_credentials_and_the_resources_scope():
    endpoint = Endpoint(answer())
    assert await tokens(endpoint, Time()).token("api://app/") == "t1"
    ((method, target, headers, body),) = endpoint.requests
    assert (method, target.authority, target.path) == ("POST", "login", "/token")
    assert ("Content-Type", "application/x-www-form-urlencoded") in headers
    assert parse_qs(body.decode()) == {
        "grant_type": ["client_credentials"],
        "client_id": ["client"],
        "client_secret": ["s3cr3t"],
        "scope": ["api://app/.default"],
    }


@pytest.mark.parametrize(("life", "used_for"), [(3600, 3300), ("3600", 3300), (60, 30), (None, 150), ("soon", 150)])
async def test_a_token_is_used_until_five_minutes_before_its_end(life, used_for):
    endpoint, time = Endpoint(answer(expires_in=life), answer(access_token="t2")), Time()
    known = tokens(endpoint, time)
    assert await known.token("r") == "t1"
    time.seconds += used_for - 0.01
    assert await known.token("r") == "t1"
    time.seconds += 0.01
    assert await known.token("r") == "t2"


async def test_each_resource_has_a_token_of_its_own():
    known = tokens(Endpoint(answer(), answer(access_token="t2")), Time())
    assert [await known.token(name) for name in ("a", "b", "a")] == ["t1", "t2", "t1"]


async def test_calls_at_the_same_time_ask_once_and_one_that_is_cancelled_spoils_nothing():
    endpoint = Endpoint(answer())
    endpoint.gate = asyncio.Event()
    known = tokens(endpoint, Time())
    calls = [asyncio.create_task(known.token("r")) for _ in range(8)]
    await settled()
    calls[0].cancel()
    endpoint.gate.set()
    assert await asyncio.gather(*calls[1:]) == ["t1"] * 7
    assert len(endpoint.requests) == 1


@pytest.mark.parametrize(
    "reply",
    [
        HttpReply(400, (), b'{"error":"invalid_client","error_description":"s3cr3t is wrong"}'),
        HttpReply(500, (), b"s3cr3t"),
        ok(body=b"not json s3cr3t"),
        ok(body=b'{"token":"x"}'),
        answer(access_token=""),
        answer(access_token="a\r\nX: y"),
        answer(token_type="mac"),
        ConnectionFailed("refused"),
    ],
)
async def test_no_token_says_why_without_secrets_and_is_not_asked_for_at_once_again(reply):
    endpoint, time = Endpoint(reply, answer()), Time()
    known = tokens(endpoint, time)
    for _ in range(2):
        with pytest.raises(NoToken) as caught:
            await known.token("r")
        assert "s3cr3t" not in str(caught.value)
    assert len(endpoint.requests) == 1
    time.seconds += 1
    assert await known.token("r") == "t1"


async def test_the_error_code_of_the_endpoint_is_repeated():
    with pytest.raises(NoToken, match="answered 400 invalid_client"):
        await tokens(Endpoint(HttpReply(400, (), b'{"error":"invalid_client"}')), Time()).token("r")


async def test_without_a_token_endpoint_there_is_no_token():
    with pytest.raises(NoToken, match="upstream_token_endpoint"):
        await tokens(Endpoint(answer()), Time(), None).token("r")


async def test_close_ends_what_is_asked():
    endpoint = Endpoint(answer())
    endpoint.gate = asyncio.Event()
    known = tokens(endpoint, Time())
    call = asyncio.create_task(known.token("r"))
    await settled()
    await known.close()
    with pytest.raises(NoToken):
        await call


def test_credentials_come_from_settings_and_a_file(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("s3cr3t\n")
    limits = UpstreamLimits(token_endpoint="http://login/token", client_id="client", client_secret_file=secret)
    assert read_credentials(limits) == CREDENTIALS
    assert "s3cr3t" not in repr(read_credentials(limits))
    assert read_credentials(UpstreamLimits()) is None
    with pytest.raises(ValueError, match="client secret file"):
        read_credentials(UpstreamLimits(token_endpoint="http://login/token", client_id="client"))
    secret.write_text("\n")
    with pytest.raises(ValueError, match="empty"):
        read_credentials(limits)
