"""Whose token opens which call: keys, times, audiences, resources, proxies; and what a refusal tells."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from tests.http.data_plane.conftest import Connect
from tests.http.data_plane.exchange import Api, Reply, with_version
from tests.running_server import RunningServer, eventually, running_server
from tests.signing import claims_of, signed

from linarite.resources.model import Resource

pytestmark = pytest.mark.asyncio(loop_scope="module")

SEND = "/api/hubs/chat/:send"
TARGET = with_version(SEND)
GROUP = "linarite"


def in_an_hour() -> int:
    return int(time.time()) + 3600


async def call_with(api: Api, token: str | None, **options: Any) -> Reply:
    return await api("POST", SEND, "x", "text/plain", token=token, **options)


# Keys, times, algorithms


@pytest.mark.parametrize(
    ("claims", "status"),
    [
        ({}, 202),
        ({"exp": -240}, 202),
        ({"exp": -360}, 401),
        ({"exp": None}, 401),
        ({"exp": "tomorrow"}, 401),
        ({"exp": 1.5e3}, 202),
        ({"nbf": -10}, 202),
        ({"nbf": 240}, 202),
        ({"nbf": 600}, 401),
        ({"iat": 600}, 202),
        ({"iss": "https://nobody.example", "kid": "x", "sub": "ann"}, 202),
        ({"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name": "ann"}, 202),
        ({"aud": None}, 401),
        ({"aud": 5}, 401),
        ({"aud": []}, 401),
    ],
)
@pytest.mark.parametrize("which", ["primary", "secondary"])
async def test_token_of_either_key_is_good_in_its_time(
    api: Api, claims: dict[str, Any], status: int, which: str
) -> None:
    """Times are seconds from now; five minutes of difference between clocks are forgiven."""
    now = int(time.time())
    dated = {name: now + value for name, value in claims.items() if name in ("exp", "nbf", "iat") and is_number(value)}
    everything = {"aud": api.url(TARGET), "exp": now + 3600, **claims, **dated}
    present = {name: value for name, value in everything.items() if value is not None}
    reply = await call_with(api, signed(getattr(api.server.resource.keys, which), present))
    assert reply.status == status


def is_number(value: object) -> bool:
    return isinstance(value, int | float)


@pytest.mark.parametrize("algorithm", ["none", "HS384", "HS512"])
async def test_other_algorithm_is_refused(api: Api, algorithm: str) -> None:
    claims = {"aud": api.url(TARGET), "exp": in_an_hour()}
    reply = await call_with(api, signed(api.server.resource.keys.primary, claims, algorithm))
    assert (reply.status, reply.body) == (401, b"")
    assert "algorithm: expected HS256 or RS256, got " in (reply.header("www-authenticate") or "")


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_scheme_compares_without_case(api: Api, scheme: str) -> None:
    token = signed(api.server.resource.keys.primary, {"aud": api.url(TARGET), "exp": in_an_hour()})
    reply = await call_with(api, None, headers={"Authorization": f"{scheme} {token}"})
    assert reply.status == 202


# Audiences


@pytest.mark.parametrize(
    ("audience", "status"),
    [
        ("{endpoint}/api/hubs/chat/:send?api-version=2024-12-01", 202),
        ("{endpoint}/api/hubs/chat/:send", 202),
        ("{endpoint}/api/hubs/chat/:send/", 202),
        ("{endpoint}/api/hubs/chat/:send#fragment", 202),
        ("{endpoint}/api/hubs/chat/:send?excluded=somebody", 202),
        ("{endpoint}/api/hubs/chat/%3Asend", 202),
        ("wss://{host}/api/hubs/chat/:send", 202),
        ("HTTPS://{host}/api/hubs/chat/:send", 202),
        (["https://other.example", "{endpoint}/api/hubs/chat/:send"], 202),
        (["https://other.example", "{endpoint}/api/hubs/other/:send"], 401),
        ("{endpoint}/api/hubs/other/:send", 401),
        ("{endpoint}/api/hubs/chat/groups/g/:send", 401),
        ("{endpoint}/api/hubs/chat", 401),
        ("{endpoint}", 401),
        ("{endpoint}/client/hubs/chat", 401),
        ("https://other.example/api/hubs/chat/:send", 401),
        ("http://localhost:1/api/hubs/chat/:send", 401),
        ("ftp://{host}/api/hubs/chat/:send", 401),
        ("/api/hubs/chat/:send", 401),
        ("{host}/api/hubs/chat/:send", 401),
        ("", 401),
    ],
)
async def test_audience_is_the_address_without_its_query(api: Api, audience: str | list[str], status: int) -> None:
    host = f"localhost:{api.server.port}"
    listed = audience if isinstance(audience, list) else [audience]
    filled = [one.format(endpoint=f"http://{host}", host=host) for one in listed]
    claims = {"aud": filled if isinstance(audience, list) else filled[0], "exp": in_an_hour()}
    reply = await call_with(api, signed(api.server.resource.keys.primary, claims))
    assert reply.status == status


@pytest.mark.parametrize(
    ("path", "signed_path", "status"),
    [
        ("/users/a%2Fb%20c", "/users/a%2Fb%20c", 404),
        ("/users/a%2fb%20c", "/users/a%2Fb%20c", 404),
        ("/users/%61nn", "/users/ann", 404),
        ("/users/Ann", "/users/ann", 401),
        ("/groups/Room", "/groups/room", 401),
        ("/users/ann", "/users/bob", 401),
    ],
)
async def test_path_of_the_audience_compares_with_case_and_decoded(
    api: Api, path: str, signed_path: str, status: int
) -> None:
    claims = {"aud": api.url(f"/api/hubs/chat{signed_path}"), "exp": in_an_hour()}
    token = signed(api.server.resource.keys.primary, claims)
    assert (await api("HEAD", f"/api/hubs/chat{path}", token=token)).status == status


@pytest.mark.parametrize(
    ("host", "audience_host"),
    [
        ("LocalHost", "localhost"),
        ("localhost:80", "localhost"),
        ("localhost", "localhost:80"),
        ("pubsub.example.com", "PubSub.Example.com"),
    ],
)
async def test_host_is_the_one_that_the_request_names(api: Api, host: str, audience_host: str) -> None:
    """Compared without case, the default port being none."""
    claims = {"aud": f"http://{audience_host}{TARGET}", "exp": in_an_hour()}
    reply = await call_with(api, signed(api.server.resource.keys.primary, claims), host=host)
    assert reply.status == 202


async def test_client_token_does_not_open_the_api(api: Api) -> None:
    assert (await call_with(api, api.server.token("chat"))).status == 401


# What a refusal tells


def wrong_tokens(api: Api) -> dict[str, str]:
    keys, now, aud = api.server.resource.keys, int(time.time()), api.url(TARGET)
    elsewhere = "https://other.example/api?access_token=hidden"
    return {
        "of no key": signed("a key of nobody's that is long enough for all", {"aud": aud, "exp": now + 60}),
        "late": signed(keys.primary, {"aud": aud, "exp": now - 1000}),
        "undated": signed(keys.primary, {"aud": aud}),
        "early": signed(keys.secondary, {"aud": aud, "exp": now + 9000, "nbf": now + 1000}),
        "unsigned": signed(keys.primary, {"aud": aud, "exp": now + 60}, "none"),
        "elsewhere": signed(keys.primary, {"aud": elsewhere, "exp": now + 60}),
    }


@pytest.mark.parametrize(
    ("authorization", "check"),
    [
        ("Basic YW5uOnNlY3JldA==", "format"),
        ("Bearer", "format"),
        ("Bearer garbage", "format"),
        ("Bearer aaaa.bbbb.cccc", "format"),
        ("Bearer {of no key}", "signature"),
        ("Bearer {late}", "expiry"),
        ("Bearer {undated}", "expiry"),
        ("Bearer {early}", "start"),
        ("Bearer {unsigned}", "algorithm"),
        ("Bearer {elsewhere}", "audience"),
    ],
)
async def test_refusal_names_the_check_and_holds_no_secret(
    api: Api, caplog: pytest.LogCaptureFixture, authorization: str, check: str
) -> None:
    """As the caller and the operator see them."""
    sent = authorization.format(**wrong_tokens(api))
    caplog.set_level(logging.DEBUG, "linarite")
    reply = await call_with(api, None, headers={"Authorization": sent})

    assert (reply.status, reply.body, reply.header("content-length")) == (401, b"", "0")
    told = reply.header("www-authenticate") or ""
    assert told.startswith(f'Bearer error="invalid_token", error_description="{check}: ')
    fields = [record.__dict__["fields"] for record in caplog.records if record.message == "call refused"]
    assert [(one["check"], one["resource"], one["path"]) for one in fields] == [(check, "linarite", SEND)]
    keys = api.server.resource.keys
    parts = sent.partition(" ")[2].split(".")
    secrets = [keys.primary, keys.secondary, keys.salt, "hidden", *filter(None, parts)]
    everything = repr(reply) + "".join(repr(record.__dict__) for record in caplog.records)
    assert [secret for secret in secrets if secret in everything] == []


async def test_refused_audience_is_told_beside_the_expected_one(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "linarite")
    claims = {"aud": "https://other.example/api/hubs/chat/:send?x=1", "exp": in_an_hour()}
    reply = await call_with(api, signed(api.server.resource.keys.primary, claims))
    expected = (
        f"Expected Audiences: localhost:{api.server.port}/api/hubs/chat/:send. "
        "Actual Audiences: https://other.example/api/hubs/chat/:send"
    )
    assert expected in (reply.header("www-authenticate") or "")
    assert [record.__dict__["fields"]["reason"] for record in caplog.records] == [expected]


async def test_answer_stays_one_header_whatever_a_token_says(api: Api) -> None:
    claims = {"aud": 'http://x"\\\r\nSet-Cookie: a=b\u2028é', "exp": in_an_hour()}
    reply = await call_with(api, signed(api.server.resource.keys.primary, claims))
    assert reply.status == 401
    assert reply.header("set-cookie") is None
    assert (reply.header("www-authenticate") or "").count('"') == 4


# Several resources in one server


@pytest.fixture
def resource(server: RunningServer) -> Resource:
    """A second resource, of a name that no other test has."""
    name = f"second{uuid.uuid4().hex[:12]}"
    made, _ = server.registry.create_or_update(GROUP, name, {"location": "local", "sku": {"name": "Standard_S1"}})
    return made


def host_of(resource: Resource, api: Api) -> str:
    return f"{resource.name}.localhost:{api.server.port}"


async def test_host_name_decides_whose_keys_are_asked(api: Api, resource: Resource) -> None:
    host = host_of(resource, api)
    assert (await api("POST", SEND, "x", host=host, key=resource.keys.primary)).status == 202
    assert (await api("POST", SEND, "x", host=host.upper(), key=resource.keys.secondary)).status == 202
    assert (await api("POST", SEND, "x", host=host)).status == 401


async def test_without_a_host_name_the_key_decides(api: Api, resource: Resource) -> None:
    assert (await api("POST", SEND, "x", key=resource.keys.primary)).status == 202
    assert (await api("POST", SEND, "x")).status == 202


async def test_hubs_of_two_resources_never_meet(api: Api, connect: Connect, hub: str, resource: Resource) -> None:
    """By host name, by key, and for the default resource: each call finds its own hub of the same name."""
    default = await connect()
    host = host_of(resource, api)
    token = api.server.token(hub, key=resource.keys.primary, aud=f"http://{host}/client/hubs/{hub}")
    url = f"ws://{host}/client/hubs/{hub}?access_token={token}"
    second = await api.server.connect_to(url, host="127.0.0.1", port=api.server.port)
    path = f"/api/hubs/{hub}/:send"
    await api("POST", path, "by host", "text/plain", host=host, key=resource.keys.primary)
    await api("POST", path, "by key", "text/plain", key=resource.keys.secondary)
    await api("POST", path, "default", "text/plain")
    assert [(await second.message())["data"] for _ in range(2)] == ["by host", "by key"]
    assert (await default.message())["data"] == "default"
    await second.close()


async def test_regenerated_key_counts_at_once(api: Api, resource: Resource) -> None:
    host = host_of(resource, api)
    old = resource.keys
    assert (await api("POST", SEND, "x", host=host, key=old.primary)).status == 202
    new = api.server.registry.regenerate_key(GROUP, resource.name, "Primary").keys
    assert (await api("POST", SEND, "x", host=host, key=old.primary)).status == 401
    assert (await api("POST", SEND, "x", host=host, key=new.primary)).status == 202
    assert (await api("POST", SEND, "x", host=host, key=old.secondary)).status == 202
    # Without a host name, too, the old key names nobody any more.
    assert (await api("POST", SEND, "x", key=old.primary)).status == 401


async def test_access_keys_may_be_switched_off(api: Api, resource: Resource) -> None:
    host = host_of(resource, api)
    api.server.registry.update(GROUP, resource.name, {"properties": {"disableLocalAuth": True}})
    reply = await api("POST", SEND, "x", host=host, key=resource.keys.primary)
    assert (reply.status, reply.body) == (401, b"")
    assert "local authentication" in (reply.header("www-authenticate") or "")
    again = api.server.registry.update(GROUP, resource.name, {"properties": {"disableLocalAuth": False}})
    assert (await api("POST", SEND, "x", host=host, key=again.keys.primary)).status == 202
    for old in (resource.keys.primary, resource.keys.secondary):
        assert (await api("POST", SEND, "x", host=host, key=old)).status == 401


async def test_deleted_resource_lets_nobody_in(api: Api, resource: Resource) -> None:
    host = host_of(resource, api)
    assert (await api("POST", SEND, "x", host=host, key=resource.keys.primary)).status == 202
    api.server.registry.delete(GROUP, resource.name)
    assert (await api("POST", SEND, "x", host=host, key=resource.keys.primary)).status == 401


# Behind a reverse proxy


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def proxied(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Api]:
    """The API of a server that trusts the proxy at 127.0.0.1."""
    async with running_server(tmp_path_factory.mktemp("proxied"), trusted_proxies=("127.0.0.1",)) as running:
        yield Api(running)


FORWARDED = {
    "X-Forwarded-For": "203.0.113.7",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "pubsub.example.com",
    "X-Forwarded-Prefix": "/realtime",
}
OUTSIDE = "https://pubsub.example.com/realtime"


@pytest.mark.parametrize(
    ("headers", "address", "status"),
    [
        (FORWARDED, f"{OUTSIDE}{TARGET}", 202),
        (FORWARDED, f"https://pubsub.example.com:443/realtime{TARGET}", 202),
        (FORWARDED, f"https://pubsub.example.com{TARGET}", 202),
        (FORWARDED, f"https://other.example{TARGET}", 401),
        (FORWARDED, f"https://pubsub.example.com/elsewhere{TARGET}", 401),
        (
            {"Forwarded": "for=203.0.113.7;proto=https;host=pubsub.example.com"},
            f"https://pubsub.example.com{TARGET}",
            202,
        ),
        ({}, f"http://localhost{TARGET}", 202),
    ],
)
async def test_trusted_proxy_says_what_the_caller_signed(
    proxied: Api, headers: dict[str, str], address: str, status: int
) -> None:
    token = signed(proxied.server.resource.keys.primary, {"aud": address, "exp": in_an_hour()})
    assert (await call_with(proxied, token, headers=headers, host="localhost")).status == status


async def test_nobody_else_says_what_the_caller_signed(api: Api) -> None:
    token = signed(api.server.resource.keys.primary, {"aud": f"{OUTSIDE}{TARGET}", "exp": in_an_hour()})
    assert (await call_with(api, token, headers=FORWARDED)).status == 401


async def test_forwarded_host_names_the_resource(proxied: Api) -> None:
    made, _ = proxied.server.registry.create_or_update(GROUP, "forwarded", {"location": "local"})
    host = f"{made.name}.localhost"
    token = signed(made.keys.primary, {"aud": f"https://{host}{TARGET}", "exp": in_an_hour()})
    headers = {**FORWARDED, "X-Forwarded-Host": host, "X-Forwarded-Prefix": ""}
    assert (await call_with(proxied, token, headers=headers)).status == 202


async def test_public_endpoint_is_an_audience_too(tmp_path: Path) -> None:
    async with running_server(tmp_path, public_endpoint="https://pubsub.example.com") as server:
        api = Api(server)
        for host, status in (("pubsub.example.com", 202), (f"localhost:{server.port}", 202), ("other.example", 401)):
            token = signed(server.resource.keys.primary, {"aud": f"https://{host}{TARGET}", "exp": in_an_hour()})
            assert (await call_with(api, token)).status == status, host


# Tokens that the API makes


@pytest.mark.parametrize(
    ("query", "claims"),
    [
        ("", {}),
        ("userId=", {}),
        ("userId=a%2Fb+c%C3%A9", {"sub": "a/b cé"}),
        ("role=webpubsub.sendToGroup", {"role": "webpubsub.sendToGroup"}),
        ("role=a&role=b%2Cc&group=g", {"role": ["a", "b,c"], "webpubsub.group": "g"}),
        ("group=g&group=G&clientType=default", {"webpubsub.group": ["g", "G"]}),
    ],
)
async def test_made_token_says_what_the_call_named(api: Api, query: str, claims: dict[str, Any]) -> None:
    reply = await api("POST", f"/api/hubs/Chat/:generateToken?{query}")
    assert (reply.status, reply.header("content-type")) == (200, "application/json; charset=utf-8")
    made = claims_of(reply.json()["token"])
    now = made.pop("iat")
    assert abs(now - time.time()) < 60
    assert made == {
        "nbf": now,
        "exp": now + 3600,
        "iss": "https://webpubsub.azure.com",
        "aud": f"http://localhost:{api.server.port}/client/hubs/chat",
        **claims,
    }


async def test_made_token_lets_its_client_in(api: Api, connect: Connect, hub: str) -> None:
    query = "userId=u&role=webpubsub.sendToGroup&group=g&minutesToExpire=5"
    reply = await api("POST", f"/api/hubs/{hub}/:generateToken?{query}")
    token = reply.json()["token"]
    claims = claims_of(token)
    assert claims["exp"] - claims["iat"] == 300
    client = await api.server.connect_to(f"ws://localhost:{api.server.port}/client/hubs/{hub}?access_token={token}")
    assert client.connected["userId"] == "u"
    assert (await api("HEAD", f"/api/hubs/{hub}/groups/g/users/u")).status == 200
    ack = await client.ask({"type": "sendToGroup", "group": "other", "dataType": "text", "data": "x", "ackId": 1})
    assert ack["success"]
    await client.close()
    await eventually(lambda: api.server.connections == 0)


@pytest.mark.parametrize(
    ("query", "target"),
    [
        ("minutesToExpire=0", "minutesToExpire"),
        ("minutesToExpire=-1", "minutesToExpire"),
        ("minutesToExpire=1.5", "minutesToExpire"),
        ("minutesToExpire=", "minutesToExpire"),
        ("minutesToExpire=5&minutesToExpire=5", "minutesToExpire"),
        ("minutesToExpire=2147483648", "minutesToExpire"),
        ("clientType=carrier-pigeon", "clientType"),
        ("clientType=socketio", "clientType"),
        ("clientType=mqtt&clientType=mqtt", "clientType"),
        ("userId=a&userId=b", "userId"),
        ("group=", "group"),
        ("group=%20", "group"),
        (f"group=g&group={'x' * 1025}", "group"),
    ],
)
async def test_wrong_parameter_of_a_token_is_answered_400(api: Api, query: str, target: str) -> None:
    reply = await api("POST", f"/api/hubs/chat/:generateToken?{query}")
    assert (reply.status, reply.json()["target"], list(reply.json()["errors"])) == (400, target, [target])


@pytest.mark.parametrize("kind", ["MQTT", "mqtt"])
async def test_made_token_for_mqtt_names_its_address(api: Api, kind: str) -> None:
    reply = await api("POST", f"/api/hubs/chat/:generateToken?clientType={kind}")
    aud = claims_of(reply.json()["token"])["aud"]
    assert aud == f"http://localhost:{api.server.port}/clients/mqtt/hubs/chat"


async def test_made_token_is_for_the_address_that_the_caller_used(proxied: Api) -> None:
    target = with_version("/api/hubs/chat/:generateToken")
    token = signed(proxied.server.resource.keys.primary, {"aud": f"{OUTSIDE}{target}", "exp": in_an_hour()})
    reply = await proxied("POST", "/api/hubs/chat/:generateToken", token=token, headers=FORWARDED)
    assert claims_of(reply.json()["token"])["aud"] == f"{OUTSIDE}/client/hubs/chat"
