"""One HTTP request with the retries that the service makes, blocking events and validation included.

408, any 5xx and connections that fail are tried again after 1, 3 and 5 seconds, with the same headers and body, so that
handlers must bear doubles; 429, other statuses and time that has run out are not. (The retry policy of the service's
runtime.)
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import NamedTuple, Protocol

from linarite.events.addresses import AddressDenied
from linarite.events.http_connection import ConnectionFailed, ReplyBroken, TimedOut
from linarite.events.http_replies import HttpReply
from linarite.events.outbound import CallResult, Outcome
from linarite.events.targets import Target

__all__ = ["Attempts", "Request", "Sender"]

_PAUSES: tuple[float | None, ...] = (1.0, 3.0, 5.0, None)
_REQUEST_TIMEOUT = 408


class Request(NamedTuple):
    """What is sent on every attempt."""

    method: str
    target: Target
    headers: list[tuple[str, str]]
    body: bytes


class Sender(Protocol):
    """What an attempt needs of an HTTP client."""

    async def send(
        self, method: str, target: Target, headers: Iterable[tuple[str, str]], body: bytes, deadline: float
    ) -> HttpReply:
        """The reply to one request."""


class Attempts:
    """Makes requests until one is answered or there is no use in another."""

    def __init__(self, sender: Sender, clock: Callable[[], float], pause: Callable[[float], Awaitable[object]]) -> None:
        """`pause` waits for so many seconds."""
        self._sender = sender
        self._clock = clock
        self._pause = pause

    async def make(self, request: Request, deadline: float) -> Outcome:
        """What came of the request in the end, before the deadline on the clock."""
        outcome = Outcome(CallResult.TIMED_OUT)
        for number, pause in enumerate(_PAUSES, 1):
            outcome, is_final = await self._once(request, deadline, number)
            if is_final or pause is None:
                break
            if self._clock() + pause >= deadline:
                return Outcome(CallResult.TIMED_OUT, None, outcome.detail, number)
            await self._pause(pause)
        return outcome

    async def _once(self, request: Request, deadline: float, number: int) -> tuple[Outcome, bool]:
        """What came of one attempt, and whether another would be of no use."""
        try:
            reply = await self._sender.send(*request, deadline)
        except ConnectionFailed as failure:
            return Outcome(CallResult.UNREACHABLE, None, str(failure), number), False
        except TimedOut as timed_out:
            return Outcome(CallResult.TIMED_OUT, None, str(timed_out), number), True
        except AddressDenied as denied:
            return Outcome(CallResult.DENIED_ADDRESS, None, str(denied), number), True
        except ReplyBroken as broken:
            reply = HttpReply(broken.status)
            if reply.is_success or not broken.status:
                result = CallResult.TOO_LARGE if broken.is_too_large else CallResult.BROKEN_REPLY
                return Outcome(result, None, str(broken), number), True
        if reply.is_success:
            return Outcome(CallResult.ANSWERED, reply, "", number), True
        return Outcome(CallResult.STATUS, reply, "", number), not _is_transient(reply.status)


def _is_transient(status: int) -> bool:
    return status == _REQUEST_TIMEOUT or status >= 500
