"""Clients that send too fast are read more slowly, and lose nothing."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from tests.running_server import ALL_ROLES, RunningServer, running_server

from linarite.domain.rates import RateLimit
from linarite.sockets.pace import PaceLimits

# One message at once, and the next when the test is long over; clients may owe as much as they like.
SLOW = {"connection_messages_per_second": 0.01, "rate_burst_seconds": 100, "rate_debt_seconds": 1000}


def test_both_limits_hold_and_the_stricter_one_decides() -> None:
    pace = PaceLimits(RateLimit(10, 2), RateLimit(1000, 100)).start(0.0)
    assert pace is not None
    assert pace.sent(50, 0.0) == 0.0
    assert pace.sent(150, 0.0) == 0.1
    assert pace.sent(0, 0.0) == 0.1
    assert pace.sent(0, 0.0) == 0.2
    assert pace.owed(0.1) == 0.1
    assert pace.owed(0.2) == 0.0


def test_without_limits_there_is_nothing_to_keep() -> None:
    assert PaceLimits().start(0.0) is None


def slowed(server: RunningServer) -> int:
    return server.server._measuring.meters.of(server.resource.name).slowed_clients


async def test_a_fast_client_gets_every_answer_but_later(tmp_path: Path) -> None:
    async with running_server(tmp_path, connection_messages_per_second=50, rate_burst_seconds=0.2) as server:
        client = await server.connect("chat", roles=ALL_ROLES)
        other = await server.connect("chat", roles=ALL_ROLES)
        started = time.monotonic()
        for number in range(1, 31):
            await client.send_json({"type": "joinGroup", "group": "g", "ackId": number})
        assert (await other.ask({"type": "joinGroup", "group": "g", "ackId": 1}))["success"]
        acks = [await client.message() for _ in range(30)]
        assert [ack["ackId"] for ack in acks] == list(range(1, 31))
        # What picows has read before the pause is carried out at once; what follows has to wait for what is owed.
        assert (await client.ask({"type": "ping"}))["type"] == "pong"
        assert time.monotonic() - started > 0.3
        assert slowed(server) >= 1


async def test_bytes_are_limited_as_well(tmp_path: Path) -> None:
    async with running_server(tmp_path, connection_bytes_per_second=100_000, rate_burst_seconds=0.1) as server:
        client = await server.connect("chat", roles=ALL_ROLES)
        started = time.monotonic()
        await client.send_json({"type": "sendToGroup", "group": "g", "data": "x" * 50_000, "ackId": 1})
        assert (await client.message())["success"]
        assert (await client.ask({"type": "ping"}))["type"] == "pong"
        assert time.monotonic() - started > 0.3
        assert slowed(server) == 1


async def test_a_client_that_is_slowed_down_hears_what_others_say(tmp_path: Path) -> None:
    async with running_server(tmp_path, **SLOW) as server:
        client = await server.connect("chat", groups=["g"])
        for _ in range(3):
            await client.send_json({"type": "ping"})
        for _ in range(2):
            await client.message()
        await server.send_to_group("chat", "g", "hello")
        frames = [await client.message() for _ in range(2)]
        assert "hello" in [frame.get("data") for frame in frames]


async def test_a_slowed_client_s_end_is_noticed_when_the_server_closes_it(tmp_path: Path) -> None:
    async with running_server(tmp_path, **SLOW) as server:
        client = await server.connect("chat")
        for _ in range(5):
            await client.send_json({"type": "ping"})
        answer = await server.rest(
            "DELETE", f"/api/hubs/chat/connections/{client.connection_id}?api-version=2024-12-01"
        )
        assert answer.status == 204
        async with asyncio.timeout(5):
            await client.websocket.wait_closed()
