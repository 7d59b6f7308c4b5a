"""Event handlers that misbehave in every way: their clients get the documented answer, the others notice nothing.

A hundred connections hear messages all the while. They are in two hubs: to one a client wants in, in the other clients
raise events, and both are served by the handler that misbehaves.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest
import pytest_asyncio
from tests.events.hostile_upstream import MEGABYTE, HostileUpstream, hostile_upstream
from tests.running_server import DEADLINE_SECONDS, JSON_PROTOCOL, Client, RunningServer, eventually, running_server
from tests.service.lean_client import TEXT, LeanClient, open_lean
from tests.sockets.raw_client import head_of, raw_client, tcp_client

pytestmark = pytest.mark.asyncio(loop_scope="module")

DOOR, ROOM = "door", "room"
CROWD = 100
# Short enough to wait for, and long enough for the first retry, which comes after a second.
UPSTREAM_SECONDS = 1.5
FAILED = {"name": "InternalServerError", "message": "Internal server error"}


class Crowd:
    """Connections that hear one message after the other; anything else is a fault."""

    def __init__(self, server: RunningServer) -> None:
        self.server = server
        self.clients: list[LeanClient] = []
        self.due = 0
        self.heard = [0] * CROWD
        self.missing = 0
        self.all_heard = asyncio.Event()
        self.faults: list[str] = []
        self.rounds = 0
        self.slowest = 0.0

    async def gather(self) -> None:
        """Open the connections, half of them in each hub."""
        for index in range(CROWD):
            url = self.server.client_url((DOOR, ROOM)[index % 2], groups=["g"])
            self.clients.append(await open_lean(url, None, partial(self._take, index)))

    def _take(self, index: int, opcode: int, payload: bytes) -> None:
        self.heard[index] += 1
        if (opcode, payload) != (TEXT, b"%d" % self.due) or self.heard[index] != self.due:
            self.faults.append(f"{index} expected {self.due}, got {payload[:50]!r} as its message {self.heard[index]}")
        self.missing -= 1
        if not self.missing:
            self.all_heard.set()

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Send messages while the body runs; afterwards everybody has heard each in time."""
        self.rounds, self.slowest, is_over = 0, 0.0, asyncio.Event()

        async def speak() -> None:
            while not is_over.is_set() or self.rounds < 3:
                await self._speak()
                await asyncio.sleep(0.005)

        speaking = asyncio.create_task(speak())
        try:
            yield
        finally:
            is_over.set()
            await speaking
        assert self.faults == []
        assert self.heard == [self.due] * CROWD
        assert not any(client.over.done() for client in self.clients)
        assert self.slowest < UPSTREAM_SECONDS, "somebody waited for the handler"

    async def _speak(self) -> None:
        loop = asyncio.get_running_loop()
        started = loop.time()
        self.due += 1
        self.missing = CROWD
        self.all_heard.clear()
        for hub in (DOOR, ROOM):
            await self.server.send_to_group(hub, "g", str(self.due))
        await asyncio.wait_for(self.all_heard.wait(), DEADLINE_SECONDS)
        self.rounds += 1
        self.slowest = max(self.slowest, loop.time() - started)


class House(NamedTuple):
    """A server, the handler that misbehaves, and the crowd."""

    server: RunningServer
    upstream: HostileUpstream
    crowd: Crowd

    def handle(self, behaviour: str) -> None:
        """Let the handler behave so from now on."""
        url = f"{self.upstream.url}/{behaviour}/{{event}}"
        self._set(DOOR, {"urlTemplate": url, "systemEvents": ["connect"]})
        self._set(ROOM, {"urlTemplate": url, "userEventPattern": "*"})

    def _set(self, hub: str, handler: dict[str, object]) -> None:
        resource = self.server.resource
        body = {"properties": {"eventHandlers": [handler]}}
        self.server.registry.put_hub(resource.resource_group, resource.name, hub, body)

    def attempts(self, behaviour: str, event: str) -> int:
        """How often the handler was sent an event while it behaved so."""
        return sum(one.path == f"/{behaviour}/{event}" for one in self.upstream.posts())

    async def knock(self) -> tuple[int, str, bytes]:
        """Status, content type and body of the answer to a client that wants in."""
        async with tcp_client(self.server) as client:
            client.send(head_of(self.server.client_url(DOOR), subprotocol=JSON_PROTOCOL))
            status, headers = await client.head()
            body = b"" if status == 101 else await client.rest()
            return status, headers.get("content-type", ""), body

    @contextlib.asynccontextmanager
    async def client(self, subprotocol: str | None) -> AsyncIterator[Client]:
        client = await self.server.connect(ROOM, subprotocol=subprotocol)
        try:
            yield client
        finally:
            await client.close()

    async def raise_event(self, name: str) -> list[dict[str, object]]:
        """What a JSON client is told of its event, up to the ack."""
        async with self.client(JSON_PROTOCOL) as client:
            await client.send_json({"type": "event", "event": name, "dataType": "text", "data": "hi", "ackId": 1})
            told = [await client.message()]
            while told[-1]["type"] != "ack":
                told.append(await client.message())
            assert await client.ask({"type": "ping"}) == {"type": "pong"}, "the connection stays"
            return told

    async def say(self) -> tuple[int | None, str | None] | str | bytes:
        """What a plain client gets for its message: an answer, or the end of its connection."""
        async with self.client(None) as client:
            await client.send("hi")
            with contextlib.suppress(Exception):
                return await client.frame()
            return client.websocket.close_code, client.websocket.close_reason


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    folder: Path = tmp_path_factory.mktemp("server")
    limits = dict.fromkeys(("upstream_timeout_seconds", "upstream_validation_timeout_seconds"), UPSTREAM_SECONDS)
    async with hostile_upstream() as upstream, running_server(folder, **limits) as server:
        crowd = Crowd(server)
        await crowd.gather()
        yield House(server, upstream, crowd)


class Refusal(NamedTuple):
    """What a client that wants in gets, and how often the handler was asked before."""

    status: int
    attempts: tuple[int, ...] = (1,)
    content_type: str = ""
    body: bytes = b""


TWICE = (2,)
SAID_NO = {"content_type": "text/plain", "body": b"refused"}
MISBEHAVIOURS = {
    "silent": Refusal(500),
    "slow": Refusal(500),
    "half": Refusal(500),
    "half-head": Refusal(500, attempts=TWICE),
    # A kept connection that ends without a byte was most likely closed before: that does not count as an attempt.
    "early": Refusal(500, attempts=(2, 3)),
    "noise": Refusal(500, attempts=TWICE),
    "bad-header": Refusal(500, attempts=TWICE),
    "301": Refusal(301),
    "400": Refusal(400, **SAID_NO),
    "401": Refusal(401, **SAID_NO),
    "413": Refusal(413, **SAID_NO),
    "429": Refusal(429, **SAID_NO),
    "500": Refusal(500, attempts=TWICE),
    "seventeen": Refusal(500),
}


@pytest.mark.parametrize("behaviour", MISBEHAVIOURS)
async def test_each_client_is_told_as_documented_and_the_others_nothing(house: House, behaviour: str) -> None:
    expected = MISBEHAVIOURS[behaviour]
    house.handle(behaviour)
    async with house.crowd.listening():
        refused, told, closed = await asyncio.gather(house.knock(), house.raise_event("e"), house.say())
    assert refused == (expected.status, expected.content_type, expected.body)
    assert told == [{"type": "ack", "ackId": 1, "success": False, "error": FAILED}]
    assert closed == (1011, "Internal server error")
    for event in ("connect", "e", "message"):
        assert house.attempts(behaviour, event) in expected.attempts, event
    assert house.attempts("echo", "elsewhere") == 0


async def test_ten_megabytes_are_no_answer_to_connect_but_one_to_events(house: House) -> None:
    house.handle("ten")
    async with house.crowd.listening():
        refused, told, heard = await asyncio.gather(house.knock(), house.raise_event("e"), house.say())
    assert refused[0] == 500
    message, ack = told
    assert message == {"type": "message", "from": "server", "dataType": "text", "data": "x" * 10 * MEGABYTE}
    assert ack == {"type": "ack", "ackId": 1, "success": True}
    assert heard == "x" * 10 * MEGABYTE


async def test_a_handler_that_recovers_is_asked_again(house: House) -> None:
    house.handle("flapping")
    house.upstream.failures.update({"connect": 1, "e": 1, "message": 1})
    async with house.crowd.listening():
        let_in, told, heard = await asyncio.gather(house.knock(), house.raise_event("e"), house.say())
    assert let_in[0] == 101
    assert told[0]["data"] == "hi"
    assert told[1] == {"type": "ack", "ackId": 1, "success": True}
    assert heard == "hi"
    for event in ("connect", "e", "message"):
        first, second = (one for one in house.upstream.posts(event) if one.path.startswith("/flapping/"))
        assert first.headers == second.headers
        assert first.body == second.body


@pytest.mark.parametrize(
    ("name", "status", "origins"), [("other", 200, ["other.example"]), ("mute", 200, []), ("no", 405, ["*"])]
)
async def test_a_handler_that_refuses_validation_gets_no_event(
    house: House, monkeypatch: pytest.MonkeyPatch, name: str, status: int, origins: list[str]
) -> None:
    monkeypatch.setattr(house.upstream, "validation_status", status)
    monkeypatch.setattr(house.upstream, "allowed", origins)
    house.handle(name)
    async with house.crowd.listening():
        refused, told, closed = await asyncio.gather(house.knock(), house.raise_event("e"), house.say())
    assert refused == (500, "", b"")
    assert told == [{"type": "ack", "ackId": 1, "success": False, "error": FAILED}]
    assert closed == (1011, "Internal server error")
    assert not any(one.path.startswith(f"/{name}/") for one in house.upstream.posts())


async def test_a_handler_that_nobody_listens_for(house: House) -> None:
    async with hostile_upstream() as gone:
        url = gone.url
    house = house._replace(upstream=HostileUpstream())
    house.upstream.url = url
    house.handle("echo")
    async with house.crowd.listening():
        refused, told, closed = await asyncio.gather(house.knock(), house.raise_event("e"), house.say())
    assert refused == (500, "", b"")
    assert told[-1]["error"] == FAILED
    assert closed == (1011, "Internal server error")


# Clients that do not wait for the answer


async def test_a_client_that_leaves_before_it_is_let_in_ends_the_call(house: House) -> None:
    """Its place counted, and its call went on, until the handler answered or its time was over."""
    house.handle("silent")
    before, left, asked = house.server.connections, house.upstream.left, house.attempts("silent", "connect")
    async with house.crowd.listening():
        async with tcp_client(house.server) as client:
            client.send(head_of(house.server.client_url(DOOR)), b"x" * 1000)
            await eventually(lambda: house.attempts("silent", "connect") == asked + 1)
            assert house.server.connections == before + 1
        async with asyncio.timeout(UPSTREAM_SECONDS / 2):
            await eventually(lambda: house.upstream.left == left + 1)
            await eventually(lambda: house.server.connections == before)


async def test_a_client_that_leaves_before_its_event_is_answered_ends_the_call(house: House) -> None:
    house.handle("silent")
    left, asked = house.upstream.left, house.attempts("silent", "message")
    async with house.crowd.listening():
        async with raw_client(house.server, ROOM) as client:
            client.send(b"\x81\x80\0\0\0\0")
            await eventually(lambda: house.attempts("silent", "message") == asked + 1)
        async with asyncio.timeout(UPSTREAM_SECONDS / 2):
            await eventually(lambda: house.upstream.left == left + 1)


async def test_a_client_that_hurries_is_heard_when_it_is_let_in(house: House) -> None:
    """What it sends before the answer waits, and more than a buffer of it waits on its own side."""
    house.handle("gate")
    house.upstream.gate.clear()
    payload = json.dumps({"type": "ping", "pad": "x" * 100_000}).encode()
    frame = b"\x81\xff" + len(payload).to_bytes(8) + bytes(4) + payload
    async with tcp_client(house.server) as client:
        client.send(head_of(house.server.client_url(DOOR), subprotocol=JSON_PROTOCOL), frame, frame)
        await eventually(lambda: house.attempts("gate", "connect") == 1)
        house.upstream.gate.set()
        assert (await client.head())[0] == 101
        told = [json.loads((await client.frame()).payload) for _ in range(3)]
    assert [frame["type"] for frame in told] == ["system", "pong", "pong"]
