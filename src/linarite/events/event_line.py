"""What is kept for one connection whose events go upstream, and the order in which they go.

Events of a connection are sent one at a time in the order in which they happened. An unblocking event waits for
everything before it, however long that takes. A blocking event waits for blocking events before it, and for unblocking
ones too, but for those only a while: a `connected` handler that hangs must not hold up the client. Connections do not
wait for each other.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import NamedTuple

from linarite.events.cloud_events import Event, signature
from linarite.events.cookies import CookieJar
from linarite.resources.model import AccessKeys, EventHandler

__all__ = ["EventLine", "LineIdentity", "Note", "Turn"]


class LineIdentity(NamedTuple):
    """Whose events they are; names of resource and hub in lower case, `origin` the host that the client addressed."""

    resource: str
    hub: str
    connection_id: str
    origin: str
    user_id: str | None = None
    subprotocol: str | None = None


class Turn:
    """One event's place in its connection's order."""

    __slots__ = ("is_blocking", "ready")

    def __init__(self, *, is_blocking: bool) -> None:
        self.is_blocking = is_blocking
        self.ready: asyncio.Future[None] | None = None


class Note(NamedTuple):
    """An unblocking event that waits for its turn."""

    turn: Turn
    event: Event
    handler: EventHandler


class EventLine:
    """The events of one connection. Made only for connections of hubs that have a handler."""

    __slots__ = (
        "asking",
        "connection_id",
        "cookies",
        "delivering",
        "hub",
        "is_over",
        "last_id",
        "notes",
        "origin",
        "resource",
        "signed",
        "state",
        "subprotocol",
        "turns",
        "user_id",
    )

    def __init__(self, who: LineIdentity, last_id: int = 0) -> None:
        self.resource, self.hub, self.connection_id, self.origin, self.user_id, self.subprotocol = who
        self.last_id = last_id
        self.state: str | None = None
        self.cookies: CookieJar | None = None
        self.signed: tuple[AccessKeys, str] | None = None
        # A list: a deque of none takes 700 bytes, and the turns of one connection are few.
        self.turns: list[Turn] = []
        self.notes: deque[Note] | None = None
        self.delivering: asyncio.Task[None] | None = None
        self.asking: set[asyncio.Task[None]] | None = None
        self.is_over = False

    def accept(self, user_id: str | None, subprotocol: str | None) -> None:
        """What the connection is now that it has been let in."""
        self.user_id = user_id
        self.subprotocol = subprotocol

    def next_id(self) -> int:
        """The next event's id. Every event counts, also one that nobody gets; 0 is `connect`."""
        self.last_id += 1
        return self.last_id

    def signature(self, keys: AccessKeys) -> str:
        """The value of `ce-signature` by the keys of now: the same for all events of a connection."""
        if self.signed is None or self.signed[0] is not keys:
            self.signed = (keys, signature((keys.primary, keys.secondary), self.connection_id))
        return self.signed[1]

    # Order

    def take_turn(self, *, is_blocking: bool) -> Turn:
        """A place behind everything that has happened so far; `end_turn` gives it back."""
        turn = Turn(is_blocking=is_blocking)
        self.turns.append(turn)
        return turn

    async def await_turn(self, turn: Turn, patience_seconds: float) -> None:
        """Wait until everything before is over; a blocking event waits for unblocking ones this long at most."""
        loop = asyncio.get_running_loop()
        until = loop.time() + patience_seconds
        while self.turns[0] is not turn:
            may_pass = turn.is_blocking and not self._has_blocking_before(turn)
            if may_pass and loop.time() >= until:
                return
            turn.ready = loop.create_future()
            try:
                async with asyncio.timeout_at(until if may_pass else None):
                    await turn.ready
            except TimeoutError:
                return
            finally:
                turn.ready = None

    def end_turn(self, turn: Turn) -> None:
        """The event is over: whoever waits looks again."""
        self.turns.remove(turn)
        for other in self.turns:
            if other.ready is not None and not other.ready.done():
                other.ready.set_result(None)

    def _has_blocking_before(self, turn: Turn) -> bool:
        return any(other.is_blocking for other in self.turns[: self.turns.index(turn)])
