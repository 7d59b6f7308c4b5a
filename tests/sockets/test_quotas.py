"""Quotas of connections and rates of connects: who is let in, who is refused, and what is counted."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from tests.running_server import Client, RunningServer, eventually, running_server
from websockets.exceptions import InvalidStatus

from linarite.monitoring.meters import Meter

STORM = 500
LIMIT = 300


def meter_of(server: RunningServer, resource: str | None = None) -> Meter:
    return server.server._measuring.meters.of(resource or server.resource.name)


def closed(server: RunningServer) -> dict[str, int]:
    return {category.value: count for category, count in meter_of(server).closed.items()}


def set_sku(server: RunningServer, name: str, capacity: int = 1) -> None:
    resource = server.resource
    sku = {"sku": {"name": name, "capacity": capacity}}
    server.registry.update(resource.resource_group, resource.name, sku)


async def attempt(server: RunningServer, **access: Any) -> Client | InvalidStatus:
    try:
        return await server.connect("chat", **access)
    except InvalidStatus as refusal:
        return refusal


async def refused(server: RunningServer) -> InvalidStatus:
    answer = await attempt(server)
    assert isinstance(answer, InvalidStatus)
    return answer


async def test_of_the_free_tier_twenty_stay_the_next_is_refused_and_may_come_when_one_has_left(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with running_server(tmp_path) as server:
        set_sku(server, "Free_F1")
        clients = [await server.connect("chat") for _ in range(20)]
        response = (await refused(server)).response
        assert response.status_code == 429
        assert response.headers["Retry-After"] == "1"
        assert b"20 connections" in response.body
        assert "connection quota reached" in caplog.text
        assert (server.connections, closed(server)) == (20, {"Throttled": 1})
        await clients[0].close()
        await eventually(lambda: server.connections == 19)
        await server.connect("chat")
        assert meter_of(server).connections == server.connections == 20


async def test_a_storm_of_clients_fills_the_quota_to_the_last_place_and_not_beyond(tmp_path: Path) -> None:
    async with running_server(tmp_path, unit_connections=LIMIT) as server:
        answers = await asyncio.gather(*(attempt(server) for _ in range(STORM)))
        let_in = [answer for answer in answers if isinstance(answer, Client)]
        statuses = [answer.response.status_code for answer in answers if isinstance(answer, InvalidStatus)]
        assert len(let_in) == LIMIT
        assert statuses == [429] * (STORM - LIMIT)
        meter = meter_of(server)
        assert (meter.connections, meter.opened, server.connections) == (LIMIT, LIMIT, LIMIT)
        assert closed(server) == {"Throttled": STORM - LIMIT}
        await asyncio.gather(*(client.close() for client in let_in))
        await eventually(lambda: server.connections == 0)
        assert closed(server) == {"Throttled": STORM - LIMIT, "Normal": LIMIT}


async def test_lost_and_recovered_connections_keep_their_places(tmp_path: Path) -> None:
    async with running_server(tmp_path, unit_connections=2, recovery_window_seconds=0.3) as server:
        first, second = [await server.connect("chat", subprotocol="json.reliable.webpubsub.azure.v1") for _ in range(2)]
        first.websocket.transport.abort()
        await eventually(lambda: first.websocket.state.name == "CLOSED")
        assert (await refused(server)).response.status_code == 429
        await eventually(lambda: server.connections == 1)
        await server.connect("chat")
        assert server.connections == 2
        await second.close()
        await eventually(lambda: server.connections == 1)


async def test_clients_that_go_away_while_they_are_let_in_leave_no_place_taken(tmp_path: Path) -> None:
    async with running_server(tmp_path, unit_connections=1) as server:
        for _ in range(20):
            _, writer = await asyncio.open_connection("127.0.0.1", server.port)
            target = server.client_url("chat").partition("/client")[2]
            head = f"GET /client{target} HTTP/1.1\r\nHost: localhost:{server.port}\r\nUpgrade: websocket\r\n"
            head += "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            head += "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
            writer.write(head.encode())
            writer.transport.abort()
        await eventually(lambda: server.connections == 0)
        await server.connect("chat")
        assert meter_of(server).connections == 1


async def test_another_sku_applies_at_once(tmp_path: Path) -> None:
    async with running_server(tmp_path, unit_connections=2, free_connections=1) as server:
        set_sku(server, "Free_F1")
        await server.connect("chat")
        assert (await refused(server)).response.status_code == 429
        set_sku(server, "Standard_S1", 2)
        for _ in range(3):
            await server.connect("chat")
        assert (await refused(server)).response.status_code == 429
        set_sku(server, "Free_F1")
        assert server.connections == 4
        assert (await refused(server)).response.status_code == 429


async def test_connects_beyond_the_rate_are_refused_and_told_when_to_come_again(tmp_path: Path) -> None:
    async with running_server(tmp_path, connects_per_second=0.5, rate_burst_seconds=4) as server:
        for _ in range(2):
            await server.connect("chat")
        response = (await refused(server)).response
        assert response.status_code == 429
        assert response.headers["Retry-After"] == "2"
        assert closed(server) == {"Throttled": 1}
        assert server.connections == 2


async def test_the_next_process_counts_from_nothing(tmp_path: Path) -> None:
    for _ in range(2):
        async with running_server(tmp_path, unit_connections=1) as server:
            await server.connect("chat")
            assert (await refused(server)).response.status_code == 429
