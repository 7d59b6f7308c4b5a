"""What the endpoints for tests do, one method each; parameters come in read, answers go out as values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

import msgspec

from linarite.cluster.local import LocalBackplane
from linarite.domain import commands as do
from linarite.domain.faults import Fault, InvalidFault, LiveFault
from linarite.events.call_log import KeptCall
from linarite.http.development import documents as doc
from linarite.http.development import inspection
from linarite.http.development.happenings import Mark, Published
from linarite.http.development.inspection import Wanted
from linarite.http.development.parameters import InvalidParameter, Parameters
from linarite.hubs.directory import Directory

if TYPE_CHECKING:
    from linarite.http.development.assembly import Development

__all__ = ["NotThere", "Operations", "TimeOver"]

Answer = TypeVar("Answer", doc.ConnectionsWaitedFor, doc.MessagesWaitedFor, doc.EventsWaitedFor)

_WAIT_SECONDS = 10.0
_PAGE_SIZE = 1000


class NotThere(Exception):
    """What is named is not there."""


class TimeOver(Exception):
    """What was waited for did not come in time; `so_far` is what there is."""

    def __init__(self, so_far: msgspec.Struct) -> None:
        super().__init__()
        self.so_far = so_far


class Operations:
    """Looks, waits, resets and sets faults."""

    def __init__(self, development: Development, directory: Directory, backplane: LocalBackplane) -> None:
        self._development = development
        self._directory = directory
        self._backplane = backplane

    # Looking

    async def state(self, given: Parameters) -> doc.State:
        """Counts by hub, and a mark."""
        hubs = inspection.hubs(self._directory)
        return doc.State(
            mark=str(self._mark()),
            connections=sum(hub.connections for hub in hubs),
            hubs=hubs,
            faults=len(self._development.book.living()),
        )

    async def connections(self, given: Parameters) -> doc.Page:
        """Connections in the order of their ids."""
        size = given.whole("top") or _PAGE_SIZE
        return inspection.connection_page(self._directory, _wanted(given), size, given.text("after") or "")

    async def groups(self, given: Parameters) -> doc.MemberCounts:
        """Groups and how many members each has."""
        return inspection.group_counts(self._directory, _wanted(given))

    async def users(self, given: Parameters) -> doc.MemberCounts:
        """Users and how many connections each has."""
        return inspection.user_counts(self._directory, _wanted(given))

    # Waiting

    async def wait_for_connections(self, given: Parameters) -> doc.ConnectionsWaitedFor:
        """Answer when there are as many connections as wished."""
        wanted, least, most = _wanted(given), given.whole("atLeast"), given.whole("atMost")
        if least is None and most is None:
            raise InvalidParameter("atLeast: expected a number here or in atMost, got neither")

        def count() -> int:
            return sum(1 for _ in inspection.connections(self._directory, wanted))

        is_reached = await self._until(
            lambda: (least is None or count() >= least) and (most is None or count() <= most), given
        )
        return _or_time_over(doc.ConnectionsWaitedFor(is_reached=is_reached, count=count()))

    async def wait_for_messages(self, given: Parameters) -> doc.MessagesWaitedFor:
        """Answer when so many messages have been published since the mark."""
        since, least = self._since(given), given.whole("atLeast") or 1
        hub, group, messages = given.text("hub"), given.text("group"), self._development.messages

        def found() -> Sequence[Published]:
            return [
                message
                for message in messages.since(since.message)
                if (hub is None or message.at.hub == hub.lower()) and (group is None or message.group == group)
            ]

        is_reached = await self._until(lambda: len(found()) >= least, given)
        value = [_message_seen(message) for message in found()]
        answer = doc.MessagesWaitedFor(
            is_reached=is_reached,
            count=len(value),
            is_complete=messages.is_kept_since(since.message),
            mark=str(self._mark()),
            value=value,
        )
        return _or_time_over(answer)

    async def wait_for_events(self, given: Parameters) -> doc.EventsWaitedFor:
        """Answer when so many events have been answered by their handlers since the mark, whatever the status."""
        since, least, calls = self._since(given), given.whole("atLeast") or 1, self._development.calls
        hub, event, connection = given.text("hub"), given.text("event"), given.text("connection")

        def is_meant(kept: KeptCall) -> bool:
            call = kept.call
            return (
                kept.outcome.reply is not None
                and (hub is None or call.hub == hub.lower())
                and (event is None or call.event.lower() == event.lower())
                and (connection is None or call.connection_id == connection)
            )

        def found() -> Sequence[KeptCall]:
            return [kept for kept in calls.since(since.call) if is_meant(kept)]

        is_reached = await self._until(lambda: len(found()) >= least, given)
        value = [_call_seen(kept) for kept in found()]
        answer = doc.EventsWaitedFor(is_reached=is_reached, count=len(value), mark=str(self._mark()), value=value)
        return _or_time_over(answer)

    async def _until(self, is_true: Callable[[], bool], given: Parameters) -> bool:
        seconds = given.number("seconds")
        return await self._development.pulse.until(is_true, _WAIT_SECONDS if seconds is None else seconds)

    # Starting anew

    async def reset(self, given: Parameters) -> doc.ResetDone:
        """Close all connections, end all faults, forget what was; of one hub, or of all."""
        hub = given.text("hub")
        name = None if hub is None else hub.lower()
        closed = 0
        for at, here in self._directory:
            if name in (None, at.hub):
                closed += len(here)
                self._backplane.publish(do.CloseAll(at, reason="The development server was reset."))
        ended = [live for live in self._development.book.living() if name in (None, _hub_of(live))]
        for live in ended:
            self._end(live)
        if name is None:
            self._development.book.forget()
        self._development.messages.forget(name)
        self._development.calls.forget(name)
        put_back = self._development.hubs_at_start.put_back(name)
        return doc.ResetDone(connections_closed=closed, faults_ended=len(ended), hubs_put_back=put_back)

    # Faults

    async def set_fault(self, given: Parameters, body: bytes) -> doc.FaultSeen:
        """Have something go wrong. Raises InvalidFault."""
        try:
            fault = msgspec.json.decode(body, type=Fault)
        except msgspec.ValidationError as error:
            raise InvalidFault(f"the fault is not valid: {error}") from None
        except msgspec.DecodeError as error:
            raise InvalidFault(f"expected a fault in JSON: {error}") from None
        live = self._development.book.set(fault)
        self._development.lines.start(live, self._directory)
        return self._seen(live)

    async def faults(self, given: Parameters) -> doc.Faults:
        """The faults that are set."""
        return doc.Faults(value=[self._seen(live) for live in self._development.book.living()])

    async def end_faults(self, given: Parameters) -> doc.Faults:
        """End one fault, or all; the answer tells what each has done."""
        number, living = given.whole("number"), self._development.book.living()
        ended = [live for live in living if number in (None, live.number)]
        if number is not None and not ended:
            raise NotThere(f"The fault {number} is not set, or over.")
        for live in ended:
            self._end(live)
        return doc.Faults(value=[self._seen(live) for live in ended])

    async def records(self, given: Parameters) -> doc.Records:
        """What faults have done."""
        return doc.Records(value=self._development.book.records(given.whole("number")))

    def _end(self, live: LiveFault) -> None:
        self._development.book.end(live.number)
        self._development.lines.end(live)

    def _seen(self, live: LiveFault) -> doc.FaultSeen:
        left = max(0.0, live.until - self._development.clock())
        return doc.FaultSeen(number=live.number, fault=live.fault, done=live.done, seconds_left=round(left, 3))

    # Marks

    def _mark(self) -> Mark:
        """This moment; from the first mark on messages are noted."""
        messages = self._development.messages
        messages.watch(self._backplane)
        return Mark(messages.last, self._development.calls.last)

    def _since(self, given: Parameters) -> Mark:
        return given.mark("since") or self._mark()


def _wanted(given: Parameters) -> Wanted:
    return Wanted(given.text("hub"), given.text("user"), given.text("group"))


def _hub_of(live: LiveFault) -> str | None:
    return None if live.fault.hub is None else live.fault.hub.lower()


def _or_time_over(answer: Answer) -> Answer:
    if not answer.is_reached:
        raise TimeOver(answer)
    return answer


def _message_seen(message: Published) -> doc.MessageSeen:
    return doc.MessageSeen(
        resource=message.at.resource,
        hub=message.at.hub,
        group=message.group,
        user=message.user,
        connection=message.connection,
        data_type=message.data_type.value,
        size=message.size,
    )


def _call_seen(kept: KeptCall) -> doc.CallSeen:
    call, outcome = kept.call, kept.outcome
    return doc.CallSeen(
        number=kept.number,
        hub=call.hub,
        event=call.event,
        connection_id=call.connection_id,
        status=None if outcome.reply is None else outcome.reply.status,
        result=outcome.result.value,
        attempts=outcome.attempts,
    )
