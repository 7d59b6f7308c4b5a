"""What an operator sets: resource groups, resources with their keys and SKU, hubs with their event handlers.

All values are immutable; a change makes a new value and the registry swaps it in. The words and their
defaults are those of `Microsoft.SignalRService/webPubSub`, management API 2024-03-01.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeAlias

from linarite.resources.network_rules import NetworkRules, parse_network_rules

__all__ = [
    "AccessKeys",
    "CustomCertificate",
    "CustomDomain",
    "EventHandler",
    "HubSettings",
    "JsonObject",
    "Resource",
    "ResourceGroup",
    "Sku",
]

JsonObject: TypeAlias = Mapping[str, object]

# WebPubSubHubProperties.webSocketKeepAliveIntervalInSeconds: the service's default.
DEFAULT_KEEP_ALIVE_SECONDS = 20
# A value built without a time of its own (in tests, mostly) is dated here rather than at the import of this
# module.
_UNDATED = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class AccessKeys:
    """Two keys that sign tokens and the salt behind reconnection tokens; the text form shows none of them."""

    primary: str = field(repr=False)
    secondary: str = field(repr=False)
    salt: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Sku:
    """A pricing tier and how many units of it; `skus.parse_sku` makes valid ones."""

    name: str = "Free_F1"
    capacity: int = 1

    @property
    def tier(self) -> str:
        """The tier's word: Free, Standard or Premium."""
        return self.name.partition("_")[0]

    @property
    def size(self) -> str:
        """The size's word: F1, S1, P1 or P2."""
        return self.name.partition("_")[2]

    def connection_limit(self, *, unit_connections: int, free_connections: int) -> int:
        """How many connections may be open at once, by the settings of those names."""
        return free_connections if self.tier == "Free" else unit_connections * self.capacity


@dataclass(frozen=True, slots=True)
class EventHandler:
    """Where events go upstream; `properties` keeps the members that this server has no field for."""

    url_template: str
    user_event_pattern: str | None = None
    system_events: tuple[str, ...] = ()
    auth_type: str | None = None
    auth_resource: str | None = None
    properties: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HubSettings:
    """A hub's settings; `name` is in lower case, as hubs are identified, `written_name` as it was given.

    `properties` keeps the members that this server has no field for.
    """

    name: str
    anonymous_connect_allowed: bool = False
    keep_alive_seconds: int = DEFAULT_KEEP_ALIVE_SECONDS
    event_handlers: tuple[EventHandler, ...] = ()
    properties: JsonObject = field(default_factory=dict)
    written_name: str = ""
    changed_at: datetime = _UNDATED
    created_at: datetime = _UNDATED


@dataclass(frozen=True, slots=True)
class CustomCertificate:
    """A certificate and key in the file of that name in the server's folder of certificates."""

    name: str
    secret_name: str
    created_at: datetime = _UNDATED
    changed_at: datetime = _UNDATED


@dataclass(frozen=True, slots=True)
class CustomDomain:
    """Another host name of a resource, in lower case, and which custom certificate shows it to be ours, if any."""

    name: str
    domain_name: str
    certificate: str | None = None
    created_at: datetime = _UNDATED
    changed_at: datetime = _UNDATED


@dataclass(frozen=True, slots=True)
class ResourceGroup:
    """A named holder of resources; deleting it deletes them."""

    name: str
    location: str
    tags: Mapping[str, str] = field(default_factory=dict)
    managed_by: str | None = None
    created_at: datetime = _UNDATED


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One Web PubSub resource. Names keep the case they were created with and compare without it."""

    name: str
    keys: AccessKeys
    resource_group: str = "linarite"
    location: str = "local"
    sku: Sku = field(default_factory=Sku)
    kind: str = "WebPubSub"
    tags: Mapping[str, str] = field(default_factory=dict)
    local_auth_disabled: bool = False
    properties: JsonObject = field(default_factory=dict)
    hubs: Mapping[str, HubSettings] = field(default_factory=dict)
    custom_domains: Mapping[str, CustomDomain] = field(default_factory=dict)
    custom_certificates: Mapping[str, CustomCertificate] = field(default_factory=dict)
    created_at: datetime = _UNDATED
    changed_at: datetime = _UNDATED
    network_rules: NetworkRules = field(init=False, repr=False, compare=False)
    """Which requests the resource lets in; follows from the properties."""
    is_stopped: bool = field(init=False, repr=False, compare=False)
    """Whether its data plane is shut down; follows from the properties."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "network_rules", parse_network_rules(self.properties))
        object.__setattr__(self, "is_stopped", str(self.properties.get("resourceStopped")).lower() == "true")

    def hub(self, name: str) -> HubSettings:
        """The settings of the hub of that name; a hub that nobody configured has the defaults."""
        key = name.lower()
        return self.hubs.get(key) or HubSettings(key)
