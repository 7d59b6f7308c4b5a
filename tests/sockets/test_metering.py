"""Each metric by what a server's clients do: the cases of its documentation, over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from tests.running_server import ALL_ROLES, JSON_PROTOCOL, RunningServer, eventually, running_server
from websockets.exceptions import InvalidStatus

from linarite.monitoring.meters import Meter

RELIABLE = "json.reliable.webpubsub.azure.v1"


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[RunningServer]:
    async with running_server(tmp_path) as running:
        yield running


def meter_of(server: RunningServer) -> Meter:
    return server.server._measuring.meters.of(server.resource.name)


def closed(server: RunningServer) -> dict[str, int]:
    return {category.value: count for category, count in meter_of(server).closed.items()}


def requests(server: RunningServer) -> dict[tuple[str, int], int]:
    return {(kind.value, status): count for (kind, status), count in meter_of(server).client_requests.items()}


async def refused(server: RunningServer, url: str) -> int:
    with pytest.raises(InvalidStatus) as refusal:
        await server.connect_to(url)
    return refusal.value.response.status_code


async def test_three_connections_open_and_one_closes(server: RunningServer) -> None:
    clients = [await server.connect("chat") for _ in range(3)]
    await clients[0].close()
    await eventually(lambda: closed(server) == {"Normal": 1})
    meter = meter_of(server)
    assert (meter.opened, meter.connections, meter.highest) == (3, 2, 3)
    assert requests(server) == {("WebPubSub", 101): 3}


async def test_a_bad_token_is_unauthorized(server: RunningServer) -> None:
    url = server.client_url("chat", aud="http://elsewhere/client/hubs/chat")
    assert await refused(server, url) == 401
    assert closed(server) == {"Unauthorized": 1}
    assert requests(server) == {("WebPubSub", 401): 1}
    assert meter_of(server).connections == 0


async def test_a_bad_hub_name_and_an_unknown_kind_of_client_are_bad_requests(server: RunningServer) -> None:
    endpoint = f"ws{server.endpoint.removeprefix('http')}"
    assert await refused(server, f"{endpoint}/client/hubs/1chat") == 400
    assert await refused(server, f"{endpoint}/clients/other/hubs/chat") == 404
    assert closed(server) == {"BadRequest": 2}
    assert requests(server) == {("WebPubSub", 400): 1, ("WebPubSub", 404): 1}


async def test_a_malformed_frame_is_a_bad_request(server: RunningServer) -> None:
    client = await server.connect("chat")
    await client.send("{")
    await client.closed()
    await eventually(lambda: closed(server) == {"BadRequest": 1})


async def test_an_event_handler_that_fails_or_refuses_on_connect(server: RunningServer) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        status = b"500 Oops" if b"user-broken" in head or b"ce-userid: broken" in head.lower() else b"403 Forbidden"
        allowed = b"HTTP/1.1 200 OK\r\nWebHook-Allowed-Origin: *\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        refusal = b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        writer.write(allowed if head.startswith(b"OPTIONS") else refusal)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as handler:
        port = handler.sockets[0].getsockname()[1]
        members = {"urlTemplate": f"http://127.0.0.1:{port}/up", "systemEvents": ["connect"]}
        body = {"properties": {"eventHandlers": [members]}}
        server.registry.put_hub(server.resource.resource_group, server.resource.name, "chat", body)
        assert await refused(server, server.client_url("chat", user="anybody")) == 403
        assert await refused(server, server.client_url("chat", user="broken")) == 500
    assert closed(server) == {"Unauthorized": 1, "SendEventFailed": 1}


async def test_a_plain_client_s_message_that_nobody_wants(server: RunningServer) -> None:
    client = await server.connect("chat", subprotocol=None)
    await client.send("hello")
    assert (await client.closed())[0] == 1011
    await eventually(lambda: closed(server) == {"EventHandlerNotFound": 1})


async def test_a_client_that_does_not_read_is_slow(tmp_path: Path) -> None:
    async with running_server(tmp_path, outbox_limit_messages=5) as server:
        client = await server.connect("chat", groups=["g"])
        client.websocket.transport.pause_reading()
        text = "x" * 500_000
        for _ in range(40):
            await server.send_to_group("chat", "g", text)
            if closed(server):
                break
        await eventually(lambda: closed(server) == {"SlowClient": 1})


async def test_a_stop_is_a_reload_and_so_is_a_refusal_meanwhile(server: RunningServer) -> None:
    clients = [await server.connect("chat") for _ in range(2)]
    stop = asyncio.create_task(server.server._reception.drain(0))
    for client in clients:
        assert (await client.closed())[0] == 1001
    await stop
    assert closed(server) == {"ServiceReload": 2}
    assert await refused(server, server.client_url("chat")) == 503
    assert closed(server) == {"ServiceReload": 3}
    assert meter_of(server).connections == 0


async def test_a_restart_of_the_resource_is_a_reload(server: RunningServer) -> None:
    client = await server.connect("chat")
    server.registry.restart(server.resource.resource_group, server.resource.name)
    assert (await client.closed())[0] == 1001
    await eventually(lambda: closed(server) == {"ServiceReload": 1})


async def test_a_recovery_is_neither_an_open_nor_a_close(server: RunningServer) -> None:
    client = await server.connect("chat", subprotocol=RELIABLE)
    client.websocket.transport.abort()
    known = {
        "awps_connection_id": client.connection_id,
        "awps_reconnection_token": client.connected["reconnectionToken"],
    }
    url = f"ws{server.endpoint.removeprefix('http')}/client/hubs/chat?{urlencode(known)}"
    back = await server.connect_to(url, RELIABLE)
    assert back.connection_id == client.connection_id
    assert (meter_of(server).opened, closed(server)) == (1, {})
    assert requests(server) == {("WebPubSub", 101): 2}
    await back.close()
    await eventually(lambda: closed(server) == {"Normal": 1})


async def test_a_connection_that_nobody_recovers_counts_until_it_expires(tmp_path: Path) -> None:
    async with running_server(tmp_path, recovery_window_seconds=0.2) as server:
        client = await server.connect("chat", subprotocol=RELIABLE)
        client.websocket.transport.abort()
        assert meter_of(server).connections == 1
        await eventually(lambda: closed(server) == {"Normal": 1})
        assert meter_of(server).connections == server.connections == 0


async def test_a_broadcast_by_rest_counts_once_in_and_for_each_client_out(server: RunningServer) -> None:
    clients = [await server.connect("chat", subprotocol=[JSON_PROTOCOL, None][n % 2]) for n in range(10)]
    body = "x" * 1000
    answer = await server.rest("POST", "/api/hubs/chat/:send?api-version=2024-12-01", body, "text/plain")
    assert answer.status == 202
    for client in clients:
        await client.frame()
    traffic = meter_of(server).traffic
    assert (traffic.inbound_bytes, traffic.outbound_bytes) == (1000, 10_000)


async def test_what_clients_send_to_a_group_counts_in_and_out(server: RunningServer) -> None:
    alice = await server.connect("chat", roles=ALL_ROLES, groups=["g"])
    bob = await server.connect("chat", groups=["g"])
    frame = '{"type":"sendToGroup","group":"g","dataType":"text","data":"12345678"}'
    await alice.send(frame)
    await bob.message()
    await alice.message()
    traffic = meter_of(server).traffic
    assert (traffic.inbound_bytes, traffic.outbound_bytes) == (len(frame), 16)
