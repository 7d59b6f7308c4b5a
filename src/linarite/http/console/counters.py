"""The numbers of the console's charts: what has changed since the last reading."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from linarite.events.counters import EventCounters
from linarite.events.outbound import CallResult
from linarite.monitoring.live_feed import LiveFeed
from linarite.monitoring.meters import Meter, Meters

__all__ = ["CounterReader", "CounterSources"]

_FINE_CALLS = (CallResult.ANSWERED, CallResult.CANCELLED)
# Why a connection request was refused, by the status that said so.
_REFUSALS: Mapping[int, str] = {
    400: "badRequest",
    401: "unauthorized",
    403: "forbidden",
    404: "notFound",
    429: "tooManyConnections",
    503: "stopping",
}


class CounterSources(NamedTuple):
    """Where the numbers are counted."""

    meters: Meters
    events: EventCounters
    feed: LiveFeed


class _Reading(NamedTuple):
    """Numbers since the server's start."""

    opened: int
    closed: int
    messages_in: int
    messages_out: int
    bytes_in: int
    bytes_out: int
    rest_calls: int
    event_calls: int
    failed_event_calls: int
    timed_calls: int
    call_seconds: float
    rejected: Mapping[str, int]


class CounterReader:
    """Reads for one who looks on, each time what has come since the last time."""

    def __init__(self, sources: CounterSources, resource: str | None) -> None:
        """`resource` in lower case; None: all."""
        self._sources = sources
        self._resource = resource
        self._last = self._read()

    def read(self, seconds: float, slowest: float | None) -> Mapping[str, object]:
        """What has come in these `seconds`; `slowest` is the longest call upstream, if that is known."""
        now, last = self._read(), self._last
        self._last = now
        calls, timed = now.event_calls - last.event_calls, now.timed_calls - last.timed_calls
        spent = now.call_seconds - last.call_seconds
        return {
            "kind": "counters",
            "seconds": round(seconds, 3),
            "connections": sum(meter.connections for meter in self._meters()),
            "connectionsOpened": now.opened - last.opened,
            "connectionsClosed": now.closed - last.closed,
            "messagesIn": now.messages_in - last.messages_in,
            "messagesOut": now.messages_out - last.messages_out,
            "bytesIn": now.bytes_in - last.bytes_in,
            "bytesOut": now.bytes_out - last.bytes_out,
            "calls": {
                "count": calls,
                "failed": now.failed_event_calls - last.failed_event_calls,
                "averageMs": round(spent / timed * 1000, 3) if timed else None,
                "slowestMs": None if slowest is None else round(slowest * 1000, 3),
            },
            "restCalls": now.rest_calls - last.rest_calls,
            "rejected": {
                reason: count - last.rejected.get(reason, 0)
                for reason, count in now.rejected.items()
                if count > last.rejected.get(reason, 0)
            },
        }

    def _meters(self) -> list[Meter]:
        return [meter for name, meter in self._sources.meters if self._resource in (None, name)]

    def _read(self) -> _Reading:
        meters, feed = self._meters(), self._sources.feed
        opened = sum(meter.opened for meter in meters)
        counts = [
            (result, count)
            for (resource, _, _, result), count in self._sources.events.counts().items()
            if self._resource in (None, resource.lower())
        ]
        timed, spent = self._sources.events.times(self._resource)
        return _Reading(
            opened=opened,
            closed=opened - sum(meter.connections for meter in meters),
            # Counted for all resources together: whoever looks at one of several sees them all.
            messages_in=feed.messages_in,
            messages_out=feed.messages_out,
            bytes_in=sum(meter.traffic.inbound_bytes for meter in meters),
            bytes_out=sum(meter.traffic.outbound_bytes for meter in meters),
            rest_calls=sum(sum(meter.rest_calls.values()) for meter in meters),
            event_calls=sum(count for _, count in counts),
            failed_event_calls=sum(count for result, count in counts if result not in _FINE_CALLS),
            timed_calls=timed,
            call_seconds=spent,
            rejected=_rejected(meters),
        )


def _rejected(meters: list[Meter]) -> Mapping[str, int]:
    rejected: dict[str, int] = {"throttledCalls": 0, "refusedSends": 0, "slowedClients": 0}
    for meter in meters:
        rejected["throttledCalls"] += meter.refused_calls
        rejected["refusedSends"] += meter.traffic.refused_sends
        rejected["slowedClients"] += meter.slowed_clients
        for (_, status), count in meter.client_requests.items():
            if status >= 400:
                reason = _REFUSALS.get(status, f"status{status}")
                rejected[reason] = rejected.get(reason, 0) + count
    return rejected
