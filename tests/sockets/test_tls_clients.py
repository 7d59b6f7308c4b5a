"""The same over TLS, where bytes take another way through the event loop."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio
from tests.running_server import ALL_ROLES, JSON_PROTOCOL, RunningServer, eventually, running_server
from tests.sockets.raw_client import (
    BINARY,
    PING,
    PONG,
    TEXT,
    Frame,
    RawClient,
    close,
    fragmented,
    frame,
    head_of,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

TO_GROUP = {"webpubsub_mode": "sendToGroup", "group": "g"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningServer]:
    async with running_server(tmp_path_factory.mktemp("server"), tls_port=0, close_timeout_seconds=0.5) as running:
        yield running


def secure_url(server: RunningServer, url: str) -> str:
    (https,) = [endpoint for endpoint in server.endpoints if endpoint.startswith("https:")]
    return url.replace(server.endpoint.removeprefix("http"), https.removeprefix("https"), 1).replace("ws:", "wss:", 1)


def tls_of(server: RunningServer) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(server.settings.data_folder / "certificates" / "authority.pem"))


@asynccontextmanager
async def secure_client(server: RunningServer, *first: bytes, url: str) -> AsyncIterator[RawClient]:
    """A client whose handshake is answered, `first` sent in one piece with it."""
    port = int(secure_url(server, url).partition("/client")[0].rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls_of(server), server_hostname="localhost")
    client = RawClient(reader, writer)
    client.send(head_of(secure_url(server, url)), *first)
    assert (await client.head())[0] == 101
    try:
        yield client
    finally:
        writer.transport.abort()


def echo_url(server: RunningServer, hub: str) -> str:
    aud = secure_url(server, f"{server.endpoint}/client/hubs/{hub}".replace("http", "ws"))
    return server.client_url(hub, roles=ALL_ROLES, groups=["g"], query=TO_GROUP, aud=aud)


async def test_a_client_may_come_in_by_tls(server: RunningServer, hub: str) -> None:
    aud = secure_url(server, f"{server.endpoint}/client/hubs/{hub}".replace("http", "ws"))
    url = secure_url(server, server.client_url(hub, user="u", groups=["g"], aud=aud))
    client = await server.connect_to(url, JSON_PROTOCOL, ssl=tls_of(server))
    assert client.connected["userId"] == "u"
    await server.send_to_group(hub, "g", "x" * 1_000_000)
    assert (await client.message())["data"] == "x" * 1_000_000


async def test_frames_right_behind_the_head_count(server: RunningServer, hub: str) -> None:
    first = (frame(TEXT, b"early"), *fragmented(BINARY, b"x" * 40_000, 9000))
    async with secure_client(server, *first, url=echo_url(server, hub)) as client:
        assert await client.frame() == Frame(TEXT, b"early")
        assert await client.frame() == Frame(BINARY, b"x" * 40_000)


async def test_messages_of_every_size_arrive(server: RunningServer, hub: str) -> None:
    async with secure_client(server, url=echo_url(server, hub)) as client:
        for size in (0, 125, 126, 16_384, 65_536, 1_048_576):
            client.send(frame(BINARY, b"x" * size), frame(PING, b"p"))
            frames = [await client.frame() for _ in range(2)]
            assert sorted(frames) == sorted([Frame(BINARY, b"x" * size), Frame(PONG, b"p")])


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (frame(7), 1002),
        (frame(TEXT, b"x", rsv=4), 1002),
        (frame(TEXT, b"\xff"), 1007),
        (frame(TEXT, b"\xff" * 50)[:30], 1007),
        (frame(TEXT, "€".encode() * 200_000 + b"\xff" * 50)[:-30], 1007),
        (frame(TEXT, b"x" * 1_048_577), 1009),
    ],
    ids=["opcode", "rsv", "utf-8", "unfinished", "long unfinished", "size"],
)
async def test_a_malformed_frame_has_its_code(server: RunningServer, hub: str, wrong: bytes, code: int) -> None:
    async with secure_client(server, url=echo_url(server, hub)) as client:
        client.send(frame(TEXT, b"before"), wrong)
        assert await client.frame() == Frame(TEXT, b"before")
        assert (await client.frame()).close[0] == code
        assert await client.is_dropped()


async def test_a_close_is_answered(server: RunningServer, hub: str) -> None:
    async with secure_client(server, url=echo_url(server, hub)) as client:
        client.send(close(1000, b"bye"))
        assert await client.ended() == (1000, "bye")
    await eventually(lambda: server.connected_to(hub) == 0)


async def test_a_client_that_says_no_goodbye_is_let_go(server: RunningServer, hub: str) -> None:
    async with secure_client(server, url=echo_url(server, hub)) as client:
        client.abort()
        await eventually(lambda: server.connected_to(hub) == 0)


async def test_a_stop_reaches_clients_by_tls(tmp_path: Path) -> None:
    async with running_server(tmp_path, tls_port=0) as server:
        aud = secure_url(server, f"{server.endpoint}/client/hubs/chat".replace("http", "ws"))
        url = secure_url(server, server.client_url("chat", aud=aud))
        client = await server.connect_to(url, JSON_PROTOCOL, ssl=tls_of(server))
        stopping = asyncio.create_task(server.server.stop())
        assert await client.closed() == (1001, "The service is shutting down.")
        await stopping
