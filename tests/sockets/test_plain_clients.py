"""Plain WebSocket clients: what they send is an event or goes to a group, as their URL says; no envelope, no acks."""

from __future__ import annotations

import pytest
from tests.running_server import ALL_ROLES, Client, RunningServer

pytestmark = pytest.mark.asyncio(loop_scope="module")

API = "api-version=2024-12-01"
UNAUTHORIZED = (1008, "The connection is not authorized for raw sendToGroup mode.")


async def connect(server: RunningServer, hub: str, group: str = "g", **access: object) -> Client:
    query = {"webpubsub_mode": "sendToGroup", "group": group, **access.pop("query", {})}  # type: ignore[dict-item]
    return await server.connect(hub, subprotocol=None, query=query, **access)


async def connection_id(server: RunningServer, hub: str, group: str) -> str:
    """The id of the one member, which a plain client is never told."""
    answer = await server.rest("GET", f"/api/hubs/{hub}/groups/{group}/connections?{API}")
    (member,) = answer.json()["value"]
    return member["connectionId"]


@pytest.mark.parametrize("message", ["text", b"binary", "", b""])
async def test_an_event_without_a_handler_is_1011(server: RunningServer, hub: str, message: str | bytes) -> None:
    client = await server.connect(hub, subprotocol=None)
    await client.send(message)
    assert await client.closed() == (1011, "Internal server error")


@pytest.mark.parametrize("mode", ["", "sendEvent", "SENDEVENT"])
async def test_a_mode_of_events_needs_no_permission_but_a_handler(server: RunningServer, hub: str, mode: str) -> None:
    client = await server.connect(hub, subprotocol=None, roles=ALL_ROLES, query={"webpubsub_mode": mode, "group": "g"})
    await client.send("x")
    assert await client.closed() == (1011, "Internal server error")


async def test_messages_reach_the_group_in_their_kind(server: RunningServer, hub: str) -> None:
    sender = await connect(server, hub, user="u", roles=ALL_ROLES)
    plain = await server.connect(hub, subprotocol=None, groups=["g"])
    reader = await server.connect(hub, groups=["g"])
    await sender.send('{"type":"ping"}')
    await sender.send(b"\x00\xff")
    assert [await plain.frame() for _ in range(2)] == ['{"type":"ping"}', b"\x00\xff"]
    first, second = [await reader.message() for _ in range(2)]
    head = {"type": "message", "from": "group", "group": "g", "fromUserId": "u"}
    assert first == {**head, "dataType": "text", "data": '{"type":"ping"}'}
    assert second == {**head, "dataType": "binary", "data": "AP8="}


async def test_sending_does_not_join(server: RunningServer, hub: str) -> None:
    sender = await connect(server, hub, roles=ALL_ROLES)
    await sender.send("to nobody")
    assert (await server.rest("HEAD", f"/api/hubs/{hub}/groups/g?{API}")).status == 404
    await server.rest("POST", f"/api/hubs/{hub}/:send?{API}", "hello", "text/plain")
    assert await sender.frame() == "hello"


@pytest.mark.parametrize(("no_echo", "heard"), [("true", []), ("TRUE", []), ("false", ["mine"])])
async def test_no_echo(server: RunningServer, hub: str, no_echo: str, heard: list[str]) -> None:
    sender = await connect(server, hub, roles=ALL_ROLES, groups=["g"], query={"noEcho": no_echo})
    other = await server.connect(hub, subprotocol=None, groups=["g"])
    await sender.send("mine")
    assert await other.frame() == "mine"
    await server.send_to_group(hub, "g", "end")
    assert [await sender.frame() for _ in [*heard, "end"]] == [*heard, "end"]


async def test_without_permission_the_first_message_is_1008(server: RunningServer, hub: str) -> None:
    sender = await connect(server, hub, roles=["webpubsub.sendToGroup.other", "webpubsub.joinLeaveGroup"])
    member = await server.connect(hub, subprotocol=None, groups=["g"])
    await sender.send("not for you")
    assert await sender.closed() == UNAUTHORIZED
    await server.send_to_group(hub, "g", "end")
    assert await member.frame() == "end"


async def test_permission_is_asked_for_each_message(server: RunningServer, hub: str) -> None:
    sender = await connect(server, hub, groups=["alone"])
    member = await server.connect(hub, subprotocol=None, groups=["g"])
    path = (
        f"/api/hubs/{hub}/permissions/sendToGroup/connections/{await connection_id(server, hub, 'alone')}?targetName=g"
    )
    assert (await server.rest("PUT", f"{path}&{API}")).status == 200
    await sender.send("granted")
    assert await member.frame() == "granted"
    assert (await server.rest("DELETE", f"{path}&{API}")).status == 204
    await sender.send("revoked")
    assert await sender.closed() == UNAUTHORIZED


async def test_a_plain_client_hears_of_its_end_by_the_close_only(server: RunningServer, hub: str) -> None:
    client = await server.connect(hub, subprotocol=None, user="u")
    path = f"/api/hubs/{hub}/users/u/:closeConnections?reason=why&{API}"
    assert (await server.rest("POST", path)).status == 204
    assert await client.closed() == (1000, "")


async def test_a_plain_client_has_no_first_frame(server: RunningServer, hub: str) -> None:
    client = await server.connect(hub, subprotocol=None, groups=["g"])
    await server.send_to_group(hub, "g", "first")
    assert await client.frame() == "first"
