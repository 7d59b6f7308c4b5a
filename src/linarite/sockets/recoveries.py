"""Reliable connections that have lost their socket, and how their clients come back to them.

A reliable connection outlives its socket: while it waits for its client it stays a member of its groups, its messages
are kept, and nobody upstream hears of it. When its time is up, or when it is closed meanwhile, it ends like any other
(client-spec.md of Azure Web PubSub, sections 1.2 to 1.4 and 3.2).
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable

from linarite.access.reconnection_tokens import make_reconnection_token, opens_connection
from linarite.hubs.connection import Outlet
from linarite.hubs.session import Session
from linarite.resources.registry import Registry
from linarite.sockets.admission import RecoveryRequest
from linarite.sockets.client_socket import ClientSocket
from linarite.sockets.pace import Pace

__all__ = ["Recoveries", "pace_at"]

_SALT_BYTES = 32
_EXPIRED = "The connection recovery timeout expired."


class _Nowhere:
    """The outlet of a connection without a socket: its messages are in its recovery queue, all else is lost."""

    __slots__ = ("_ended", "pace")

    def __init__(self, ended: Callable[[str], None], pace: Pace | None) -> None:
        self._ended = ended
        self.pace = pace

    def write(self, frames: bytes) -> None:
        """Nobody reads this."""

    def hold(self, frame: bytes, expires_at: float | None) -> None:
        """Nobody will read this: what is to be sent again is kept elsewhere."""

    def close(self, code: int, reason: str, told: str) -> None:
        """There is no socket to close; the connection ends."""
        self._ended(told)

    def pause_reading(self) -> None:
        """Nothing comes."""

    def resume_reading(self) -> None:
        """Nothing comes."""


def pace_at(outlet: Outlet) -> Pace | None:
    """What a client has sent that was last at this way out of its connection."""
    return outlet.pace if isinstance(outlet, ClientSocket | _Nowhere) else None


class Recoveries:
    """All reliable connections of this process, those with a socket and those that wait for their client."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        registry: Registry,
        window_seconds: float,
        forget: Callable[[Session, str], None],
    ) -> None:
        """`forget` is called with a connection that nobody can come back to any more, and why it ended."""
        self._loop = loop
        self._registry = registry
        self._window_seconds = window_seconds
        self._forget = forget
        self._sessions: dict[str, Session] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}

    def __len__(self) -> int:
        """How many connections wait for their client."""
        return len(self._timers)

    def watch(self, session: Session) -> str:
        """Know a connection from now on, or go on knowing it; the token that its client may come back with."""
        connection_id = session.connection.connection_id
        self._sessions[connection_id] = session
        resource = self._registry.get(session.at.resource)
        # Of a resource that has been deleted meanwhile nothing can be recovered, and its clients are being closed.
        salt = resource.keys.salt if resource is not None else secrets.token_hex(_SALT_BYTES)
        return make_reconnection_token(salt, connection_id, time.time())

    def find(self, request: RecoveryRequest) -> Session | None:
        """The connection that the client may have back; None if there is none, whatever the reason."""
        session = self._sessions.get(request.connection_id)
        if session is None or session.at.hub != request.hub or session.connection.is_closing:
            return None
        outlet = session.connection.outlet
        resource = self._registry.get(session.at.resource)
        if resource is None or (isinstance(outlet, ClientSocket) and outlet.is_leaving):
            return None
        is_good = opens_connection(resource.keys.salt, request.token, request.connection_id, time.time)
        return session if is_good else None

    def detach(self, session: Session, pace: Pace | None = None) -> None:
        """The socket is gone: give the client, which has sent so much there, a while to come back."""
        connection = session.connection
        connection.outlet = outlet = _Nowhere(lambda told: self._end_soon(session, told), pace)
        connection.write = outlet.write
        connection.descriptor = None
        connection.is_stalled = True
        session.hub.delivery.stalled.add(connection)
        self._cancel_timer(connection.connection_id)
        self._timers[connection.connection_id] = self._loop.call_later(self._window_seconds, self._expire, session)

    def attach(self, session: Session) -> None:
        """The client is back: its connection waits no longer."""
        self._cancel_timer(session.connection.connection_id)

    def drop(self, session: Session) -> None:
        """The connection has ended."""
        self._cancel_timer(session.connection.connection_id)
        self._sessions.pop(session.connection.connection_id, None)

    def _expire(self, session: Session) -> None:
        session.connection.is_closing = True
        self._forget(session, _EXPIRED)

    def _end_soon(self, session: Session, told: str) -> None:
        # Not at once: whoever closes may be in the middle of writing to the hub's members. And only once, though the
        # time may be over before then.
        self._cancel_timer(session.connection.connection_id)
        self._loop.call_soon(self._forget, session, told)

    def _cancel_timer(self, connection_id: str) -> None:
        timer = self._timers.pop(connection_id, None)
        if timer is not None:
            timer.cancel()
