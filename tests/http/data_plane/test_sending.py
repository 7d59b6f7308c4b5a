"""Sends: who receives what, in which form and order, and which names and parameters are wrong."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from urllib.parse import quote

import pytest
from tests.http.data_plane.conftest import Connect, Heard
from tests.http.data_plane.exchange import Api
from tests.running_server import Client
from tests.signing import signed

pytestmark = pytest.mark.asyncio(loop_scope="module")

REACHED = ["", "/groups/g", "/users/ann", "/connections/{connection}"]


def texts(frames: Sequence[str | bytes]) -> list[object]:
    """The data of messages of the JSON protocol."""
    return [json.loads(frame)["data"] for frame in frames]


# Who receives what


@pytest.mark.parametrize("scope", REACHED)
@pytest.mark.parametrize(
    ("content_type", "body", "kind", "data"),
    [
        ("text/plain", b'say "h\xc3\xa9"', "text", 'say "hé"'),
        ("application/json", b'{"a": [1]}', "json", {"a": [1]}),
        ("application/octet-stream", b"\x00\xff\x10", "binary", base64.b64encode(b"\x00\xff\x10").decode()),
    ],
)
async def test_json_client_receives_a_message_frame(
    api: Api, connect: Connect, hub: str, scope: str, content_type: str, body: bytes, kind: str, data: object
) -> None:
    """From the server, or from the group without a user."""
    client = await connect(user="ann", groups=["g"])
    path = f"/api/hubs/{hub}{scope.format(connection=client.connection_id)}/:send"
    assert (await api("POST", path, body, content_type)).status == 202
    source = {"from": "group", "group": "g"} if scope.startswith("/groups") else {"from": "server"}
    assert await client.message() == {"type": "message", **source, "dataType": kind, "data": data}


@pytest.mark.parametrize("scope", REACHED)
async def test_only_those_addressed_receive(api: Api, connect: Connect, hub: str, heard: Heard, scope: str) -> None:
    inside = await connect(user="ann", groups=["g"])
    others = [await connect(user="bob", groups=["h"]), await connect(), await connect(into=f"{hub}2", user="ann")]
    await api.send_text(f"/api/hubs/{hub}{scope.format(connection=inside.connection_id)}/:send", "x")
    assert texts(await heard(inside)) == ["x"]
    expected = [["x"], ["x"], []] if scope == "" else [[], [], []]
    assert [texts(await heard(client)) for client in others] == expected


async def test_user_receives_on_every_connection(api: Api, connect: Connect, hub: str) -> None:
    clients = [await connect(user="ann"), await connect(user="ann", subprotocol=None)]
    await api.send_text(f"/api/hubs/{hub}/users/ann/:send", "x")
    assert (await clients[0].message())["data"] == "x"
    assert await clients[1].frame() == "x"


@pytest.mark.parametrize(
    "name", ["a/b c", "é", "日本語", "%2F", "+", ":send", "a?b#c&d=e", "..", " x ", "'", '"\\', "a\x1fb"]
)
async def test_names_arrive_as_they_were_written(api: Api, connect: Connect, hub: str, name: str) -> None:
    """The same for groups."""
    client = await connect(user=name, groups=[name])
    await api.send_text(f"/api/hubs/{hub}/users/{quote(name, safe='')}/:send", "to the user")
    await api.send_text(f"/api/hubs/{hub}/groups/{quote(name, safe='')}/:send", "to the group")
    assert (await client.message())["data"] == "to the user"
    message = await client.message()
    assert (message["group"], message["data"]) == (name, "to the group")


async def test_hub_compares_without_case(api: Api, connect: Connect, hub: str) -> None:
    client = await connect()
    await api.send_text(f"/api/hubs/{hub.upper()}/:send", "x")
    assert (await client.message())["data"] == "x"


@pytest.mark.parametrize(("scope", "access"), [("groups/Room", {"groups": ["room"]}), ("users/Ann", {"user": "ann"})])
async def test_groups_and_users_compare_with_case(
    api: Api, connect: Connect, hub: str, heard: Heard, scope: str, access: dict[str, object]
) -> None:
    client = await connect(**access)
    await api.send_text(f"/api/hubs/{hub}/{scope}/:send", "x")
    assert await heard(client) == []


async def test_sends_of_one_caller_arrive_in_their_order(api: Api, connect: Connect, hub: str) -> None:
    """Whatever they address: what was accepted first is received first."""
    client = await connect(user="ann", groups=["g"])
    scopes = ["", "/users/ann", "/groups/g", f"/connections/{client.connection_id}"] * 5
    for number, scope in enumerate(scopes):
        await api.send_text(f"/api/hubs/{hub}{scope}/:send", str(number))
    assert [(await client.message())["data"] for _ in scopes] == [str(number) for number in range(len(scopes))]


# Excluded


@pytest.mark.parametrize("scope", ["", "/groups/g"])
async def test_excluded_connections_receive_nothing(
    api: Api, connect: Connect, hub: str, heard: Heard, scope: str
) -> None:
    """Each id by itself, no list in one value; ids that nobody has are ignored."""
    one, two, three = [await connect(groups=["g"]) for _ in range(3)]
    excluded = f"excluded={one.connection_id}&excluded={two.connection_id}&excluded=nobody"
    await api.send_text(f"/api/hubs/{hub}{scope}/:send?{excluded}", "first")
    await api.send_text(f"/api/hubs/{hub}{scope}/:send?excluded={one.connection_id},{two.connection_id}", "second")
    await api.send_text(f"/api/hubs/{hub}{scope}/:send?excluded={one.connection_id.upper()}", "third")
    assert [texts(await heard(client)) for client in (one, two, three)] == [
        ["second", "third"],
        ["second", "third"],
        ["first", "second", "third"],
    ]


async def test_user_send_knows_no_excluded(api: Api, connect: Connect, hub: str) -> None:
    client = await connect(user="ann")
    await api.send_text(f"/api/hubs/{hub}/users/ann/:send?excluded={client.connection_id}", "x")
    assert (await client.message())["data"] == "x"


def token_without_query(api: Api, path: str) -> str:
    """A token that stays short however long the query is, so that both fit into one request head."""
    return signed(api.server.resource.keys.primary, {"aud": api.url(path), "exp": 4_000_000_000})


async def test_a_thousand_excluded_are_taken_and_one_more_refused(api: Api, hub: str) -> None:
    """The setting `excluded_limit`."""
    path = f"/api/hubs/{hub}/:send"
    some = "&".join(f"excluded={number:x}" for number in range(1000))
    token = token_without_query(api, path)
    assert (await api("POST", f"{path}?{some}", "x", token=token)).status == 202
    reply = await api("POST", f"{path}?{some}&excluded=x", "x", token=token)
    assert (reply.status, reply.json()["target"]) == (400, "excluded")


async def test_excluded_and_filter_both_count(api: Api, connect: Connect, hub: str, heard: Heard) -> None:
    clients = [await connect(user=user) for user in ("ann", "ann", "bob")]
    query = f"excluded={clients[0].connection_id}&filter=userId%20eq%20'ann'"
    await api.send_text(f"/api/hubs/{hub}/:send?{query}", "x")
    assert [len(await heard(client)) for client in clients] == [0, 1, 0]


# Filters


async def people(connect: Connect) -> dict[str, Client]:
    return {
        "ann": await connect(user="ann", groups=["g1", "g2"]),
        "O'Brien": await connect(user="O'Brien", groups=["g1"]),
        "Doe, John": await connect(user="Doe, John", subprotocol=None),
        "user-ab": await connect(user="userXab", groups=["g3"]),
        "nobody": await connect(groups=["g1"]),
    }


FILTERS = [
    ("userId eq 'ann'", ["ann"]),
    ("userId eq null", ["nobody"]),
    ("userId ne null and not ('g1' in groups)", ["Doe, John", "user-ab"]),
    ("length(userId) gt 3", ["O'Brien", "Doe, John", "user-ab"]),
    ("not (length(userId) gt 3)", ["ann", "nobody"]),
    ("'g1' in groups and connectionId ne '{ann}'", ["O'Brien", "nobody"]),
    ("userId in ('Doe, John','O''Brien')", ["O'Brien", "Doe, John"]),
    ("substring(userId,5,2) eq 'ab'", ["user-ab"]),
    ("length(groups) gt 1", ["ann"]),
    ("protocol eq 'json.webpubsub.azure.v1'", ["ann", "O'Brien", "user-ab", "nobody"]),
    ("protocol eq null", ["Doe, John"]),
    ("true or false and false", ["ann", "O'Brien", "Doe, John", "user-ab", "nobody"]),
    ("false", []),
    ("", ["ann", "O'Brien", "Doe, John", "user-ab", "nobody"]),
    ("USERID eq 'ann' or startswith(userId,'user')", ["ann", "user-ab"]),
]


@pytest.mark.parametrize(("text", "chosen"), FILTERS)
async def test_filter_chooses_who_receives(
    api: Api, connect: Connect, hub: str, heard: Heard, text: str, chosen: list[str]
) -> None:
    clients = await people(connect)
    filled = text.format(ann=clients["ann"].connection_id)
    await api.send_text(f"/api/hubs/{hub}/:send?filter={quote(filled)}", "x")
    assert [name for name, client in clients.items() if await heard(client)] == chosen


@pytest.mark.parametrize(
    ("scope", "chosen"), [("/groups/g1", ["O'Brien", "nobody"]), ("/users/O%27Brien", ["O'Brien"]), ("/users/ann", [])]
)
async def test_filter_chooses_among_those_addressed(
    api: Api, connect: Connect, hub: str, heard: Heard, scope: str, chosen: list[str]
) -> None:
    clients = await people(connect)
    await api.send_text(f"/api/hubs/{hub}{scope}/:send?filter=length(groups)%20eq%201", "x")
    assert [name for name, client in clients.items() if await heard(client)] == chosen


def syntax(printed: str, reason: str) -> str:
    return f"Invalid syntax for '{printed}': {reason} (Parameter 'filter')"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("invalid filter", syntax("invalid filter", "Syntax error at position 14 in 'invalid filter'.")),
        ("( not 'a' )", syntax("not 'a'", "Type 'string', expect 'bool'.")),
        ("userId lt 1", syntax("userId lt 1", "Type 'string', expect 'int'.")),
        ("invalid(ab,c)", syntax("invalid(ab,c)", "Token 'invalid(ab,c)' is not supported.")),
        ("ab eq 1", syntax("ab eq 1", "Token 'ab' is not supported.")),
        ("not length(userId) gt 5", syntax("not length(userId)", "Type 'null', expect 'bool'.")),
        ("length(userId,1) eq 1", syntax("length(userId,1)", "Invalid token 'length(userId,1)'.")),
        ("userId and true", syntax("userId and True", "Type 'string', expect 'bool'.")),
        ("connectionId eq 3000000000", None),
        ("'" + "x" * 17_000 + "' eq userId", None),
        ("(" * 101 + "true" + ")" * 101, None),
    ],
)
@pytest.mark.parametrize("scope", ["", "/groups/g", "/users/u"])
async def test_wrong_filter_is_answered_400_with_its_reason(
    api: Api, hub: str, scope: str, text: str, message: str | None
) -> None:
    path = f"/api/hubs/{hub}{scope}/:send"
    reply = await api("POST", f"{path}?filter={quote(text)}", "x", "text/plain", token=token_without_query(api, path))
    told = reply.json()
    assert (reply.status, told["code"], told["target"]) == (400, "Error.BadRequest", "filter")
    assert told["errors"] == {"filter": [told["message"]]}
    if message is not None:
        assert told["message"] == message
    elif "3000000000" in text:
        assert "Token '3000000000' is not supported." in told["message"]


async def test_filter_whose_left_side_decides_is_accepted(api: Api, hub: str) -> None:
    assert (await api("POST", f"/api/hubs/{hub}/:send?filter=true%20or%20userId", "x")).status == 202


# Names and parameters that are wrong


@pytest.mark.parametrize(
    ("segment", "status"),
    [
        ("chat", 202),
        ("C_h`a,t.[1]", 202),
        ("C%5Fh%60a%2Ct.%5B1%5D", 202),
        ("demo-hub", 202),
        ("a" * 128, 202),
        ("a" * 129, 400),
        ("1chat", 400),
        ("_chat", 400),
        ("-chat", 400),
        ("", 400),
        ("ch%20at", 400),
        ("ch%2Fat", 400),
        ("ch%C3%A9t", 400),
        ("chat%0A", 400),
    ],
)
async def test_hub_name_is_checked(api: Api, segment: str, status: int) -> None:
    """Our hyphen."""
    reply = await api("POST", f"/api/hubs/{segment}/:send", "x", "text/plain")
    assert reply.status == status
    if status == 400:
        assert (reply.error_code, reply.json()["code"], reply.json()["target"]) == (
            "Error.BadRequest", "Error.BadRequest", "hub",
        )  # fmt: skip
        assert reply.json()["message"].startswith("Invalid hub name.")


@pytest.mark.parametrize(
    ("group", "status"),
    [
        ("x" * 1024, 202),
        ("%C3%A9" * 1024, 202),
        ("*", 202),
        ("room.*", 202),
        ("%20x", 202),
        ("x" * 1025, 400),
        ("%20", 400),
        ("%09%20%C2%A0", 400),
        ("", 400),
    ],
)
async def test_group_name_is_checked(api: Api, hub: str, group: str, status: int) -> None:
    reply = await api("POST", f"/api/hubs/{hub}/groups/{group}/:send", "x", "text/plain")
    assert reply.status == status
    if status == 400:
        assert (reply.json()["message"], reply.json()["target"]) == ("Invalid group name.", "group")


@pytest.mark.parametrize(
    ("scope", "target", "message"),
    [("connections", "connectionId", "Invalid connection ID."), ("users", "userId", "Invalid user ID.")],
)
async def test_empty_id_is_answered_400(api: Api, hub: str, scope: str, target: str, message: str) -> None:
    reply = await api("POST", f"/api/hubs/{hub}/{scope}//:send", "x", "text/plain")
    assert (reply.status, reply.json()["target"], reply.json()["message"]) == (400, target, message)


@pytest.mark.parametrize("scope", ["", "/groups/g", "/users/u", "/connections/c"])
@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("messageTtlSeconds=0", 202),
        ("messageTtlSeconds=300", 202),
        ("messagettlseconds=300", 202),
        ("messageTtlSeconds=301", 400),
        ("messageTtlSeconds=-1", 400),
        ("messageTtlSeconds=1.5", 400),
        ("messageTtlSeconds=x", 400),
        ("messageTtlSeconds=%D9%A1", 400),
        ("messageTtlSeconds=", 400),
        ("messageTtlSeconds=1&messageTtlSeconds=1", 400),
    ],
)
async def test_time_to_live_is_checked(api: Api, hub: str, scope: str, query: str, status: int) -> None:
    reply = await api("POST", f"/api/hubs/{hub}{scope}/:send?{query}", "x", "text/plain")
    assert reply.status == status
    if status == 400:
        assert reply.json()["target"] == "messageTtlSeconds"
        assert reply.json()["message"].startswith("Invalid messageTtlSeconds.")


@pytest.mark.parametrize("name", ["filter", "reason", "userId", "top"])
async def test_parameter_that_comes_twice_is_answered_400(api: Api, hub: str, name: str) -> None:
    method, path = {
        "filter": ("POST", "/:send"),
        "reason": ("POST", "/:closeConnections"),
        "userId": ("POST", "/:generateToken"),
        "top": ("GET", "/groups/g/connections"),
    }[name]
    reply = await api(method, f"/api/hubs/{hub}{path}?{name}=true&{name}=true")
    assert (reply.status, reply.json()["target"]) == (400, name)
