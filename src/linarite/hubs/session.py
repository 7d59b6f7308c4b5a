"""What one client may do, and what becomes of its requests.

A rule (permission, ack, duplicate, limit) is written here once, whatever the protocol. Acks follow concept-ack and
howto-develop-reliable-clients: a request with an ack id gets exactly one ack, after its effect; only a success uses the
id up, a repeated successful id is answered `Duplicate` and not carried out again; a failed one may be tried again.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, NamedTuple, Protocol

from linarite.domain import commands as do
from linarite.domain.messages import NO_METADATA, Message
from linarite.domain.permissions import Permission
from linarite.hubs.connection import Connection
from linarite.hubs.hub import Hub
from linarite.protocols import requests as wanted
from linarite.protocols.codec import AckError

__all__ = ["PlainMode", "PlainPublish", "Publisher", "Session", "SessionLimits"]

_log = logging.getLogger(__name__)

_POLICY_VIOLATION = 1008
_INTERNAL_ERROR = 1011


class Publisher(Protocol):
    """What a session needs of the cluster: a way to have a command carried out everywhere."""

    def publish(self, command: do.Command) -> None:
        """Carry out here at once, and elsewhere in order."""


class SessionLimits(NamedTuple):
    """Bounds of what is kept for one client."""

    ack_memory: int
    """Successful ack ids remembered, newest first."""


class PlainMode(Enum):
    """What a plain client's messages are (`webpubsub_mode` of its URL)."""

    SEND_EVENT = "sendEvent"
    SEND_TO_GROUP = "sendToGroup"


class PlainPublish(NamedTuple):
    """Where a plain client in the mode `sendToGroup` publishes."""

    group: str
    no_echo: bool


class Session:
    """Carries out one client's requests, one after the other."""

    __slots__ = (
        "_acked",
        "_acked_order",
        "_clock",
        "_connection",
        "_limits",
        "_plain",
        "_publisher",
        "at",
        "hub",
    )

    def __init__(
        self,
        at: do.HubAddress,
        hub: Hub,
        connection: Connection,
        publisher: Publisher,
        clock: Callable[[], float],
        limits: SessionLimits,
        plain: PlainPublish | None = None,
    ) -> None:
        """`plain` is for plain clients that publish to a group; without it their messages are user events."""
        self.at = at
        self.hub = hub
        self._connection = connection
        self._publisher = publisher
        self._clock = clock
        self._limits = limits
        self._plain = plain
        self._acked: set[int] | None = None
        self._acked_order: deque[int] | None = None

    def receive(self, is_text: bool, payload: bytes) -> None:
        """Take one whole message of the client, its text checked to be UTF-8; a wrong one ends the connection."""
        try:
            request = self._connection.codec.decode(is_text, payload)
        except wanted.ProtocolViolation as violation:
            _log.debug("client message refused: %s", violation)
            self._close(violation.code, violation.reason)
            return
        _HANDLERS[type(request)](self, request)

    def _join(self, request: wanted.JoinGroup) -> None:
        def act() -> None:
            self.hub.join(self._connection, request.group)

        self._permitted(request.ack_id, Permission.JOIN_LEAVE_GROUP, request.group, "join", act)

    def _leave(self, request: wanted.LeaveGroup) -> None:
        def act() -> None:
            self.hub.leave(self._connection, request.group)

        self._permitted(request.ack_id, Permission.JOIN_LEAVE_GROUP, request.group, "leave", act)

    def _send_to_group(self, request: wanted.SendToGroup) -> None:
        def act() -> None:
            expires_at = self._clock() + request.ttl_seconds if request.ttl_seconds else None
            self._publish(request.group, request.payload, request.no_echo, request.metadata, expires_at)

        self._permitted(request.ack_id, Permission.SEND_TO_GROUP, request.group, "send to", act)

    def _publish(
        self,
        group: str,
        payload: wanted.Payload,
        no_echo: bool,
        metadata: Mapping[str, str] = NO_METADATA,
        expires_at: float | None = None,
    ) -> None:
        message = Message(payload.data_type, payload.data, group, self._connection.user_id, metadata, expires_at)
        excluded = frozenset((self._connection.connection_id,)) if no_echo else do.NOBODY
        self._publisher.publish(do.SendToGroup(self.at, group, message, excluded))

    def _permitted(
        self, ack_id: int | None, permission: Permission, group: str, verb: str, act: Callable[[], None]
    ) -> None:
        if self._is_duplicate(ack_id):
            return
        if not self._connection.permissions.allows(permission, group):
            message = f"The client does not have permission to {verb} group '{group}'."
            self._fail(ack_id, AckError("Forbidden", message))
            return
        act()
        self._succeed(ack_id)

    def _send_event(self, request: wanted.SendEvent) -> None:
        """No event handler can be registered yet, so that every event fails as one without a handler does."""
        if not self._is_duplicate(request.ack_id):
            self._fail(request.ack_id, AckError("InternalServerError", "Internal server error"))

    def _take_raw(self, request: wanted.RawMessage) -> None:
        if self._plain is None:
            self._close(_INTERNAL_ERROR, "Internal server error")
        elif self._connection.permissions.allows(Permission.SEND_TO_GROUP, self._plain.group):
            self._publish(self._plain.group, request.payload, self._plain.no_echo)
        else:
            self._close(_POLICY_VIOLATION, "The connection is not authorized for raw sendToGroup mode.")

    def _ping(self, request: wanted.Ping) -> None:
        self._answer(self._connection.codec.pong())

    def _ignore(self, request: wanted.SequenceAck) -> None:
        """Only a reliable connection has anything to acknowledge; on the others the frame means nothing."""

    def _refuse(self, request: wanted.Unsupported) -> None:
        if not self._is_duplicate(request.ack_id):
            self._fail(request.ack_id, AckError("BadRequest", f"This server does not support {request.what}."))

    # Acks

    def _is_duplicate(self, ack_id: int | None) -> bool:
        if ack_id is None or self._acked is None or ack_id not in self._acked:
            return False
        self._fail(ack_id, AckError("Duplicate", f"Message with ack-id: {ack_id} has been processed"))
        return True

    def _succeed(self, ack_id: int | None) -> None:
        if ack_id is None:
            return
        if self._acked is None or self._acked_order is None:
            self._acked, self._acked_order = set(), deque()
        self._acked.add(ack_id)
        self._acked_order.append(ack_id)
        if len(self._acked_order) > self._limits.ack_memory:
            self._acked.discard(self._acked_order.popleft())
        self._answer(self._connection.codec.ack(ack_id, None))

    def _fail(self, ack_id: int | None, error: AckError) -> None:
        if ack_id is None:
            _log.debug("request without ack id failed: %s", error.message)
        else:
            self._answer(self._connection.codec.ack(ack_id, error))

    def _answer(self, frame: bytes | None) -> None:
        if frame is not None:
            self.hub.delivery.send_direct(self._connection, frame)

    def _close(self, code: int, reason: str) -> None:
        """End the connection after what it was told before."""
        self.hub.delivery.settle()
        self._connection.close(code, reason)


_HANDLERS: dict[type[wanted.Request], Callable[[Session, Any], None]] = {
    wanted.JoinGroup: Session._join,
    wanted.LeaveGroup: Session._leave,
    wanted.SendToGroup: Session._send_to_group,
    wanted.SendEvent: Session._send_event,
    wanted.RawMessage: Session._take_raw,
    wanted.Ping: Session._ping,
    wanted.SequenceAck: Session._ignore,
    wanted.Unsupported: Session._refuse,
}
