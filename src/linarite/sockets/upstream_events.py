"""Brings the events of connections to the way upstream, which is opened at first use: most servers never need it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

from linarite.domain.commands import HubAddress
from linarite.events.dispatcher import EventFailed, Upstream
from linarite.events.event_line import EventLine, LineIdentity
from linarite.events.replies import EventReply
from linarite.hubs.client_events import Cancellable, EventAnswer
from linarite.hubs.connection import Connection
from linarite.monitoring.resource_logs import HubName, Peer, ResourceLogs
from linarite.monitoring.trace_context import new_trace_id
from linarite.protocols.requests import Payload
from linarite.resources.model import HubSettings
from linarite.resources.registry import Registry

__all__ = ["UpstreamEvents"]

_NO_SETTINGS = HubSettings("")


class UpstreamEvents:
    """The `ClientEvents` of a server: what a hub says of its connections goes to the hub's event handlers.

    A connection gets a line of its own at its first event that may have a handler; connections of hubs without handlers
    cost a look at their settings.
    """

    def __init__(
        self, registry: Registry, open_upstream: Callable[[], Upstream], logs: ResourceLogs | None = None
    ) -> None:
        """`open_upstream` is called once, when the first event is due; `logs` are told of user events and answers."""
        self._registry = registry
        self._open = open_upstream
        self._logs = logs
        self._upstream: Upstream | None = None

    @property
    def upstream(self) -> Upstream:
        """The way upstream, opened if it is not open yet."""
        if self._upstream is None:
            self._upstream = self._open()
        return self._upstream

    async def close(self, grace_seconds: float) -> None:
        """Send what waits, for this long at most."""
        if self._upstream is not None:
            await self._upstream.close(grace_seconds)

    # A connection's life

    def new_line(self, settings: HubSettings, who: LineIdentity) -> EventLine | None:
        """The line of a client that wants in; None if its hub has no handlers."""
        return Upstream.line(who) if Upstream.has_handlers(settings) else None

    def connected(self, at: HubAddress, connection: Connection) -> None:
        """The connection is open."""
        line = cast("EventLine | None", connection.line)
        if line is not None:
            line.accept(connection.user_id, connection.protocol)
            self.upstream.connected(line)

    def disconnected(self, at: HubAddress, connection: Connection, reason: str) -> None:
        """The connection has ended, for good."""
        line = self._line(at, connection)
        if line is not None:
            self.upstream.disconnected(line, reason)

    # What hubs and sessions call

    def ask(
        self,
        at: HubAddress,
        connection: Connection,
        name: str,
        payload: Payload,
        metadata: Mapping[str, str],
        answer: Callable[[EventAnswer | None], None],
    ) -> Cancellable | None:
        """Raise a user event; without a handler the answer is None at once. What is returned ends the call."""
        trace_id = None
        if self._logs is not None and self._logs.messaging:
            trace_id = self._received(self._logs, at, connection, name, payload)
        line = self._line(at, connection)
        if line is None:
            answer(None)
            return None

        def answered(said: EventReply | EventFailed) -> None:
            if self._logs is not None and trace_id is not None and isinstance(said, EventReply):
                self._answered(self._logs, at, connection, said, trace_id)
            answer(said if isinstance(said, EventReply) else None)

        return self.upstream.ask(line, name, payload.data_type, payload.data, metadata, answered, trace_id)

    def wants(self, at: HubAddress, connection: Connection, name: str) -> bool:
        """Whether there is a handler for user events of that name."""
        line = self._line(at, connection)
        return line is not None and self.upstream.wants(line, name)

    def joined(self, at: HubAddress, connection: Connection, group: str) -> None:
        """The connection has become a member of a group."""
        line = self._line(at, connection)
        if line is not None:
            self.upstream.joined(line, group)

    def left(self, at: HubAddress, connection: Connection, group: str) -> None:
        """The connection is no longer a member of a group."""
        line = self._line(at, connection)
        if line is not None:
            self.upstream.left(line, group)

    # What resource logs are told

    @staticmethod
    def _received(
        logs: ResourceLogs, at: HubAddress, connection: Connection, name: str, payload: Payload
    ) -> str | None:
        """Tell that a user event has come; the trace id with which it goes on."""
        if at.resource not in logs.messaging:
            return None
        trace_id = new_trace_id()
        kind, size = payload.data_type.value, len(payload.data)
        text = f"Message received from client for event '{name}': {kind}, {size} bytes"
        peer = Peer(connection.connection_id, connection.user_id)
        logs.message(HubName(*at), peer, trace_id, "MessageReceived", text, message_type=kind, size=size)
        return trace_id

    @staticmethod
    def _answered(logs: ResourceLogs, at: HubAddress, connection: Connection, reply: EventReply, trace_id: str) -> None:
        """Tell that the client gets an answer, if there is something in it for the client."""
        if reply.data_type is not None:
            peer = Peer(connection.connection_id, connection.user_id)
            kind, size = reply.data_type.value, len(reply.data)
            text = "Message sent to connection: the event handler's answer"
            logs.message(HubName(*at), peer, trace_id, "MessageSent", text, message_type=kind, size=size)

    def _line(self, at: HubAddress, connection: Connection) -> EventLine | None:
        line = cast("EventLine | None", connection.line)
        if line is None and Upstream.has_handlers(self._settings(at)):
            who = LineIdentity(
                at.resource,
                at.hub,
                connection.connection_id,
                connection.origin,
                connection.user_id,
                connection.protocol,
            )
            # The hub got its first handler after this connection had opened.
            line = connection.line = Upstream.line(who, is_connected=True)
        return line

    def _settings(self, at: HubAddress) -> HubSettings:
        resource = self._registry.get(at.resource)
        return _NO_SETTINGS if resource is None else resource.hub(at.hub)
