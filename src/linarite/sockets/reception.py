"""Lets clients in: from an upgrade request to a connection in its hub, and back out again."""

from __future__ import annotations

import asyncio
import logging
import secrets
from typing import NamedTuple

from linarite.access.entrance import Entrance
from linarite.cluster.backplane import Backplane
from linarite.domain.commands import HubAddress
from linarite.domain.permissions import Permissions
from linarite.hubs.connection import Connection
from linarite.hubs.directory import Directory
from linarite.hubs.session import Session, SessionLimits
from linarite.monitoring.logs import log_event
from linarite.protocols.negotiation import Negotiated, negotiate, parse_offer
from linarite.resources.model import Resource
from linarite.settings import Settings
from linarite.sockets.admission import Admission, ConnectionRequest, Refused, admit
from linarite.sockets.client_socket import ClientSocket, SocketLimits
from linarite.sockets.forwarded import TrustedProxies, address_of_request
from linarite.sockets.keep_alive import KeepAlive
from linarite.sockets.upgrade import RequestHead, Welcome

__all__ = ["Parts", "Reception"]

_log = logging.getLogger(__name__)

_GOING_AWAY = 1001
# A client that was refused because of a quota or a stop may ask again after this time.
_RETRY_AFTER = {"Retry-After": "1"}
# Bytes of randomness in a connection id, written as 32 hexadecimal characters: nobody guesses one.
_CONNECTION_ID_BYTES = 16


class Parts(NamedTuple):
    """What the reception works with."""

    entrance: Entrance
    directory: Directory
    backplane: Backplane
    keep_alive: KeepAlive
    proxies: TrustedProxies


class Reception:
    """Decides about upgrade requests, attaches connections to their hubs and detaches them at their end."""

    def __init__(self, parts: Parts, settings: Settings, loop: asyncio.AbstractEventLoop) -> None:
        self._parts = parts
        self._settings = settings
        self._loop = loop
        self._tasks: set[asyncio.Task[None]] = set()
        self._open_sockets = 0
        self._all_gone = asyncio.Event()
        self._session_limits = SessionLimits(settings.ack_memory)
        self._socket_limits = SocketLimits(
            settings.message_limit_bytes,
            settings.outbox_limit_messages,
            settings.outbox_limit_bytes,
            settings.write_buffer_bytes,
            settings.close_timeout_seconds,
        )
        self.message_limit_bytes = settings.message_limit_bytes
        self.read_buffer_bytes = settings.read_buffer_bytes
        self.is_draining = False

    # Coming in

    async def receive(self, head: RequestHead) -> Welcome:
        """The way in for this client. Raises Refused."""
        if self.is_draining:
            raise Refused(503, "The service is shutting down.", _RETRY_AFTER)
        admission = admit(self._request(head), self._parts.entrance)
        negotiated = negotiate(parse_offer(head.all(b"sec-websocket-protocol")))
        self._reserve(admission.resource)
        return self._welcome(admission, negotiated)

    def give_back(self, welcome: Welcome) -> None:
        """The client went away before it could come in."""
        self._parts.directory.release(welcome.socket.session.at.resource)

    def own(self, task: asyncio.Task[None]) -> None:
        """Keep a task until it has ended."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _request(self, head: RequestHead) -> ConnectionRequest:
        path, _, query = head.target.partition("?")
        address = address_of_request(
            head.peer,
            head.scheme,
            head.first(b"host") or "",
            head.headers,
            self._parts.proxies,
        )
        return ConnectionRequest(path, query, address.host, head.first(b"authorization"))

    def _reserve(self, resource: Resource) -> None:
        limit = resource.sku.connection_limit(
            unit_connections=self._settings.unit_connections, free_connections=self._settings.free_connections
        )
        name = resource.name.lower()
        if self._parts.directory.count(name) >= limit:
            log_event(_log, logging.WARNING, "connection quota reached", resource=resource.name, limit=limit)
            text = f"The connection quota of the resource is reached: {limit} connections."
            raise Refused(429, text, _RETRY_AFTER)
        self._parts.directory.reserve(name)

    def _welcome(self, admission: Admission, negotiated: Negotiated) -> Welcome:
        at = HubAddress(admission.resource.name.lower(), admission.hub)
        socket = ClientSocket(self._loop, self._parts.keep_alive, self._socket_limits, self)
        connection = Connection(
            secrets.token_hex(_CONNECTION_ID_BYTES),
            admission.user_id,
            negotiated.codec,
            Permissions(admission.roles),
            socket,
            negotiated.subprotocol,
        )
        socket.connection = connection
        socket.session = Session(
            at,
            self._parts.directory.open(at),
            connection,
            self._parts.backplane,
            self._loop.time,
            self._session_limits,
            admission.plain,
        )
        socket.groups = admission.groups
        socket.keep_alive_seconds = admission.hub_settings.keep_alive_seconds
        return Welcome(socket, negotiated.subprotocol)

    def opened(self, socket: ClientSocket) -> None:
        """Visible to REST first, then a member of the token's groups, then told so."""
        self._open_sockets += 1
        connection, session = socket.connection, socket.session
        hub = session.hub = self._parts.directory.open(session.at)
        hub.attach(connection, socket.groups)
        socket.groups = ()
        frame = connection.codec.connected(connection.connection_id, connection.user_id)
        if frame is not None:
            connection.write(frame)
        self._parts.keep_alive.watch(socket, socket.keep_alive_seconds)
        log_event(
            _log,
            logging.DEBUG,
            "connection started",
            hub=session.at.hub,
            connection=connection.connection_id,
            user=connection.user_id,
        )

    def ended(self, socket: ClientSocket, reason: str) -> None:
        """The connection is over, even if its socket has yet to close."""
        connection, at = socket.connection, socket.session.at
        self._parts.directory.detach(at, connection)
        self._parts.directory.release(at.resource)
        log_event(
            _log,
            logging.DEBUG,
            "connection ended",
            hub=at.hub,
            connection=connection.connection_id,
            user=connection.user_id,
            reason=reason,
        )

    def gone(self, socket: ClientSocket) -> None:
        """The socket is closed."""
        self._open_sockets -= 1
        if self._open_sockets == 0:
            self._all_gone.set()

    # Going out

    def close_resource(self, name: str, resource: Resource | None) -> None:
        """Close the connections of a resource that has been deleted."""
        if resource is None:
            for at, hub in self._parts.directory:
                if at.resource == name.lower():
                    for connection in hub.connections():
                        connection.close(_GOING_AWAY, "The resource has been deleted.")

    async def drain(self, seconds: float) -> None:
        """Let nobody in any more and close all connections, spread evenly over this time."""
        self.is_draining = True
        connections = [connection for _, hub in self._parts.directory for connection in hub.connections()]
        start = self._loop.time()
        for number, connection in enumerate(connections):
            ahead = start + seconds * number / len(connections) - self._loop.time()
            if ahead > _DRAIN_STEP_SECONDS:
                await asyncio.sleep(ahead)
            connection.close(_GOING_AWAY, "The service is shutting down.")
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        # Each socket has its own time limit for this. Without it the end of the process would cut off close frames.
        self._all_gone.clear()
        if self._open_sockets:
            await self._all_gone.wait()


# Closing is paced in steps of this length: a timer for each of many thousand connections would be work for nothing.
_DRAIN_STEP_SECONDS = 0.01
