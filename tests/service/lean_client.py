"""A WebSocket client that costs next to nothing, so that thousands of them fit beside the server on two cores."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable
from typing import cast
from urllib.parse import urlsplit

__all__ = ["BINARY", "TEXT", "LeanClient", "open_lean"]

TEXT, BINARY, CLOSE, PING, PONG = 0x1, 0x2, 0x8, 0x9, 0xA
Receive = Callable[[int, bytes], None]


class LeanClient(asyncio.Protocol):
    """One connection. `receive` is called with the opcode and the payload of each message."""

    __slots__ = ("_buffer", "_receive", "_transport", "close_code", "opened", "over")

    def __init__(self, receive: Receive) -> None:
        loop = asyncio.get_running_loop()
        self._receive = receive
        self._buffer = b""
        self._transport: asyncio.Transport | None = None
        self.opened: asyncio.Future[None] = loop.create_future()
        self.over: asyncio.Future[None] = loop.create_future()
        self.close_code: int | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        if self._buffer:
            data = self._buffer + data
        if not self.opened.done():
            head, end, data = data.partition(b"\r\n\r\n")
            if not end:
                self._buffer = head
                return
            if not head.startswith(b"HTTP/1.1 101 "):
                self.opened.set_exception(ConnectionRefusedError(head.decode("latin-1")))
                return
            self.opened.set_result(None)
        self._buffer = self._take_frames(data)

    def _take_frames(self, data: bytes) -> bytes:
        """Hand over the complete frames; what is left of an incomplete one."""
        start, end = 0, len(data)
        while end - start >= 2:
            size, head = data[start + 1], 2
            if size == 126:
                head = 4
                if end - start < head:
                    break
                (size,) = struct.unpack_from("!H", data, start + 2)
            elif size == 127:
                head = 10
                if end - start < head:
                    break
                (size,) = struct.unpack_from("!Q", data, start + 2)
            following = start + head + size
            if following > end:
                break
            self._take_frame(data[start], data[start + head : following])
            start = following
        return data[start:]

    def _take_frame(self, first: int, payload: bytes) -> None:
        opcode = first & 0xF
        assert first == 0x80 | opcode, f"expected a whole message in one frame, got a frame that begins with {first:#x}"
        if opcode in (TEXT, BINARY):
            self._receive(opcode, payload)
        elif opcode == PING:
            self._write(PONG, payload)
        elif opcode == CLOSE:
            self.close_code = int.from_bytes(payload[:2]) if payload else None
            self._write(CLOSE, payload)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.opened.done():
            self.opened.set_exception(exc or ConnectionResetError("closed during the handshake"))
        self.over.set_result(None)

    def send(self, payload: bytes, opcode: int = TEXT) -> None:
        """Send one message."""
        self._write(opcode, payload)

    def close(self) -> None:
        """Send a close frame; the server ends the connection."""
        self._write(CLOSE, b"\x03\xe8")

    def abort(self) -> None:
        """Be gone without a word."""
        if not self.over.done():
            assert self._transport is not None
            self._transport.abort()

    def _write(self, opcode: int, payload: bytes) -> None:
        """A frame masked with nothing but zeros: as good as any mask to the server, and free of charge here."""
        size = len(payload)
        if size < 126:
            head = bytes((0x80 | opcode, 0x80 | size, 0, 0, 0, 0))
        else:
            head = struct.pack("!BBHI", 0x80 | opcode, 0xFE, size, 0)
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(head + payload)


async def open_lean(url: str, subprotocol: str | None, receive: Receive) -> LeanClient:
    """Connect to a client access URL of this machine."""
    parts = urlsplit(url)
    client = LeanClient(receive)
    await asyncio.get_running_loop().create_connection(lambda: client, "127.0.0.1", parts.port)
    lines = [
        f"GET {parts.path}?{parts.query} HTTP/1.1",
        f"Host: {parts.netloc}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        *([f"Sec-WebSocket-Protocol: {subprotocol}"] if subprotocol else []),
    ]
    assert client._transport is not None
    client._transport.write("\r\n".join([*lines, "", ""]).encode())
    await client.opened
    return client
