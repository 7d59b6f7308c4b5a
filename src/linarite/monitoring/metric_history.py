"""What the metrics were, minute by minute: a bounded memory of samples for the management API.

`observe` is called every few seconds. It measures what is a level (connections, quota, load) and, when a minute has
ended, puts its numbers behind those before it; the oldest minutes are forgotten. The running minute can be read as
well, with what has come of it. Samples live as long as the process: whoever keeps metrics for longer scrapes `/metrics`
or has them sent by OTLP.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from linarite.monitoring.meters import Meter, Meters, Series

__all__ = ["MINUTE_SECONDS", "MetricHistory", "Minute", "Sample"]

MINUTE_SECONDS = 60

_CONNECTIONS: Series = ("TotalConnectionCount",)
_UTILIZATION: Series = ("ConnectionQuotaUtilization",)
_LOAD: Series = ("ServerLoad",)


class Sample(NamedTuple):
    """One or several measurements put together."""

    minimum: float
    maximum: float
    total: float
    measurements: int

    def joined(self, other: Sample) -> Sample:
        """Both together."""
        return Sample(
            min(self.minimum, other.minimum),
            max(self.maximum, other.maximum),
            self.total + other.total,
            self.measurements + other.measurements,
        )

    def scaled(self, factor: float) -> Sample:
        """The same in another unit."""
        return Sample(self.minimum * factor, self.maximum * factor, self.total * factor, self.measurements)

    @staticmethod
    def of(value: float) -> Sample:
        """One measurement."""
        return Sample(value, value, value, 1)


class Minute(NamedTuple):
    """The samples of one resource in one minute, which began at `start` (seconds since 1970)."""

    start: int
    samples: Mapping[Series, Sample]


class _Watched:
    """A resource whose metrics are being kept."""

    __slots__ = ("at_start", "connections", "minutes")

    def __init__(self, minutes: deque[Minute]) -> None:
        self.minutes = minutes
        self.at_start: dict[Series, int] = {}
        """The counts at the beginning of the running minute."""
        self.connections: Sample | None = None


class MetricHistory:
    """The last minutes of every resource's metrics."""

    def __init__(
        self,
        meters: Meters,
        connection_limit: Callable[[str], int | None],
        load: Callable[[], float],
        minutes_kept: int,
        now: float,
    ) -> None:
        """`connection_limit` is a resource's quota, None if there is no such resource; `load` the server's percents."""
        self._meters = meters
        self._connection_limit = connection_limit
        self._load = load
        self._minutes_kept = minutes_kept
        self._minute = _minute_of(now)
        self._watched: dict[str, _Watched] = {}
        self._load_sample: Sample | None = None

    def observe(self, now: float) -> None:
        """Measure; and close the minute if it has ended."""
        for resource, meter in self._meters:
            watched = self._watch(resource)
            watched.connections = _joined(watched.connections, Sample.of(meter.connections))
        self._load_sample = _joined(self._load_sample, Sample.of(self._load()))
        if _minute_of(now) > self._minute:
            self._close_minute(_minute_of(now))

    def minutes(self, resource: str, start: float, end: float) -> Sequence[Minute]:
        """The resource's minutes that began from `start` to before `end`, oldest first; the running one too."""
        watched = self._watched.get(resource.lower())
        found = [] if watched is None else [one for one in watched.minutes if start <= one.start < end]
        if start <= self._minute < end:
            meter = self._meters.of(resource)
            samples = self._samples(resource, meter, watched or _Watched(deque()))
            found.append(Minute(self._minute, samples))
        return found

    def forget(self, resource: str) -> None:
        """The resource is gone, and its minutes with it."""
        self._watched.pop(resource.lower(), None)

    def _watch(self, resource: str) -> _Watched:
        watched = self._watched.get(resource)
        if watched is None:
            watched = self._watched[resource] = _Watched(deque(maxlen=self._minutes_kept))
        return watched

    def _close_minute(self, following: int) -> None:
        for resource, meter in self._meters:
            watched = self._watch(resource)
            watched.minutes.append(Minute(self._minute, self._samples(resource, meter, watched)))
            watched.at_start = dict(meter.counts())
            watched.connections = None
            meter.start_minute()
        self._load_sample = None
        self._minute = following

    def _samples(self, resource: str, meter: Meter, watched: _Watched) -> dict[Series, Sample]:
        samples = dict(_counted(meter, watched.at_start))
        measured = watched.connections or Sample.of(meter.connections)
        # Peaks between two looks are known by the meter; how long they lasted is not.
        connections = measured._replace(
            minimum=min(measured.minimum, meter.lowest), maximum=max(measured.maximum, meter.highest)
        )
        samples[_CONNECTIONS] = connections
        limit = self._connection_limit(resource)
        if limit:
            samples[_UTILIZATION] = connections.scaled(100 / limit)
        samples[_LOAD] = self._load_sample or Sample.of(self._load())
        return samples


def _counted(meter: Meter, at_start: Mapping[Series, int]) -> Iterator[tuple[Series, Sample]]:
    for series, count in meter.counts():
        increase = count - at_start.get(series, 0)
        if increase or len(series) == 1:
            yield series, Sample.of(increase)


def _minute_of(now: float) -> int:
    return int(now) // MINUTE_SECONDS * MINUTE_SECONDS


def _joined(known: Sample | None, new: Sample) -> Sample:
    return new if known is None else known.joined(new)
