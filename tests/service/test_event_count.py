"""Clients that raise events through a handler that fails one call in twenty: every event is accounted for, once.

The handler keeps what it was sent and gives each event a number of its own, by which the client's answer names the call
that it comes from. So both sides can be compared in full.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
from collections import defaultdict
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import msgspec
import pytest
from tests.running_server import DEADLINE_SECONDS, JSON_PROTOCOL, RunningServer, running_server
from tests.service.lean_client import TEXT, LeanClient, open_lean

SHORT = (100, 50)
"""Connections, and events of each."""
LONG = (1000, 200)
FAILS_EVERY = 20
UNDER_WAY = 8
"""Events that a client sends without waiting; the server keeps the order all the same."""
QUEUE = 511
"""Connections that the handler's listener lets wait: as many as with Node.js."""
HUB = "count"
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_CONNECTION = re.compile(rb"ce-connectionid: *(\w+)", re.IGNORECASE)
_ALLOWED = b"HTTP/1.1 200 OK\r\nWebHook-Allowed-Origin: *\r\nContent-Length: 0\r\n\r\n"
_FAILED = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"
_DONE = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%b"


class Handler(asyncio.Protocol):
    """One connection to the application server, whose books all connections share."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, end, rest = self._buffer.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        size = int(length[1]) if length else 0
        if not end or len(rest) < size:
            return
        assert len(rest) == size, "expected one request at a time"
        self._buffer = b""
        assert self._transport is not None
        self._transport.write(self._answer(head, rest))

    def _answer(self, head: bytes, body: bytes) -> bytes:
        if head.startswith(b"OPTIONS "):
            return _ALLOWED
        connection = _CONNECTION.search(head)
        assert connection is not None
        number = self._books.enter(connection[1].decode(), int(body))
        if number % FAILS_EVERY == 0:
            self._books.failed.add((connection[1].decode(), int(body)))
            return _FAILED
        answer = b"%b:%d" % (body, number)
        return _DONE % (len(answer), answer)


class Books:
    """What the handler was sent, in its order."""

    def __init__(self) -> None:
        self.calls = 0
        self.events: defaultdict[str, list[int]] = defaultdict(list)
        self.failed: set[tuple[str, int]] = set()

    def enter(self, connection_id: str, event: int) -> int:
        """Write down an event; the number of the call."""
        self.calls += 1
        self.events[connection_id].append(event)
        return self.calls


class Frame(msgspec.Struct):
    """What a client gets, as far as it matters here."""

    type: str
    connectionId: str | None = None  # noqa: N815 - the wire's spelling
    data: str | None = None
    ackId: int | None = None  # noqa: N815
    success: bool | None = None


decode = msgspec.json.Decoder(Frame).decode


class Teller:
    """A client that raises events, some at a time, and checks what it is told of them."""

    def __init__(self, events: int) -> None:
        self.events = events
        self.connection_id = ""
        self.client: LeanClient | None = None
        self.next = 0
        self.answered: list[int] = []
        self.failed: list[int] = []
        self.calls: list[int] = []
        self.reply: str | None = None
        self.is_connected = asyncio.Event()
        self.is_done = asyncio.Event()

    def start(self) -> None:
        for _ in range(min(UNDER_WAY, self.events)):
            self._raise_next()

    def take(self, opcode: int, payload: bytes) -> None:
        assert opcode == TEXT
        frame = decode(payload)
        if frame.type == "message":
            assert self.reply is None, "expected an ack after each reply"
            self.reply = frame.data
        elif frame.type == "ack":
            self._take_ack(frame)
        else:
            assert frame.connectionId is not None
            self.connection_id = frame.connectionId
            self.is_connected.set()

    def _take_ack(self, frame: Frame) -> None:
        event = len(self.answered) + len(self.failed)
        assert frame.ackId == event, f"expected the ack of {event}, got {frame}"
        reply, self.reply = self.reply, None
        if frame.success:
            assert reply is not None
            text, _, call = reply.partition(":")
            assert text == str(event), f"expected the answer to {event}, got {reply}"
            self.answered.append(event)
            self.calls.append(int(call))
        else:
            assert reply is None
            self.failed.append(event)
        if self.next < self.events:
            self._raise_next()
        elif event == self.events - 1:
            self.is_done.set()

    def _raise_next(self) -> None:
        number, self.next = self.next, self.next + 1
        assert self.client is not None
        self.client.send(b'{"type":"event","event":"e","dataType":"text","data":"%d","ackId":%d}' % (number, number))


@contextlib.asynccontextmanager
async def counting_server(folder: Path, books: Books) -> AsyncIterator[RunningServer]:
    """A server whose hub has this handler."""
    listener = await asyncio.get_running_loop().create_server(partial(Handler, books), "127.0.0.1", 0, backlog=QUEUE)
    port = listener.sockets[0].getsockname()[1]
    async with listener, running_server(folder) as server:
        handler = {"urlTemplate": f"http://127.0.0.1:{port}/{{event}}", "userEventPattern": "*"}
        body = {"properties": {"eventHandlers": [handler]}}
        server.registry.put_hub(server.resource.resource_group, server.resource.name, HUB, body)
        yield server


async def count(folder: Path, connections: int, events: int) -> None:
    faults: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: faults.append(context))
    books, tellers = Books(), [Teller(events) for _ in range(connections)]
    async with counting_server(folder, books) as server:
        for teller in tellers:
            teller.client = await open_lean(server.client_url(HUB), JSON_PROTOCOL, teller.take)
            await asyncio.wait_for(teller.is_connected.wait(), DEADLINE_SECONDS)
        for teller in tellers:
            teller.start()
        try:
            async with asyncio.timeout(connections * events / 500):
                await asyncio.gather(*(teller.is_done.wait() for teller in tellers))
        except TimeoutError:
            late = sum(not teller.is_done.is_set() for teller in tellers)
            raise AssertionError(f"{late} of {connections} clients still wait; {faults[:3]}") from None
        for teller in tellers:
            assert teller.client is not None
            teller.client.close()
            await teller.client.over
    assert faults == []
    compare(books, tellers, connections * events)


def compare(books: Books, tellers: list[Teller], total: int) -> None:
    """Both sides agree on every event."""
    for teller in tellers:
        assert sorted(teller.answered + teller.failed) == list(range(teller.events))
        assert books.events[teller.connection_id] == list(range(teller.events)), "lost, doubled or out of order"
        assert {(teller.connection_id, event) for event in teller.failed} <= books.failed
    calls = [call for teller in tellers for call in teller.calls]
    failed = sum(len(teller.failed) for teller in tellers)
    assert books.calls == total
    assert len(books.events) == len(tellers)
    assert failed == len(books.failed) == total // FAILS_EVERY
    assert sorted(calls) == [call for call in range(1, total + 1) if call % FAILS_EVERY]
    print(f"{len(tellers)} connections, {total} events: {len(calls)} answered, {failed} failed, 0 lost, 0 doubled")


async def test_every_event_is_answered_or_reported_as_failed_once_and_in_order(tmp_path: Path) -> None:
    await count(tmp_path, *SHORT)


@pytest.mark.soak
@pytest.mark.skipif("SOAK_MINUTES" not in os.environ, reason="takes minutes: make soak")
async def test_every_one_of_very_many_events_is_accounted_for(tmp_path: Path) -> None:
    await count(tmp_path, *LONG)
