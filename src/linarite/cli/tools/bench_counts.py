"""What a load test counts: latencies in a histogram, and what came too seldom, too often or too late."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field

__all__ = ["Latencies", "Sequence", "Tally"]

# Buckets grow by 1 %, which is as exact as a percentile is read; a million values take a few hundred numbers.
_STEP = math.log(1.01)
_LEAST_SECONDS = 1e-6


class Latencies:
    """Spans of time, kept as counts."""

    def __init__(self) -> None:
        self._buckets: Counter[int] = Counter()
        self.count = 0
        self.greatest = 0.0

    def add(self, seconds: float) -> None:
        """Count one."""
        self._buckets[int(math.log(max(seconds, _LEAST_SECONDS) / _LEAST_SECONDS) / _STEP)] += 1
        self.count += 1
        self.greatest = max(self.greatest, seconds)

    def percentile(self, share: float) -> float | None:
        """The seconds within which that share of all was done, to 1 %; None without any."""
        rank = math.ceil(share * self.count)
        for bucket in sorted(self._buckets):
            rank -= self._buckets[bucket]
            if rank <= 0:
                return min(_LEAST_SECONDS * math.exp((bucket + 1) * _STEP), self.greatest)
        return None


@dataclass(slots=True)
class Tally:
    """Faults of order, over all receivers."""

    received: int = 0
    duplicated: int = 0
    reordered: int = 0


@dataclass(slots=True)
class Sequence:
    """What one receiver has heard of one sender, whose messages count from 0."""

    tally: Tally
    next: int = 0
    missing: set[int] = field(default_factory=set)

    def take(self, number: int) -> bool:
        """Note a message; False for one that came before."""
        if number == self.next:
            self.next += 1
        elif number > self.next:
            self.missing.update(range(self.next, number))
            self.next = number + 1
        elif number in self.missing:
            self.missing.remove(number)
            self.tally.reordered += 1
        else:
            self.tally.duplicated += 1
            return False
        self.tally.received += 1
        return True
