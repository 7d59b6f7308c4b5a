"""What stands around hubs: the end of a tick, the application server's ear, and the making of hubs with both."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from linarite.domain.commands import HubAddress
from linarite.hubs.client_events import EventAnswer
from linarite.hubs.connection import Connection
from linarite.hubs.delivery import Delivery
from linarite.hubs.directory import Directory
from linarite.hubs.hub import Hub, HubLimits
from linarite.protocols.requests import Payload

AT = HubAddress("r", "h")
LIMITS = HubLimits(permission_targets=3, groups=20)


class Ticks:
    """An event loop that ends its tick when it is told to."""

    def __init__(self) -> None:
        self.callbacks: list[Callable[[], None]] = []

    def call_soon(self, callback: Callable[[], None]) -> None:
        self.callbacks.append(callback)

    def end(self) -> None:
        """Run what was to run after this tick."""
        callbacks, self.callbacks = self.callbacks, []
        for callback in callbacks:
            callback()


class Asked(NamedTuple):
    """A user event, and the way to answer it."""

    connection_id: str
    name: str
    payload: Payload
    metadata: Mapping[str, str]
    answer: Callable[[EventAnswer | None], None]


class _Call:
    """The way upstream of one event, which can be called off."""

    def __init__(self, cancel: Callable[[], None]) -> None:
        self.cancel = cancel


class RecordingEvents:
    """Keeps what the application server is to hear; the test answers, but not what was cancelled."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.cancelled: list[str] = []
        """Names of the events that were called off."""
        self.memberships: list[tuple[str, str, str]] = []
        self.has_handler = True

    def wants(self, at: HubAddress, connection: Connection, name: str) -> bool:
        return self.has_handler

    def ask(
        self,
        at: HubAddress,
        connection: Connection,
        name: str,
        payload: Payload,
        metadata: Mapping[str, str],
        answer: Callable[[EventAnswer | None], None],
    ) -> _Call:
        self.asked.append(Asked(connection.connection_id, name, payload, metadata, answer))
        return _Call(lambda: self.cancelled.append(name))

    def joined(self, at: HubAddress, connection: Connection, group: str) -> None:
        self.memberships.append(("joined", connection.connection_id, group))

    def left(self, at: HubAddress, connection: Connection, group: str) -> None:
        self.memberships.append(("left", connection.connection_id, group))


def make_hub(ticks: Ticks, events: RecordingEvents | None = None) -> Hub:
    """Make a hub whose connections may have 3 permission targets and be in 20 groups."""
    return Hub(AT, Delivery(ticks.call_soon), LIMITS, events or RecordingEvents())


def make_directory(ticks: Ticks, events: RecordingEvents | None = None) -> Directory:
    """Make a directory whose hubs are as `make_hub` makes them."""
    return Directory(ticks.call_soon, LIMITS, events or RecordingEvents())
