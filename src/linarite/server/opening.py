"""What a server opens first: its resources, as the store, the settings and the resources file have them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from linarite.access.development_key import check_serving
from linarite.resources.development import ensure_development_resource
from linarite.resources.registry import Registry
from linarite.resources.sqlite import SqliteStore
from linarite.settings import Settings

__all__ = ["Hubs", "open_registry"]

Hubs: TypeAlias = Mapping[str, Mapping[str, object]]
"""Settings of the default resource's hubs by name, in the words of the management API."""


def open_registry(store: SqliteStore, settings: Settings, hubs: Hubs) -> Registry:
    """The resources of this server, with what has to be there. Raises ResourceError for what may not be."""
    registry = Registry(store, settings.default_resource, certificates_folder=settings.custom_certificates_folder)
    is_first_start = registry.get(settings.default_resource) is None
    if settings.mode == "dev" and settings.is_loopback_only:
        ensure_development_resource(registry)
    else:
        registry.ensure_default()
    if settings.resources is not None:
        from linarite.resources.declared_start import make_declared  # most starts have no such file

        fresh = frozenset({settings.default_resource.lower()} if is_first_start else ())
        make_declared(registry, settings.resources, correct=settings.resources_drift == "correct", fresh=fresh)
    keys = {resource.name: (resource.keys.primary, resource.keys.secondary) for resource in registry.all()}
    check_serving(settings, keys)
    default = registry.default
    for name, properties in hubs.items():
        registry.put_hub(default.resource_group, default.name, name, {"properties": properties})
    return registry
