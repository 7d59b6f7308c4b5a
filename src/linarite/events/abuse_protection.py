"""Asks an endpoint whether it wants events of this server before any is sent (CloudEvents webhooks, section 4).

An endpoint says yes to an OPTIONS request, or if it knows none (404) to a GET, by naming the server's host or `*` in
`WebHook-Allowed-Origin`. The answer is remembered for each validation URL and origin: a yes for a minute, after which
it is asked again in the background while the old answer serves; a no for 1, 2, 4 … 60 seconds, in which events fail at
once. The first event after a no has run out waits for the new answer, so that an application that was started late is
reached by the first client who tries again; the service lets that one fail too and asks in the background.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from linarite.events.attempts import Attempts, Request
from linarite.events.cloud_events import InvalidEvent, validation_headers
from linarite.events.outbound import Outcome
from linarite.events.targets import InvalidUrl, parse_target
from linarite.monitoring.logs import log_event

__all__ = ["AbuseProtection", "allows_origin"]

_log = logging.getLogger(__name__)

_ALLOWED_SECONDS = 60.0
_FIRST_REFUSED_SECONDS = 1.0
_LONGEST_REFUSED_SECONDS = 60.0
_NOT_FOUND = 404
# Origins come from clients' Host headers: so many answers are remembered, the oldest is forgotten first.
_REMEMBERED_ANSWERS = 1024


class _Answer:
    """What is known of one endpoint: why it may not be called, or None."""

    __slots__ = ("asking", "due_at", "pause", "refused", "was_asked")

    def __init__(self) -> None:
        self.asking: asyncio.Task[None] | None = None
        self.due_at = 0.0
        self.pause = 0.0
        self.refused: str | None = None
        self.was_asked = False


class AbuseProtection:
    """Knows which endpoints may be called; asks each at most once at a time."""

    def __init__(self, attempts: Attempts, clock: Callable[[], float], timeout_seconds: float) -> None:
        """`timeout_seconds` is for each of the two requests, with their retries."""
        self._attempts = attempts
        self._clock = clock
        self._timeout_seconds = timeout_seconds
        self._answers: dict[tuple[str, str], _Answer] = {}
        self._asking: set[asyncio.Task[None]] = set()

    async def refusal(self, url: str, origin: str) -> str | None:
        """Why events of `origin` may not be sent to the endpoint that this URL validates; None if they may."""
        answer = self._answers.get((url, origin.lower()))
        if answer is None:
            answer = self._remember(url, origin)
        if self._clock() >= answer.due_at and answer.asking is None:
            self._ask(answer, url, origin)
        if answer.asking is not None and (not answer.was_asked or answer.refused is not None):
            # Not awaited itself: an event whose client leaves must not take the answer from the others.
            await asyncio.wait([answer.asking])
        return answer.refused

    async def close(self) -> None:
        """End what is being asked."""
        for task in self._asking:
            task.cancel()
        await asyncio.gather(*self._asking, return_exceptions=True)

    def _remember(self, url: str, origin: str) -> _Answer:
        if len(self._answers) >= _REMEMBERED_ANSWERS:
            del self._answers[next(iter(self._answers))]
        answer = self._answers[url, origin.lower()] = _Answer()
        return answer

    def _ask(self, answer: _Answer, url: str, origin: str) -> None:
        task = asyncio.get_running_loop().create_task(self._learn(answer, url, origin))
        answer.asking = task
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    async def _learn(self, answer: _Answer, url: str, origin: str) -> None:
        refused: str | None = "the endpoint was not asked"
        try:
            refused = await self._validate(url, origin)
        finally:
            answer.asking = None
            self._set(answer, refused)
        if refused is not None:
            log_event(_log, logging.WARNING, "event handler refused", endpoint=_shown(url), reason=refused)

    def _set(self, answer: _Answer, refused: str | None) -> None:
        if refused is None:
            answer.pause = 0.0
            answer.due_at = self._clock() + _ALLOWED_SECONDS
        else:
            answer.pause = min(answer.pause * 2 or _FIRST_REFUSED_SECONDS, _LONGEST_REFUSED_SECONDS)
            answer.due_at = self._clock() + answer.pause
        answer.refused = refused
        answer.was_asked = True

    async def _validate(self, url: str, origin: str) -> str | None:
        shown = _shown(url)
        try:
            target, headers = parse_target(url), validation_headers(origin)
        except (InvalidUrl, InvalidEvent) as error:
            return f"Abuse protection for '{shown}' failed: {error}."
        outcome = await self._request(Request("OPTIONS", target, headers, b""))
        if outcome.reply is not None and outcome.reply.status == _NOT_FOUND:
            outcome = await self._request(Request("GET", target, headers, b""))
        reply = outcome.reply
        if reply is None:
            why = f"{outcome.result.value}, {outcome.detail}" if outcome.detail else outcome.result.value
            return f"Abuse protection for '{shown}' failed: {why}."
        if not reply.is_success:
            return f"Abuse protection for '{shown}' failed: {reply.status}."
        allowed = reply.all("webhook-allowed-origin")
        if not allows_origin(allowed, origin):
            return f"Abuse protection for '{shown}' missing allowed origins: {', '.join(allowed)}."
        return None

    async def _request(self, request: Request) -> Outcome:
        return await self._attempts.make(request, self._clock() + self._timeout_seconds)


def allows_origin(values: Iterable[str], origin: str) -> bool:
    """Whether `WebHook-Allowed-Origin` headers name the origin, in any case.

    The service compares whole headers. Lists with commas are read here too, since many HTTP libraries join headers so,
    and a port is passed over, since the JavaScript middleware names the port of its endpoint.
    """
    wanted = origin.lower()
    names = [name.strip().lower() for value in values for name in value.split(",")]
    return any(name in ("*", wanted) or _without_port(name) == wanted for name in names)


def _without_port(name: str) -> str:
    host, colon, port = name.rpartition(":")
    return host if colon and port.isdigit() and (":" not in host or host.endswith("]")) else name


def _shown(url: str) -> str:
    """The URL without its query, which may hold a secret, and without user information."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()
