"""What a reliable client has not acknowledged yet, ready to be sent again.

Every message for a reliable client has a sequence id, from 1 on without a gap; the client acknowledges ids up to one
(client-spec.md of Azure Web PubSub, sections 1.2 and 3.2; howto-develop-reliable-clients). Frames are kept as they went
out: a replay is the same bytes. Receivers that stand at the same id share a tick's frames, so that a message to a
thousand of them is kept once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from itertools import repeat
from typing import NamedTuple

__all__ = ["Numbered", "RecoveryLimits", "RecoveryQueue"]


class RecoveryLimits(NamedTuple):
    """Bounds of what is kept for one client; beyond them it can no longer be recovered."""

    messages: int
    bytes: int


class Numbered:
    """Messages of one tick as frames with successive sequence ids, shared by all receivers who got the same."""

    __slots__ = ("expiries", "first", "frames", "size")

    def __init__(self, first: int, frames: Sequence[bytes], expiries: Sequence[float | None] | None) -> None:
        """`first` is the id of the first frame; `expiries` are None if no message among them expires."""
        self.first = first
        self.frames = frames
        self.expiries = expiries
        self.size = len(frames[0]) if len(frames) == 1 else sum(map(len, frames))

    @property
    def last(self) -> int:
        """The id of the last frame."""
        return self.first + len(self.frames) - 1


class RecoveryQueue:
    """One client's unacknowledged messages, oldest first."""

    __slots__ = ("_acknowledged", "_kept", "_limits", "bytes", "next_id")

    def __init__(self, limits: RecoveryLimits) -> None:
        self._limits = limits
        self._acknowledged = 0
        # Made when there is something to keep: idle connections are many.
        self._kept: deque[Numbered] | None = None
        self.next_id = 1
        """The sequence id of the next message."""
        self.bytes = 0
        """The size of the frames that are not acknowledged."""

    def __len__(self) -> int:
        """How many messages are not acknowledged."""
        return self.next_id - 1 - self._acknowledged

    def add(self, numbered: Numbered) -> bool:
        """Keep what is being sent; False if it is more than may be kept, which ends the connection."""
        if self._kept is None:
            self._kept = deque()
        self._kept.append(numbered)
        self.next_id += len(numbered.frames)
        self.bytes += numbered.size
        limits = self._limits
        return self.bytes <= limits.bytes and self.next_id - 1 - self._acknowledged <= limits.messages

    def acknowledge(self, sequence_id: int) -> None:
        """Forget every message up to this id; an older one says nothing new, one not sent yet means all."""
        if sequence_id <= self._acknowledged or self._kept is None:
            return
        kept = self._kept
        while kept and kept[0].last <= sequence_id:
            self.bytes -= self._size_of_rest(kept.popleft())
        if kept and kept[0].first <= sequence_id:
            before = self._size_of_rest(kept[0])
            self._acknowledged = sequence_id
            self.bytes -= before - self._size_of_rest(kept[0])
        self._acknowledged = min(sequence_id, self.next_id - 1)
        if not kept:
            self._kept = None

    def unacknowledged(self, now: float) -> Iterator[tuple[bytes, float | None]]:
        """Each frame that the client may have missed, with the end of its life; the expired ones are left out."""
        for numbered in self._kept or ():
            skipped = max(0, self._acknowledged - numbered.first + 1)
            expiries = numbered.expiries or repeat(None)
            for index, (frame, expires_at) in enumerate(zip(numbered.frames, expiries, strict=False)):
                if index >= skipped and (expires_at is None or now < expires_at):
                    yield frame, expires_at

    def _size_of_rest(self, numbered: Numbered) -> int:
        """The size of those frames of a tick that are not acknowledged."""
        skipped = self._acknowledged - numbered.first + 1
        return numbered.size if skipped <= 0 else sum(map(len, numbered.frames[skipped:]))
