"""What one client may do, and what becomes of its requests.

A rule (permission, ack, duplicate, limit) is written here once, whatever the protocol. Acks follow concept-ack and
howto-develop-reliable-clients: a request with an ack id gets exactly one ack, after its effect; only a success uses the
id up, a repeated successful id is answered `Duplicate` and not carried out again; a failed one may be tried again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple, Protocol

from linarite.domain import commands as do
from linarite.domain.close_categories import CloseCategory
from linarite.domain.messages import NO_METADATA, Message
from linarite.domain.permissions import Permission
from linarite.hubs.acks import AckMemory
from linarite.hubs.client_events import Cancellable, ClientEvents, EventAnswer
from linarite.hubs.connection import Connection
from linarite.hubs.hub import Hub
from linarite.hubs.invocations import Invocations
from linarite.hubs.plain_clients import PlainPublish
from linarite.hubs.streams import StreamLimits, Streams, Timers
from linarite.hubs.waiting_line import Later, Said, WaitingLine
from linarite.protocols import requests as wanted
from linarite.protocols.codec import AckError, InvocationAnswer

__all__ = ["Publisher", "Session", "SessionLimits"]

_log = logging.getLogger(__name__)

_POLICY_VIOLATION = 1008
_INTERNAL_ERROR = 1011
# The name of the user event that a plain client's message raises (reference-cloud-events, `message`).
_PLAIN_EVENT = "message"
_MESSAGE_QUOTA_REACHED = AckError(
    "TooManyRequests", "Message count reaches limit: the resource's quota of the day is used up."
)
# What costs outbound traffic; a stream that is open already goes on to its end.
_SENDING = (wanted.SendToGroup, wanted.SendEvent, wanted.RawMessage, wanted.Invoke, wanted.StartStream)
# What does not wait behind an event: a client may need a pong to believe that the service is there, an acknowledgement
# makes room, and an invocation that is cancelled may be the very one that the others wait for.
_OVERTAKING = (wanted.Ping, wanted.SequenceAck, wanted.CancelInvocation)


class Publisher(Protocol):
    """What a session needs of the cluster: a way to have a command carried out everywhere."""

    def publish(self, command: do.Command) -> None:
        """Carry out here at once, and elsewhere in order."""


class SessionLimits(NamedTuple):
    """Bounds of what is kept for one client."""

    ack_memory: int
    """Successful ack ids remembered, newest first."""
    waiting_requests: int
    """Requests that may wait for the answer to an event before reading stops."""
    waiting_bytes: int
    """The same limit in bytes."""
    streams: StreamLimits


class Session:
    """Carries out one client's requests, one after the other; it outlives the socket if the client may come back."""

    __slots__ = (
        "_acked",
        "_events",
        "_invocations",
        "_limits",
        "_plain",
        "_publisher",
        "_streams",
        "_timers",
        "_waiting",
        "at",
        "connection",
        "hub",
    )

    def __init__(
        self,
        at: do.HubAddress,
        hub: Hub,
        connection: Connection,
        publisher: Publisher,
        timers: Timers,
        limits: SessionLimits,
        events: ClientEvents,
        plain: PlainPublish | None = None,
    ) -> None:
        """`plain` is for plain clients that publish to a group; without it their messages are user events."""
        self.at = at
        self.hub = hub
        self.connection = connection
        self._publisher = publisher
        self._timers = timers
        self._limits = limits
        self._events = events
        self._plain = plain
        # While an event is being answered, the client's further requests wait here; None when none is.
        self._waiting: WaitingLine | None = None
        # These are made when they are first needed: idle connections are many.
        self._acked: AckMemory | None = None
        self._streams: Streams | None = None
        self._invocations: Invocations | None = None

    def receive(self, is_text: bool, payload: bytes) -> None:
        """Take one whole message of the client, its text checked to be UTF-8; a wrong one ends the connection.

        Requests are carried out one after the other: while an event is being answered the following ones wait, but for
        a few that may not.
        """
        self.hub.delivery.traffic.inbound_bytes += len(payload)
        request: wanted.Request | wanted.ProtocolViolation
        try:
            request = self.connection.codec.decode(is_text, payload)
        except wanted.ProtocolViolation as violation:
            request = violation
        if isinstance(request, wanted.Invoke) and not self._admit(request):
            return
        if self._waiting is not None and not isinstance(request, _OVERTAKING):
            self._waiting.add(request, len(payload))
            self._read_no_more_than_may_wait()
        else:
            self._carry_out(request)

    def after_requests(self, act: Callable[[], None]) -> None:
        """Call `act` when every request that has come is carried out; at once if none waits for an answer.

        Nobody waits for invocations then: a client that says goodbye hears no more of them.
        """
        self._give_up_invocations()
        if self._waiting is None:
            act()
        else:
            self._waiting.add(Later(act))

    def detached(self) -> None:
        """The client has lost its socket, and may come back."""
        if self._invocations is not None and self._invocations.give_up():
            # Not at once: the socket may be lost in the middle of a delivery, which is older than what waits here.
            self._timers.call_later(0, self._resume)

    def attached(self) -> None:
        """The client is back, and is read if there is room for more of it."""
        self._read_no_more_than_may_wait()

    def ended(self) -> None:
        """The connection is over: nobody comes back to its streams and invocations."""
        streams, self._streams = self._streams, None
        invocations, self._invocations = self._invocations, None
        if streams is not None:
            streams.cancel()
        if invocations is not None:
            invocations.give_up()

    def _carry_out(self, request: Said) -> None:
        if isinstance(request, wanted.ProtocolViolation):
            _log.debug("client message refused: %s", request)
            self._close(request.code, request.reason)
        elif isinstance(request, Later):
            request.act()
        elif self.hub.delivery.traffic.is_used_up and isinstance(request, _SENDING):
            self._refuse_send(request)
        else:
            _HANDLERS[type(request)](self, request)

    def _join(self, request: wanted.JoinGroup) -> None:
        def act() -> AckError | None:
            if self.hub.join(self.connection, request.group):
                return None
            return AckError("BadRequest", f"The connection is in too many groups to join group '{request.group}'.")

        self._permitted(request.ack_id, Permission.JOIN_LEAVE_GROUP, request.group, "join", act)

    def _leave(self, request: wanted.LeaveGroup) -> None:
        def act() -> None:
            self.hub.leave(self.connection, request.group)

        self._permitted(request.ack_id, Permission.JOIN_LEAVE_GROUP, request.group, "leave", act)

    def _send_to_group(self, request: wanted.SendToGroup) -> None:
        def act() -> None:
            expires_at = self._timers.time() + request.ttl_seconds if request.ttl_seconds else None
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
        message = Message(payload.data_type, payload.data, group, self.connection.user_id, metadata, expires_at)
        excluded = frozenset((self.connection.connection_id,)) if no_echo else do.NOBODY
        self.publish(group, message, excluded)

    def publish(self, group: str, message: Message, excluded: frozenset[str]) -> None:
        """Deliver to the group's members but the excluded connections."""
        trace = self.hub.delivery.trace
        if trace is not None:
            message = trace.received(self.connection, message)
        self._publisher.publish(do.SendToGroup(self.at, group, message, excluded))

    def _permitted(
        self, ack_id: int | None, permission: Permission, group: str, verb: str, act: Callable[[], AckError | None]
    ) -> None:
        """Do it, unless it is done or forbidden; `act` says what went wrong."""
        if self._is_duplicate(ack_id):
            return
        if not self.connection.permissions.allows(permission, group):
            message = f"The client does not have permission to {verb} group '{group}'."
            self._fail(ack_id, AckError("Forbidden", message))
            return
        error = act()
        if error is None:
            self._succeed(ack_id)
        else:
            self._fail(ack_id, error)

    def _send_event(self, request: wanted.SendEvent) -> None:
        if self._is_duplicate(request.ack_id):
            return

        def answered(answer: EventAnswer | None) -> None:
            if answer is None:
                self._fail(request.ack_id, AckError("InternalServerError", "Internal server error"))
            else:
                self._reply(answer)
                self._succeed(request.ack_id)

        self._raise_event(request.event, request.payload, request.metadata, answered)

    def _take_raw(self, request: wanted.RawMessage) -> None:
        if self._plain is None:
            self._raise_event(_PLAIN_EVENT, request.payload, NO_METADATA, self._raw_answered)
        elif self.connection.permissions.allows(Permission.SEND_TO_GROUP, self._plain.group):
            self._publish(self._plain.group, request.payload, self._plain.no_echo)
        else:
            reason = "The connection is not authorized for raw sendToGroup mode."
            self._close(_POLICY_VIOLATION, reason, CloseCategory.UNAUTHORIZED)

    def _raw_answered(self, answer: EventAnswer | None) -> None:
        """A plain client has no acks: all it can be told of a failure is the end."""
        if answer is None:
            self._close(_INTERNAL_ERROR, "Internal server error", self._failure())
        else:
            self._reply(answer)

    def _failure(self) -> CloseCategory:
        """Why nobody answered a plain client's message."""
        is_wanted = self._events.wants(self.at, self.connection, _PLAIN_EVENT)
        return CloseCategory.SEND_EVENT_FAILED if is_wanted else CloseCategory.EVENT_HANDLER_NOT_FOUND

    def _raise_event(
        self,
        name: str,
        payload: wanted.Payload,
        metadata: Mapping[str, str],
        answered: Callable[[EventAnswer | None], None],
    ) -> Cancellable | None:
        """Raise a user event and let the client's next requests wait for its answer.

        Whoever cancels it has to `_resume`.
        """
        self._waiting = WaitingLine()

        def resume(answer: EventAnswer | None) -> None:
            if not self.connection.is_closing:  # else whoever ended it has had the last word
                answered(answer)
                self._resume()

        return self._events.ask(self.at, self.connection, name, payload, metadata, resume)

    def _reply(self, answer: EventAnswer) -> None:
        if answer.data_type is not None:
            message = Message(answer.data_type, answer.data, metadata=answer.metadata)
            self.hub.delivery.send_direct(self.connection, message)

    # Invocations

    def _admit(self, request: wanted.Invoke) -> bool:
        if self._invocations is None:
            self._invocations = Invocations(self._tell_invoked)
        return self._invocations.admit(request)

    def _invoke(self, request: wanted.Invoke) -> None:
        invocations = self._invocations
        if invocations is not None and invocations.is_wanted(request):  # else it was cancelled while it waited
            answered = partial(invocations.answered, request)
            call = self._raise_event(request.event, request.payload, request.metadata, answered)
            invocations.began(request, call)

    def _cancel_invocation(self, request: wanted.CancelInvocation) -> None:
        if self._invocations is not None and self._invocations.cancel(request.invocation_id):
            self._resume()

    def _give_up_invocations(self) -> None:
        if self._invocations is not None and self._invocations.give_up():
            self._resume()

    def _tell_invoked(self, invocation_id: str, answer: InvocationAnswer | AckError) -> None:
        self.answer(self.connection.codec.invoke_response(invocation_id, answer))

    # Streams

    @property
    def _open_streams(self) -> Streams:
        if self._streams is None:
            self._streams = Streams(self.connection, self, self._timers, self._limits.streams)
        return self._streams

    # Waiting for an answer

    @property
    def is_waiting(self) -> bool:
        """Whether requests of the client wait for the answer to an event."""
        return self._waiting is not None

    def _read_no_more_than_may_wait(self) -> None:
        waiting, limits = self._waiting, self._limits
        if waiting is not None and (len(waiting) >= limits.waiting_requests or waiting.bytes >= limits.waiting_bytes):
            self.connection.outlet.pause_reading()

    def _resume(self) -> None:
        """Carry out what waited, up to the next event that has to be answered."""
        waiting, self._waiting = self._waiting or WaitingLine(), None
        while waiting and not self.connection.is_closing:
            self._carry_out(waiting.take())
            if self._waiting is not None:  # another event: the rest goes on waiting behind it
                self._waiting = waiting
                return
        if not self.connection.is_closing:
            self.connection.outlet.resume_reading()

    def _ping(self, request: wanted.Ping) -> None:
        self.answer(self.connection.codec.pong())

    def _acknowledge(self, request: wanted.SequenceAck) -> None:
        """Only a reliable connection has anything to acknowledge; on the others the frame means nothing."""
        if self.connection.recovery is not None:
            self.connection.recovery.acknowledge(request.sequence_id)

    def _refuse(self, request: wanted.Unsupported) -> None:
        if not self._is_duplicate(request.ack_id):
            self._fail(request.ack_id, AckError("BadRequest", f"This server does not support {request.what}."))

    def _refuse_send(self, request: wanted.Request) -> None:
        """The day's message quota is used up. A plain client has no acks: it is told by the end of its connection."""
        self.hub.delivery.traffic.refused_sends += 1
        error = _MESSAGE_QUOTA_REACHED
        match request:
            case wanted.SendToGroup() | wanted.SendEvent():
                if not self._is_duplicate(request.ack_id):
                    self._fail(request.ack_id, error)
            case wanted.Invoke():
                # Else it was cancelled while it waited.
                if self._invocations is not None and self._invocations.is_wanted(request):
                    self._invocations.cancel(request.invocation_id)
                    self._tell_invoked(request.invocation_id, error)
            case wanted.StartStream():
                self.answer(self.connection.codec.stream_closed(request.stream_id, error))
            case _:
                self._close(_POLICY_VIOLATION, error.message, CloseCategory.THROTTLED)

    # Acks

    def _is_duplicate(self, ack_id: int | None) -> bool:
        if ack_id is None or self._acked is None or ack_id not in self._acked:
            return False
        self._fail(ack_id, AckError("Duplicate", f"Message with ack-id: {ack_id} has been processed"))
        return True

    def _succeed(self, ack_id: int | None) -> None:
        if ack_id is None:
            return
        if self._acked is None:
            self._acked = AckMemory(self._limits.ack_memory)
        self._acked.add(ack_id)
        self.answer(self.connection.codec.ack(ack_id, None))

    def _fail(self, ack_id: int | None, error: AckError) -> None:
        if ack_id is None:
            _log.debug("request without ack id failed: %s", error.message)
        else:
            self.answer(self.connection.codec.ack(ack_id, error))

    def answer(self, frame: bytes | None) -> None:
        """Tell the client, in the order of what else it is told; None is nothing."""
        if frame is not None:
            self.hub.delivery.send_direct(self.connection, frame)

    def _close(self, code: int, reason: str, category: CloseCategory | None = None) -> None:
        """End the connection after what it was told before."""
        self.hub.delivery.settle()
        self.connection.close(code, reason, category=category)


_HANDLERS: dict[type[wanted.Request], Callable[[Session, Any], None]] = {
    wanted.JoinGroup: Session._join,
    wanted.LeaveGroup: Session._leave,
    wanted.SendToGroup: Session._send_to_group,
    wanted.SendEvent: Session._send_event,
    wanted.RawMessage: Session._take_raw,
    wanted.Ping: Session._ping,
    wanted.SequenceAck: Session._acknowledge,
    wanted.StartStream: lambda session, request: session._open_streams.start(request),
    wanted.StreamData: lambda session, request: session._open_streams.take(request),
    wanted.KeepStreamAlive: lambda session, request: session._open_streams.keep_alive(request),
    wanted.EndStream: lambda session, request: session._open_streams.end(request),
    wanted.Invoke: Session._invoke,
    wanted.CancelInvocation: Session._cancel_invocation,
    wanted.Unsupported: Session._refuse,
}
