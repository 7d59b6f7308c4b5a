"""Requests of one client that wait while an event of it is being answered."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from linarite.protocols import requests as wanted

__all__ = ["Later", "Said", "WaitingLine"]


class Later(NamedTuple):
    """Something that its socket does once the requests before are carried out."""

    act: Callable[[], None]


Said: TypeAlias = wanted.Request | wanted.ProtocolViolation | Later
"""What a client has said, right or wrong, or what is to happen behind it."""


class WaitingLine:
    """What the client has said since, and the length of the messages that it came in."""

    __slots__ = ("_said", "bytes")

    def __init__(self) -> None:
        self._said: deque[tuple[Said, int]] = deque()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._said)

    def add(self, said: Said, size: int = 0) -> None:
        """Append what was said in a message of this size."""
        self._said.append((said, size))
        self.bytes += size

    def take(self) -> Said:
        """The oldest, which waits no longer."""
        said, size = self._said.popleft()
        self.bytes -= size
        return said
