"""What a reliable client has not acknowledged yet, ready to be sent again.

Every message for a reliable client has a sequence id, from 1 on without a gap; the client acknowledges ids up to one
(client-spec.md of Azure Web PubSub, sections 1.2 and 3.2; howto-develop-reliable-clients). Frames are kept as they went
out: a replay is the same bytes. Receivers that stand at the same id share a tick's frames, so that a message to a
thousand of them is kept once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat
from typing import NamedTuple

__all__ = ["Numbered", "RecoveryLimits", "RecoveryQueue", "keep_for_each"]


class RecoveryLimits(NamedTuple):
    """Bounds of what is kept for one client; beyond them it can no longer be recovered."""

    messages: int
    bytes: int


class Numbered:
    """Messages of one tick as frames with successive sequence ids, shared by all receivers who got the same."""

    __slots__ = ("expiries", "first", "frames", "last", "size")

    def __init__(self, first: int, frames: Sequence[bytes], expiries: Sequence[float | None] | None) -> None:
        """`first` is the id of the first frame; `expiries` are None if no message among them expires."""
        self.first = first
        self.frames = frames
        self.expiries = expiries
        self.last = first + len(frames) - 1
        self.size = len(frames[0]) if len(frames) == 1 else sum(map(len, frames))


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
        return keep_for_each((self,), numbered)

    @property
    def is_within_limits(self) -> bool:
        """Whether no more is kept than may be."""
        return self.bytes <= self._limits.bytes and len(self) <= self._limits.messages

    def acknowledge(self, sequence_id: int) -> None:
        """Forget every message up to this id; an older one says nothing new, one not sent yet means all."""
        if sequence_id <= self._acknowledged or self._kept is None:
            return
        newest = self.next_id - 1
        if sequence_id >= newest:
            self._kept, self._acknowledged, self.bytes = None, newest, 0
            return
        kept = self._kept
        # Only the oldest tick may be acknowledged in part, before and after.
        freed = self._size_of_rest(kept[0]) - kept[0].size
        while kept[0].last <= sequence_id:
            freed += kept.popleft().size
        self._acknowledged = sequence_id
        freed += kept[0].size - self._size_of_rest(kept[0])
        self.bytes -= freed

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


def keep_for_each(queues: Iterable[RecoveryQueue], numbered: Numbered) -> bool:
    """Keep what is being sent to clients who all stand at its first id; False if it is too much for one of them.

    Runs once for each receiver of a tick, so that it is one loop and calls nothing (`make bench`, reliable-1).
    """
    last, size = numbered.last, numbered.size
    next_id = last + 1
    are_kept = True
    for queue in queues:
        kept = queue._kept
        if kept is None:
            kept = queue._kept = deque()
        kept.append(numbered)
        queue.next_id = next_id
        queue.bytes = total = queue.bytes + size
        limits = queue._limits
        if total > limits.bytes or last - queue._acknowledged > limits.messages:
            are_kept = False
    return are_kept
