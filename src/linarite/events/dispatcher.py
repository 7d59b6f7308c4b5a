"""Takes events from connections, sends each to the handler that wants it, and says what the reply means.

`connect` and user events are awaited. `connected`, `disconnected`, `joined` and `left` are noted and sent by a task of
the connection's own, which lives while there is something to send. At most `queue_limit` notes wait for a connection:
past that, presence events are dropped, logged and counted; `connected` and `disconnected`, of which there is one each,
never are. A handler is chosen when an event happens, so that a change of settings counts from the next event on.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import NamedTuple

import msgspec

from linarite.domain.messages import NO_METADATA, DataType
from linarite.events.call_log import CallRecord
from linarite.events.cloud_events import (
    CONTENT_TYPES,
    EMPTY_BODY,
    SYSTEM_CONTENT_TYPE,
    ConnectRequest,
    Event,
    EventKind,
    connect_body,
    group_body,
    reason_body,
)
from linarite.events.event_calls import CONNECT, EventCalls, Sources
from linarite.events.event_line import EventLine, LineIdentity, Note, Turn
from linarite.events.http_replies import HttpReply
from linarite.events.limits import UpstreamLimits
from linarite.events.matching import HandlerTable
from linarite.events.outbound import CallResult, EventSink
from linarite.events.replies import (
    ConnectRefusal,
    ConnectReply,
    EventReply,
    parse_connect_reply,
    parse_event_reply,
    refusal_of,
)
from linarite.events.url_templates import VALIDATION_EVENT, InvalidUrl, check_url_template, resolve_url
from linarite.resources.model import EventHandler, HubSettings

__all__ = ["EventFailed", "Upstream"]

_log = logging.getLogger(__name__)

_CONNECTED = "connected"
_DISCONNECTED = "disconnected"
_INTERNAL_ERROR = 500
_UNAVAILABLE = 503
_NO_HANDLERS = HandlerTable(HubSettings(""))
_PROTOBUF_PREFIX = "protobuf."


class EventFailed(msgspec.Struct, frozen=True):
    """A user event that nobody answered; `result` is None when no handler wants it. Clients are not told why."""

    result: CallResult | None
    status: int | None = None


class _Raised(NamedTuple):
    """A user event that a handler wants."""

    event_id: int
    handler: EventHandler
    turn: Turn


class Upstream:
    """The way of all connections' events to the application's servers."""

    def __init__(self, sink: EventSink, calls: EventCalls, sources: Sources, limits: UpstreamLimits) -> None:
        """`calls` sends by way of `sink`, which is closed with this."""
        self._sink = sink
        self._calls = calls
        self._sources = sources
        self._limits = limits
        self._tables: dict[tuple[str, str], HandlerTable] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_closing = False

    # Who wants events

    @staticmethod
    def has_handlers(settings: HubSettings) -> bool:
        """Whether the hub's connections need a line at all."""
        return bool(settings.event_handlers)

    @staticmethod
    def has_connect_handler(settings: HubSettings) -> bool:
        """Whether somebody decides about the hub's new connections."""
        return any(name.lower() == CONNECT for handler in settings.event_handlers for name in handler.system_events)

    @staticmethod
    def line(who: LineIdentity, *, is_connected: bool = False) -> EventLine:
        """The line of a new connection, or of one whose hub got its first handler after it had connected."""
        return EventLine(who, last_id=1 if is_connected else 0)

    def wants(self, line: EventLine, name: str) -> bool:
        """Whether a handler wants user events of that name."""
        return self._table(line).for_user_event(name) is not None

    # Events

    async def connect(self, line: EventLine, request: ConnectRequest) -> ConnectReply | ConnectRefusal:
        """What the handler says of a client that wants in; without a handler its token alone decides."""
        if self._is_closing:
            return ConnectRefusal(_UNAVAILABLE)
        handler = self._table(line).for_system_event(CONNECT)
        if handler is None:
            return ConnectReply()
        body = connect_body(request, legacy_claim_names=self._limits.legacy_claim_names == "on")
        event = self._event(line, EventKind.SYSTEM, CONNECT, SYSTEM_CONTENT_TYPE, body, 0)
        outcome, reply = await self._calls.make(
            line, handler, event, lambda answer: parse_connect_reply(answer.body, request.subprotocols)
        )
        if reply is not None:
            return reply
        if outcome.result is CallResult.STATUS and outcome.reply is not None:
            return refusal_of(outcome.reply)
        return ConnectRefusal(_INTERNAL_ERROR)

    def connected(self, line: EventLine) -> None:
        """The connection is open."""
        handler = self._table(line).for_system_event(_CONNECTED)
        self._note(line, handler, EventKind.SYSTEM, _CONNECTED, EMPTY_BODY)

    def disconnected(self, line: EventLine, reason: str) -> None:
        """The connection has ended, for good; user events that are still asked are ended too."""
        line.is_over = True
        for task in tuple(line.asking or ()):
            task.cancel()
        handler = self._table(line).for_system_event(_DISCONNECTED)
        self._note(line, handler, EventKind.SYSTEM, _DISCONNECTED, reason_body(reason))

    def joined(self, line: EventLine, group: str) -> None:
        """The connection has become a member of a group."""
        self._note_presence(line, "joined", group)

    def left(self, line: EventLine, group: str) -> None:
        """The connection is no longer a member of a group."""
        self._note_presence(line, "left", group)

    async def user_event(
        self, line: EventLine, name: str, data_type: DataType, data: bytes, metadata: Mapping[str, str] = NO_METADATA
    ) -> EventReply | EventFailed:
        """What the handler answers to an event that the client raised. Cancel it when the client is gone."""
        raised = self._raise(line, name)
        if isinstance(raised, EventFailed):
            return raised
        return await self._answer(line, raised, name, data_type, data, metadata)

    def ask(
        self,
        line: EventLine,
        name: str,
        data_type: DataType,
        data: bytes,
        metadata: Mapping[str, str],
        answer: Callable[[EventReply | EventFailed], None],
        trace_id: str | None = None,
    ) -> asyncio.Task[None]:
        """As `user_event`, for callers that do not await: `answer` is called once, never after `disconnected`.

        The event has its place in the connection's order when this returns. The task is owned here; cancelling it ends
        the call without an answer.
        """
        raised = self._raise(line, name)

        async def run() -> None:
            if isinstance(raised, EventFailed):
                said: EventReply | EventFailed = raised
            else:
                said = await self._answer(line, raised, name, data_type, data, metadata, trace_id)
            if not line.is_over:
                answer(said)

        def end(task: asyncio.Task[None]) -> None:
            asking.discard(task)
            # A task that is cancelled before it has begun runs nothing at all.
            if isinstance(raised, _Raised) and raised.turn in line.turns:
                line.end_turn(raised.turn)

        asking = line.asking = line.asking or set()
        task = self._own(run, line)
        asking.add(task)
        task.add_done_callback(end)
        return task

    def _raise(self, line: EventLine, name: str) -> _Raised | EventFailed:
        """Give an event its number and its place behind everything that has happened so far."""
        event_id = line.next_id()
        handler = self._table(line).for_user_event(name)
        if handler is None:
            return EventFailed(None)
        if self._is_closing or line.is_over:
            return EventFailed(CallResult.CANCELLED)
        return _Raised(event_id, handler, line.take_turn(is_blocking=True))

    async def _answer(
        self,
        line: EventLine,
        raised: _Raised,
        name: str,
        data_type: DataType,
        data: bytes,
        metadata: Mapping[str, str],
        trace_id: str | None = None,
    ) -> EventReply | EventFailed:
        """Wait for the event's turn, send it, and give its place back."""
        turn = raised.turn
        try:
            if line.turns[0] is not turn:
                await line.await_turn(turn, self._limits.order_seconds)
            event = self._event(line, EventKind.USER, name, CONTENT_TYPES[data_type], data, raised.event_id, metadata)
            if trace_id is not None:
                event = msgspec.structs.replace(event, trace_id=trace_id)
            accepts_protobuf = (line.subprotocol or "").lower().startswith(_PROTOBUF_PREFIX)
            outcome, reply = await self._calls.make(
                line, raised.handler, event, lambda answer: parse_event_reply(answer, accepts_protobuf=accepts_protobuf)
            )
        finally:
            line.end_turn(turn)
        if reply is not None:
            return reply
        return EventFailed(outcome.result, None if outcome.reply is None else outcome.reply.status)

    # Around events

    async def check(self, handler: EventHandler, hub: str, origin: str) -> str | None:
        """Why this handler would get no events now, None if it would: for the person who saves the setting."""
        try:
            check_url_template(handler.url_template)
            url = resolve_url(handler.url_template, hub, VALIDATION_EVENT)
        except InvalidUrl as error:
            return str(error)
        return await self._sink.check(url, origin)

    async def replay(self, number: int, url: str | None = None) -> CallRecord | None:
        """Make a kept call again, to another `url` if one is given; its reply changes no connection.

        None if the call is no longer kept.
        """
        return await self._calls.replay(number, url)

    async def close(self, grace_seconds: float) -> None:
        """Send what waits, for this long at most, and end the rest; user events and new clients are refused."""
        self._is_closing = True
        until = self._sources.clock() + grace_seconds
        while self._tasks and self._sources.clock() < until:
            await asyncio.wait(self._tasks, timeout=until - self._sources.clock())
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._sink.close()

    # Handlers

    def _table(self, line: EventLine) -> HandlerTable:
        resource = self._sources.resource(line.resource)
        if resource is None:
            return _NO_HANDLERS
        settings = resource.hub(line.hub)
        key = (line.resource, line.hub)
        table = self._tables.get(key)
        if table is not None and table.settings is settings:
            return table
        if not settings.event_handlers:
            self._tables.pop(key, None)
            return _NO_HANDLERS
        table = self._tables[key] = HandlerTable(settings)
        return table

    # Unblocking events

    def _note_presence(self, line: EventLine, name: str, group: str) -> None:
        handler = self._table(line).for_presence_event(name, group)
        is_full = line.notes is not None and len(line.notes) >= self._limits.queue_limit
        if handler is not None and is_full:
            line.next_id()
            self._calls.drop(line, name)
            return
        self._note(line, handler, EventKind.PRESENCE, name, group_body(group) if handler is not None else b"")

    def _note(self, line: EventLine, handler: EventHandler | None, kind: EventKind, name: str, body: bytes) -> None:
        event_id = line.next_id()
        if handler is None:
            return
        event = self._event(line, kind, name, SYSTEM_CONTENT_TYPE, body, event_id)
        if line.notes is None:
            line.notes = deque()
        line.notes.append(Note(line.take_turn(is_blocking=False), event, handler))
        if line.delivering is None:
            line.delivering = self._own(partial(self._deliver, line, line.notes), line)

    async def _deliver(self, line: EventLine, notes: deque[Note]) -> None:
        """Send a connection's notes until none is left."""
        try:
            while notes:
                note = notes[0]
                await line.await_turn(note.turn, 0.0)
                try:
                    # The state is that of now: replies to events before this one may have changed it.
                    event = msgspec.structs.replace(note.event, state=line.state)
                    await self._calls.make(line, note.handler, event, _taken)
                finally:
                    notes.popleft()
                    line.end_turn(note.turn)
        finally:
            line.notes = line.delivering = None

    def _own(self, work: Callable[[], Awaitable[None]], line: EventLine) -> asyncio.Task[None]:
        """Run a connection's work in a task that `close` awaits; a broad catch stands here, at the task's edge."""

        async def run() -> None:
            try:
                await work()
            except Exception:
                _log.exception("event failed", extra={"fields": {"hub": line.hub, "connection": line.connection_id}})

        task = asyncio.get_running_loop().create_task(run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    # One call

    def _event(
        self,
        line: EventLine,
        kind: EventKind,
        name: str,
        content_type: str,
        body: bytes,
        event_id: int,
        metadata: Mapping[str, str] = NO_METADATA,
    ) -> Event:
        return Event(
            kind,
            name,
            line.hub,
            line.connection_id,
            line.origin,
            event_id,
            self._sources.now(),
            self._sources.new_request_id(),
            content_type,
            body,
            line.user_id,
            line.subprotocol if event_id else None,  # on `connect` none has been chosen yet
            line.state,
            metadata,
        )


def _taken(_reply: HttpReply) -> bool:
    """The reply to an unblocking event says nothing."""
    return True
