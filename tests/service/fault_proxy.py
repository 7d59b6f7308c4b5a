"""A TCP proxy that treats its connections badly: it cuts, stalls, delays, truncates and resets when it is told to."""

from __future__ import annotations

import asyncio
import random
import socket
import struct
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

__all__ = ["FAULTS", "FaultProxy", "fault_proxy"]

FAULTS = ("cut", "stall", "delay", "truncate", "reset")
# How long a connection is held up: long enough for many messages to pile up, short enough for thousands of faults.
_STALL_SECONDS = 0.2
_DELAY_SECONDS = 0.02


class _End(asyncio.Protocol):
    """One side of a connection; what comes goes to the other side."""

    def __init__(self, link: _Link) -> None:
        self._link = link
        self.transport: asyncio.Transport | None = None
        self.other: _End | None = None
        self._early = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        if self._early:
            self.transport.write(self._early)

    def data_received(self, data: bytes) -> None:
        if self.other is not None:
            self._link.carry(self.other, data)

    def write(self, data: bytes) -> None:
        if self.transport is None:
            self._early += data
        elif not self.transport.is_closing():
            self.transport.write(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._link.end()


class _Link:
    """A client's connection and the one to the server behind it."""

    def __init__(self, proxy: FaultProxy) -> None:
        self._proxy = proxy
        self.front, self.back = _End(self), _End(self)
        self.front.other, self.back.other = self.back, self.front
        self._held: list[tuple[_End, bytes]] | None = None
        self._keep: int | None = None
        self._is_stalled = self._is_over = False

    def carry(self, to: _End, data: bytes) -> None:
        if self._held is not None:
            self._held.append((to, data))
        elif self._keep is not None:
            # Truncated: a part of this piece gets through, and nothing after it.
            to.write(data[: len(data) * self._keep // 100])
            self._keep, self._held = None, []
            asyncio.get_running_loop().call_soon(self.end)
        else:
            to.write(data)

    def harm(self, fault: str, rng: random.Random) -> None:
        loop = asyncio.get_running_loop()
        if fault == "cut":
            self.end()
        elif fault == "reset":
            self._reset(self.front)
            self._reset(self.back)
        elif fault == "truncate":
            self._keep = rng.randrange(100)
        else:
            if self._held is None:
                self._held = []
            # A stall ends in a cut: what was held is lost. A delay ends well.
            if fault == "stall":
                self._is_stalled = True
                loop.call_later(_STALL_SECONDS, self.end)
            else:
                loop.call_later(_DELAY_SECONDS, self._release)

    def _release(self) -> None:
        if self._is_stalled:
            return
        held, self._held = self._held, None
        for to, data in held or ():
            self.carry(to, data)

    def _reset(self, end: _End) -> None:
        """RST instead of FIN (SO_LINGER with no time)."""
        if end.transport is not None:
            sock: socket.socket = end.transport.get_extra_info("socket")
            if sock.fileno() >= 0:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            end.transport.abort()

    def end(self) -> None:
        if self._is_over:
            return
        self._is_over = True
        self._held = None
        self._proxy.links.discard(self)
        for end in (self.front, self.back):
            if end.transport is not None:
                end.transport.abort()


class _Refusal(asyncio.Protocol):
    """Ends a connection at once."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast(asyncio.Transport, transport).abort()


class FaultProxy:
    """Listens on a port of its own in front of a server's."""

    def __init__(self, server_port: int, seed: int) -> None:
        self._server_port = server_port
        self._rng = random.Random(seed)
        self.links: set[_Link] = set()
        self.faults: Counter[str] = Counter()
        self.port = 0
        self.is_broken = False

    def accept(self) -> asyncio.Protocol:
        if self.is_broken:
            return _Refusal()
        link = _Link(self)
        self.links.add(link)
        loop = asyncio.get_running_loop()
        task = loop.create_task(loop.create_connection(lambda: link.back, "127.0.0.1", self._server_port))
        task.add_done_callback(lambda done: link.end() if done.cancelled() or done.exception() else None)
        return link.front

    def harm_one(self) -> str | None:
        """Do something bad to one connection; what it was, None if there is no connection."""
        if not self.links:
            return None
        link = self._rng.choice(sorted(self.links, key=id))
        fault = self._rng.choice(FAULTS)
        link.harm(fault, self._rng)
        self.faults[fault] += 1
        return fault

    def break_off(self) -> None:
        """Cut every connection, and each new one at once, until `is_broken` is taken back."""
        self.is_broken = True
        self.cut_all()

    def cut_all(self) -> None:
        """Cut every connection at once."""
        for link in tuple(self.links):
            link.end()


@asynccontextmanager
async def fault_proxy(server_port: int, seed: int) -> AsyncIterator[FaultProxy]:
    """A proxy in front of a server of this machine."""
    proxy = FaultProxy(server_port, seed)
    listener = await asyncio.get_running_loop().create_server(proxy.accept, "127.0.0.1", 0, backlog=1024)
    proxy.port = listener.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        listener.close()
        proxy.cut_all()
        await listener.wait_closed()
