"""What each resource used on each day, kept in the store, and the daily message quota that follows from it.

Days are those of UTC, as the service bills. A message is 2 KB of outbound traffic (domain/traffic.py). The day's sum so
far is saved every few seconds, so that a restart goes on counting where the last one stopped; what was sent after the
last save before a crash is not counted. A quota is turned into a value of the traffic counter at which it is used up:
then asking whether a message may be sent is one comparison.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from linarite.domain.traffic import MESSAGE_BYTES, Traffic, messages_of
from linarite.monitoring.logs import log_event
from linarite.monitoring.meters import Meters
from linarite.resources.store import Store, StoredDocument, StoreError

__all__ = ["DayUsage", "UsageBook", "day_of"]

_log = logging.getLogger(__name__)

_KIND = "usage"


@dataclass(frozen=True, slots=True)
class DayUsage:
    """What one resource used on one day."""

    inbound_bytes: int = 0
    outbound_bytes: int = 0
    peak_connections: int = 0

    @property
    def messages(self) -> int:
        """Outbound traffic in messages of 2 KB."""
        return messages_of(self.outbound_bytes)

    def document(self) -> dict[str, object]:
        """As it is stored and shown."""
        return {
            "inboundBytes": self.inbound_bytes,
            "outboundBytes": self.outbound_bytes,
            "messages": self.messages,
            "peakConnections": self.peak_connections,
        }


class _Running:
    """A resource's day so far."""

    __slots__ = ("before", "inbound_at_start", "is_reported", "outbound_at_start", "peak", "traffic")

    def __init__(self, traffic: Traffic, before: DayUsage) -> None:
        self.traffic = traffic
        self.before = before
        """What earlier processes counted on this day."""
        self.inbound_at_start = 0
        self.outbound_at_start = 0
        self.peak = before.peak_connections
        self.is_reported = False
        """Whether the log tells already that the quota is used up."""

    def usage(self) -> DayUsage:
        return DayUsage(
            self.before.inbound_bytes + self.traffic.inbound_bytes - self.inbound_at_start,
            self.before.outbound_bytes + self.traffic.outbound_bytes - self.outbound_at_start,
            self.peak,
        )

    def start_day(self) -> None:
        self.before = DayUsage()
        self.inbound_at_start = self.traffic.inbound_bytes
        self.outbound_at_start = self.traffic.outbound_bytes
        self.peak = 0
        self.is_reported = False

    def allow(self, messages: int | None) -> None:
        """Set the counter's value at which the day's quota is used up; None: there is no quota."""
        used_before = self.before.outbound_bytes - self.outbound_at_start
        self.traffic.outbound_limit = math.inf if messages is None else messages * MESSAGE_BYTES - used_before


class UsageBook:
    """Keeps the books of all resources' days."""

    def __init__(
        self, meters: Meters, store: Store, allowance: Callable[[str], int | None], days_kept: int, now: float
    ) -> None:
        """`allowance` is how many messages a resource may send on a day, None for as many as it likes."""
        self._meters = meters
        self._store = store
        self._allowance = allowance
        self._days_kept = days_kept
        self._day = day_of(now)
        self._days = {document.key: dict(document.content) for document in store.documents(_KIND)}
        self._running: dict[str, _Running] = {}
        for resource in self._days.get(self._day, {}):
            self._run(resource)

    def observe(self, now: float) -> None:
        """Look at what was used since the last time, save it, and begin a new day if there is one."""
        for resource, meter in self._meters:
            running = self._run(resource)
            running.peak = max(running.peak, meter.highest, meter.connections)
            self._report(resource, running)
        self._save()
        if day_of(now) != self._day:
            self._start_day(day_of(now))

    def allow(self, resource: str) -> None:
        """A resource is new or has another SKU: its quota is that of the SKU at once."""
        self._run(resource.lower()).allow(self._allowance(resource))

    def forget(self, resource: str) -> None:
        """The resource is gone. What it used stays in the books: a new one of its name has no new day."""
        running = self._running.pop(resource.lower(), None)
        if running is not None:
            self._days.setdefault(self._day, {})[resource.lower()] = running.usage().document()

    def today(self, resource: str) -> DayUsage:
        """What the resource has used today."""
        return self._run(resource.lower()).usage()

    def on(self, day: str) -> Mapping[str, Any]:
        """What each resource used on a day such as 2026-01-31, as documents."""
        kept = self._days.get(day, {})
        if day != self._day:
            return kept
        return {**kept, **{resource: running.usage().document() for resource, running in self._running.items()}}

    def close(self) -> None:
        """Save what was used until now."""
        self._save()

    def _run(self, resource: str) -> _Running:
        running = self._running.get(resource)
        if running is None:
            before = _read(self._days.get(self._day, {}).get(resource))
            running = self._running[resource] = _Running(self._meters.traffic_of(resource), before)
            running.allow(self._allowance(resource))
        return running

    def _report(self, resource: str, running: _Running) -> None:
        if running.traffic.is_used_up and not running.is_reported:
            running.is_reported = True
            log_event(
                _log,
                logging.WARNING,
                "message quota reached",
                resource=resource,
                messages=running.usage().messages,
                reason="Message count reaches limit",
            )

    def _save(self) -> None:
        found = dict(self.on(self._day))
        if not found or found == self._days.get(self._day):
            return
        try:
            self._store.save_document(StoredDocument(_KIND, "", self._day, found))
        except StoreError as error:
            log_event(_log, logging.WARNING, "usage not saved", reason=error)
            return
        self._days[self._day] = found

    def _start_day(self, day: str) -> None:
        self._day = day
        for resource, running in self._running.items():
            running.start_day()
            running.allow(self._allowance(resource))
        for old in sorted(self._days)[: -self._days_kept]:
            del self._days[old]
            try:
                self._store.delete_document(_KIND, "", old)
            except StoreError as error:
                log_event(_log, logging.WARNING, "old usage not deleted", reason=error)


def day_of(now: float) -> str:
    """The day of a time in UTC, such as 2026-01-31."""
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d")


def _read(document: object) -> DayUsage:
    """What was stored; anything else, of another version say, counts as nothing."""
    if not isinstance(document, dict):
        return DayUsage()
    numbers = [document.get(name) for name in ("inboundBytes", "outboundBytes", "peakConnections")]
    return DayUsage(*(number if isinstance(number, int) else 0 for number in numbers))
