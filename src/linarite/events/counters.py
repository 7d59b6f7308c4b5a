"""How many calls went upstream, by hub, event and result: plain numbers for whatever shows metrics."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from linarite.domain.traffic import Traffic
from linarite.events.outbound import CallResult

__all__ = ["OTHER_EVENTS", "EventCounters"]

OTHER_EVENTS = "(other)"
"""Where events are counted whose names came too late; no client can make up a name like it."""

# Clients choose the names of user events: past so many of one hub, the rest are counted together.
_NAMES_LIMIT = 100


class EventCounters:
    """Counts calls by (resource, hub, event, result), and what they carried as their resource's traffic."""

    def __init__(self, traffic_of: Callable[[str], Traffic] | None = None) -> None:
        """`traffic_of` gives the counters of a resource's traffic."""
        self._traffic_of = traffic_of or (lambda _: Traffic())
        self._counts: dict[tuple[str, str, str, CallResult], int] = {}
        self._names: dict[tuple[str, str], set[str]] = {}
        self._times: dict[str, tuple[int, float]] = {}

    def count(self, resource: str, hub: str, event: str, result: CallResult) -> None:
        """Count one call."""
        names = self._names.setdefault((resource, hub), set())
        if event not in names:
            if len(names) >= _NAMES_LIMIT:
                event = OTHER_EVENTS
            else:
                names.add(event)
        key = (resource, hub, event, result)
        self._counts[key] = self._counts.get(key, 0) + 1

    def timed(self, resource: str, seconds: float) -> None:
        """A call of that resource has taken so long, with everything from its turn on."""
        count, spent = self._times.get(resource, (0, 0.0))
        self._times[resource] = (count + 1, spent + seconds)

    def times(self, resource: str | None = None) -> tuple[int, float]:
        """How many calls were timed, and their seconds together: of a resource, or of all."""
        rows = [row for name, row in self._times.items() if resource in (None, name.lower())]
        return sum(count for count, _ in rows), sum(spent for _, spent in rows)

    def sent(self, resource: str, size: int) -> None:
        """A call has carried so many bytes of an event's body."""
        self._traffic_of(resource).outbound_bytes += size

    def counts(self) -> Mapping[tuple[str, str, str, CallResult], int]:
        """All counts of the moment."""
        return dict(self._counts)
