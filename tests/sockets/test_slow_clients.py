"""Clients that do not read: their messages wait up to a limit, then they lose their connection; nobody else notices."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from tests.running_server import ALL_ROLES, JSON_PROTOCOL, Client, RunningServer, eventually, running_server
from tests.sockets.memory import MIB, resident_bytes
from tests.sockets.raw_client import BINARY, CLOSE, PING, RawClient, close, frame, raw_client

API = "api-version=2024-12-01"
TOO_SLOW = (1008, "The client is too slow to read its messages.")
SIZE = 50_000
TO_GROUP = {"webpubsub_mode": "sendToGroup", "group": "g"}


@asynccontextmanager
async def sleeper(server: RunningServer, **access: object) -> AsyncIterator[RawClient]:
    """A member of the group that reads nothing until it is woken up."""
    async with raw_client(server, groups=["g"], receive_buffer_bytes=4096, **access) as client:
        client._writer.transport.pause_reading()
        yield client


def wake(client: RawClient) -> None:
    client._writer.transport.resume_reading()


def message(number: int) -> bytes:
    return number.to_bytes(4, "big") * (SIZE // 4)


async def publish(server: RunningServer, numbers: Sequence[int], readers: Sequence[Client]) -> None:
    """Publish these messages to the group, at the pace of those who read; each reader gets them all, in order."""
    async with raw_client(server, roles=ALL_ROLES, query=TO_GROUP) as sender:
        for start in range(0, len(numbers), 10):
            some = numbers[start : start + 10]
            sender.send(*(frame(BINARY, message(number)) for number in some))
            for reader in readers:
                assert [await reader.frame() for _ in some] == [message(number) for number in some]


def stalled(server: RunningServer) -> int:
    return sum(len(hub.delivery.stalled) for _, hub in server.server._directory)


def open_sockets(server: RunningServer) -> int:
    return server.server._reception._open_sockets


async def read_numbers(client: RawClient) -> tuple[list[int], tuple[int | None, str] | None]:
    """The messages that come, until the close frame or until there is nothing more for a while."""
    numbers: list[int] = []
    while True:
        got = await client.frame()
        if got.opcode == CLOSE:
            return numbers, got.close
        if got.opcode == PING:
            continue
        number = int.from_bytes(got.payload[:4], "big")
        assert got.payload == message(number)
        numbers.append(number)


async def test_too_many_messages_end_a_slow_client(tmp_path: Path) -> None:
    async with running_server(tmp_path, outbox_limit_messages=50) as server:
        reader = await server.connect("chat", subprotocol=None, groups=["g"])
        async with sleeper(server) as slow:
            await publish(server, range(300), [reader])
            wake(slow)
            numbers, closing = await read_numbers(slow)
            assert closing == TOO_SLOW
            assert numbers == list(range(len(numbers)))
            assert len(numbers) < 250
            slow.send(close(1008))
            assert await slow.rest() == b""


async def test_too_many_bytes_end_a_slow_client(tmp_path: Path) -> None:
    async with running_server(tmp_path, outbox_limit_bytes=SIZE * 20) as server:
        reader = await server.connect("chat", subprotocol=None, groups=["g"])
        async with sleeper(server) as slow:
            await publish(server, range(300), [reader])
            wake(slow)
            numbers, closing = await read_numbers(slow)
            assert closing == TOO_SLOW
            assert numbers == list(range(len(numbers)))


async def test_a_client_that_never_reads_is_dropped(tmp_path: Path) -> None:
    async with running_server(tmp_path, outbox_limit_messages=50, close_timeout_seconds=0.1) as server:
        reader = await server.connect("chat", subprotocol=None, groups=["g"])
        async with sleeper(server):
            await publish(server, range(300), [reader])
            await eventually(lambda: server.connections == 1)
            await eventually(lambda: open_sockets(server) == 1)
            await eventually(lambda: stalled(server) == 0)


async def test_a_client_that_pauses_gets_everything_in_order(tmp_path: Path) -> None:
    async with running_server(tmp_path) as server:
        reader = await server.connect("chat", subprotocol=None, groups=["g"])
        async with sleeper(server, user="u") as slow:
            for pause in range(3):
                first = pause * 150
                await publish(server, range(first, first + 150), [reader])
                assert stalled(server) == 1
                wake(slow)
                got = [int.from_bytes((await slow.frame()).payload[:4], "big") for _ in range(150)]
                assert got == list(range(first, first + 150))
                await eventually(lambda: stalled(server) == 0)
                slow._writer.transport.pause_reading()
            await publish(server, range(1000, 1150), [reader])
            await server.rest("POST", f"/api/hubs/chat/users/u/:closeConnections?{API}")
            wake(slow)
            assert await read_numbers(slow) == (list(range(1000, 1150)), (1000, ""))


async def test_a_close_is_told_to_a_client_whose_outbox_is_just_full(tmp_path: Path) -> None:
    """The frame that tells of the close was one too many and took all the others with it."""
    async with (
        running_server(tmp_path, outbox_limit_messages=30) as server,
        sleeper(server, user="u", subprotocol=JSON_PROTOCOL) as slow,
    ):
        (connection,) = server.hub_of("chat").connections()
        sent = 0
        while connection.outlet._outbox is None or len(connection.outlet._outbox.frames) < 30:
            await server.send_to_group("chat", "g", f"{sent}:" + "x" * 200_000)
            sent += 1
        await server.rest("POST", f"/api/hubs/chat/users/u/:closeConnections?{API}")
        wake(slow)
        heard = [(await slow.frame()).payload for _ in range(sent + 2)]
        assert b'"event":"connected"' in heard[0]
        assert [f'"data":"{number}:x'.encode() in text for number, text in enumerate(heard[1:-1])] == [True] * sent
        assert b'"event":"disconnected"' in heard[-1]
        slow.send(close(1000))
        assert await slow.ended() == (1000, "")


async def test_many_slow_clients_take_bounded_memory(tmp_path: Path) -> None:
    """Each may hold the limit in its outbox and about as much as one tick's messages in its transport."""
    async with running_server(tmp_path, outbox_limit_bytes=1_000_000) as server, AsyncExitStack() as stack:
        readers = [await server.connect("chat", subprotocol=None, groups=["g"]) for _ in range(3)]
        for _ in range(20):
            await stack.enter_async_context(sleeper(server))
        before = resident_bytes()
        await publish(server, range(500), readers)
        grown = resident_bytes() - before
        await eventually(lambda: server.connections == 3)
        assert grown < 64 * MIB, f"{grown} bytes for 25 MB of messages to 20 slow clients"


async def test_a_slow_client_that_leaves_is_forgotten(tmp_path: Path) -> None:
    async with running_server(tmp_path) as server:
        reader = await server.connect("chat", subprotocol=None, groups=["g"])
        async with sleeper(server) as slow:
            await publish(server, range(150), [reader])
            assert stalled(server) == 1
            slow.abort()
            await eventually(lambda: open_sockets(server) == 1)
        await eventually(lambda: stalled(server) == 0)
        await publish(server, range(10), [reader])


async def test_messages_that_expired_while_they_waited_are_dropped(tmp_path: Path) -> None:
    async with running_server(tmp_path) as server:
        reader = await server.connect("chat", subprotocol=None, groups=["g"])
        async with sleeper(server) as slow:
            await publish(server, range(150), [reader])
            assert stalled(server) == 1
            for text, ttl in (("short-lived", 1), ("lasting", 300), ("for ever", 0)):
                path = f"/api/hubs/chat/groups/g/:send?messageTtlSeconds={ttl}&{API}"
                assert (await server.rest("POST", path, text, "text/plain")).status == 202
                assert await reader.frame() == text
            sent = asyncio.get_running_loop().time()
            await eventually(lambda: asyncio.get_running_loop().time() > sent + 1)
            wake(slow)
            for _ in range(150):
                await slow.frame()
            assert [(await slow.frame()).payload for _ in range(2)] == [b"lasting", b"for ever"]


async def test_a_flood_of_pings_that_is_not_read_takes_no_memory(tmp_path: Path) -> None:
    async with running_server(tmp_path) as server, sleeper(server) as slow:
        before = resident_bytes()
        pings = frame(PING, b"x" * 125) * 1000
        for _ in range(200):
            slow.send(pings)
            await slow.drain()
        slow.send(close(1000))
        wake(slow)
        got = await slow.frame()
        while got.opcode != CLOSE:
            got = await slow.frame()
        assert got.close == (1000, "")
        assert resident_bytes() - before < 32 * MIB
