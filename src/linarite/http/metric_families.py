"""Everything that `/metrics` tells, as families of Prometheus: the service's metrics, and some of our own.

Names of the service's metrics begin with `webpubsub_`, those that it does not have with `linarite_`; `process_` are
those of every Prometheus client. All are read when somebody asks: what is counted costs nothing more for being shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from linarite.events.counters import EventCounters
from linarite.http.process_families import process_families
from linarite.monitoring.measuring import Measuring
from linarite.monitoring.meters import Meter

if TYPE_CHECKING:
    # Imported when somebody asks: it takes a tenth of the time that a start may have.
    from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric

__all__ = ["OTHER_HUBS", "HubSize", "MetricSources", "exposition", "families"]

OTHER_HUBS = "(other)"
"""Where connections of hubs beyond the largest ones are counted; no hub can have that name."""

# Clients with a token for any hub choose the names of hubs: each would be a series for ever.
_HUBS_LIMIT = 200


class HubSize(NamedTuple):
    """How many connections a hub has."""

    resource: str
    hub: str
    connections: int


@dataclass(frozen=True, slots=True)
class MetricSources:
    """Where the numbers are."""

    measuring: Measuring
    hubs: Callable[[], Iterable[HubSize]]
    events: EventCounters
    dropped_spans: Callable[[], int] = int
    """How many spans of traces were lost."""
    dropped_log_entries: Callable[[], int] = int
    """How many entries of resource logs no destination will ever have."""


def exposition(sources: MetricSources) -> bytes:
    """All families in Prometheus' text form, version 0.0.4."""
    from prometheus_client import CollectorRegistry, generate_latest
    from prometheus_client.registry import Collector

    class Families(Collector):
        def collect(self) -> Iterable[Metric]:
            return families(sources)

    registry = CollectorRegistry()
    registry.register(Families())
    return generate_latest(registry)


def families(sources: MetricSources) -> Iterator[Metric]:
    """Every metric with its values of the moment."""
    meters = [(resource, meter) for resource, meter in sources.measuring.meters]
    yield from _connections(sources, meters)
    yield from _requests(meters)
    yield from _traffic(sources, meters)
    yield _gauge("webpubsub_server_load_percent", "Share of a processor that the server uses.", (), {
        (): sources.measuring.load.percent
    })  # fmt: skip
    yield _event_calls(sources.events)
    text = "Spans of traces that a collector did not take."
    yield _counter("linarite_dropped_spans", text, (), {(): sources.dropped_spans()})
    text = "Entries of resource logs that found no place in a buffer or that a destination did not take."
    yield _counter("linarite_dropped_log_entries", text, (), {(): sources.dropped_log_entries()})
    yield from process_families()


def _connections(sources: MetricSources, meters: list[tuple[str, Meter]]) -> Iterator[Metric]:
    yield _gauge(
        "webpubsub_connection_count",
        "Connections of the moment by hub; a client that may still recover its connection counts.",
        ("resource", "hub"),
        _largest_hubs(sources.hubs()),
    )
    limits = {resource: sources.measuring.connection_limit(resource) for resource, _ in meters}
    yield _gauge(
        "webpubsub_connection_quota",
        "Connections that the resource may have.",
        ("resource",),
        {(resource,): limit for resource, limit in limits.items() if limit is not None},
    )
    used = {(resource,): 100 * meter.connections / limit for resource, meter in meters if (limit := limits[resource])}
    text = "Share of the connection quota that is used."
    yield _gauge("webpubsub_connection_quota_utilization_percent", text, ("resource",), used)
    opened = {(resource,): meter.opened for resource, meter in meters}
    yield _counter("webpubsub_connection_open", "New connections.", ("resource",), opened)
    yield _counter(
        "webpubsub_connection_close",
        "Connections that ended, and requests for one that were refused, by the service's categories.",
        ("resource", "category"),
        {(resource, category.value): count for resource, meter in meters for category, count in meter.closed.items()},
    )


def _requests(meters: list[tuple[str, Meter]]) -> Iterator[Metric]:
    yield _counter(
        "webpubsub_client_requests",
        "Connection requests by client type and status.",
        ("resource", "client_type", "status"),
        {
            (resource, client_type.value, str(status)): count
            for resource, meter in meters
            for (client_type, status), count in meter.client_requests.items()
        },
    )
    yield _counter(
        "webpubsub_rest_requests",
        "Calls of the REST API by category and response time.",
        ("resource", "category", "response_time"),
        {
            (resource, category.value, response_time.value): count
            for resource, meter in meters
            for (category, response_time), count in meter.rest_calls.items()
        },
    )
    refused = {(resource,): meter.refused_calls for resource, meter in meters}
    yield _counter("linarite_throttled_calls", "REST calls that came too fast: 429.", ("resource",), refused)
    slowed = {(resource,): meter.slowed_clients for resource, meter in meters}
    text = "Times that a client sent too fast and was not read for a while."
    yield _counter("linarite_slowed_clients", text, ("resource",), slowed)


def _traffic(sources: MetricSources, meters: list[tuple[str, Meter]]) -> Iterator[Metric]:
    traffic = {resource: meter.traffic for resource, meter in meters}
    yield _counter(
        "webpubsub_inbound_bytes",
        "Bytes of messages from clients and of bodies of REST calls.",
        ("resource",),
        {(resource,): one.inbound_bytes for resource, one in traffic.items()},
    )
    yield _counter(
        "webpubsub_outbound_bytes",
        "Bytes of message data to clients and event handlers.",
        ("resource",),
        {(resource,): one.outbound_bytes for resource, one in traffic.items()},
    )
    usage = sources.measuring.usage
    yield _gauge(
        "webpubsub_messages_today",
        "Outbound traffic of the day (UTC) in messages of 2 KB.",
        ("resource",),
        {(resource,): usage.today(resource).messages for resource in traffic},
    )
    allowed = {(resource,): sources.measuring.allowance(resource) for resource in traffic}
    quotas = {labels: quota for labels, quota in allowed.items() if quota is not None}
    text = "Messages of 2 KB that the resource may send on a day; absent without a quota."
    yield _gauge("webpubsub_message_quota", text, ("resource",), quotas)
    yield _counter(
        "linarite_refused_sends",
        "Messages and events that were refused because the day's message quota was used up.",
        ("resource",),
        {(resource,): one.refused_sends for resource, one in traffic.items()},
    )


def _event_calls(events: EventCounters) -> Metric:
    return _counter(
        "linarite_event_calls",
        "Calls to event handlers by resource, hub, event and result.",
        ("resource", "hub", "event", "result"),
        {
            (resource, hub, event, result.value): count
            for (resource, hub, event, result), count in events.counts().items()
        },
    )


def _largest_hubs(hubs: Iterable[HubSize]) -> Mapping[tuple[str, ...], float]:
    """The hubs with the most connections, and the sum of the others."""
    rows = sorted(hubs, key=lambda row: row.connections, reverse=True)
    sizes: Counter[tuple[str, ...]] = Counter()
    for number, row in enumerate(rows):
        sizes[row.resource, row.hub if number < _HUBS_LIMIT else OTHER_HUBS] += row.connections
    return sizes


Row = TypeVar("Row", bound=tuple[str, ...])


def _counter(name: str, text: str, labels: tuple[str, ...], values: Mapping[Row, float]) -> CounterMetricFamily:
    """A family whose samples are named `name` and `_total`."""
    from prometheus_client.metrics_core import CounterMetricFamily

    family = CounterMetricFamily(name, text, labels=labels)
    for row, value in values.items():
        family.add_metric(row, value)
    return family


def _gauge(name: str, text: str, labels: tuple[str, ...], values: Mapping[Row, float]) -> GaugeMetricFamily:
    from prometheus_client.metrics_core import GaugeMetricFamily

    family = GaugeMetricFamily(name, text, labels=labels)
    for row, value in values.items():
        family.add_metric(row, value)
    return family
