"""Granting, checking and revoking what one connection may do to one group."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from tests.http.data_plane.conftest import Connect
from tests.http.data_plane.exchange import Api, Reply
from tests.running_server import Client, RunningServer, running_server

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def permission(
    api: Api, method: str, hub: str, connection: str, target: str = "targetName=g", name: str = "sendToGroup"
) -> Reply:
    return await api(method, f"/api/hubs/{hub}/permissions/{name}/connections/{connection}?{target}")


async def status(api: Api, method: str, hub: str, connection: str, *what: str) -> int:
    return (await permission(api, method, hub, connection, *what)).status


async def may_send(client: Client, group: str, ack_id: int) -> bool:
    frame = {"type": "sendToGroup", "group": group, "dataType": "text", "data": "x", "ackId": ack_id}
    ack = await client.ask(frame)
    assert ack["success"] or ack["error"]["name"] == "Forbidden"
    return ack["success"]


@pytest.mark.parametrize("name", ["sendToGroup", "SENDTOGROUP", "1", "joinLeaveGroup", "joinleavegroup", "2"])
async def test_permission_is_there_from_grant_to_revocation(api: Api, connect: Connect, hub: str, name: str) -> None:
    """Changing twice is no error, and another group or spelling is another target."""
    connection = (await connect()).connection_id
    what = ("targetName=g", name)
    assert await status(api, "HEAD", hub, connection, *what) == 404
    for _ in range(2):
        granted = await permission(api, "PUT", hub, connection, *what)
        assert (granted.status, granted.body, granted.header("content-length")) == (200, b"", "0")
    assert await status(api, "HEAD", hub, connection, *what) == 200
    assert await status(api, "HEAD", hub, connection, "targetName=G", name) == 404
    assert await status(api, "HEAD", hub, connection, "targetName=%20g", name) == 404
    for _ in range(2):
        revoked = await permission(api, "DELETE", hub, connection, *what)
        assert (revoked.status, revoked.header("content-length")) == (204, None)
    missing = await permission(api, "HEAD", hub, connection, *what)
    assert (missing.status, missing.error_code) == (404, "Info.Connection.NotExisted")


async def test_the_two_permissions_are_two(api: Api, connect: Connect, hub: str) -> None:
    connection = (await connect()).connection_id
    assert await status(api, "PUT", hub, connection, "targetName=g", "sendToGroup") == 200
    assert await status(api, "HEAD", hub, connection, "targetName=g", "1") == 200
    assert await status(api, "HEAD", hub, connection, "targetName=g", "joinLeaveGroup") == 404


@pytest.mark.parametrize("method", ["PUT", "HEAD", "DELETE"])
@pytest.mark.parametrize(
    "name", ["0", "3", "-1", "x", "sendToGroup,joinLeaveGroup", "1,2", "", "%20", "webpubsub.sendToGroup"]
)
async def test_unknown_permission_is_answered_400(api: Api, hub: str, method: str, name: str) -> None:
    """Whether the connection exists or not."""
    reply = await permission(api, method, hub, "nobody", "targetName=g", name)
    assert (reply.status, reply.error_code) == (400, "Error.BadRequest")


@pytest.mark.parametrize("method", ["PUT", "HEAD", "DELETE"])
@pytest.mark.parametrize(
    "target", ["", "targetName=", "targetName=%20", f"targetName={'x' * 1025}", "targetName=g&targetName=g"]
)
async def test_target_is_needed_once(api: Api, hub: str, method: str, target: str) -> None:
    """Whether the connection exists or not."""
    reply = await permission(api, method, hub, "nobody", target)
    assert (reply.status, reply.error_code) == (400, "Error.BadRequest")
    if method != "HEAD":
        assert reply.json()["target"] == "targetName"


async def test_unknown_connection_can_only_be_revoked(api: Api, hub: str, connect: Connect) -> None:
    """In a hub that has other connections; the body itself is recorded."""
    await connect()
    assert await status(api, "PUT", hub, "xxx") == 404
    assert await status(api, "HEAD", hub, "xxx") == 404
    assert await status(api, "DELETE", hub, "xxx") == 204


async def test_grant_and_revocation_decide_what_the_client_may_send(api: Api, connect: Connect, hub: str) -> None:
    client = await connect()
    assert not await may_send(client, "g", 1)
    assert await status(api, "PUT", hub, client.connection_id) == 200
    assert await may_send(client, "g", 2)
    assert not await may_send(client, "h", 3)
    assert await status(api, "DELETE", hub, client.connection_id) == 204
    assert not await may_send(client, "g", 4)


async def test_revocation_takes_one_group_from_a_role_for_all(api: Api, connect: Connect, hub: str) -> None:
    """The check takes roles into account, and a later grant lifts the revocation."""
    client = await connect(roles=["webpubsub.sendToGroup"])
    one = client.connection_id
    assert await status(api, "HEAD", hub, one, "targetName=any%20group") == 200
    assert await status(api, "DELETE", hub, one) == 204
    assert [await may_send(client, group, number) for number, group in enumerate(("g", "h"))] == [False, True]
    assert [await status(api, "HEAD", hub, one, f"targetName={group}") for group in "gh"] == [404, 200]
    assert await status(api, "PUT", hub, one) == 200
    assert await may_send(client, "g", 5)


async def test_revoked_member_stays_a_member(api: Api, connect: Connect, hub: str) -> None:
    client = await connect(roles=["webpubsub.joinLeaveGroup"])
    assert (await client.ask({"type": "joinGroup", "group": "g", "ackId": 1}))["success"]
    assert await status(api, "DELETE", hub, client.connection_id, "targetName=g", "joinLeaveGroup") == 204
    await api.send_text(f"/api/hubs/{hub}/groups/g/:send", "still here")
    assert (await client.message())["data"] == "still here"
    refused = await client.ask({"type": "leaveGroup", "group": "g", "ackId": 2})
    assert refused["error"]["name"] == "Forbidden"


@pytest.mark.parametrize("target", ["*", "**", "room.*", "?"])
async def test_targets_are_literal(api: Api, connect: Connect, hub: str, target: str) -> None:
    """Patterns exist in roles only."""
    client = await connect()
    quoted = target.replace("?", "%3F")
    assert await status(api, "PUT", hub, client.connection_id, f"targetName={quoted}") == 200
    assert await status(api, "HEAD", hub, client.connection_id, f"targetName={quoted}") == 200
    assert await status(api, "HEAD", hub, client.connection_id, "targetName=room.a") == 404
    assert not await may_send(client, "room.a", 1)


async def test_permissions_end_with_the_connection(api: Api, connect: Connect, hub: str) -> None:
    first = await connect(user="ann")
    assert await status(api, "PUT", hub, first.connection_id) == 200
    second = await connect(user="ann")
    assert await status(api, "HEAD", hub, second.connection_id) == 404


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def narrow(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningServer]:
    """A server that keeps two targets for a connection."""
    async with running_server(tmp_path_factory.mktemp("narrow"), permission_targets_limit=2) as running:
        yield running


async def test_too_many_targets_are_answered_409_and_change_nothing(narrow: RunningServer) -> None:
    api = Api(narrow)
    client = await narrow.connect("chat", roles=["webpubsub.sendToGroup"])
    one = client.connection_id
    assert await status(api, "PUT", "chat", one, "targetName=a") == 200
    assert await status(api, "DELETE", "chat", one, "targetName=b") == 204
    for method in ("PUT", "DELETE"):
        reply = await permission(api, method, "chat", one, "targetName=c")
        assert (reply.status, reply.error_code, reply.json()["target"]) == (
            409,
            "Error.Connection.Conflict",
            "Connection",
        )
    # What is kept already may change its side; `c` has the role's word still.
    assert await status(api, "DELETE", "chat", one, "targetName=a") == 204
    assert await status(api, "PUT", "chat", one, "targetName=b") == 200
    found = [await status(api, "HEAD", "chat", one, f"targetName={group}") for group in "abc"]
    assert found == [404, 200, 200]
