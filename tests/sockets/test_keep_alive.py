"""Pings in each hub's own interval, and the end of clients that no longer give a sign of life."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.running_server import JSON_PROTOCOL, RunningServer, eventually, running_server
from tests.sockets.raw_client import PING, PONG, TEXT, frame, raw_client
from tests.sockets.reliable_client import RELIABLE, recovery_url

from linarite.sockets.keep_alive import KeepAlive

# The rules, on a clock that stands still until a test moves it


class Clock:
    """What the keep-alive needs of an event loop."""

    def __init__(self) -> None:
        self.due: Callable[[], None] | None = None

    def call_later(self, delay: float, callback: Callable[[], None]) -> Clock:
        self.due = callback
        return self

    def cancel(self) -> None:
        self.due = None

    def pass_seconds(self, seconds: int) -> None:
        for _ in range(seconds):
            assert self.due is not None
            self.due()


class Someone:
    """A connection that notes what the keep-alive does with it."""

    def __init__(self) -> None:
        self.heard_at = 0
        self.pings = 0
        self.dropped: str | None = None
        self.is_uploading = False

    def is_sending(self, seconds: float) -> bool:
        return self.is_uploading

    def ping(self) -> None:
        self.pings += 1

    def drop(self, reason: str) -> None:
        self.dropped = reason


@pytest.fixture
def clock() -> Clock:
    return Clock()


def keep_alive_on(clock: Clock, missed_intervals: int = 3) -> KeepAlive:
    return KeepAlive(clock, missed_intervals)  # type: ignore[arg-type]  # all that it calls of a loop


def test_a_connection_is_pinged_once_an_interval(clock: Clock) -> None:
    keep_alive, someone = keep_alive_on(clock, 100), Someone()
    keep_alive.watch(someone, 20)
    for seconds, pings in ((19, 0), (1, 1), (19, 1), (1, 2), (200, 12)):
        clock.pass_seconds(seconds)
        assert someone.pings == pings


def test_a_silent_connection_is_dropped_after_the_missed_intervals(clock: Clock) -> None:
    keep_alive, someone = keep_alive_on(clock), Someone()
    keep_alive.watch(someone, 20)
    clock.pass_seconds(59)
    assert (someone.pings, someone.dropped) == (2, None)
    clock.pass_seconds(1)
    assert someone.dropped == "nothing heard for 60 s"
    clock.pass_seconds(200)
    assert someone.pings == 2


def test_any_sign_of_life_keeps_a_connection(clock: Clock) -> None:
    keep_alive, someone = keep_alive_on(clock), Someone()
    keep_alive.watch(someone, 20)
    for _ in range(20):
        clock.pass_seconds(45)
        someone.heard_at = keep_alive.now
    assert someone.dropped is None
    clock.pass_seconds(80)
    assert someone.dropped is not None


def test_a_connection_in_the_middle_of_a_frame_is_kept(clock: Clock) -> None:
    keep_alive, someone = keep_alive_on(clock), Someone()
    keep_alive.watch(someone, 20)
    someone.is_uploading = True
    clock.pass_seconds(200)
    assert (someone.pings, someone.dropped) == (10, None)
    someone.is_uploading = False
    clock.pass_seconds(20)
    assert someone.dropped is not None


def test_each_connection_has_its_own_interval(clock: Clock) -> None:
    keep_alive, often, seldom = keep_alive_on(clock, 1000), Someone(), Someone()
    keep_alive.watch(often, 1)
    clock.pass_seconds(5)
    keep_alive.watch(seldom, 120)
    clock.pass_seconds(120)
    assert (often.pings, seldom.pings) == (125, 1)


def test_a_forgotten_connection_is_left_alone(clock: Clock) -> None:
    keep_alive, someone, other = keep_alive_on(clock), Someone(), Someone()
    keep_alive.watch(someone, 20)
    keep_alive.watch(other, 20)
    keep_alive.forget(someone)
    keep_alive.forget(someone)
    clock.pass_seconds(100)
    assert (someone.pings, someone.dropped) == (0, None)
    assert other.dropped is not None


def test_a_connection_that_ends_while_it_is_dropped_is_forgotten_once(clock: Clock) -> None:
    keep_alive = keep_alive_on(clock)

    class Ending(Someone):
        def drop(self, reason: str) -> None:
            super().drop(reason)
            keep_alive.forget(self)

    someone, other = Ending(), Ending()
    keep_alive.watch(someone, 1)
    keep_alive.watch(other, 1)
    clock.pass_seconds(10)
    assert (someone.pings, other.pings) == (2, 2)
    assert someone.dropped == other.dropped == "nothing heard for 3 s"


def test_nothing_is_kept_of_connections_that_are_gone(clock: Clock) -> None:
    keep_alive = keep_alive_on(clock)
    for _ in range(100):
        someone = Someone()
        keep_alive.watch(someone, 7)
        clock.pass_seconds(1)
        keep_alive.forget(someone)
    clock.pass_seconds(8)
    assert not keep_alive._due
    assert not keep_alive._due_at


# The same with sockets: seconds of the keep-alive are made short


@asynccontextmanager
async def hurried_server(
    folder: Path, monkeypatch: pytest.MonkeyPatch, second: float = 0.03, **settings: Any
) -> AsyncIterator[RunningServer]:
    """A server whose hub `chat` pings each second, which is this short."""
    monkeypatch.setattr("linarite.server.server.KeepAlive", partial(KeepAlive, second=second))
    async with running_server(folder, **settings) as server:
        body = {"properties": {"webSocketKeepAliveIntervalInSeconds": 1}}
        server.registry.put_hub(server.resource.resource_group, server.resource.name, "chat", body)
        yield server


async def test_clients_are_pinged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with hurried_server(tmp_path, monkeypatch) as server, raw_client(server) as client:
        for _ in range(5):
            ping = await client.frame()
            assert ping.opcode == PING
            client.send(frame(PONG, ping.payload))


async def test_a_client_that_answers_no_ping_is_dropped_without_a_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with hurried_server(tmp_path, monkeypatch) as server:
        answering = await server.connect("chat", groups=["g"])
        async with raw_client(server) as silent:
            assert [(await silent.frame()).opcode for _ in range(2)] == [PING, PING]
            assert await silent.is_dropped()
        await eventually(lambda: server.connections == 1)
        await server.send_to_group("chat", "g", "x")
        assert (await answering.message())["data"] == "x"


async def test_a_reliable_client_that_answers_no_ping_may_come_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with hurried_server(tmp_path, monkeypatch) as server, raw_client(server, subprotocol=RELIABLE) as silent:
        connected = json.loads((await silent.frame()).payload)
        await silent.rest()  # pings, and no word at the end
        await eventually(lambda: len(server.server._reception._recoveries) == 1)
        url = recovery_url(server, "chat", connected["connectionId"], connected["reconnectionToken"])
        client = await server.connect_to(url, RELIABLE)
        assert client.connection_id == connected["connectionId"]
        assert await client.ask({"type": "ping"}) == {"type": "pong"}


@pytest.mark.parametrize(
    "sign", [frame(PONG), frame(PING), frame(TEXT, b'{"type":"ping"}')], ids=["pong", "ping", "text"]
)
async def test_whatever_a_client_sends_keeps_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sign: bytes) -> None:
    async with (
        hurried_server(tmp_path, monkeypatch) as server,
        raw_client(server, subprotocol=JSON_PROTOCOL) as client,
    ):
        pings = 0
        while pings < 10:
            if (await client.frame()).opcode == PING:
                pings += 1
                client.send(sign)
        assert server.connections == 1


async def test_a_client_that_went_without_a_word_is_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that lost its network: no answer, no close, no reset; here one that does not read either."""
    async with (
        hurried_server(tmp_path, monkeypatch) as server,
        raw_client(server, groups=["g"], receive_buffer_bytes=4096) as client,
    ):
        client._writer.transport.pause_reading()
        for _ in range(10):
            await server.send_to_group("chat", "g", "x" * 1_000_000)
        await eventually(lambda: server.connections == 0)
        await eventually(lambda: server.server._reception._open_sockets == 0)


async def test_a_slow_upload_is_a_sign_of_life(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client cannot answer pings in the middle of a frame; one that took long to send was cut off."""
    query = {"webpubsub_mode": "sendToGroup", "group": "g"}
    async with (
        hurried_server(tmp_path, monkeypatch, second=0.1) as server,
        raw_client(server, roles=["webpubsub.sendToGroup"], groups=["g"], query=query) as client,
    ):
        upload = frame(TEXT, b"x" * 5000)
        for start in range(0, len(upload), 100):
            client.send(upload[start : start + 100])
            await asyncio.sleep(0.01)
        got = await client.frame()
        while got.opcode == PING:
            got = await client.frame()
        assert got.payload == b"x" * 5000
        assert set(await client.rest()) == set(frame(PING, masked=False))


async def test_a_hubs_interval_is_that_of_its_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with (
        hurried_server(tmp_path, monkeypatch, second=0.01) as server,
        raw_client(server, hub="other", subprotocol=JSON_PROTOCOL) as client,
        raw_client(server) as hurried,
    ):
        for _ in range(8):
            assert (await hurried.frame()).opcode == PING
            hurried.send(frame(PONG))
        client.send(frame(TEXT, b'{"type":"ping"}'))
        assert b"connected" in (await client.frame()).payload
        assert b"pong" in (await client.frame()).payload
