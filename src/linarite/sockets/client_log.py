"""What the resource logs are told of clients: their requests, who was kept out and why, the lives of connections."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from linarite.access.entrance import Entrance
from linarite.access.tokens import TokenRefused
from linarite.hubs.connection import Connection
from linarite.hubs.session import Session
from linarite.monitoring.connection_endings import CONNECTIONS_LIMIT
from linarite.monitoring.entries import HttpFacts
from linarite.monitoring.resource_logs import HubName, Peer, ResourceLogs
from linarite.monitoring.trace_context import trace_id_of
from linarite.monitoring.urls import logged_url
from linarite.sockets.admission import ConnectionRequest, Refused, addressed_hub, addressed_resource

__all__ = ["ClientLog"]

_SWITCHING_PROTOCOLS, _TOO_MANY, _FAILED, _GONE = 101, 429, 500, 499
_REFUSALS = (401, 403)


class ClientLog:
    """Tells of one server's clients. It costs a look at three attributes while nobody wants to know."""

    def __init__(self, logs: ResourceLogs, entrance: Entrance) -> None:
        self._logs = logs
        self._entrance = entrance

    @contextmanager
    def request(self, request: ConnectionRequest, traceparent: str | None) -> Iterator[None]:
        """Tell of a request to connect, and of what is done meanwhile: that it was let in, or why not."""
        logs = self._logs
        if not logs.http_requests and not logs.connectivity:
            yield
            return
        resource = addressed_resource(request, self._entrance).name.lower()
        at = HubName(resource, addressed_hub(request))
        facts = HttpFacts(
            "Connection request received",
            at.hub,
            "/client/hubs/{hub}" if request.path.startswith("/client/hubs") else "/client",
            "GET",
            logged_url(request.scheme, request.host, request.path, request.query),
            trace_id_of(traceparent),
        )
        logs.request_started(resource, request.client, facts)
        started = time.perf_counter()
        status = _GONE  # unless something else becomes of it
        try:
            yield
            status = _SWITCHING_PROTOCOLS
        except Refused as refused:
            status = refused.status
            self._kept_out(at, request, refused)
            raise
        except Exception:
            status = _FAILED
            raise
        finally:
            duration = f"{(time.perf_counter() - started) * 1000:.3f}"
            text = "Connection request completed"
            ended = msgspec.structs.replace(facts, message=text, status_code=str(status), duration=duration)
            logs.request_ended(resource, request.client, status, ended)

    def _kept_out(self, at: HubName, request: ConnectionRequest, refused: Refused) -> None:
        if refused.status == _TOO_MANY:
            text = str(refused)
            message = CONNECTIONS_LIMIT if "quota" in text else text
            self._logs.connection_throttled(at, None, request.client, message)
        elif refused.status in _REFUSALS:
            cause = refused.__cause__
            if isinstance(cause, TokenRefused):
                self._logs.authorization_failed(at, request.client, cause.check, str(cause))
            else:
                text = str(refused) or f"The event handler answered {refused.status}."
                self._logs.authorization_failed(at, request.client, "client", text)

    # Lives of connections

    def let_in(self, connection: Connection, client: str) -> None:
        """A request has become a connection, or will go on with one; `client` is its address."""
        if self._logs.connectivity or self._logs.messaging:
            self._logs.remember(connection.connection_id, client)

    def gone_before(self, connection: Connection) -> None:
        """The client went away before it could come in."""
        self._logs.forget(connection.connection_id)

    def started(self, session: Session) -> None:
        """A new connection has begun."""
        if self._logs.connectivity:
            self._logs.connection_started(_at(session), _peer(session))

    def recovered(self, session: Session) -> None:
        """A reliable client is back."""
        if self._logs.connectivity:
            self._logs.connection_recovered(_at(session), _peer(session))

    def ended(self, session: Session, reason: str) -> None:
        """A connection is over, for good."""
        if self._logs.connectivity:
            category = session.connection.close_category
            self._logs.connection_ended(_at(session), _peer(session), reason, category)
        self._logs.forget(session.connection.connection_id)


def _at(session: Session) -> HubName:
    return HubName(*session.at)


def _peer(session: Session) -> Peer:
    return Peer(session.connection.connection_id, session.connection.user_id)
