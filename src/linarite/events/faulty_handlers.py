"""An HTTP client between the server and its event handlers that fails as it is told, in `linarite dev` only.

It stands below the retries, so that what the server does about failures is done about these, too. Requests that ask an
endpoint whether it wants events pass.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from linarite.domain.faults import FaultBook, FaultKind, Subject
from linarite.events.attempts import Sender
from linarite.events.http_connection import ConnectionFailed, TimedOut
from linarite.events.http_replies import HttpReply
from linarite.events.targets import Target

__all__ = ["FaultyHandlers"]


class FaultyHandlers:
    """Sends requests by way of another client, unless a fault wants them."""

    def __init__(self, sender: Sender, book: FaultBook, clock: Callable[[], float]) -> None:
        """`clock` is the one that deadlines are on."""
        self._sender = sender
        self._book = book
        self._clock = clock

    async def send(
        self, method: str, target: Target, headers: Iterable[tuple[str, str]], body: bytes, deadline: float
    ) -> HttpReply:
        """The reply to one request, or what a fault makes of it."""
        if self._book.active:
            reply = await self._meet_fault(dict(headers), deadline)
            if reply is not None:
                return reply
        return await self._sender.send(method, target, headers, body, deadline)

    async def _meet_fault(self, headers: dict[str, str], deadline: float) -> HttpReply | None:
        named = {name.lower(): value for name, value in headers.items()}
        if "ce-hub" not in named:
            return None
        subject = Subject(
            named["ce-hub"], named.get("ce-userid"), named.get("ce-connectionid"), named.get("ce-eventname")
        )
        fault = self._book.choose(FaultKind.WEBHOOK, subject)
        if fault is None:
            return None
        left = deadline - self._clock()
        await asyncio.sleep(min(fault.delay_seconds, max(left, 0.0)))
        if fault.delay_seconds >= left:
            raise TimedOut("a fault on request took all the time")
        if fault.is_unreachable:
            raise ConnectionFailed("a fault on request")
        if fault.status is None:
            return None
        wait = fault.retry_after_seconds
        return HttpReply(fault.status, () if wait is None else (("retry-after", str(wait)),))
