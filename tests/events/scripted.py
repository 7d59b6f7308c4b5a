"""A clock that stands still and an HTTP endpoint that follows a script, for rules about time and repetition."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable

from linarite.events.http_replies import HttpReply
from linarite.events.targets import Target


class Time:
    """A clock that only `pause` and a test move."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.pauses: list[float] = []

    def clock(self) -> float:
        return self.seconds

    async def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.seconds += seconds


class Endpoint:
    """Answers as its script says, the last entry for good; an exception is raised."""

    def __init__(self, *script: HttpReply | Exception) -> None:
        self.script: deque[HttpReply | Exception] = deque(script)
        self.requests: list[tuple[str, Target, list[tuple[str, str]], bytes]] = []
        self.gate: asyncio.Event | None = None
        """When a test sets one, answers wait for it."""

    async def send(
        self, method: str, target: Target, headers: Iterable[tuple[str, str]], body: bytes, deadline: float
    ) -> HttpReply:
        self.requests.append((method, target, list(headers), body))
        if self.gate is not None:
            await self.gate.wait()
        answer = self.script[0] if len(self.script) == 1 else self.script.popleft()
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def methods(self) -> list[str]:
        return [method for method, *_ in self.requests]


def ok(*headers: tuple[str, str], body: bytes = b"") -> HttpReply:
    return HttpReply(200, headers, body)


def allowing(*origins: str) -> HttpReply:
    return ok(*(("webhook-allowed-origin", origin) for origin in origins))


async def settled() -> None:
    """Let tasks that wait for nothing run to their end."""
    for _ in range(20):
        await asyncio.sleep(0)


async def until(is_so: Callable[[], bool]) -> None:
    """Wait for a condition."""
    async with asyncio.timeout(10):
        while not is_so():  # noqa: ASYNC110 - conditions of many kinds, none of which tells when it changes
            await asyncio.sleep(0.001)
