"""What one connection may have, and how fast it may send."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio
from tests.running_server import ALL_ROLES, RunningServer, eventually, running_server
from tests.sockets.reliable_client import ReliableClient, reliable
from websockets.exceptions import InvalidStatus

pytestmark = pytest.mark.asyncio(loop_scope="module")

API = "api-version=2024-12-01"
TOO_FAST = "The client sends more than its rate limit allows."


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def narrow(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningServer]:
    """A server whose connections may be in two groups, and send ten messages a second."""
    settings = {
        "connection_groups_limit": 2,
        "connection_messages_per_second": 100.0,
        "rate_burst_seconds": 0.1,
        "rate_debt_seconds": 0.5,
    }
    async with running_server(tmp_path_factory.mktemp("narrow"), **settings) as running:
        yield running


async def test_a_join_too_many_is_answered_and_may_be_tried_again(narrow, hub):
    client = await narrow.connect(hub, user="u", roles=ALL_ROLES, groups=["a", "b"])
    join = {"type": "joinGroup", "group": "c", "ackId": 1}
    refused = await client.ask(join)
    assert refused["error"] == {
        "name": "BadRequest",
        "message": "The connection is in too many groups to join group 'c'.",
    }
    path = f"/api/hubs/{hub}/groups/c/connections/{client.connection_id}?{API}"
    assert (await narrow.rest("PUT", path)).status == 409
    assert (await narrow.rest("PUT", f"/api/hubs/{hub}/users/u/groups/c?{API}")).status == 409
    assert (await client.ask({"type": "leaveGroup", "group": "a", "ackId": 2}))["success"]
    assert (await client.ask(join))["success"]


async def test_a_token_with_too_many_groups_is_refused(narrow, hub):
    with pytest.raises(InvalidStatus, match="400"):
        await narrow.connect(hub, groups=["a", "b", "c"])
    assert narrow.connected_to(hub) == 0


async def test_a_client_that_is_a_little_too_fast_is_read_more_slowly_and_loses_nothing(narrow, hub):
    listener = await narrow.connect(hub, groups=["g"])
    client = await narrow.connect(hub, roles=ALL_ROLES)
    for number in range(40):
        await client.send_json({"type": "sendToGroup", "group": "g", "data": number})
    assert [(await listener.message())["data"] for _ in range(40)] == list(range(40))


async def test_a_client_that_sends_far_too_much_at_once_is_told_so_and_closed(narrow, hub):
    client = await narrow.connect(hub, roles=ALL_ROLES)
    frames = b"".join(_frame(b'{"type":"sendToGroup","group":"g","data":1}') for _ in range(200))
    client.websocket.transport.write(frames)
    assert await client.message() == {"type": "system", "event": "disconnected", "message": TOO_FAST}
    assert await client.closed() == (1008, TOO_FAST)
    await eventually(lambda: narrow.connected_to(hub) == 0)


async def test_a_recovery_is_no_way_around_the_limits(narrow, hub):
    client = await reliable(narrow, hub, roles=ALL_ROLES)
    start = asyncio.get_running_loop().time()
    for how in (client.recover, _after_a_loss(client), None):
        # 20 more than the ten of a burst: they are carried out, and 0.2 s are owed for them.
        client.client.websocket.transport.write(_frame(b'{"type":"ping"}') * 30)
        for _ in range(30):
            assert await client.client.message() == {"type": "pong"}
        if how is not None:
            await how()
    assert asyncio.get_running_loop().time() - start >= 0.45


def _after_a_loss(client: ReliableClient) -> Callable[[], Awaitable[object]]:
    async def lose_and_recover() -> None:
        await client.lose()
        await client.recover()

    return lose_and_recover


def _frame(text: bytes) -> bytes:
    """A text frame masked with zeros."""
    return bytes((0x81, 0x80 | len(text), 0, 0, 0, 0)) + text


async def test_the_limits_of_one_client_are_nobody_elses(narrow, hub):
    fast, quiet = await narrow.connect(hub, roles=ALL_ROLES), await narrow.connect(hub)
    for _ in range(20):
        await fast.send_json({"type": "sendToGroup", "group": "g", "data": 1})
    async with asyncio.timeout(5):
        assert await quiet.ask({"type": "ping"}) == {"type": "pong"}
