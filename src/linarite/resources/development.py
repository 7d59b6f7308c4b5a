"""The default resource of `linarite dev`, with an access key that everyone knows and examples can print."""

from __future__ import annotations

from linarite.resources.keys import new_key
from linarite.resources.model import AccessKeys, Resource
from linarite.resources.registry import Registry

__all__ = ["DEVELOPMENT_ACCESS_KEY", "ensure_development_resource", "has_development_key"]

# Looks like any key to the SDKs, 44 characters of base64, and says what it is to whoever finds it in a
# configuration.
DEVELOPMENT_ACCESS_KEY = "LinariteDevelopmentAccessKeyNotForProduction"


def ensure_development_resource(registry: Registry) -> Resource:
    """The default resource, made with the development key as its primary one if it is not there yet.

    A default resource that is there keeps its keys, whichever they are.
    """
    return registry.ensure_default(AccessKeys(DEVELOPMENT_ACCESS_KEY, new_key(), new_key()))


def has_development_key(resource: Resource) -> bool:
    """Whether a token signed with the development key would open `resource`."""
    return DEVELOPMENT_ACCESS_KEY in (resource.keys.primary, resource.keys.secondary)
