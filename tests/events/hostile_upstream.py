"""An application server on loopback that behaves as well or as badly as a test wants.

The first segment of a request's path names the behaviour; what came in is kept for the test to look at.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

MEGABYTE = 1_000_000


@dataclass
class Received:
    """One request as it came."""

    method: str
    path: str
    headers: list[tuple[str, str]]
    body: bytes
    connection: int

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    @property
    def event(self) -> str | None:
        return self.header("ce-eventName")


class HostileUpstream:
    """The server; `url` is where it listens."""

    def __init__(self) -> None:
        self.requests: list[Received] = []
        self.connections = 0
        self.open = 0
        self.left = 0
        """Connections that a client ended while it had no answer."""
        self.allowed: list[str] = ["*"]
        """What validation is answered."""
        self.validation_status = 200
        self.get_status = 404
        self.failures = Counter[str]()
        """How often the behaviour `flapping` fails for each event name before it answers."""
        self.answers: dict[str, bytes] = {}
        """Whole replies to events by path, for behaviours of a test's own."""
        self.gate = asyncio.Event()
        """The behaviour `gate` answers when it is set."""
        self.changed = asyncio.Event()
        self.url = ""
        self._writers: set[asyncio.StreamWriter] = set()

    def posts(self, event: str | None = None) -> list[Received]:
        """The events that arrived, or those of one name."""
        return [one for one in self.requests if one.method == "POST" and event in (None, one.event)]

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait for a condition on what arrived."""
        async with asyncio.timeout(10):
            while not is_so():
                self.changed.clear()
                await self.changed.wait()

    async def say(self, data: bytes) -> None:
        """Write something on every open connection, asked or not."""
        for writer in self._writers:
            writer.write(data)
            await writer.drain()

    async def hang_up(self) -> None:
        """End every open connection after what has been written."""
        for writer in tuple(self._writers):
            await writer.drain()
            writer.close()

    def _note(self) -> None:
        self.changed.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open += 1
        self._writers.add(writer)
        number = self.connections
        try:
            while await self._serve_one(reader, writer, number):
                pass
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            pass
        finally:
            self.open -= 1
            self._writers.discard(writer)
            self._note()
            writer.close()

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> bool:
        request = await _read(reader, number)
        self.requests.append(request)
        self._note()
        if request.method == "POST" and request.path in self.answers:
            writer.write(self.answers[request.path])
        elif request.method in ("OPTIONS", "GET"):
            status = self.validation_status if request.method == "OPTIONS" else self.get_status
            writer.write(reply(status, b"", *(f"WebHook-Allowed-Origin: {value}" for value in self.allowed)))
        else:
            return await self._behave(request, reader, writer)
        await writer.drain()
        return True

    async def _behave(self, request: Received, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        behaviour = request.path.split("/")[1]
        if behaviour.isdigit():
            writer.write(reply(int(behaviour), b"refused", "Location: /echo/elsewhere", "Content-Type: text/plain"))
            return True
        await BEHAVIOURS[behaviour](self, request, reader, writer)
        await writer.drain()
        return behaviour not in ("half", "early", "half-head", "noise", "bad-header")


def reply(status: int, body: bytes, *headers: str) -> bytes:
    """A whole reply."""
    lines = [f"HTTP/1.1 {status} Status", *headers, f"Content-Length: {len(body)}"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body


async def _read(reader: asyncio.StreamReader, number: int) -> Received:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    method, path, _ = head[0].split(" ")
    headers = [(name, value.strip()) for line in head[1:-2] for name, _, value in [line.partition(":")]]
    length = next((int(value) for name, value in headers if name.lower() == "content-length"), 0)
    return Received(method, path, headers, await reader.readexactly(length), number)


Behaviour = Callable[[HostileUpstream, Received, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def _echo(server, request, reader, writer) -> None:
    writer.write(reply(200, request.body, f"Content-Type: {request.header('content-type')}"))


async def _nothing(server, request, reader, writer) -> None:
    writer.write(reply(204, b""))


async def _gate(server, request, reader, writer) -> None:
    await server.gate.wait()
    await _echo(server, request, reader, writer)


async def _last(server, request, reader, writer) -> None:
    await server.gate.wait()
    writer.write(reply(200, b"", "Connection: close"))


async def _silent(server, request, reader, writer) -> None:
    if not await reader.read(1):
        server.left += 1


async def _slow(server, request, reader, writer) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while not reader.at_eof():
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.01)
    server.left += 1


async def _half(server, request, reader, writer) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\nhalf of")


async def _half_head(server, request, reader, writer) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-")


async def _early(server, request, reader, writer) -> None:
    """Closes without a word."""


async def _noise(server, request, reader, writer) -> None:
    writer.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")


async def _bad_header(server, request, reader, writer) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nBad Header: x\r\nContent-Length: 0\r\n\r\n")


async def _ten(server, request, reader, writer) -> None:
    writer.write(reply(200, b"x" * 10 * MEGABYTE, "Content-Type: text/plain"))


async def _seventeen(server, request, reader, writer) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(170):
        writer.write(b"%x\r\n" % 100_000 + b"x" * 100_000 + b"\r\n")
        await writer.drain()
    writer.write(b"0\r\n\r\n")


async def _flapping(server, request, reader, writer) -> None:
    if server.failures[request.event] > 0:
        server.failures[request.event] -= 1
        writer.write(reply(503, b"busy"))
    else:
        await _echo(server, request, reader, writer)


BEHAVIOURS: dict[str, Behaviour] = {
    "echo": _echo,
    "nothing": _nothing,
    "gate": _gate,
    "last": _last,
    "silent": _silent,
    "slow": _slow,
    "half": _half,
    "half-head": _half_head,
    "early": _early,
    "noise": _noise,
    "bad-header": _bad_header,
    "ten": _ten,
    "seventeen": _seventeen,
    "flapping": _flapping,
}


@contextlib.asynccontextmanager
async def hostile_upstream(tls: ssl.SSLContext | None = None, port: int = 0) -> AsyncIterator[HostileUpstream]:
    """The server while it listens on 127.0.0.1; at the end its connections are ended too."""
    upstream = HostileUpstream()
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        with contextlib.suppress(asyncio.CancelledError):
            await upstream.serve(reader, writer)
        tasks.discard(task)

    server = await asyncio.start_server(serve, "127.0.0.1", port, ssl=tls)
    upstream.url = f"{'http' if tls is None else 'https'}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield upstream
    finally:
        server.close()
        for task in tuple(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
