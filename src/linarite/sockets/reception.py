"""Lets clients in: from an upgrade request to a connection in its hub, and back out again."""

from __future__ import annotations

import asyncio
import logging
import secrets
import sys
from collections.abc import Callable, Sequence
from math import ceil
from typing import NamedTuple

from linarite.access.entrance import Entrance, host_without_port
from linarite.cluster.backplane import Backplane
from linarite.domain.close_categories import CloseCategory
from linarite.domain.commands import HubAddress
from linarite.domain.permissions import Permissions
from linarite.domain.rates import Buckets, RateLimit
from linarite.events.cloud_events import ConnectRequest
from linarite.events.dispatcher import Upstream
from linarite.events.event_line import EventLine, LineIdentity
from linarite.events.replies import ConnectRefusal, ConnectReply
from linarite.hubs.connection import Connection
from linarite.hubs.directory import Directory
from linarite.hubs.plain_clients import PlainPublish
from linarite.hubs.recovery import RecoveryLimits, RecoveryQueue
from linarite.hubs.session import Session, SessionLimits
from linarite.hubs.streams import StreamLimits
from linarite.monitoring.logs import log_event
from linarite.monitoring.meters import Meters
from linarite.monitoring.resource_logs import ResourceLogs
from linarite.protocols.negotiation import negotiate, parse_offer
from linarite.resources.model import Resource
from linarite.resources.registry import Registry
from linarite.settings import Settings
from linarite.sockets.admission import (
    Admission,
    ConnectionRequest,
    RecoveryRequest,
    Refused,
    addressed_resource,
    admit,
    check_open,
    recovery_of,
)
from linarite.sockets.client_log import ClientLog
from linarite.sockets.client_metering import ClientMetering
from linarite.sockets.client_socket import ClientSocket
from linarite.sockets.forwarded import TrustedProxies, address_of_request
from linarite.sockets.keep_alive import KeepAlive
from linarite.sockets.pace import PaceLimits
from linarite.sockets.recoveries import Recoveries, pace_at
from linarite.sockets.socket_owner import SocketLimits, SocketOwner
from linarite.sockets.turned_away import TurnedAway
from linarite.sockets.upgrade import RequestHead, Welcome
from linarite.sockets.upstream_events import UpstreamEvents

__all__ = ["Parts", "Reception"]

_log = logging.getLogger(__name__)

_GOING_AWAY = 1001
_INTERNAL_ERROR = 500
# A client that was refused because of a quota or a stop may ask again after this time.
_RETRY_AFTER = {"Retry-After": "1"}
# Bytes of randomness in a connection id, written as 32 hexadecimal characters: nobody guesses one.
_CONNECTION_ID_BYTES = 16


NewSocket = Callable[[asyncio.AbstractEventLoop, KeepAlive, SocketLimits, SocketOwner], ClientSocket]


class Parts(NamedTuple):
    """What the reception works with."""

    registry: Registry
    entrance: Entrance
    directory: Directory
    backplane: Backplane
    keep_alive: KeepAlive
    proxies: TrustedProxies
    events: UpstreamEvents
    meters: Meters
    logs: ResourceLogs


class Reception:
    """Decides about upgrade requests, attaches connections to their hubs and detaches them at their end."""

    def __init__(self, parts: Parts, settings: Settings, loop: asyncio.AbstractEventLoop) -> None:
        self._parts = parts
        self._settings = settings
        self._loop = loop
        self._tasks: set[asyncio.Task[None]] = set()
        self._open_sockets = 0
        self._all_gone = asyncio.Event()
        self._session_limits = SessionLimits(
            settings.ack_memory,
            settings.waiting_requests_limit,
            settings.waiting_bytes_limit,
            StreamLimits(settings.streams_limit, settings.stream_id_limit, settings.stream_idle_seconds),
        )

        def rate(per_second: float) -> RateLimit:
            return RateLimit(per_second, per_second * settings.rate_burst_seconds)

        self._socket_limits = SocketLimits(
            settings.message_limit_bytes,
            settings.outbox_limit_messages,
            settings.outbox_limit_bytes,
            settings.write_buffer_bytes,
            settings.close_timeout_seconds,
            settings.rate_debt_seconds,
            PaceLimits(rate(settings.connection_messages_per_second), rate(settings.connection_bytes_per_second)),
        )
        self._connects = Buckets(rate(settings.connects_per_second))
        self._metering = ClientMetering(parts.meters, parts.entrance)
        self._log = ClientLog(parts.logs, parts.entrance)
        self._recovery_limits = RecoveryLimits(settings.recovery_limit_messages, settings.recovery_limit_bytes)
        self._recoveries = Recoveries(loop, parts.registry, settings.recovery_window_seconds, self.ended)
        self.message_limit_bytes = settings.message_limit_bytes
        self.read_buffer_bytes = settings.read_buffer_bytes
        self.is_draining = False
        self.new_socket: NewSocket = ClientSocket
        """Makes the sockets; those of `linarite dev` have faults on request."""

    # Coming in

    async def receive(self, head: RequestHead) -> Welcome:
        """The way in for this client. Raises Refused."""
        request = self._request(head)
        with self._metering.request(request), self._log.request(request, head.first(b"traceparent")):
            welcome = await self._receive(head, request)
        if isinstance(welcome.socket, ClientSocket):
            self._log.let_in(welcome.socket.connection, request.client)
        return welcome

    async def _receive(self, head: RequestHead, request: ConnectionRequest) -> Welcome:
        if self.is_draining:
            raise Refused(503, "The service is shutting down.", _RETRY_AFTER)
        recovery = recovery_of(request)
        if recovery is not None:
            return self._let_back_in(recovery, head, request)
        admission = admit(request, self._parts.entrance, self._settings.connection_groups_limit)
        self._reserve(admission.resource)
        try:
            return await self._let_in(head, request, admission)
        except BaseException:
            self._parts.directory.release(admission.resource.name.lower())
            raise

    async def _let_in(self, head: RequestHead, request: ConnectionRequest, admission: Admission) -> Welcome:
        """Ask the hub's event handler, if it wants to be asked; then make the connection."""
        at = HubAddress(admission.resource.name.lower(), admission.hub)
        connection_id = secrets.token_hex(_CONNECTION_ID_BYTES)
        origin = sys.intern(host_without_port(request.host))
        offered = parse_offer(head.all(b"sec-websocket-protocol"))
        who = LineIdentity(at.resource, at.hub, connection_id, origin, admission.user_id)
        line = self._parts.events.new_line(admission.hub_settings, who)
        reply = ConnectReply()
        if line is not None and Upstream.has_connect_handler(admission.hub_settings):
            reply = await self._ask(line, head, admission, offered)
            self._check_still_there(at.resource, request.client)
        user_id = admission.user_id if reply.user_id is None else reply.user_id or None
        roles = admission.roles if reply.roles is None else reply.roles
        negotiated = negotiate(offered, reply.subprotocol)
        socket = self._new_socket()
        connection = Connection(
            connection_id,
            user_id,
            negotiated.codec,
            Permissions(roles),
            socket,
            negotiated.subprotocol,
            origin,
            RecoveryQueue(self._recovery_limits) if negotiated.codec.is_reliable else None,
        )
        connection.line = line
        socket.connection = connection
        socket.groups = admission.groups if reply.groups is None else reply.groups
        socket.keep_alive_seconds = admission.hub_settings.keep_alive_seconds
        socket.session = self._session(at, connection, admission.plain)
        return Welcome(socket, negotiated.subprotocol)

    def _new_socket(self) -> ClientSocket:
        return self.new_socket(self._loop, self._parts.keep_alive, self._socket_limits, self)

    def _let_back_in(self, recovery: RecoveryRequest, head: RequestHead, request: ConnectionRequest) -> Welcome:
        """A client that has lost its socket wants to go on; it gets the protocol that it had, whatever it offers."""
        session = self._recoveries.find(recovery)
        if session is None:
            log_event(_log, logging.INFO, "recovery refused", hub=recovery.hub, connection=recovery.connection_id[:64])
            offered = parse_offer(head.all(b"sec-websocket-protocol"))
            self._metering.upgraded(addressed_resource(request, self._parts.entrance).name)
            return Welcome(TurnedAway(self._settings.close_timeout_seconds), negotiate(offered).subprotocol)
        resource = self._parts.registry.get(session.at.resource)
        assert resource is not None  # else nothing would have been found
        check_open(resource, request.client)
        socket = self._new_socket()
        socket.connection = session.connection
        socket.session = session
        socket.is_recovery = True
        socket.keep_alive_seconds = resource.hub(session.at.hub).keep_alive_seconds
        return Welcome(socket, session.connection.protocol)

    async def _ask(
        self, line: EventLine, head: RequestHead, admission: Admission, offered: Sequence[str]
    ) -> ConnectReply:
        """What the `connect` handler says of the client. Raises Refused with the status that the handler gave."""
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in head.headers]
        told = ConnectRequest(admission.claims, admission.query, headers, offered)
        reply = await self._parts.events.upstream.connect(line, told)
        if isinstance(reply, ConnectRefusal):
            is_no = reply.status < _INTERNAL_ERROR
            category = CloseCategory.UNAUTHORIZED if is_no else CloseCategory.SEND_EVENT_FAILED
            raise Refused(reply.status, body=reply.body, content_type=reply.content_type, category=category)
        if self.is_draining:
            raise Refused(503, "The service is shutting down.", _RETRY_AFTER)
        limit = self._settings.connection_groups_limit
        if len(reply.groups or ()) > limit:
            log_event(
                _log, logging.ERROR, "connect reply refused", reason=f"more than {limit} groups", hub=admission.hub
            )
            raise Refused(500)
        return reply

    def _check_still_there(self, name: str, client: str) -> None:
        """Raise Refused if the resource was deleted, stopped or shut to the client while its event handler thought."""
        resource = self._parts.registry.get(name)
        if resource is None:
            raise Refused(404, "The resource has been deleted.")
        check_open(resource, client)

    def _session(self, at: HubAddress, connection: Connection, plain: PlainPublish | None) -> Session:
        return Session(
            at,
            self._parts.directory.open(at),
            connection,
            self._parts.backplane,
            self._loop,
            self._session_limits,
            self._parts.events,
            plain,
        )

    def give_back(self, welcome: Welcome) -> None:
        """The client went away before it could come in."""
        socket = welcome.socket
        if isinstance(socket, ClientSocket) and not socket.is_recovery:
            self._parts.directory.detach(socket.session.at, socket.connection)
            self._parts.directory.release(socket.session.at.resource)
            self._log.gone_before(socket.connection)

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
        return ConnectionRequest(
            path, query, address.host, head.first(b"authorization"), address.client, address.scheme
        )

    def _reserve(self, resource: Resource) -> None:
        limit = resource.sku.connection_limit(
            unit_connections=self._settings.unit_connections, free_connections=self._settings.free_connections
        )
        name = resource.name.lower()
        wait = self._connects.wait(name, self._loop.time())
        if wait:
            log_event(_log, logging.WARNING, "connect rate reached", resource=resource.name)
            text = "The resource takes no more new connections in this second."
            raise Refused(429, text, {"Retry-After": str(ceil(wait))})
        if self._parts.directory.count(name) >= limit:
            log_event(_log, logging.WARNING, "connection quota reached", resource=resource.name, limit=limit)
            text = f"The connection quota of the resource is reached: {limit} connections."
            raise Refused(429, text, _RETRY_AFTER)
        self._parts.directory.reserve(name)

    def opened(self, socket: ClientSocket) -> None:
        """The handshake is answered: begin a connection, or go on with one."""
        self._open_sockets += 1
        self._metering.upgraded(socket.session.at.resource)
        # First of all: the socket may end in the very moment, and is forgotten then.
        self._parts.keep_alive.watch(socket, socket.keep_alive_seconds)
        if socket.is_recovery:
            self._recovered(socket)
        else:
            self._begin(socket)

    def _begin(self, socket: ClientSocket) -> None:
        """Visible to REST first, then a member of the token's groups, then told so."""
        connection, session = socket.connection, socket.session
        self._metering.opened(session)
        hub = session.hub = self._parts.directory.open(session.at)
        socket.attach()
        # Before the groups: `connected` is a connection's event number 1. It is sent when all of this is done.
        self._parts.events.connected(session.at, connection)
        hub.attach(connection, socket.groups)
        socket.groups = ()
        self._welcome(session)
        self._log.started(session)
        _log_life("connection started", session)

    def _recovered(self, socket: ClientSocket) -> None:
        """The client is told so and gets what it may have missed, then whatever is new. Nobody upstream hears of it."""
        connection, session = socket.connection, socket.session
        if connection.is_closing:  # it ended while the handshake was being answered
            socket.turn_away()
            return
        before = connection.outlet
        session.hub.delivery.stalled.discard(connection)
        socket.attach()
        self._recoveries.attach(session)
        socket.keep_pace(pace_at(before))
        if isinstance(before, ClientSocket):
            session.detached()
            before.give_way()
        session.attached()
        self._welcome(session)
        if connection.recovery is not None:
            socket.replay(connection.recovery.unacknowledged(self._loop.time()))
        self._log.recovered(session)
        _log_life("connection recovered", session)

    def _welcome(self, session: Session) -> None:
        connection = session.connection
        token = None if connection.recovery is None else self._recoveries.watch(session)
        frame = connection.codec.connected(connection.connection_id, connection.user_id, token)
        if frame is not None:
            connection.write(frame)

    def detached(self, socket: ClientSocket) -> None:
        """The client of a reliable connection is gone, and may come back."""
        self._recoveries.detach(socket.session, socket.pace)
        socket.session.detached()
        _log_life("connection detached", socket.session)

    def ended(self, session: Session, reason: str) -> None:
        """The connection is over, even if its socket has yet to close."""
        connection, at = session.connection, session.at
        if connection.recovery is not None:
            self._recoveries.drop(session)
        self._parts.directory.detach(at, connection)
        session.ended()
        self._parts.directory.release(at.resource)
        self._metering.ended(session)
        self._parts.events.disconnected(at, connection, reason)
        self._log.ended(session, reason)
        _log_life("connection ended", session, reason)

    def slowed(self, socket: ClientSocket) -> None:
        """The client sends too fast and is not read for a while."""
        self._metering.slowed(socket.session)

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
                    hub.delivery.settle()
                    for connection in hub.connections():
                        connection.close(_GOING_AWAY, "The resource has been deleted.")

    async def drain(self, seconds: float) -> None:
        """Let nobody in any more and close all connections, spread evenly over this time."""
        self.is_draining = True
        connections = [(hub, connection) for _, hub in self._parts.directory for connection in hub.connections()]
        start = self._loop.time()
        for number, (hub, connection) in enumerate(connections):
            ahead = start + seconds * number / len(connections) - self._loop.time()
            if ahead > _DRAIN_STEP_SECONDS:
                await asyncio.sleep(ahead)
            hub.delivery.settle()
            connection.close(_GOING_AWAY, "The service is shutting down.")
        await asyncio.sleep(0)  # connections without a socket end in the next tick, and no socket tells when they have
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        # Each socket has its own time limit for this. Without it the end of the process would cut off close frames.
        self._all_gone.clear()
        if self._open_sockets:
            await self._all_gone.wait()


# Closing is paced in steps of this length: a timer for each of many thousand connections would be work for nothing.
_DRAIN_STEP_SECONDS = 0.01


def _log_life(event: str, session: Session, reason: str | None = None) -> None:
    connection = session.connection
    log_event(
        _log,
        logging.DEBUG,
        event,
        hub=session.at.hub,
        connection=connection.connection_id,
        user=connection.user_id,
        reason=reason,
    )
