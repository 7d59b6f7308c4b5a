"""Faults on request, for people who test what their application does when things go wrong.

A fault says what is to go wrong, for whom (a hub, a user, a connection, a share of them), for how long and how often.
Chance is seeded, so that a test sees the same thing each time. What was done is recorded. Nothing here does any harm by
itself: seams of sockets, REST and event handlers ask, and only while a fault is set (`FaultBook.active`). There is a
book in `linarite dev` only.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from enum import Enum
from random import Random
from typing import Annotated, NamedTuple, TypeVar

import msgspec

__all__ = ["LINE_KINDS", "Done", "Fault", "FaultBook", "FaultKind", "InvalidFault", "LiveFault", "Subject"]

T = TypeVar("T")

LONGEST_SECONDS = 3600.0
"""A fault that somebody forgot ends by itself after an hour at the latest."""


class FaultKind(Enum):
    """What goes wrong. The words stand in requests and records."""

    CUT = "cut"
    """Connections lose their socket, without a close frame."""
    STALL = "stall"
    """Nothing goes out to connections and nothing of theirs comes in, until the fault ends."""
    SLOW = "slow"
    """Connections get so many bytes per second."""
    REFUSE_UPGRADE = "refuseUpgrade"
    """Requests to connect are answered with a status."""
    LOSE_RECOVERY = "loseRecovery"
    """A client that wants its connection back finds it gone: close code 1008."""
    REST = "rest"
    """Calls of the data plane are answered with a status, or late."""
    WEBHOOK = "webhook"
    """Calls to event handlers are late, get a status, or no answer at all."""


LINE_KINDS = (FaultKind.CUT, FaultKind.STALL, FaultKind.SLOW)
"""Faults of connections that are open; they may hold for those that open later, too."""

_NEED_ONE_OF = {
    FaultKind.SLOW: ("bytesPerSecond",),
    FaultKind.REFUSE_UPGRADE: ("status", "delaySeconds"),
    FaultKind.REST: ("status", "delaySeconds"),
    FaultKind.WEBHOOK: ("status", "delaySeconds", "isUnreachable"),
}
_ANSWERED = (FaultKind.REFUSE_UPGRADE, FaultKind.REST, FaultKind.WEBHOOK)
_MAY_HAVE = {
    "newConnections": LINE_KINDS,
    "delaySeconds": (FaultKind.CUT, *_ANSWERED),
    "bytesPerSecond": (FaultKind.SLOW,),
    "status": _ANSWERED,
    "retryAfterSeconds": _ANSWERED,
    "isUnreachable": (FaultKind.WEBHOOK,),
    "event": (FaultKind.WEBHOOK,),
}


class InvalidFault(ValueError):
    """A fault that means nothing; the text names the member, what was expected and what came."""


class Fault(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, forbid_unknown_fields=True):
    """What is to go wrong. Members that name somebody select; without them everybody is meant."""

    kind: FaultKind
    hub: str | None = None
    user: str | None = None
    connection: str | None = None
    event: str | None = None
    """The event whose calls are meant, of `webhook`."""
    share: Annotated[float, msgspec.Meta(gt=0, le=1)] = 1.0
    """Of open connections this part of them; of what comes one by one each with this probability."""
    seed: int = 0
    """Decides who is in the share: the same seed, the same choice."""
    seconds: Annotated[float, msgspec.Meta(gt=0, le=LONGEST_SECONDS)] = 60.0
    """The time to live."""
    times: Annotated[int, msgspec.Meta(ge=1)] | None = None
    """After so many doings it is over."""
    new_connections: bool = False
    """Whether connections that open while the fault lives are meant, too."""
    status: Annotated[int, msgspec.Meta(ge=400, le=599)] | None = None
    retry_after_seconds: Annotated[int, msgspec.Meta(ge=0)] | None = None
    delay_seconds: Annotated[float, msgspec.Meta(ge=0, le=LONGEST_SECONDS)] = 0.0
    bytes_per_second: Annotated[int, msgspec.Meta(ge=1)] | None = None
    is_unreachable: bool = False

    def check(self) -> None:
        """Raise InvalidFault for members that the kind lacks or needs."""
        given = {name for name in msgspec.to_builtins(self) if name in _MAY_HAVE}
        for name in sorted(given):
            if self.kind not in _MAY_HAVE[name]:
                kinds = ", ".join(kind.value for kind in _MAY_HAVE[name])
                raise InvalidFault(f"{name}: expected with the kinds {kinds} only, got it with {self.kind.value}")
        needed = _NEED_ONE_OF.get(self.kind, ())
        if needed and not given.intersection(needed):
            raise InvalidFault(f"{self.kind.value}: expected one of {', '.join(needed)}, got none")
        if self.retry_after_seconds is not None and self.status is None:
            raise InvalidFault("retryAfterSeconds: expected together with status, got it alone")
        if self.is_unreachable and self.status is not None:
            raise InvalidFault("isUnreachable: expected without status, since nothing answers, got both")


class Subject(NamedTuple):
    """Somebody or something that a fault may happen to."""

    hub: str
    user: str | None = None
    connection: str | None = None
    event: str | None = None


class Done(msgspec.Struct, frozen=True, rename="camel"):
    """One time that a fault was done."""

    fault: int
    kind: FaultKind
    at: float
    """Seconds since 1970."""
    hub: str
    user: str | None
    connection: str | None
    event: str | None


class LiveFault:
    """A fault that is set."""

    __slots__ = ("done", "fault", "number", "random", "until")

    def __init__(self, number: int, fault: Fault, until: float) -> None:
        self.number = number
        self.fault = fault
        self.until = until
        """On the book's clock."""
        self.random = Random(fault.seed)  # noqa: S311 - nothing to guess here, and the same each time
        self.done = 0

    @property
    def left(self) -> int | None:
        """How often it may still happen; None for no limit."""
        return None if self.fault.times is None else self.fault.times - self.done

    @property
    def lasts(self) -> bool:
        """Whether it goes on after it was done: until it ends, or is ended."""
        return self.fault.kind in (FaultKind.STALL, FaultKind.SLOW)

    def names(self, subject: Subject) -> bool:
        """Whether the subject is meant, share aside. Hubs and events compare without case, as everywhere."""
        fault = self.fault
        return (
            (fault.hub is None or fault.hub.lower() == subject.hub.lower())
            and (fault.user is None or fault.user == subject.user)
            and (fault.connection is None or fault.connection == subject.connection)
            and (fault.event is None or fault.event.lower() == (subject.event or "").lower())
        )


class FaultBook:
    """The faults that are set, and the record of what was done."""

    def __init__(self, clock: Callable[[], float], now: Callable[[], float], records_limit: int) -> None:
        """`clock` never goes backwards, `now` gives seconds since 1970."""
        self._clock = clock
        self._now = now
        self._number = 0
        self._record: deque[Done] = deque(maxlen=records_limit)
        self.active: tuple[LiveFault, ...] = ()
        """Empty while no fault is set: all that a seam looks at then."""

    def set(self, fault: Fault) -> LiveFault:
        """Have something go wrong from now on. Raises InvalidFault."""
        fault.check()
        self._number += 1
        live = LiveFault(self._number, fault, self._clock() + fault.seconds)
        self.active = (*self._living(), live)
        return live

    def end(self, number: int) -> LiveFault | None:
        """End a fault; None if it is over already."""
        found = next((live for live in self.active if live.number == number), None)
        if found is not None:
            self.active = tuple(live for live in self.active if live is not found)
        return found

    def living(self) -> Sequence[LiveFault]:
        """The faults that may still happen."""
        self.active = self._living()
        return self.active

    def records(self, number: int | None = None) -> Sequence[Done]:
        """What was done, oldest first: by one fault, or by all."""
        return [done for done in self._record if number in (None, done.fault)]

    def forget(self) -> None:
        """Forget what was done."""
        self._record.clear()

    # What the seams ask

    def choose(self, kind: FaultKind, subject: Subject) -> Fault | None:
        """What goes wrong with something that is about to happen; the first fault that wants it, noted as done."""
        for live in self._living():
            if live.fault.kind is kind and live.left != 0 and live.names(subject) and self._draws(live):
                self.note(live, subject)
                return live.fault
        self.active = self._living()
        return None

    def choose_among(self, live: LiveFault, subjects: Sequence[tuple[Subject, T]]) -> list[T]:
        """Of those who are there, the share that the fault wants, noted as done; in their order."""
        meant = [(subject, one) for subject, one in subjects if live.names(subject)]
        count = round(len(meant) * live.fault.share)
        if live.left is not None:
            count = min(count, live.left)
        chosen = sorted(live.random.sample(range(len(meant)), count))
        for index in chosen:
            self.note(live, meant[index][0])
        return [meant[index][1] for index in chosen]

    def wants_new(self, subject: Subject) -> list[LiveFault]:
        """The faults that a connection gets which has just opened, noted as done."""
        found = []
        for live in self._living():
            if live.fault.new_connections and live.left != 0 and live.names(subject) and self._draws(live):
                self.note(live, subject)
                found.append(live)
        return found

    def note(self, live: LiveFault, subject: Subject) -> None:
        """Record that a fault was done."""
        live.done += 1
        self._record.append(Done(live.number, live.fault.kind, self._now(), *subject))

    def _draws(self, live: LiveFault) -> bool:
        # Drawn even for a share of 1, so that a share changes who is chosen and not which numbers come.
        return live.random.random() < live.fault.share

    def _living(self) -> tuple[LiveFault, ...]:
        now = self._clock()
        return tuple(live for live in self.active if now < live.until and (live.left != 0 or live.lasts))
