"""Reliable clients behind a line that breaks at random lose nothing, get nothing twice and nothing out of order."""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import uvloop
from tests.server_process import server_process
from tests.service.fault_proxy import fault_proxy
from tests.service.tireless_client import Books, TirelessClient

CLIENTS, GROUPS, MESSAGES, FAULTS = 200, 50, 100_000, 2_000
SEED = int(os.environ.get("FAULT_SEED", "1"))
LIMIT_SECONDS = 120.0
HUB = "faults"


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"production": uvloop.new_event_loop}


@pytest.mark.timeout(300)
async def test_200_clients_exchange_100000_messages_over_2000_faults(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with server_process(tmp_path) as server:
        async with fault_proxy(urlsplit(server.endpoint).port or 0, SEED) as proxy:
            books = Books()
            clients = []
            lives = []
            for number in range(CLIENTS):
                group = f"g{number % GROUPS}"
                client = TirelessClient(f"c{number}", group, books)
                at = f"127.0.0.1:{proxy.port}"
                claims = {"aud": f"http://{at}/client/hubs/{HUB}", "webpubsub.group": [group]}
                url = server.client_url(HUB, role=["webpubsub.sendToGroup"], **claims)
                through = urlsplit(url)._replace(netloc=at).geturl()
                clients.append(client)
                lives.append(asyncio.create_task(client.live(through)))
            async with asyncio.timeout(30):
                for client in clients:
                    await client.connected.wait()
            await _run(clients, lives, proxy)
            for client in clients:
                client.stop()
            async with asyncio.timeout(30):
                await asyncio.gather(*lives)
            with capsys.disabled():
                print(f"\n{books}; {sum(proxy.faults.values())} faults: {dict(proxy.faults)}")
    expected = MESSAGES * CLIENTS // GROUPS
    assert (books.sent, books.received) == (MESSAGES, expected)
    assert (books.lost, books.doubled, books.reordered, books.refused, books.beyond) == (0, 0, 0, 0, 0)
    assert books.recoveries >= FAULTS // 2, "expected most faults to end in a recovery"


async def _run(clients: list[TirelessClient], lives: list[asyncio.Task[None]], proxy) -> None:
    """Publish everything while faults happen, evenly spread over the publishing."""
    rng = random.Random(SEED)
    per_client = MESSAGES // len(clients)
    steps = 100
    until = time.monotonic() + LIMIT_SECONDS
    for _ in range(steps):
        for client in clients:
            client.publish(per_client // steps)
        for _ in range(FAULTS // steps):
            await asyncio.sleep(rng.random() * 0.01)
            proxy.harm_one()
        while sum(not client.is_done for client in clients) > len(clients) // 4:
            _check_going_on(clients, lives, until)
            await asyncio.sleep(0.005)
    members = len(clients) // GROUPS
    while not all(
        client.is_done and len(client.heard) == members and all(n == per_client for n in client.heard.values())
        for client in clients
    ):
        _check_going_on(clients, lives, until)
        await asyncio.sleep(0.02)


def _check_going_on(clients: list[TirelessClient], lives: list[asyncio.Task[None]], until: float) -> None:
    """Fail as soon as a client has given up, and when the time is over."""
    over = [life for life in lives if life.done()]
    for life in over:
        life.result()
    books = clients[0].books
    assert not over, f"expected every client to go on, {len(over)} have ended: {books}"
    assert time.monotonic() < until, f"expected the exchange to end in {LIMIT_SECONDS:.0f} s: {books}"
