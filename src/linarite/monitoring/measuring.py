"""Puts the measuring together: meters, the books of days, the history of minutes, and the clock behind them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from linarite.monitoring.meters import Meters
from linarite.monitoring.metric_history import MetricHistory
from linarite.monitoring.server_load import ServerLoad, allowed_processors
from linarite.monitoring.usage import UsageBook
from linarite.resources.model import Resource
from linarite.resources.registry import Registry
from linarite.resources.store import Store
from linarite.settings import Settings

__all__ = ["Measuring"]

# Between two looks. Six for each minute's average; and what a crash may leave out of a day's usage.
_LOOK_SECONDS = 10


class Measuring:
    """What is measured of all resources, kept up to date while `run` runs."""

    def __init__(
        self, settings: Settings, registry: Registry, store: Store, clock: Callable[[], float] = time.time
    ) -> None:
        """`clock` tells the seconds since 1970."""
        self._settings = settings
        self._registry = registry
        self._clock = clock
        self.meters = Meters()
        self.load = ServerLoad(time.monotonic, time.process_time, allowed_processors())
        self.usage = UsageBook(self.meters, store, self.allowance, settings.usage_days_kept, clock())
        self.history = MetricHistory(
            self.meters, self.connection_limit, self.load, settings.metrics_minutes_kept, clock()
        )
        for resource in registry.all():
            self.usage.allow(resource.name)
        registry.subscribe(self._changed)

    def connection_limit(self, resource: str) -> int | None:
        """How many connections the resource may have, None if there is none of that name."""
        found = self._registry.get(resource)
        if found is None:
            return None
        settings = self._settings
        return found.sku.connection_limit(
            unit_connections=settings.unit_connections, free_connections=settings.free_connections
        )

    def allowance(self, resource: str) -> int | None:
        """How many messages the resource may send on a day, None for as many as it likes."""
        found = self._registry.get(resource)
        is_free = found is not None and found.sku.tier == "Free"
        return self._settings.free_messages_per_day if is_free else None

    def now(self) -> float:
        """The time, in seconds since 1970."""
        return self._clock()

    def observe(self) -> None:
        """Look at everything now."""
        now = self.now()
        self.usage.observe(now)
        self.history.observe(now)

    async def run(self) -> None:
        """Look every few seconds, at the beginning of each minute and day among others."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS - self._clock() % _LOOK_SECONDS)
            self.observe()

    def close(self) -> None:
        """Save what was measured until now."""
        self.usage.close()

    def _changed(self, name: str, resource: Resource | None) -> None:
        """A resource is new, has changed or is gone: its quota is another at once."""
        if resource is not None:
            self.usage.allow(name)
            return
        self.usage.forget(name)
        self.history.forget(name)
        self.meters.forget(name)
