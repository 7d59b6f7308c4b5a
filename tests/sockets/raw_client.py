"""A WebSocket client that sends the bytes it is told to, right or wrong, and shows each frame that comes back."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import struct
from collections.abc import AsyncIterator, Iterable
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from tests.running_server import DEADLINE_SECONDS, RunningServer

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
# Any mask will do; the same ones in each run give tests the same names.
_MASKS = random.Random(6455)
KEY = "dGhlIHNhbXBsZSBub25jZQ=="  # the example of RFC 6455, section 1.3
ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


class Frame(NamedTuple):
    """A frame from the server."""

    opcode: int
    payload: bytes
    is_final: bool = True

    @property
    def close(self) -> tuple[int | None, str]:
        """Code and reason of a close frame; None without a code."""
        assert self.opcode == CLOSE, self
        code = struct.unpack("!H", self.payload[:2])[0] if self.payload else None
        return code, self.payload[2:].decode()


def frame(opcode: int, payload: bytes = b"", *, fin: bool = True, rsv: int = 0, masked: bool = True) -> bytes:
    """A client's frame; with other arguments than the opcode and the payload, one that may be wrong."""
    size = len(payload)
    head = bytes([fin << 7 | rsv << 4 | opcode])
    if size < 126:
        head += bytes([masked << 7 | size])
    elif size < 65536:
        head += struct.pack("!BH", masked << 7 | 126, size)
    else:
        head += struct.pack("!BQ", masked << 7 | 127, size)
    if not masked:
        return head + payload
    mask = _MASKS.randbytes(4)
    repeated = int.from_bytes((mask * (size // 4 + 1))[:size], "big")
    return head + mask + (int.from_bytes(payload, "big") ^ repeated).to_bytes(size, "big")


def close(code: int | None = None, reason: bytes = b"") -> bytes:
    """A close frame."""
    return frame(CLOSE, b"" if code is None else struct.pack("!H", code) + reason)


def fragmented(opcode: int, payload: bytes, size: int, between: bytes = b"") -> Iterable[bytes]:
    """A message in fragments of `size` bytes, with some other bytes between each two."""
    pieces = [payload[start : start + size] for start in range(0, len(payload), size)]
    for number, piece in enumerate(pieces):
        is_last = number == len(pieces) - 1
        yield frame(CONTINUATION if number else opcode, piece, fin=is_last) + (b"" if is_last else between)


def head_of(url: str, *lines: str, subprotocol: str | None = None) -> bytes:
    """The head of an upgrade request for a client access URL."""
    parts = urlsplit(url)
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    protocol = [f"Sec-WebSocket-Protocol: {subprotocol}"] if subprotocol else []
    standard = ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {KEY}"]
    return "\r\n".join(
        [f"GET {target} HTTP/1.1", f"Host: {parts.netloc}", *standard, *protocol, *lines, "", ""]
    ).encode()


class RawClient:
    """A TCP connection to the server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @property
    def socket(self) -> socket.socket:
        return self._writer.get_extra_info("socket")

    def send(self, *data: bytes) -> None:
        """Send bytes as they are, as one piece if the network lets them."""
        self._writer.write(b"".join(data))

    async def drain(self) -> None:
        """Wait until the operating system has taken what was sent."""
        await self._writer.drain()

    async def head(self) -> tuple[int, dict[str, str]]:
        """Status and headers of an HTTP answer, names in lower case."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            lines = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines[1:] if line)
        return int(lines[0].split(" ")[1]), {name.lower(): value for name, value in headers.items()}

    async def frame(self) -> Frame:
        """The next frame."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            first, second = await self._reader.readexactly(2)
            assert second < 128, "expected a server's frame, got a masked one"
            assert not first & 0x70, "expected no reserved bits, got some"
            if second == 126:
                (second,) = struct.unpack("!H", await self._reader.readexactly(2))
            elif second == 127:
                (second,) = struct.unpack("!Q", await self._reader.readexactly(8))
            return Frame(first & 0xF, await self._reader.readexactly(second), bool(first & 0x80))

    async def rest(self) -> bytes:
        """Everything until the server ends the connection."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            return await self._reader.read()

    async def ended(self) -> tuple[int | None, str]:
        """Code and reason of the close frame, which has to be the next and the last thing that comes."""
        closing = (await self.frame()).close
        assert await self.rest() == b"", "expected nothing after the close frame"
        return closing

    async def is_dropped(self) -> bool:
        """Whether the server ends the connection without a word."""
        try:
            return await self.rest() == b""
        except ConnectionError:
            return True

    def abort(self) -> None:
        """Be gone without a word."""
        self._writer.transport.abort()


@contextlib.asynccontextmanager
async def tcp_client(server: RunningServer, receive_buffer_bytes: int | None = None) -> AsyncIterator[RawClient]:
    """A TCP connection to the server, nothing sent yet."""
    sock = socket.socket()
    if receive_buffer_bytes is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
    sock.setblocking(False)
    await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", server.port))
    reader, writer = await asyncio.open_connection(sock=sock, limit=2**16)
    try:
        yield RawClient(reader, writer)
    finally:
        writer.transport.abort()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


@contextlib.asynccontextmanager
async def raw_client(
    server: RunningServer,
    hub: str = "chat",
    *,
    subprotocol: str | None = None,
    receive_buffer_bytes: int | None = None,
    **access: Any,
) -> AsyncIterator[RawClient]:
    """A WebSocket client, its handshake done; `access` is what `RunningServer.client_url` takes."""
    async with tcp_client(server, receive_buffer_bytes) as client:
        client.send(head_of(server.client_url(hub, **access), subprotocol=subprotocol))
        status, headers = await client.head()
        assert status == 101, status
        assert headers["sec-websocket-accept"] == ACCEPT
        yield client
