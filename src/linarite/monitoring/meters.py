"""Counts what happens to each resource's connections and calls: plain numbers, read by whatever shows metrics.

Hot paths add to `Traffic` (domain/traffic.py), one addition for a message; connections and calls are rarer, and cost a
dictionary's look-up. Nothing here reads a clock or waits.
"""

from __future__ import annotations

from collections.abc import Iterator

from linarite.domain.close_categories import CloseCategory
from linarite.domain.traffic import Traffic
from linarite.monitoring.metric_definitions import ClientType, ResponseTime, RestApiCategory, response_time_of

__all__ = ["Meter", "Meters", "Series"]

Series = tuple[str, ...]
"""A metric's name and, in the order of its definition, the value of each dimension."""

_SWITCHING_PROTOCOLS = 101


class Meter:
    """The numbers of one resource since the server's start."""

    __slots__ = (
        "client_requests",
        "closed",
        "connections",
        "highest",
        "lowest",
        "opened",
        "refused_calls",
        "rest_calls",
        "slowed_clients",
        "traffic",
    )

    def __init__(self) -> None:
        self.traffic = Traffic()
        self.connections = 0
        """Connections of the moment; one that may still be recovered is one."""
        self.highest = 0
        self.lowest = 0
        """The most and the fewest connections since `start_minute`."""
        self.opened = 0
        self.closed: dict[CloseCategory, int] = {}
        self.client_requests: dict[tuple[ClientType, int], int] = {}
        self.rest_calls: dict[tuple[RestApiCategory, ResponseTime], int] = {}
        self.refused_calls = 0
        """REST calls that came too fast."""
        self.slowed_clients = 0
        """Times that a client was not read for a while because it sent too fast."""

    # Clients

    def upgraded(self, client_type: ClientType = ClientType.WEB_PUB_SUB) -> None:
        """A connection request was answered 101: for a new connection or for the recovery of one."""
        self._client_request(client_type, _SWITCHING_PROTOCOLS)

    def refused(self, status: int, category: CloseCategory, client_type: ClientType = ClientType.WEB_PUB_SUB) -> None:
        """A connection request was answered with an error."""
        self._client_request(client_type, status)
        self._count_close(category)

    def connection_opened(self) -> None:
        """There is a new connection."""
        self.opened += 1
        self.connections += 1
        self.highest = max(self.highest, self.connections)

    def connection_closed(self, category: CloseCategory) -> None:
        """A connection has ended for good."""
        self.connections -= 1
        self.lowest = min(self.lowest, self.connections)
        self._count_close(category)

    def client_slowed(self) -> None:
        """A client sent faster than it may, and is not read for a while."""
        self.slowed_clients += 1

    # Calls and messages

    def rest_call(self, category: RestApiCategory, seconds: float) -> None:
        """A call of the data plane was answered."""
        key = (category, response_time_of(seconds))
        self.rest_calls[key] = self.rest_calls.get(key, 0) + 1

    def call_refused(self) -> None:
        """A REST call came too fast and was answered 429."""
        self.refused_calls += 1

    # Reading

    def counts(self) -> Iterator[tuple[Series, int]]:
        """What has been counted since the start, by series of the service's metrics."""
        yield ("ConnectionOpenCount",), self.opened
        yield ("InboundTraffic",), self.traffic.inbound_bytes
        yield ("OutboundTraffic",), self.traffic.outbound_bytes
        for category, count in self.closed.items():
            yield ("ConnectionCloseCount", category.value), count
        for (client_type, status), count in self.client_requests.items():
            yield ("ClientRequestStatus", client_type.value, str(status)), count
        for (call, response_time), count in self.rest_calls.items():
            yield ("RestApiResponseTimeCount", response_time.value, call.value), count

    def start_minute(self) -> None:
        """Look for the most and the fewest connections anew."""
        self.highest = self.lowest = self.connections

    def _client_request(self, client_type: ClientType, status: int) -> None:
        key = (client_type, status)
        self.client_requests[key] = self.client_requests.get(key, 0) + 1

    def _count_close(self, category: CloseCategory) -> None:
        self.closed[category] = self.closed.get(category, 0) + 1


class Meters:
    """The meters of all resources, by name in any case."""

    def __init__(self) -> None:
        self._meters: dict[str, Meter] = {}

    def of(self, resource: str) -> Meter:
        """The resource's meter, made at its first use."""
        key = resource.lower()
        meter = self._meters.get(key)
        if meter is None:
            meter = self._meters[key] = Meter()
        return meter

    def traffic_of(self, resource: str) -> Traffic:
        """The resource's traffic counters."""
        return self.of(resource).traffic

    def forget(self, resource: str) -> None:
        """The resource is gone; whoever still holds its meter counts for nobody."""
        self._meters.pop(resource.lower(), None)

    def __iter__(self) -> Iterator[tuple[str, Meter]]:
        return iter(list(self._meters.items()))
