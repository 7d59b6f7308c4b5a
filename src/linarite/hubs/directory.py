"""Which hubs are live on this process, and how many connections each resource has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from linarite.domain.commands import HubAddress
from linarite.domain.traffic import Traffic
from linarite.hubs.client_events import ClientEvents
from linarite.hubs.connection import Connection
from linarite.hubs.delivery import Delivery
from linarite.hubs.hub import Hub, HubLimits
from linarite.hubs.live_trace import Trace

__all__ = ["Directory"]


class Directory:
    """Hubs by address. A hub needs no creation: it is here from its first connection to its last."""

    def __init__(
        self,
        call_soon: Callable[[Callable[[], None]], object],
        limits: HubLimits,
        events: ClientEvents,
        traffic_of: Callable[[str], Traffic] | None = None,
        trace_of: Callable[[HubAddress], Trace | None] | None = None,
    ) -> None:
        """`traffic_of` gives the counters of a resource's traffic, which all its hubs add to.

        `trace_of` gives what tells of a hub's messages, None while nobody wants to know.
        """
        self._call_soon = call_soon
        self._events = events
        self._limits = limits
        self._traffic_of = traffic_of or (lambda _: Traffic())
        self._trace_of = trace_of or (lambda _: None)
        self._hubs: dict[HubAddress, Hub] = {}
        self._count: Counter[str] = Counter()

    def find(self, at: HubAddress) -> Hub | None:
        """The hub, if it has any connection here."""
        return self._hubs.get(at)

    def open(self, at: HubAddress) -> Hub:
        """The hub, made if it is not here."""
        hub = self._hubs.get(at)
        if hub is None:
            delivery = Delivery(self._call_soon, self._traffic_of(at.resource))
            delivery.trace = self._trace_of(at)
            hub = Hub(at, delivery, self._limits, self._events)
            self._hubs[at] = hub
        return hub

    def trace_anew(self) -> None:
        """What is to be told of messages has changed."""
        for at, hub in self._hubs.items():
            hub.delivery.trace = self._trace_of(at)

    def reserve(self, resource: str) -> None:
        """Count a connection of the resource before it is attached, so that a quota holds while it is let in."""
        self._count[resource] += 1

    def release(self, resource: str) -> None:
        """Give back what `reserve` counted, when the connection has ended or was not let in."""
        self._count[resource] -= 1

    def count(self, resource: str) -> int:
        """Connections of a resource over all its hubs, those being let in included."""
        return self._count[resource]

    def detach(self, at: HubAddress, connection: Connection) -> None:
        """Forget a connection, and its hub if it was the last."""
        hub = self._hubs.get(at)
        if hub is None:
            return
        hub.detach(connection)
        if not len(hub):
            del self._hubs[at]

    def __iter__(self) -> Iterator[tuple[HubAddress, Hub]]:
        return iter(list(self._hubs.items()))
