"""Resource logs: the one seam by which the rooms of the server tell what happens to connections, messages and requests.

`connectivity`, `messaging` and `http_requests` hold a `Recorder` for each resource whose diagnostic settings want
that category. They are empty when nobody wants it, so that a room asks with one attribute and goes on:

    if logs.connectivity:
        logs.connection_started(at, peer)

A setting that changes makes these mappings anew, at once. An entry is made where it is told, encoded once, and handed
to each destination's outflow, which never waits (`outflow.py`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from linarite.domain.close_categories import CloseCategory
from linarite.monitoring.connection_endings import ending_of
from linarite.monitoring.destinations import Destinations
from linarite.monitoring.diagnostic_settings import Target
from linarite.monitoring.entries import (
    ERROR,
    INFORMATIONAL,
    WARNING,
    ConnectionFacts,
    HttpFacts,
    Level,
    LogCategory,
    MessageFacts,
)
from linarite.monitoring.outflow import Stream, Way
from linarite.monitoring.recorder import ENTRY_BYTES, Peer, Recorder, resource_id_of
from linarite.monitoring.setting_book import SettingBook
from linarite.resources.model import Resource
from linarite.resources.registry import Registry

__all__ = ["LIVE_TRACE", "HubName", "Peer", "ResourceLogs"]

LIVE_TRACE = Target("workspace", "live-trace")
"""Where `liveTraceConfiguration` has entries written: a workspace like others, to be followed while they come."""


class HubName(NamedTuple):
    """Whose entry it is: the resource's name in lower case, and the hub's."""

    resource: str
    hub: str


Recorders = Mapping[str, Recorder]


class ResourceLogs:
    """What the server tells of its resources, to whoever wants it."""

    def __init__(
        self, registry: Registry, book: SettingBook, destinations: Destinations, now: Callable[[], float] = time.time
    ) -> None:
        """`now` gives seconds since 1970."""
        self._registry = registry
        self._book = book
        self._destinations = destinations
        self._now = now
        self.connectivity: Recorders = {}
        self.messaging: Recorders = {}
        self.http_requests: Recorders = {}
        self._subscribers: list[Callable[[], None]] = []
        self._onlooker: Way | None = None
        # Addresses of clients, while they are connected.
        self._callers: dict[str, str] = {}
        self._parts: dict[str, bytes] = {}
        book.subscribe(self._changed)
        self._apply()

    # What is wanted

    def _changed(self, _resource: str) -> None:
        self._apply()

    def _apply(self) -> None:
        """Make the recorders that the settings of this moment ask for."""
        by_category: dict[LogCategory, dict[str, Recorder]] = {category: {} for category in LogCategory}
        named: set[Target] = set()
        for resource in self._registry.all():
            wanted = self._wanted(resource)
            for category, ways in wanted.items():
                named.update(ways)
                by_category[category][resource.name.lower()] = Recorder(
                    resource, category, self._ways(resource, category, ways), self._now
                )
        self.connectivity = by_category[LogCategory.CONNECTIVITY]
        self.messaging = by_category[LogCategory.MESSAGING]
        self.http_requests = by_category[LogCategory.HTTP_REQUESTS]
        self._destinations.keep_only(named)
        for callback in self._subscribers:
            callback()

    def subscribe(self, callback: Callable[[], None]) -> None:
        """Have `callback` called after each change of what is wanted."""
        self._subscribers.append(callback)

    def show_to(self, onlooker: Way | None) -> None:
        """Have an onlooker told of connections, and of whatever else is told anyway; None: nobody looks on."""
        if onlooker is not self._onlooker:
            self._onlooker = onlooker
            self._apply()

    def _wanted(self, resource: Resource) -> Mapping[LogCategory, Mapping[Target, int]]:
        """For each category that somebody wants, its targets with the days for which each keeps it."""
        wanted: dict[LogCategory, dict[Target, int]] = {}
        off = _switched_off(resource)
        for setting in self._book.of(resource.name):
            for category, days in setting.logs.items():
                if category not in off:
                    wanted.setdefault(category, {}).update(dict.fromkeys(setting.targets, days))
        for category in _traced_live(resource):
            wanted.setdefault(category, {})[LIVE_TRACE] = 0
        if self._onlooker is not None:
            wanted.setdefault(LogCategory.CONNECTIVITY, {})
        return wanted

    def _ways(
        self, resource: Resource, category: LogCategory, targets: Mapping[Target, int]
    ) -> Sequence[tuple[Way, Stream]]:
        resource_id = resource_id_of(resource)
        ways: list[tuple[Way, Stream]] = [
            (self._destinations.of(target), Stream(category.value, resource_id, days))
            for target, days in targets.items()
        ]
        if self._onlooker is not None:
            ways.append((self._onlooker, Stream(category.value, resource_id)))
        return ways

    @property
    def dropped(self) -> int:
        """Entries that no destination will ever have, since the server's start."""
        return self._destinations.dropped

    def hurry(self) -> None:
        """Have everything written now: somebody wants to read it."""
        self._destinations.hurry()

    @property
    def is_written(self) -> bool:
        """Whether everything that was told has reached its destinations."""
        return self._destinations.is_empty

    def close(self, seconds: float) -> None:
        """Write everything, within this time; nothing is told any more."""
        self.connectivity = self.messaging = self.http_requests = {}
        self._destinations.close(seconds)

    # Connections

    def remember(self, connection_id: str, caller: str) -> None:
        """Know a connection's client by its address, until `forget`: entries about it tell it."""
        self._callers[connection_id] = caller
        self._parts.pop(connection_id, None)

    def forget(self, connection_id: str) -> None:
        """The connection is over."""
        if self._callers or self._parts:
            self._callers.pop(connection_id, None)
            self._parts.pop(connection_id, None)

    def connection_started(self, at: HubName, peer: Peer) -> None:
        """A client is in."""
        self._connectivity(
            at, peer, self.caller_of(peer.connection_id), INFORMATIONAL, "ConnectionStarted", "Connection started"
        )

    def connection_recovered(self, at: HubName, peer: Peer) -> None:
        """A client has come back to its reliable connection."""
        self._connectivity(
            at, peer, self.caller_of(peer.connection_id), INFORMATIONAL, "ConnectionRecovered", "Connection recovered"
        )

    def connection_ended(self, at: HubName, peer: Peer, reason: str, category: CloseCategory) -> None:
        """A connection is over, for good; `reason` is what its client was told, `category` as in metrics."""
        ending = ending_of(reason, category)
        level: Level = WARNING if ending.is_aborted else INFORMATIONAL
        operation = "ConnectionAborted" if ending.is_aborted else "ConnectionEnded"
        self._connectivity(
            at, peer, self.caller_of(peer.connection_id), level, operation, ending.message, ending.collection
        )

    def connection_throttled(self, at: HubName, user_id: str | None, caller: str, message: str) -> None:
        """A client was kept out because of a quota or rate limit."""
        peer = Peer(None, user_id)
        self._connectivity(at, peer, caller, WARNING, "ConnectionThrottled", message, "Throttling")

    def authorization_failed(self, at: HubName, caller: str, check: str, text: str) -> None:
        """A token did not let its bearer in; `check` and `text` are those of the refusal, without the token."""
        message = f"Failed to validate {check}. {text[:1].upper()}{text[1:]}"
        self._connectivity(at, Peer(None, None), caller, WARNING, "AuthorizationFailed", message, "Authorization")

    def _connectivity(
        self,
        at: HubName,
        peer: Peer,
        caller: str,
        level: Level,
        operation: str,
        message: str,
        collection: str = "Connection",
    ) -> None:
        recorder = self.connectivity.get(at.resource)
        if recorder is not None:
            facts = ConnectionFacts(message, collection, peer.connection_id, peer.user_id, at.hub)
            recorder.write(level, operation, caller, facts)

    def part_of(self, connection_id: str, user_id: str | None) -> bytes:
        """What entries about a connection have in common (`Recorder.part`), kept until it is over."""
        part = self._parts.get(connection_id)
        if part is None:
            part = self._parts[connection_id] = Recorder.part(self.caller_of(connection_id), connection_id, user_id)
        return part

    def caller_of(self, connection_id: str | None) -> str:
        """The address of a client; empty if it was let in before anybody wanted to know."""
        return "" if connection_id is None else self._callers.get(connection_id, "")

    # Messages

    def message(
        self,
        at: HubName,
        peer: Peer,
        trace_id: str,
        operation: str,
        message: str,
        *,
        level: Level = INFORMATIONAL,
        caller: str = "",
        message_type: str | None = None,
        size: int | None = None,
        group: str | None = None,
    ) -> None:
        """Something that happened to a message or event on its way, under the operation's name."""
        recorder = self.messaging.get(at.resource)
        if recorder is not None:
            facts = MessageFacts(message, peer.connection_id, peer.user_id, at.hub, trace_id, message_type, size, group)
            recorder.write(level, operation, caller or self.caller_of(peer.connection_id), facts)

    # Requests

    def request_started(self, resource: str, caller: str, facts: HttpFacts) -> None:
        """A request has arrived."""
        recorder = self.http_requests.get(resource)
        if recorder is not None:
            recorder.write(INFORMATIONAL, "HttpRequestStarted", caller, facts, ENTRY_BYTES + len(facts.url))

    def request_ended(self, resource: str, caller: str, status: int, facts: HttpFacts) -> None:
        """A request has been answered."""
        recorder = self.http_requests.get(resource)
        if recorder is not None:
            level: Level = ERROR if status >= 500 else WARNING if status >= 400 else INFORMATIONAL
            recorder.write(level, "HttpRequestEnded", caller, facts, ENTRY_BYTES + len(facts.url))


def _switched_off(resource: Resource) -> set[LogCategory]:
    """The categories that `resourceLogConfiguration` turns off, whatever diagnostic settings ask for."""
    return {
        category
        for category, is_on in _categories(resource.properties.get("resourceLogConfiguration")).items()
        if not is_on
    }


def _traced_live(resource: Resource) -> set[LogCategory]:
    """The categories that `liveTraceConfiguration` wants; the service names two of them, and all three here."""
    configuration = resource.properties.get("liveTraceConfiguration")
    if not isinstance(configuration, Mapping) or not _is_true(configuration.get("enabled", "false")):
        return set()
    return {category for category, is_on in _categories(configuration).items() if is_on}


def _categories(configuration: object) -> Mapping[LogCategory, bool]:
    """The categories that a configuration names, and whether each is on."""
    named = configuration.get("categories") if isinstance(configuration, Mapping) else None
    found: dict[LogCategory, bool] = {}
    for one in named if isinstance(named, list) else ():
        for category in LogCategory:
            if isinstance(one, Mapping) and str(one.get("name", "")).lower() == category.value.lower():
                found[category] = _is_true(one.get("enabled"))
    return found


def _is_true(value: object) -> bool:
    """The service's form: the texts true and false in any case."""
    return str(value).lower() == "true"
