"""Groups and users by REST: adding, removing, asking, and many at once."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from tests.http.data_plane.conftest import Connect, Heard
from tests.http.data_plane.exchange import Api, Reply
from tests.running_server import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")

NO_GROUPS = "A nonempty list of valid group names is required."
NOT_A_REQUEST = "The request body is not a valid groups request."


async def exists(api: Api, path: str) -> bool:
    reply = await api("HEAD", path)
    assert reply.status in (200, 404), reply
    return reply.status == 200


# Asking


async def test_connection_user_and_group_are_there_while_connected(api: Api, connect: Connect, hub: str) -> None:
    client = await connect(user="ann", groups=["g"])
    paths = [f"/api/hubs/{hub}/{one}" for one in (f"connections/{client.connection_id}", "users/ann", "groups/g")]
    assert [await exists(api, path) for path in paths] == [True, True, True]
    assert not await exists(api, f"/api/hubs/{hub}2/users/ann")
    assert not await exists(api, f"/api/hubs/{hub}/users/ANN")
    await client.close()

    async def all_gone() -> bool:
        return not any([await exists(api, path) for path in paths])

    await eventually(all_gone)


async def test_yes_has_no_body(api: Api, connect: Connect, hub: str) -> None:
    await connect(user="ann")
    reply = await api("HEAD", f"/api/hubs/{hub}/users/ann")
    assert (reply.status, reply.header("content-length"), reply.error_code) == (200, "0", None)


async def test_user_is_in_a_group_by_any_connection(api: Api, connect: Connect, hub: str) -> None:
    """Our own call: whether a user is in a group."""
    await connect(user="ann")
    await connect(user="ann", groups=["g"])
    await connect(user="bob", groups=["h"])
    asked = [("ann", "g"), ("ann", "h"), ("bob", "g"), ("bob", "h"), ("nobody", "g"), ("ann", "G")]
    found = [await exists(api, f"/api/hubs/{hub}/groups/{group}/users/{user}") for user, group in asked]
    assert found == [True, False, False, True, False, False]
    reply = await api("HEAD", f"/api/hubs/{hub}/groups/h/users/ann")
    assert (reply.error_code, reply.header("content-length")) == ("Warning.User.NotExisted", "120")


@pytest.mark.parametrize(("path", "target"), [("groups/%20/users/u", "group"), ("groups/g/users/", "userId")])
async def test_user_in_group_checks_both_names(api: Api, hub: str, path: str, target: str) -> None:
    reply = await api("HEAD", f"/api/hubs/{hub}/{path}")
    assert (reply.status, reply.error_code) == (400, "Error.BadRequest")


# One connection, one user


async def test_connection_is_added_once_however_often(api: Api, connect: Connect, hub: str, heard: Heard) -> None:
    client = await connect()
    path = f"/api/hubs/{hub}/groups/g/connections/{client.connection_id}"
    for _ in range(2):
        reply = await api("PUT", path)
        assert (reply.status, reply.header("content-length")) == (200, "0")
    await api.send_text(f"/api/hubs/{hub}/groups/g/:send", "x")
    assert len(await heard(client)) == 1
    assert (await api("DELETE", path)).status == 204
    assert not await exists(api, f"/api/hubs/{hub}/groups/g")
    await api.send_text(f"/api/hubs/{hub}/groups/g/:send", "y")
    assert await heard(client) == []


async def test_user_is_added_with_the_connections_of_the_moment(
    api: Api, connect: Connect, hub: str, heard: Heard
) -> None:
    first, second = await connect(user="ann"), await connect(user="ann")
    assert (await api("PUT", f"/api/hubs/{hub}/users/ann/groups/g")).status == 200
    assert (await api("PUT", f"/api/hubs/{hub}/users/ann/groups/g")).status == 200
    third = await connect(user="ann")
    await api.send_text(f"/api/hubs/{hub}/groups/g/:send", "x")
    assert [len(await heard(client)) for client in (first, second, third)] == [1, 1, 0]


async def test_user_leaves_one_group_with_every_connection(api: Api, connect: Connect, hub: str) -> None:
    await connect(user="ann", groups=["g", "h"])
    await connect(user="ann", groups=["g"])
    await connect(user="bob", groups=["g"])
    assert (await api("DELETE", f"/api/hubs/{hub}/users/ann/groups/g")).status == 204
    asked = [("ann", "g"), ("ann", "h"), ("bob", "g")]
    found = [await exists(api, f"/api/hubs/{hub}/groups/{group}/users/{user}") for user, group in asked]
    assert found == [False, True, True]


async def test_group_ends_with_its_last_member(api: Api, connect: Connect, hub: str) -> None:
    """For a user and for a connection."""
    ann, bob = await connect(user="ann", groups=["g", "h"]), await connect(user="bob", groups=["k"])
    assert (await api("DELETE", f"/api/hubs/{hub}/users/ann/groups")).status == 204
    assert (await api("DELETE", f"/api/hubs/{hub}/connections/{bob.connection_id}/groups")).status == 204
    assert [await exists(api, f"/api/hubs/{hub}/groups/{group}") for group in "ghk"] == [False, False, False]
    assert await exists(api, f"/api/hubs/{hub}/connections/{ann.connection_id}")


# Many at once


async def change(api: Api, hub: str, verb: str, body: object, content_type: str | None = "application/json") -> Reply:
    text = body if isinstance(body, str | bytes) else json.dumps(body)
    return await api("POST", f"/api/hubs/{hub}/:{verb}", text, content_type)


async def members(api: Api, hub: str, group: str) -> set[str]:
    reply = await api("GET", f"/api/hubs/{hub}/groups/{group}/connections")
    return {row["connectionId"] for row in reply.json()["value"]}


async def test_filter_chooses_who_is_added_to_every_group(api: Api, connect: Connect, hub: str) -> None:
    left = {(await connect(user=f"l-{number}")).connection_id for number in range(2)}
    right = {(await connect(user="r-1")).connection_id, (await connect()).connection_id}
    body = {"groups": ["a", "b"], "filter": "startswith(userId,'l-')"}
    reply = await change(api, hub, "addToGroups", body)
    assert (reply.status, reply.body) == (200, b"")
    assert [await members(api, hub, group) for group in "ab"] == [left, left]

    assert (await change(api, hub, "addToGroups", {"groups": ["all"]})).status == 200
    assert await members(api, hub, "all") == left | right

    body = {"groups": ["b", "all", "nothing"], "filter": "startswith(userId,'l-')"}
    assert (await change(api, hub, "removeFromGroups", body)).status == 200
    assert [await members(api, hub, group) for group in ("a", "b", "all")] == [left, set(), right]


@pytest.mark.parametrize("chosen", [None, ""])
async def test_no_filter_chooses_everybody(api: Api, connect: Connect, hub: str, chosen: str | None) -> None:
    client = await connect()
    assert (await change(api, hub, "addToGroups", {"GROUPS": ["g"], "Filter": chosen, "more": 1})).status == 200
    assert await members(api, hub, "g") == {client.connection_id}


async def test_nobody_chosen_is_success(api: Api, connect: Connect, hub: str) -> None:
    await connect()
    assert (await change(api, hub, "addToGroups", {"groups": ["g"], "filter": "false"})).status == 200
    assert not await exists(api, f"/api/hubs/{hub}/groups/g")


@pytest.mark.parametrize("verb", ["addToGroups", "removeFromGroups"])
@pytest.mark.parametrize(
    ("body", "target", "message"),
    [
        ("{", "body", NOT_A_REQUEST),
        ("", "body", NOT_A_REQUEST),
        ("[]", "body", NOT_A_REQUEST),
        ("null", "body", NOT_A_REQUEST),
        (b'{"groups":["\xff"]}', "body", NOT_A_REQUEST),
        ({"groups": "g"}, "body", NOT_A_REQUEST),
        ({"groups": [1]}, "body", NOT_A_REQUEST),
        ({"groups": ["g"], "filter": 5}, "body", NOT_A_REQUEST),
        ({}, "groups", NO_GROUPS),
        ({"groups": None}, "groups", NO_GROUPS),
        ({"groups": []}, "groups", NO_GROUPS),
        ({"groups": ["g", ""]}, "groups", NO_GROUPS),
        ({"groups": [" "]}, "groups", NO_GROUPS),
        ({"groups": ["x" * 1025]}, "groups", NO_GROUPS),
        ({"groups": ["g"], "filter": "userId"}, "Filter", None),
    ],
)
async def test_wrong_body_is_answered_400(
    api: Api, hub: str, verb: str, body: object, target: str, message: str | None
) -> None:
    reply = await change(api, hub, verb, body)
    told = reply.json()
    assert (reply.status, told["target"], list(told["errors"])) == (400, target, [target])
    assert message is None or told["message"] == message


@pytest.mark.parametrize("verb", ["addToGroups", "removeFromGroups"])
async def test_wrong_filter_of_a_body_has_the_recorded_answer(api: Api, hub: str, verb: str) -> None:
    """As for the parameter, its name with a capital."""
    in_query = await api("POST", f"/api/hubs/{hub}/:send?filter={quote('invalid filter')}", "x")
    in_body = await change(api, hub, verb, {"groups": ["g"], "filter": "invalid filter"})
    as_member = in_query.body.replace(b'"target":"filter"', b'"target":"Filter"').replace(b'{"filter":', b'{"Filter":')
    assert (in_body.status, len(in_body.body), in_body.body) == (400, 416, as_member)
    assert in_body.header("content-type") == "application/problem+json; charset=utf-8"


@pytest.mark.parametrize("verb", ["addToGroups", "removeFromGroups"])
@pytest.mark.parametrize(
    "content_type", ["text/plain", None, "application/octet-stream", "application/json; charset=x"]
)
async def test_other_media_type_is_answered_415(api: Api, hub: str, verb: str, content_type: str | None) -> None:
    reply = await change(api, hub, verb, {"groups": ["g"]}, content_type)
    assert (reply.status, reply.body) == (415, b"")


async def test_body_in_another_encoding_is_read(api: Api, connect: Connect, hub: str) -> None:
    """The charset was ignored, and the bytes taken for UTF-8."""
    client = await connect()
    body = '{"groups":["é"]}'.encode("iso-8859-1")
    assert (await change(api, hub, "addToGroups", body, "application/json; charset=iso-8859-1")).status == 200
    assert await members(api, hub, "%C3%A9") == {client.connection_id}


async def test_body_that_is_too_large_is_refused_before_its_type(api: Api, hub: str) -> None:
    reply = await api("POST", f"/api/hubs/{hub}/:addToGroups", b" " * 1_048_577, "text/plain", keep_alive=True)
    assert (reply.status, reply.json()["message"]) == (400, "Invalid Content-Length header.")


async def test_chunked_body_is_taken(api: Api, connect: Connect, hub: str) -> None:
    client = await connect()
    chunks = [b'{"groups"', b':["g"]}']
    assert (
        await api("POST", f"/api/hubs/{hub}/:addToGroups", content_type="application/json", chunks=chunks)
    ).status == 200
    assert await members(api, hub, "g") == {client.connection_id}
