"""How a server stops: in good order after one signal, at once after two, and with nothing lost after `kill -9`."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import sqlite3
import time
from contextlib import AsyncExitStack, closing
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest
from tests.running_server import eventually
from tests.server_process import ServerProcess, server_process
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from linarite.access.administrator import ADMINISTRATOR_TOKEN_FILE

DEADLINE_SECONDS = 20.0
GOING_AWAY = (1001, "The service is shutting down.")
SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000000"


async def open_clients(server: ServerProcess, number: int, stack: AsyncExitStack) -> list[ClientConnection]:
    """Clients of the group `g`: one in five is a plain one, the others have read their first frame."""
    clients = []
    for index in range(number):
        offer = [Subprotocol("json.webpubsub.azure.v1")] if index % 5 else None
        url = server.client_url("chat", **{"webpubsub.group": "g"})
        clients.append(await stack.enter_async_context(connect(url, subprotocols=offer, proxy=None)))
        if offer:
            assert json.loads(await clients[-1].recv())["event"] == "connected"
    return clients


async def end_of(client: ClientConnection) -> tuple[float, tuple[int | None, str | None], list[str | bytes]]:
    """When and how the server closes the connection, and what came before."""
    heard = []
    async with asyncio.timeout(DEADLINE_SECONDS):
        try:
            while True:
                heard.append(await client.recv())
        except ConnectionClosed:
            return time.monotonic(), (client.close_code, client.close_reason), heard


async def status_of(session: aiohttp.ClientSession, url: str) -> int:
    async with session.get(url) as answer:
        return answer.status


async def wait_for_status(session: aiohttp.ClientSession, url: str, status: int) -> None:
    async def is_so() -> bool:
        return await status_of(session, url) == status

    await eventually(is_so)


async def send_to_group(session: aiohttp.ClientSession, server: ServerProcess, text: str) -> int:
    path = "/api/hubs/chat/groups/g/:send?api-version=2024-12-01"
    headers = {**server.rest_headers(path), "Content-Type": "text/plain"}
    async with session.post(server.endpoint + path, data=text, headers=headers) as answer:
        return answer.status


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_lets_everybody_go_in_good_order(tmp_path: Path, number: signal.Signals) -> None:
    with server_process(tmp_path, "--drain-seconds", "1") as server:
        async with AsyncExitStack() as stack:
            session = await stack.enter_async_context(aiohttp.ClientSession())
            clients = await open_clients(server, 20, stack)
            assert await status_of(session, f"{server.endpoint}/readyz") == 200
            assert await send_to_group(session, server, "last words") == 202
            started = time.monotonic()
            server.signal(number)

            await wait_for_status(session, f"{server.endpoint}/readyz", 503)
            assert await status_of(session, f"{server.endpoint}/healthz") == 200
            with pytest.raises(InvalidStatus) as refused:
                await connect(server.client_url("chat"), proxy=None)
            assert refused.value.response.status_code == 503
            assert int(refused.value.response.headers["Retry-After"]) >= 1
            assert await send_to_group(session, server, "to whoever is left") == 202

            ends = await asyncio.gather(*map(end_of, clients))
            assert {closing for _, closing, _ in ends} == {GOING_AWAY}
            assert all("last words" in str(heard[0]) for _, _, heard in ends)
            times = sorted(ended - started for ended, _, _ in ends)
            assert times[0] < 0.5
            assert 0.7 < times[-1] < 3
            assert await asyncio.to_thread(server.end) == 0
        assert not server.server_file.exists()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", urlsplit(server.endpoint).port or 0))


async def test_a_client_that_does_not_answer_cannot_hold_up_a_stop(tmp_path: Path) -> None:
    with server_process(tmp_path, "--drain-seconds", "0", "--close-timeout-seconds", "0.2") as server:
        async with connect(server.client_url("chat"), proxy=None) as client:
            client.transport.pause_reading()
            server.signal(signal.SIGTERM)
            assert await asyncio.to_thread(server.end) == 0
            client.transport.resume_reading()
            _, closing, _ = await end_of(client)
            assert closing == GOING_AWAY


async def test_a_call_under_way_is_answered(tmp_path: Path) -> None:
    with server_process(tmp_path, "--drain-seconds", "0") as server:
        parts = urlsplit(server.endpoint)
        path = "/api/hubs/chat/:send?api-version=2024-12-01"
        headers = {
            **server.rest_headers(path),
            "Host": parts.netloc,
            "Content-Type": "text/plain",
            "Content-Length": "4",
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        reader, writer = await asyncio.open_connection("127.0.0.1", parts.port)
        async with aiohttp.ClientSession() as session:
            writer.write(f"POST {path} HTTP/1.1\r\n{head}\r\nha".encode())
            await status_of(session, f"{server.endpoint}/healthz")
            server.signal(signal.SIGTERM)
            await wait_for_refusal(parts.port or 0)
        writer.write(b"lf")
        assert (await reader.read()).startswith(b"HTTP/1.1 202")
        writer.close()
        assert await asyncio.to_thread(server.end) == 0


async def wait_for_refusal(port: int) -> None:
    """Wait until nobody listens at the port."""

    async def is_refused() -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except ConnectionRefusedError:
            return True
        writer.close()
        return False

    await eventually(is_refused)


async def test_a_second_signal_ends_at_once(tmp_path: Path) -> None:
    with server_process(tmp_path, "--drain-seconds", "25") as server:
        async with AsyncExitStack() as stack:
            clients = await open_clients(server, 3, stack)
            server.signal(signal.SIGTERM)
            _, closing, _ = await end_of(clients[0])
            assert closing == GOING_AWAY
            started = time.monotonic()
            server.signal(signal.SIGINT)
            assert await asyncio.to_thread(server.end) == 130
            assert time.monotonic() - started < 2
            assert (await end_of(clients[2]))[1][0] == 1006


def administrator(server: ServerProcess) -> aiohttp.ClientSession:
    token = (server.data_folder / ADMINISTRATOR_TOKEN_FILE).read_text().strip()
    return aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"})


async def test_what_was_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    made: list[str] = []

    async def make_groups(server: ServerProcess) -> None:
        async with administrator(server) as session:
            for index in range(100_000):
                path = f"{SUBSCRIPTION}/resourceGroups/group-{len(made)}-{index}?api-version=2024-03-01"
                try:
                    async with session.put(server.endpoint + path, json={"location": "here"}) as answer:
                        assert answer.status == 201, await answer.text()
                except aiohttp.ClientError:
                    return
                made.append(path)

    def is_done(making: asyncio.Task[None], enough: int) -> bool:
        return len(made) >= enough or making.done()

    for _ in range(3):
        enough = len(made) + 50
        with server_process(tmp_path) as server:
            async with AsyncExitStack() as stack:
                await open_clients(server, 3, stack)
                making = asyncio.create_task(make_groups(server))
                await eventually(partial(is_done, making, enough))
                server.signal(signal.SIGKILL)
                await making
            assert server.server_file.exists()
    with closing(sqlite3.connect(tmp_path / "data" / "linarite.db")) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    with server_process(tmp_path) as server:
        async with (
            administrator(server) as session,
            session.get(f"{server.endpoint}{SUBSCRIPTION}/resourceGroups?api-version=2024-03-01") as answer,
        ):
            names = {group["name"] for group in (await answer.json())["value"]}
        assert {path.split("/")[4].partition("?")[0] for path in made} <= names
        async with AsyncExitStack() as stack:
            await open_clients(server, 1, stack)
        server.signal(signal.SIGTERM)
        assert await asyncio.to_thread(server.end) == 0
