"""Starting anew: no connection, no fault, no memory of what was, and hubs as they were when the server started."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from linarite.resources.model import HubSettings, Resource
from linarite.resources.registry import Registry

__all__ = ["HubSettingsAtStart"]


class HubSettingsAtStart:
    """The settings of all hubs when the server started: those of its settings file, and what its data folder kept."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._hubs = {resource.name.lower(): resource.hubs for resource in registry.all()}

    def put_back(self, hub: str | None) -> int:
        """Give the hubs of all resources, or those of this name, their settings back; how many had others."""
        return sum(self._put_back_in(resource, hub) for resource in self._registry.all())

    def _put_back_in(self, resource: Resource, hub: str | None) -> int:
        now = resource.hubs
        before = self._hubs.get(resource.name.lower(), {})
        wanted = before if hub is None else _with(now, hub, before.get(hub))
        changed = [name for name in {*now, *wanted} if now.get(name) != wanted.get(name)]
        if changed:
            self._registry.keep(replace(resource, hubs=dict(wanted)))
        return len(changed)


def _with(hubs: Mapping[str, HubSettings], name: str, settings: HubSettings | None) -> Mapping[str, HubSettings]:
    others = {one: kept for one, kept in hubs.items() if one != name}
    return others if settings is None else {**others, name: settings}
