"""How much may happen in a time: a token bucket without a clock of its own.

A bucket holds `burst` tokens and gains `per_second` of them each second. What happens takes its amount: 1 for a message
or a call, the number of bytes for traffic. Time comes in as a parameter, in seconds of any clock that does not go
backwards. An amount larger than the burst passes when the bucket is full, and leaves a debt that has to be earned
first: else a message of 1 MiB could never pass a limit of 100 KiB per second, and its average still holds.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Bucket", "Buckets", "RateLimit"]


@dataclass(frozen=True, slots=True)
class RateLimit:
    """So much per second in the long run, and so much at once. 0 per second means no limit."""

    per_second: float
    burst: float = 0.0

    def __post_init__(self) -> None:
        if self.per_second < 0 or self.burst < 0:
            raise ValueError(f"A rate limit expects numbers from 0 on, got {self.per_second} and {self.burst}.")

    @property
    def is_limited(self) -> bool:
        """Whether there is a limit at all: without one nobody needs a bucket."""
        return self.per_second > 0

    def bucket(self, now: float) -> Bucket | None:
        """A full bucket for this limit, or None if there is no limit."""
        return Bucket(self, now) if self.is_limited else None


class Bucket:
    """The tokens of one connection or one resource."""

    __slots__ = ("_burst", "_filled_at", "_per_second", "_tokens")

    def __init__(self, limit: RateLimit, now: float) -> None:
        if not limit.is_limited:
            raise ValueError("A bucket expects a rate above 0.")
        self._per_second = limit.per_second
        # Without a burst of its own a limit lets one second's worth through at once; less than 1 never lets anything.
        self._burst = limit.burst or max(limit.per_second, 1.0)
        self._tokens = self._burst
        self._filled_at = now

    def take(self, amount: float, now: float) -> bool:
        """Take the tokens and say so, or take none because there are too few."""
        self._fill(now)
        if self._tokens < amount and self._tokens < self._burst:
            return False
        self._tokens -= amount
        return True

    def spend(self, amount: float, now: float) -> float:
        """Take the tokens in any case. The seconds to wait until nothing is owed: 0 within the limit."""
        self._fill(now)
        self._tokens -= amount
        return max(0.0, -self._tokens / self._per_second)

    def wait(self, amount: float, now: float) -> float:
        """The seconds until `take` of this amount would succeed: 0 if it would at once."""
        self._fill(now)
        return max(0.0, (min(amount, self._burst) - self._tokens) / self._per_second)

    def _fill(self, now: float) -> None:
        passed = now - self._filled_at
        if passed > 0:
            self._tokens = min(self._burst, self._tokens + passed * self._per_second)
            self._filled_at = now


class Buckets:
    """A bucket for each of several names, made at its first use; without a limit everything passes."""

    def __init__(self, limit: RateLimit) -> None:
        self._limit = limit
        self._buckets: dict[str, Bucket] = {}

    def wait(self, name: str, now: float) -> float:
        """Take one token of this name, or none: 0 if it was there, else the seconds until there is one."""
        if not self._limit.is_limited:
            return 0.0
        bucket = self._buckets.get(name)
        if bucket is None:
            bucket = self._buckets[name] = Bucket(self._limit, now)
        return 0.0 if bucket.take(1, now) else bucket.wait(1, now)
