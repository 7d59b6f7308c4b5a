"""One event, one call: what is sent, what the reply leaves with its connection, and what is recorded of it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

import msgspec

from linarite.events.call_log import CallLog, CallRecord
from linarite.events.cloud_events import Event, EventKind, InvalidEvent, event_headers
from linarite.events.cookies import CookieJar, InvalidCookie
from linarite.events.counters import EventCounters
from linarite.events.event_line import EventLine
from linarite.events.event_spans import in_a_trace, note_call
from linarite.events.event_trace import tell_call, tell_dropped, traced
from linarite.events.http_replies import HttpReply
from linarite.events.outbound import Call, CallResult, EventSink, Outcome
from linarite.events.replies import InvalidReply, reply_state
from linarite.events.targets import InvalidUrl, Target, parse_target
from linarite.events.url_templates import VALIDATION_EVENT, resolve_url
from linarite.monitoring.logs import log_event
from linarite.monitoring.resource_logs import ResourceLogs
from linarite.monitoring.spans import SpanBuffer
from linarite.resources.model import EventHandler, Resource

__all__ = ["CONNECT", "EventCalls", "Sources"]

_log = logging.getLogger(__name__)

T = TypeVar("T")

CONNECT = "connect"
"""The one system event whose reply counts."""

_MANAGED_IDENTITY = "ManagedIdentity"


class Sources(msgspec.Struct, frozen=True):
    """Where time, randomness and settings come from."""

    resource: Callable[[str], Resource | None]
    """The resource of a name."""
    clock: Callable[[], float]
    """A clock that tells how long things take."""
    now: Callable[[], float]
    """Seconds since 1970."""
    new_request_id: Callable[[], str]


class EventCalls:
    """Sends events and keeps the books: states and cookies of connections, counters, log lines, the call log."""

    def __init__(
        self,
        sink: EventSink,
        sources: Sources,
        counters: EventCounters,
        log: CallLog | None,
        resource_logs: ResourceLogs | None = None,
        spans: SpanBuffer | None = None,
    ) -> None:
        """`log` is kept in development only; `resource_logs` are told of every call if they want to know.

        `spans` are those of traces, if they are wanted.
        """
        self._sink = sink
        self._sources = sources
        self._counters = counters
        self._log = log
        self._resource_logs = resource_logs
        self._spans = spans

    async def make(
        self, line: EventLine, handler: EventHandler, event: Event, parse: Callable[[HttpReply], T]
    ) -> tuple[Outcome, T | None]:
        """Send an event; what came of it, and what the reply says if `parse` can take it.

        A broad catch stands here, at the edge of each event: a fault of ours fails this event and no other.
        """
        started = self._sources.clock()
        if self._resource_logs is not None and self._resource_logs.messaging:
            event = traced(self._resource_logs, line, event)
        if self._spans is not None:
            event = in_a_trace(self._spans, event)
        call: Call | None = None
        parsed: T | None = None
        outcome = Outcome(CallResult.CANCELLED)
        try:
            call = self._call(line, handler, event)
            outcome = await self._sink.send(call)
            if outcome.result is CallResult.ANSWERED and outcome.reply is not None:
                parsed = parse(outcome.reply)
                self._keep(line, event, parse_target(call.url), outcome.reply)
        except (InvalidEvent, InvalidUrl) as error:
            outcome = Outcome(CallResult.INVALID_EVENT, None, str(error), 0)
        except InvalidReply as error:
            outcome = msgspec.structs.replace(outcome, result=CallResult.INVALID_REPLY, detail=str(error))
        except Exception:
            outcome = Outcome(CallResult.INTERNAL_ERROR)
            _log.exception("event failed", extra={"fields": {"hub": line.hub, "connection": line.connection_id}})
        finally:
            self._record(line, event, call, outcome, self._sources.clock() - started)
        return outcome, parsed

    def drop(self, line: EventLine, name: str) -> None:
        """Note that an event was not sent because too many of its connection wait."""
        self._counters.count(line.resource, line.hub, name, CallResult.DROPPED)
        log_event(_log, logging.WARNING, "event dropped", hub=line.hub, connection=line.connection_id, event_name=name)
        if self._resource_logs is not None and self._resource_logs.messaging:
            tell_dropped(self._resource_logs, line, name)

    async def replay(self, number: int, url: str | None = None) -> CallRecord | None:
        """Make a kept call again with a request id of its own; None if it is no longer kept.

        To another `url` it goes without what only its own handler may see: cookies and a bearer token.
        """
        found = None if self._log is None else self._log.find(number)
        if self._log is None or found is None:
            return None
        call = found.call
        renewed = {"x-ms-client-request-id": self._sources.new_request_id()}
        headers = [(name, renewed.get(name, value)) for name, value in call.headers]
        call = msgspec.structs.replace(call, headers=headers)
        if url is not None:
            headers = [(name, value) for name, value in headers if name.lower() != "cookie"]
            call = msgspec.structs.replace(call, headers=headers, url=url, validation_url=url, auth_resource=None)
        at, started = self._sources.now(), self._sources.clock()
        outcome = await self._sink.send(call)
        seconds = self._sources.clock() - started
        kept = self._log.add(call, outcome, resource=found.resource, at=at, seconds=seconds, replay_of=number)
        return kept.record()

    def _call(self, line: EventLine, handler: EventHandler, event: Event) -> Call:
        resource = self._sources.resource(line.resource)
        url = resolve_url(handler.url_template, event.hub, event.name)
        signed = ""
        if resource is not None and not resource.local_auth_disabled:
            signed = line.signature(resource.keys)
        headers = event_headers(event, signed)
        if line.cookies is not None:
            target = parse_target(url)
            cookie = line.cookies.header(target.host, _path(target), target.is_secure, event.at)
            if cookie is not None:
                headers.append(("Cookie", cookie))
        return Call(
            event.hub,
            event.name,
            event.connection_id,
            url,
            resolve_url(handler.url_template, event.hub, VALIDATION_EVENT),
            event.origin,
            headers,
            event.body,
            handler.auth_resource if handler.auth_type == _MANAGED_IDENTITY else None,
        )

    def _keep(self, line: EventLine, event: Event, target: Target, reply: HttpReply) -> None:
        """What a reply leaves with its connection: a state, if the event was a blocking one, and cookies."""
        state = reply_state(reply)
        if state is not None and (event.kind is EventKind.USER or event.name == CONNECT):
            line.state = state
        for value in reply.all("set-cookie"):
            line.cookies = line.cookies or CookieJar()
            try:
                line.cookies.store(value, target.host, _path(target), self._sources.now())
            except InvalidCookie as error:
                log_event(_log, logging.WARNING, "cookie ignored", hub=line.hub, reason=error)

    def _record(self, line: EventLine, event: Event, call: Call | None, outcome: Outcome, seconds: float) -> None:
        self._counters.count(line.resource, line.hub, event.name, outcome.result)
        self._counters.timed(line.resource, seconds)
        if call is not None and outcome.attempts:
            self._counters.sent(line.resource, len(call.body))
        if call is not None and self._spans is not None:
            note_call(self._spans, event, call, outcome, seconds)
        if self._log is not None and call is not None:
            self._log.add(call, outcome, resource=line.resource, at=event.at, seconds=seconds)
        is_fine = outcome.result in (CallResult.ANSWERED, CallResult.CANCELLED) or _is_refusal(event, outcome)
        if self._resource_logs is not None and event.trace_id is not None:
            is_sent = is_fine and outcome.result is not CallResult.CANCELLED
            tell_call(self._resource_logs, line, event, call, outcome, seconds, is_sent=is_sent)
        level = logging.DEBUG if is_fine else logging.WARNING
        if _log.isEnabledFor(level):
            log_event(
                _log,
                level,
                "event sent" if is_fine else "event failed",
                hub=line.hub,
                event_name=event.name,
                connection=line.connection_id,
                result=outcome.result.value,
                status=None if outcome.reply is None else outcome.reply.status,
                attempts=outcome.attempts,
                milliseconds=round(seconds * 1000, 1),
                reason=outcome.detail,
            )


def _is_refusal(event: Event, outcome: Outcome) -> bool:
    """Whether a `connect` handler said no, which is what it is there for."""
    return event.name == CONNECT and outcome.reply is not None and 400 <= outcome.reply.status <= 499


def _path(target: Target) -> str:
    return target.path.partition("?")[0]
