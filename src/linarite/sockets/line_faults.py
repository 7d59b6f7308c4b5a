"""Cuts, stalls and slows the lines of clients, those that are open and, if it is wished, those that open later."""

from __future__ import annotations

import asyncio

from linarite.domain.faults import LINE_KINDS, FaultBook, FaultKind, LiveFault, Subject
from linarite.hubs.directory import Directory
from linarite.sockets.faulty_socket import FaultySocket
from linarite.sockets.keep_alive import KeepAlive
from linarite.sockets.socket_owner import SocketLimits, SocketOwner

__all__ = ["LineFaults"]


class LineFaults:
    """Does to sockets what the book says, and undoes it when a fault ends."""

    def __init__(self, loop: asyncio.AbstractEventLoop, book: FaultBook) -> None:
        self._loop = loop
        self._book = book
        self._struck: dict[LiveFault, list[FaultySocket]] = {}
        self._endings: dict[LiveFault, asyncio.TimerHandle] = {}

    def new_socket(
        self, loop: asyncio.AbstractEventLoop, keep_alive: KeepAlive, limits: SocketLimits, owner: SocketOwner
    ) -> FaultySocket:
        """A socket that faults can be done to."""
        return FaultySocket(loop, keep_alive, limits, owner, self._attached)

    def start(self, live: LiveFault, directory: Directory) -> None:
        """Do a fault to the connections that are open; other faults are done elsewhere."""
        if live.fault.kind not in LINE_KINDS:
            return
        self._struck[live] = []
        self._endings[live] = self._loop.call_later(live.fault.seconds, self.end, live)
        there = [
            (Subject(at.hub, connection.user_id, connection.connection_id), connection.outlet)
            for at, hub in directory
            for connection in hub.connections()
            if isinstance(connection.outlet, FaultySocket)
        ]
        for socket in self._book.choose_among(live, there):
            if isinstance(socket, FaultySocket):
                self._strike(live, socket)

    def end(self, live: LiveFault) -> None:
        """Undo a fault."""
        timer = self._endings.pop(live, None)
        if timer is not None:
            timer.cancel()
        for socket in self._struck.pop(live, ()):
            if any(socket in struck for other, struck in self._struck.items() if other.fault.kind is live.fault.kind):
                continue  # another fault of the kind goes on
            if live.fault.kind is FaultKind.STALL:
                socket.thaw()
            elif live.fault.kind is FaultKind.SLOW:
                socket.speed_up()

    def _attached(self, socket: FaultySocket) -> None:
        if self._book.active:
            # Not at once: the client is yet to be told that it is connected.
            self._loop.call_soon(self._opened, socket)

    def _opened(self, socket: FaultySocket) -> None:
        connection = socket.connection
        subject = Subject(socket.session.at.hub, connection.user_id, connection.connection_id)
        for live in self._book.wants_new(subject):
            self._strike(live, socket)

    def _strike(self, live: LiveFault, socket: FaultySocket) -> None:
        fault = live.fault
        if fault.kind is FaultKind.CUT:
            self._loop.call_later(fault.delay_seconds, socket.abort)
            return
        if fault.kind is FaultKind.STALL:
            socket.freeze()
        elif fault.bytes_per_second is not None:
            socket.slow_down(fault.bytes_per_second)
        self._struck.setdefault(live, []).append(socket)
