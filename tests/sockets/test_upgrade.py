"""What is odd about how a request arrives: in pieces, too slowly, too long, together with what follows, or cut off."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from tests.running_server import ALL_ROLES, JSON_PROTOCOL, RunningServer, eventually, running_server
from tests.sockets.raw_client import (
    BINARY,
    CLOSE,
    PING,
    PONG,
    TEXT,
    close,
    fragmented,
    frame,
    head_of,
    raw_client,
    tcp_client,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_head_may_come_byte_by_byte(server: RunningServer, hub: str) -> None:
    async with tcp_client(server) as client:
        for byte in head_of(server.client_url(hub)):
            client.send(bytes([byte]))
            await asyncio.sleep(0)
        assert (await client.head())[0] == 101


async def test_frames_right_behind_the_head_count(server: RunningServer, hub: str) -> None:
    """What came in one piece with the request head was lost."""
    async with tcp_client(server) as client:
        url = server.client_url(hub, roles=ALL_ROLES)
        message = b'{"type":"joinGroup","group":"g","ackId":1}'
        client.send(head_of(url, subprotocol=JSON_PROTOCOL), frame(TEXT, message), frame(PING, b"p"))
        assert (await client.head())[0] == 101
        frames = [await client.frame() for _ in range(3)]
        assert {f.opcode for f in frames} == {TEXT, PONG}
        assert b'{"type":"ack","ackId":1,"success":true}' in [f.payload for f in frames]


@pytest.mark.parametrize("size", [1000, 1750, 1800, 30_000])
async def test_long_frames_right_behind_the_head_count(server: RunningServer, hub: str, size: int) -> None:
    url = server.client_url(hub, roles=ALL_ROLES, groups=["g"], query={"webpubsub_mode": "sendToGroup", "group": "g"})
    payload = bytes(range(256)) * (size // 256)
    async with tcp_client(server) as client:
        client.send(head_of(url), frame(BINARY, payload), *fragmented(BINARY, payload, 700), close(1000))
        assert (await client.head())[0] == 101
        assert [(await client.frame()).payload for _ in range(2)] == [payload, payload]
        assert await client.ended() == (1000, "")


async def test_frames_behind_a_refused_head_are_ignored(server: RunningServer, hub: str) -> None:
    async with tcp_client(server) as client:
        client.send(head_of(f"{server.endpoint}/client/hubs/{hub}"), frame(TEXT, b"x"), close(1000))
        assert (await client.head())[0] == 401
        assert await client.is_dropped()


async def test_an_upgrade_after_other_requests_on_the_connection(server: RunningServer, hub: str) -> None:
    async with tcp_client(server) as client:
        client.send(f"GET /healthz HTTP/1.1\r\nHost: localhost:{server.port}\r\n\r\n".encode())
        status, headers = await client.head()
        assert status == 200
        await client._reader.readexactly(int(headers["content-length"]))
        client.send(head_of(server.client_url(hub)))
        assert (await client.head())[0] == 101


async def test_an_upgrade_behind_an_unanswered_request_is_refused(server: RunningServer, hub: str) -> None:
    """Two answers on one connection would mix: HTTP bytes among WebSocket frames."""
    async with tcp_client(server) as client:
        slow = f"POST /api/hubs/{hub}/:send HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n".encode()
        client.send(slow, head_of(server.client_url(hub)))
        answers = await client.rest()
        assert b"101 Switching" not in answers
        assert b"400 Bad Request" in answers
    await eventually(lambda: server.connected_to(hub) == 0)


async def test_an_http_2_upgrade_is_ignored_and_its_body_kept(server: RunningServer, hub: str) -> None:
    """Java's HTTP client asks for HTTP/2 with every first request; the body of such a request was lost."""
    receiver = await server.connect(hub, subprotocol=None)
    path = f"/api/hubs/{hub}/:send?api-version=2024-12-01"
    answer = await server.rest(
        "POST",
        path,
        "over http/1.1",
        "text/plain",
        headers={
            "Connection": "Upgrade, HTTP2-Settings",
            "Upgrade": "h2c",
            "HTTP2-Settings": "AAMAAABkAAQAoAAAAAIAAAAA",
        },
    )
    assert answer.status == 202
    assert await receiver.frame() == "over http/1.1"


async def test_another_upgrade_than_connect_is_none(server: RunningServer) -> None:
    """The parser takes CONNECT for an upgrade; asking it again without one went on for ever."""
    async with tcp_client(server) as client:
        client.send(b"CONNECT localhost:1 HTTP/1.1\r\nHost: localhost:1\r\n\r\n")
        assert (await client.head())[0] == 405


@pytest.mark.parametrize(
    "lines", [["Connection: Upgrade", "Connection: keep-alive"], ["Upgrade: websocket, h2c"]], ids=str
)
async def test_lists_of_protocols_and_connection_options_are_read(
    server: RunningServer, hub: str, lines: list[str]
) -> None:
    head = head_of(server.client_url(hub)).decode().split("\r\n")
    names = {line.partition(":")[0] for line in lines}
    changed = [line for line in head if line.partition(":")[0] not in names]
    async with tcp_client(server) as client:
        client.send("\r\n".join([*changed[:-2], *lines, "", ""]).encode())
        assert (await client.head())[0] == 101


# Slow and long heads


async def test_a_head_that_takes_too_long_is_408(tmp_path: Path) -> None:
    async with running_server(tmp_path, upgrade_timeout_seconds=0.1) as server, tcp_client(server) as client:
        client.send(b"GET /client/hubs/chat HTTP/1.1\r\nHost: ")
        assert (await client.head())[0] == 408
        assert (await client.rest()) == b"The request head took too long."


async def test_a_silent_connection_is_closed_without_a_word(tmp_path: Path) -> None:
    async with running_server(tmp_path, upgrade_timeout_seconds=0.1) as server, tcp_client(server) as client:
        assert await client.is_dropped()


async def test_a_second_head_has_its_time_too(tmp_path: Path) -> None:
    async with running_server(tmp_path, upgrade_timeout_seconds=0.1) as server, tcp_client(server) as client:
        client.send(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET /healthz")
        answers = await client.rest()
        assert answers.startswith(b"HTTP/1.1 200 OK")
        assert b"HTTP/1.1 408 Request Timeout" in answers


async def test_the_time_for_the_head_does_not_end_an_open_socket(tmp_path: Path) -> None:
    async with running_server(tmp_path, upgrade_timeout_seconds=0.1) as server, raw_client(server) as client:
        started = time.monotonic()
        while time.monotonic() < started + 0.3:
            client.send(frame(PING, b"x"))
            assert (await client.frame()).opcode == PONG
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("pieces", [1, 50])
async def test_a_head_that_is_too_long_is_431(tmp_path: Path, pieces: int) -> None:
    async with running_server(tmp_path, head_limit_bytes=4096) as server:
        url = server.client_url("chat")
        for size, status in ((1000, 101), (5000, 431)):
            async with tcp_client(server) as client:
                head = head_of(url, *(f"X-{number}: {'x' * (size // 50)}" for number in range(50)))
                step = -(-len(head) // pieces)
                for start in range(0, len(head), step):
                    client.send(head[start : start + step])
                    await asyncio.sleep(0)
                assert (await client.head())[0] == status


async def test_a_flood_of_head_bytes_ends_at_the_limit(server: RunningServer) -> None:
    async with tcp_client(server) as client:
        client.send(b"GET / HTTP/1.1\r\n", b"X: " + b"x" * 200_000)
        assert (await client.head())[0] == 431
        assert await client.rest() == b"The request head is too large."


async def test_a_long_body_is_no_long_head(tmp_path: Path) -> None:
    async with running_server(tmp_path, head_limit_bytes=1024) as server:
        receiver = await server.connect("chat", subprotocol=None, groups=["g"])
        await server.send_to_group("chat", "g", "x" * 100_000)
        assert await receiver.frame() == "x" * 100_000


async def test_what_is_not_http_is_400(server: RunningServer) -> None:
    async with tcp_client(server) as client:
        client.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
        assert (await client.head())[0] == 400


# Clients that leave


@pytest.mark.parametrize("cut", [1, 50, 200, None])
async def test_a_client_that_leaves_during_the_handshake_leaves_nothing(
    server: RunningServer, hub: str, cut: int | None
) -> None:
    async with tcp_client(server) as client:
        client.send(head_of(server.client_url(hub, groups=["g"]))[:cut])
        await client.drain()
    await eventually(lambda: server.connected_to(hub) == 0)
    assert (await server.rest("HEAD", f"/api/hubs/{hub}/groups/g?api-version=2024-12-01")).status == 404


async def test_many_clients_that_leave_at_once_leave_nothing(tmp_path: Path) -> None:
    async with running_server(tmp_path, unit_connections=1000) as server:

        async def come_and_go(number: int) -> None:
            async with tcp_client(server) as client:
                client.send(head_of(server.client_url("chat", groups=["g"]))[: 100 + number * 10])
                await client.drain()

        await asyncio.gather(*(come_and_go(number) for number in range(100)))
        async with raw_client(server):  # whoever came before this one has been seen
            await eventually(lambda: server.connections == server.connected_to("chat") == 1)
        await eventually(lambda: server.connections == server.connected_to("chat") == 0)


async def test_a_half_open_client_is_let_go(server: RunningServer, hub: str) -> None:
    """A client that ends its side of the TCP connection, without a close frame."""
    async with raw_client(server, hub) as client:
        client._writer.write_eof()
        assert await client.is_dropped()
    await eventually(lambda: server.connected_to(hub) == 0)


async def test_close_frames_are_what_ends_a_socket(server: RunningServer, hub: str) -> None:
    async with raw_client(server, hub) as client:
        client.send(close(1000))
        assert (await client.frame()).opcode == CLOSE
        assert await client.rest() == b""
    await eventually(lambda: server.connected_to(hub) == 0)
