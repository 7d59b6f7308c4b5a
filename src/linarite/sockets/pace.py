"""How fast one client may send: messages and bytes, each by a bucket of its own.

A message that has come is carried out in any case. A client that is too fast is not read for as long as it takes until
nothing is owed: TCP then slows it down, and nothing is lost.
"""

from __future__ import annotations

from typing import NamedTuple

from linarite.domain.rates import Bucket, RateLimit

__all__ = ["Pace", "PaceLimits"]


class PaceLimits(NamedTuple):
    """The rates that a client may keep up."""

    messages: RateLimit = RateLimit(0)
    bytes: RateLimit = RateLimit(0)

    def start(self, now: float) -> Pace | None:
        """The pace of a new connection; None if nothing is limited."""
        messages, size = self.messages.bucket(now), self.bytes.bucket(now)
        return None if messages is None and size is None else Pace(messages, size)


class Pace:
    """What one client has sent, measured by its limits."""

    __slots__ = ("_bytes", "_messages")

    def __init__(self, messages: Bucket | None, size: Bucket | None) -> None:
        self._messages = messages
        self._bytes = size

    def sent(self, size: int, now: float) -> float:
        """The client has sent a message; the seconds for which it is not to be read, 0 within the limits."""
        wait = 0.0 if self._messages is None else self._messages.spend(1, now)
        return wait if self._bytes is None else max(wait, self._bytes.spend(size, now))

    def owed(self, now: float) -> float:
        """The seconds for which the client is not to be read from now on."""
        wait = 0.0 if self._messages is None else self._messages.spend(0, now)
        return wait if self._bytes is None else max(wait, self._bytes.spend(0, now))
