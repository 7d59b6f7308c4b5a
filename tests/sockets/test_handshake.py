"""From the upgrade request to the 101 or to the HTTP status that a client gets instead."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from tests.running_server import JSON_PROTOCOL, RunningServer, eventually, running_server
from tests.sockets.raw_client import ACCEPT, KEY, head_of, tcp_client

pytestmark = pytest.mark.asyncio(loop_scope="module")

MISSING = object()
Head = tuple[int, dict[str, str], str]


async def ask(
    server: RunningServer,
    target: str,
    *,
    method: str = "GET",
    version: str = "1.1",
    subprotocols: tuple[str, ...] = (),
    **headers: Any,
) -> Head:
    """Status, headers and body of the answer to an upgrade request with some headers changed or left out."""
    wanted: dict[str, Any] = {
        "Host": f"localhost:{server.port}",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec_WebSocket_Version": "13",
        "Sec_WebSocket_Key": KEY,
        **headers,
    }
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in wanted.items() if value is not MISSING]
    lines += [f"Sec-WebSocket-Protocol: {offer}" for offer in subprotocols]
    async with tcp_client(server) as client:
        client.send("\r\n".join([f"{method} {target} HTTP/{version}", *lines, "", ""]).encode())
        status, answered = await client.head()
        body = "" if status == 101 else (await client.rest()).decode()
        return status, answered, body


def target(server: RunningServer, hub: str, **claims: Any) -> str:
    return f"/client/hubs/{hub}?access_token={server.token(hub, **claims)}"


# What is no WebSocket upgrade


@pytest.mark.parametrize(
    "headers",
    [
        {"Upgrade": MISSING, "Connection": "close"},
        {"Upgrade": "h2c"},
        {"Connection": "close"},
        {"Sec_WebSocket_Key": MISSING},
        {"Sec_WebSocket_Key": "c2hvcnQ="},
        {"Sec_WebSocket_Key": "!" * 22 + "=="},
        {"Sec_WebSocket_Key": ""},
        {"Sec_WebSocket_Version": MISSING},
        {"Sec_WebSocket_Version": "8"},
        {"method": "PUT", "Content_Length": "0"},
    ],
    ids=str,
)
async def test_anything_but_a_websocket_upgrade_is_400(
    server: RunningServer, hub: str, headers: dict[str, Any]
) -> None:
    status, _, _ = await ask(server, target(server, hub), **{"Connection": "Upgrade, close", **headers})
    assert status == 400


async def test_an_unsupported_version_is_told_the_supported_one(server: RunningServer, hub: str) -> None:
    """RFC 6455, section 4.4."""
    status, headers, _ = await ask(server, target(server, hub), Sec_WebSocket_Version="12")
    assert (status, headers["sec-websocket-version"]) == (400, "13")


@pytest.mark.parametrize(
    "headers",
    [
        {"Connection": "keep-alive, Upgrade"},
        {"Connection": "UPGRADE"},
        {"Connection": "Upgrade, HTTP2-Settings"},
        {"Upgrade": "WebSocket"},
        {"Origin": "https://elsewhere.example"},
        {"Sec_WebSocket_Extensions": "permessage-deflate; client_max_window_bits"},
        {"X_Long": "x" * 8000},
    ],
    ids=str,
)
async def test_any_correct_upgrade_is_accepted(server: RunningServer, hub: str, headers: dict[str, str]) -> None:
    """Firefox asks with `Connection: keep-alive, Upgrade`, which was answered 400 and yet counted by the quota."""
    status, answered, _ = await ask(server, target(server, hub), **headers)
    assert status == 101
    assert answered["sec-websocket-accept"] == ACCEPT
    assert answered["upgrade"].lower() == "websocket"
    assert answered["connection"].lower() == "upgrade"
    assert "sec-websocket-extensions" not in answered


# Paths and hubs


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/client/hubs/chat", 101),
        ("/client/hubs/CHAT", 101),
        ("/client/hubs/chat/", 101),
        ("/client/hubs/ch%61t", 101),
        ("/client/?hub=chat", 101),
        ("/client?hub=chat", 101),
        ("/client?hub=CHAT", 101),
        ("/client/hubs/chat?hub=other", 101),
        ("/client/hubs/1x", 400),
        ("/client/hubs/a%20b", 400),
        ("/client/hubs/" + "a" * 129, 400),
        ("/client/hubs", 400),
        ("/client/hubs/", 400),
        ("/client", 400),
        ("/client/?hub=", 400),
        ("/client/?hub=1x", 400),
        ("/", 404),
        ("/clients/hubs/chat", 404),
        ("/client/hubs/chat/more", 404),
        ("/client/groups/chat", 404),
        ("/api/hubs/chat/:send", 404),
    ],
)
async def test_paths(server: RunningServer, path: str, status: int) -> None:
    separator = "&" if "?" in path else "?"
    answered, _, _ = await ask(server, f"{path}{separator}access_token={server.token('chat')}")
    assert answered == status


async def test_all_spellings_lead_to_one_hub(server: RunningServer) -> None:
    token = server.token("lobby")
    base = server.endpoint.replace("http", "ws")
    paths = [
        "/client/hubs/lobby?",
        "/client/hubs/LOBBY?",
        "/client/hubs/Lobby/?",
        "/client/?hub=LobbY&",
        "/client?hub=lobby&",
    ]
    clients = [await server.connect_to(f"{base}{path}access_token={token}") for path in paths]
    answer = await server.rest("POST", "/api/hubs/lobby/:send?api-version=2024-12-01", "hi", "text/plain")
    assert answer.status == 202
    for client in clients:
        assert (await client.message())["data"] == "hi"


# Tokens


@pytest.mark.parametrize(
    ("claims", "status"),
    [
        ({}, 101),
        ({"minutes": -4}, 101),
        ({"minutes": -6}, 401),
        ({"exp": None}, 401),
        ({"exp": "tomorrow"}, 401),
        ({"nbf": 4102444800}, 401),
        ({"aud": None}, 401),
        ({"aud": []}, 401),
        ({"key": "another key that nobody has given out"}, 401),
        ({"iss": "anybody", "iat": 1, "jti": "x"}, 101),
    ],
    ids=str,
)
async def test_tokens(server: RunningServer, hub: str, claims: dict[str, Any], status: int) -> None:
    answered, headers, body = await ask(server, target(server, hub, **claims))
    assert answered == status
    if status == 401:
        assert headers["www-authenticate"].startswith('Bearer error="invalid_token", error_description="')
        assert body == ""


@pytest.mark.parametrize(
    ("audience", "status"),
    [
        ("http://localhost:{port}/client/hubs/{hub}", 101),
        ("https://localhost:{port}/client/hubs/{hub}", 101),
        ("ws://localhost:{port}/client/hubs/{hub}", 101),
        ("wss://localhost:{port}/client/hubs/{hub}", 101),
        ("HTTP://LOCALHOST:{port}/Client/Hubs/{HUB}", 101),
        ("http://localhost:{port}/client/hubs/{hub}/", 101),
        ("http://localhost:{port}/client/hubs/{hub}?a=b", 101),
        (["http://else.example/", "http://localhost:{port}/client/hubs/{hub}"], 101),
        ("http://localhost:{port}/client/hubs/other", 401),
        ("http://localhost:{port}/client/", 401),
        ("http://localhost:{port}/api/hubs/{hub}", 401),
        ("http://localhost/client/hubs/{hub}", 401),
        ("http://elsewhere:{port}/client/hubs/{hub}", 401),
        ("/client/hubs/{hub}", 401),
    ],
    ids=str,
)
async def test_audiences(server: RunningServer, hub: str, audience: str | list[str], status: int) -> None:
    def fill(text: str) -> str:
        return text.format(port=server.port, hub=hub, HUB=hub.upper())

    aud = fill(audience) if isinstance(audience, str) else [fill(text) for text in audience]
    answered, _, _ = await ask(server, target(server, hub, aud=aud))
    assert answered == status


async def test_the_query_form_has_an_audience_of_its_own(server: RunningServer, hub: str) -> None:
    aud = f"{server.endpoint}/client/?hub={hub}"
    status, _, _ = await ask(server, f"/client/?hub={hub}&access_token={server.token(hub, aud=aud)}")
    assert status == 101


async def test_both_keys_open_the_door(server: RunningServer, hub: str) -> None:
    status, _, _ = await ask(server, target(server, hub, key=server.resource.keys.secondary))
    assert status == 101


async def test_a_regenerated_key_closes_the_door_at_once(server: RunningServer, hub: str) -> None:
    old = target(server, hub, key=server.resource.keys.secondary)
    assert (await ask(server, old))[0] == 101
    server.registry.regenerate_key(server.resource.resource_group, server.resource.name, "Secondary")
    assert (await ask(server, old))[0] == 401


async def test_no_token_is_challenged_without_an_error(server: RunningServer, hub: str) -> None:
    """RFC 6750, section 3.1: a request without authentication gets no error code."""
    status, headers, body = await ask(server, f"/client/hubs/{hub}")
    assert (status, headers["www-authenticate"], body) == (401, "Bearer", "")


async def test_refusals_never_repeat_the_token_or_the_key(server: RunningServer, hub: str) -> None:
    token = server.token(hub, key="another key that nobody has given out")
    _, headers, body = await ask(server, f"/client/hubs/{hub}?access_token={token}")
    shown = json.dumps(headers) + body
    assert server.resource.keys.primary not in shown
    assert not any(part in shown for part in token.split("."))


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_the_header_carries_a_token_too(server: RunningServer, hub: str, scheme: str) -> None:
    status, _, _ = await ask(server, f"/client/hubs/{hub}", Authorization=f"{scheme} {server.token(hub)}")
    assert status == 101


@pytest.mark.parametrize("authorization", ["Basic dTpw", "Bearer", "Bearer ", "x"])
async def test_a_header_without_a_token_is_401(server: RunningServer, hub: str, authorization: str) -> None:
    status, _, _ = await ask(server, f"/client/hubs/{hub}", Authorization=authorization)
    assert status == 401


@pytest.mark.parametrize(("in_query", "in_header", "status"), [("right", "wrong", 101), ("wrong", "right", 401)])
async def test_a_token_in_the_query_wins(
    server: RunningServer, hub: str, in_query: str, in_header: str, status: int
) -> None:
    tokens = {"right": server.token(hub), "wrong": "no.token.really"}
    path = f"/client/hubs/{hub}?access_token={tokens[in_query]}"
    answered, _, _ = await ask(server, path, Authorization=f"Bearer {tokens[in_header]}")
    assert answered == status


async def test_a_connection_outlives_its_token(tmp_path: Any) -> None:
    async with running_server(tmp_path) as server:
        client = await server.connect("chat", groups=["g"], minutes=1)
        verifier = server.server._entrance._verifier(server.resource)
        verifier._clock = lambda: time.time() + 3600
        assert (await ask(server, target(server, "chat", minutes=1)))[0] == 401
        verifier._clock = time.time
        await server.send_to_group("chat", "g", "still here")
        assert (await client.message())["data"] == "still here"


# Claims


@pytest.mark.parametrize("as_list", [True, False])
async def test_roles_and_groups_come_as_text_or_list(server: RunningServer, hub: str, as_list: bool) -> None:
    role, group = "webpubsub.sendToGroup.g", "g"
    claims = {"role": [role] if as_list else role, "webpubsub.group": [group] if as_list else group}
    client = await server.connect(hub, **claims)
    await client.send_json({"type": "sendToGroup", "group": "g", "dataType": "text", "data": "x"})
    assert (await client.message())["data"] == "x"


async def test_groups_are_joined_before_the_connected_frame(server: RunningServer, hub: str) -> None:
    await server.connect(hub, groups=["a", "b"])
    for group in ("a", "b"):
        answer = await server.rest("HEAD", f"/api/hubs/{hub}/groups/{group}?api-version=2024-12-01")
        assert answer.status == 200


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "u"},
        {"nameid": "u"},
        {"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier": "u"},
        {"sub": "u", "nameid": "other"},
    ],
    ids=str,
)
async def test_user_id_claims(server: RunningServer, hub: str, claims: dict[str, str]) -> None:
    client = await server.connect(hub, **{"sub": None, **claims})
    assert client.connected["userId"] == "u"


@pytest.mark.parametrize("claims", [{"sub": None}, {"sub": ""}], ids=str)
async def test_no_user_id_is_null(server: RunningServer, hub: str, claims: dict[str, Any]) -> None:
    client = await server.connect(hub, **claims)
    assert client.connected["userId"] is None


async def test_the_long_role_claim_counts(server: RunningServer, hub: str) -> None:
    claim = "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"
    client = await server.connect(hub, **{claim: "webpubsub.joinLeaveGroup"})
    assert (await client.ask({"type": "joinGroup", "group": "g", "ackId": 1}))["success"] is True


@pytest.mark.parametrize("group", ["", " ", "\t\n", "g" * 1025])
async def test_an_invalid_group_in_the_token_is_400(server: RunningServer, hub: str, group: str) -> None:
    status, _, body = await ask(server, target(server, hub, **{"webpubsub.group": ["good", group]}))
    assert (status, body) == (400, "The token contains an invalid group name.")
    assert (await server.rest("HEAD", f"/api/hubs/{hub}/groups/good?api-version=2024-12-01")).status == 404


# What plain clients' messages mean


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("webpubsub_mode=", 101),
        ("webpubsub_mode=sendEvent", 101),
        ("webpubsub_mode=SENDEVENT&group=&noEcho=maybe", 101),
        ("webpubsub_mode=sendToGroup&group=g", 101),
        ("webpubsub_mode=sendtogroup&group=g&noEcho=TRUE", 101),
        ("webpubsub_mode=foo&webpubsub_mode=sendEvent", 101),
        ("webpubsub_mode=foo", 400),
        ("webpubsub_mode=sendToGroup", 400),
        ("webpubsub_mode=sendToGroup&group=%20", 400),
        ("webpubsub_mode=sendToGroup&group=" + "g" * 1025, 400),
        ("webpubsub_mode=sendToGroup&group=g&noEcho=maybe", 400),
        ("webpubsub_mode=sendToGroup&group=g&noEcho=", 400),
        ("other=x&other=y", 101),
    ],
)
@pytest.mark.parametrize("subprotocols", [(), (JSON_PROTOCOL,)], ids=["plain", "json"])
async def test_modes_are_checked_for_every_client(
    server: RunningServer, hub: str, subprotocols: tuple[str, ...], query: str, status: int
) -> None:
    answered, _, _ = await ask(server, f"{target(server, hub)}&{query}", subprotocols=subprotocols)
    assert answered == status


# Order of the checks


async def test_the_hub_is_looked_at_before_the_token(server: RunningServer) -> None:
    assert (await ask(server, "/client/hubs/1x"))[0] == 400


async def test_the_token_is_looked_at_before_the_mode(server: RunningServer, hub: str) -> None:
    assert (await ask(server, f"/client/hubs/{hub}?webpubsub_mode=foo"))[0] == 401


# Subprotocols


@pytest.mark.parametrize(
    ("offer", "chosen"),
    [
        ((), None),
        ((JSON_PROTOCOL,), JSON_PROTOCOL),
        (("JSON.WebPubSub.Azure.V1",), "JSON.WebPubSub.Azure.V1"),
        ((f"x, {JSON_PROTOCOL}",), JSON_PROTOCOL),
        (("x", JSON_PROTOCOL), JSON_PROTOCOL),
        ((f" {JSON_PROTOCOL} ,JSON.WEBPUBSUB.AZURE.V1",), JSON_PROTOCOL),
        (("x",), None),
        (("x, y",), None),
        (("",), None),
        ((f"{JSON_PROTOCOL}1",), None),
    ],
    ids=str,
)
async def test_subprotocols(server: RunningServer, hub: str, offer: tuple[str, ...], chosen: str | None) -> None:
    status, headers, _ = await ask(server, target(server, hub), subprotocols=offer)
    assert status == 101
    assert headers.get("sec-websocket-protocol") == chosen


async def test_a_client_of_unknown_subprotocols_is_a_plain_one(server: RunningServer, hub: str) -> None:
    async with tcp_client(server) as client:
        client.send(head_of(server.client_url(hub, groups=["g"]), subprotocol="x"))
        assert (await client.head())[0] == 101
        await server.send_to_group(hub, "g", "bare")
        assert (await client.frame()).payload == b"bare"


# Anonymous clients


@pytest.fixture
def open_hub(server: RunningServer, hub: str) -> str:
    """A hub that lets clients in without a token."""
    body = {"properties": {"anonymousConnectPolicy": "allow"}}
    server.registry.put_hub(server.resource.resource_group, server.resource.name, hub, body)
    return hub


async def test_a_hub_may_allow_anonymous_clients(server: RunningServer, open_hub: str) -> None:
    client = await server.connect_to(f"{server.endpoint.replace('http', 'ws')}/client/hubs/{open_hub}")
    assert client.connected["userId"] is None
    answer = await client.ask({"type": "joinGroup", "group": "g", "ackId": 1})
    assert answer["error"]["name"] == "Forbidden"


async def test_anonymous_clients_are_a_matter_of_each_hub(server: RunningServer, open_hub: str) -> None:
    assert (await ask(server, f"/client/hubs/{open_hub}"))[0] == 101
    assert (await ask(server, f"/client/hubs/{open_hub.upper()}"))[0] == 101
    assert (await ask(server, f"/client/hubs/{open_hub}2"))[0] == 401


async def test_a_wrong_token_is_refused_where_none_is_needed(server: RunningServer, open_hub: str) -> None:
    assert (await ask(server, f"/client/hubs/{open_hub}?access_token=x"))[0] == 401
    assert (await ask(server, target(server, open_hub, minutes=-6)))[0] == 401


async def test_a_token_counts_where_none_is_needed(server: RunningServer, open_hub: str) -> None:
    client = await server.connect(open_hub, user="alice")
    assert client.connected["userId"] == "alice"


# Quota and drain


async def test_a_full_resource_refuses_with_429_until_somebody_leaves(tmp_path: Any) -> None:
    async with running_server(tmp_path, unit_connections=2) as server:
        first = await server.connect("one")
        await server.connect("two")
        status, headers, body = await ask(server, target(server, "one"))
        assert status == 429
        assert int(headers["retry-after"]) >= 1
        assert body == "The connection quota of the resource is reached: 2 connections."
        await first.close()
        await eventually(lambda: server.connections == 1)
        assert (await ask(server, target(server, "one")))[0] == 101


async def test_refused_clients_are_not_counted(tmp_path: Any) -> None:
    """A handshake that the WebSocket library refused after the quota had counted it was never given back."""
    async with running_server(tmp_path, unit_connections=1) as server:
        for wrong in ({"Sec_WebSocket_Key": "!" * 22 + "=="}, {"Sec_WebSocket_Version": "8"}):
            assert (await ask(server, target(server, "one"), **wrong))[0] == 400
        for query in ("webpubsub_mode=foo", "webpubsub_mode=sendToGroup"):
            assert (await ask(server, f"{target(server, 'one')}&{query}"))[0] == 400
        assert server.connections == 0
        assert (await ask(server, target(server, "one"), Connection="keep-alive, Upgrade"))[0] == 101
        await eventually(lambda: server.connections == 0)


async def test_a_stopping_server_refuses_with_503(tmp_path: Any) -> None:
    async with running_server(tmp_path) as server:
        server.server._reception.is_draining = True
        status, headers, body = await ask(server, target(server, "one"))
        assert status == 503
        assert int(headers["retry-after"]) >= 1
        assert body == "The service is shutting down."
        assert (await server.rest("GET", "/readyz")).status == 503
        assert (await server.rest("GET", "/healthz")).status == 200
