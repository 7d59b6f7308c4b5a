"""How busy the server is: the share of a processor that its process uses, of what it may use.

One process runs on one event loop, which no more than one processor can work for: that one, or less where a container's
quota allows less (cgroup v2, `cpu.max`), is 100 percent.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

__all__ = ["ServerLoad", "allowed_processors"]

_CPU_QUOTA = Path("/sys/fs/cgroup/cpu.max")


def allowed_processors(quota_file: Path = _CPU_QUOTA) -> float:
    """The processors that one event loop can use: 1, or a container's smaller quota."""
    try:
        quota, period = quota_file.read_text("ascii").split()
        return 1.0 if quota == "max" else min(1.0, int(quota) / int(period))
    except (OSError, ValueError, ZeroDivisionError):
        return 1.0


class ServerLoad:
    """Measures the load between one call and the next."""

    def __init__(
        self, clock: Callable[[], float], processor_time: Callable[[], float], processors: float = 1.0
    ) -> None:
        self._clock = clock
        self._processor_time = processor_time
        self._processors = processors
        self._at = clock()
        self._used = processor_time()
        self.percent = 0.0
        """The load when somebody last measured it."""

    def __call__(self) -> float:
        """Percent since the last call; of two calls at the same time the second repeats the first."""
        now, used = self._clock(), self._processor_time()
        if now > self._at:
            self.percent = min(100.0, 100 * (used - self._used) / (now - self._at) / self._processors)
            self._at, self._used = now, used
        return self.percent
