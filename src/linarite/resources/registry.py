"""The resources of a running server, in memory and in the store.

Every look-up is a dictionary's: requests and connections ask on their way. A change goes to the store
first, then into memory, then to the subscribers; when the store fails nothing has changed. All of it
happens on the thread of the event loop and without awaiting, so that no one sees half a change.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from linarite.resources import definitions
from linarite.resources.custom_names import taken_domain
from linarite.resources.errors import ResourceError, expected
from linarite.resources.hub_settings import parse_hub_settings
from linarite.resources.keys import new_access_keys, new_key, regenerate, replace_access_keys
from linarite.resources.model import AccessKeys, HubSettings, JsonObject, Resource, ResourceGroup, Sku
from linarite.resources.store import Store

__all__ = ["DEFAULT_GROUP", "DEFAULT_LOCATION", "Registry", "Subscriber"]

Subscriber = Callable[[str, Resource | None], None]

# Where the default resource stands; operators see them in lists and need never name them.
DEFAULT_GROUP = "linarite"
DEFAULT_LOCATION = "local"
# The default resource is for everything that names no other one, so that it has no limit of the free tier.
_DEFAULT_SKU = Sku("Standard_S1", 1)


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Registry:
    """Finds resources by name or host, changes them, and tells subscribers of each change."""

    def __init__(
        self,
        store: Store,
        default_name: str,
        *,
        clock: Callable[[], datetime] = _utc_now,
        make_key: Callable[[], str] = new_key,
        certificates_folder: Path | None = None,
    ) -> None:
        """`certificates_folder` is where the files of custom certificates are."""
        definitions.check_resource_name(default_name)
        self.certificates_folder = certificates_folder
        self._store = store
        self._default_key = default_name.lower()
        self._default_name = default_name
        self._clock = clock
        self._make_key = make_key
        snapshot = store.load()
        self._groups = {group.name.lower(): group for group in snapshot.groups}
        self._resources = {resource.name.lower(): resource for resource in snapshot.resources}
        self._domains: dict[str, str] = {}
        self._index_domains()
        self._subscribers: list[Subscriber] = []
        self._restarting: list[Callable[[str], None]] = []

    # Looking up

    @property
    def default(self) -> Resource:
        """The resource that is meant when a request names none; `ensure_default` has made it."""
        return self._resources[self._default_key]

    def get(self, name: str) -> Resource | None:
        """The resource of that name, in any case."""
        return self._resources.get(name.lower())

    def by_host(self, host: str, domain: str) -> Resource | None:
        """The resource whose host name `host` is, without a port: `{name}.{domain}`, or one of its custom domains."""
        label, dot, rest = host.lower().partition(".")
        named = self._resources.get(label) if dot and rest == domain.lower() else None
        return named if named is not None or not self._domains else self.by_custom_domain(host)

    def by_custom_domain(self, host: str) -> Resource | None:
        """The resource that has `host` as a custom domain."""
        return self._resources.get(self._domains.get(host.lower(), ""))

    def all(self) -> Sequence[Resource]:
        """Every resource, oldest first."""
        return tuple(self._resources.values())

    def find(self, group_name: str, name: str) -> Resource:
        """The resource of that name in that group; raises ResourceError when either is missing."""
        group = self.group(group_name)
        resource = self._in_group(group, name)
        if resource is None:
            raise ResourceError(
                "ResourceNotFound",
                f"The Resource 'Microsoft.SignalRService/WebPubSub/{name}' under resource group "
                f"'{group.name}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix",
            )
        return resource

    def in_group(self, group_name: str) -> Sequence[Resource]:
        """The resources of that group; raises ResourceError when there is no such group."""
        group = self.group(group_name)
        return tuple(one for one in self._resources.values() if self._in_group(group, one.name) is one)

    def group(self, name: str) -> ResourceGroup:
        """The resource group of that name; raises ResourceError when it is missing."""
        group = self._groups.get(name.lower())
        if group is None:
            raise ResourceError("ResourceGroupNotFound", f"Resource group '{name}' could not be found.")
        return group

    def groups(self) -> Sequence[ResourceGroup]:
        """Every resource group, oldest first."""
        return tuple(self._groups.values())

    def _in_group(self, group: ResourceGroup, name: str) -> Resource | None:
        resource = self._resources.get(name.lower())
        is_there = resource is not None and resource.resource_group.lower() == group.name.lower()
        return resource if is_there else None

    # Subscribing

    def subscribe(self, callback: Subscriber) -> Callable[[], None]:
        """Have `callback(name, resource)` called after each change of a resource, None for a deleted one.

        The call that comes back ends the subscription.
        """
        self._subscribers.append(callback)
        return lambda: self._subscribers.remove(callback)

    def on_restart(self, callback: Callable[[str], None]) -> None:
        """Have `callback(name)` called whenever a resource is restarted."""
        self._restarting.append(callback)

    def _tell(self, name: str, resource: Resource | None) -> None:
        """Call every subscriber, also after one failed: no deleted resource may live on with the others."""
        _call_all([partial(callback, name, resource) for callback in self._subscribers], name)

    # Changing

    def ensure_default(self, keys: AccessKeys | None = None) -> Resource:
        """The default resource, made with `keys`, or with random ones, if it is not there yet."""
        existing = self._resources.get(self._default_key)
        if existing is not None:
            return existing
        now = self._clock()
        if DEFAULT_GROUP not in self._groups:
            self._keep_group(ResourceGroup(DEFAULT_GROUP, DEFAULT_LOCATION, created_at=now))
        resource = Resource(
            name=self._default_name,
            keys=keys or new_access_keys(self._make_key),
            resource_group=DEFAULT_GROUP,
            location=DEFAULT_LOCATION,
            sku=_DEFAULT_SKU,
            created_at=now,
            changed_at=now,
        )
        return self.keep(resource)

    def put_group(self, name: str, body: JsonObject) -> tuple[ResourceGroup, bool]:
        """Make or change a resource group by the body of a PUT; the group, and whether it is new."""
        existing = self._groups.get(name.lower())
        group = definitions.parse_group(name, body, existing, self._clock())
        self._keep_group(group)
        return group, existing is None

    def delete_group(self, name: str) -> None:
        """Delete the group and its resources; ResourceError when it is missing or holds the default one."""
        group = self.group(name)
        resources = self.in_group(name)
        for resource in resources:
            self._refuse_default(resource)
        self._store.delete_group(group.name)
        del self._groups[group.name.lower()]
        for resource in resources:
            del self._resources[resource.name.lower()]
        self._index_domains()
        for resource in resources:
            self._tell(resource.name, None)

    def create_or_update(self, group_name: str, name: str, body: JsonObject) -> tuple[Resource, bool]:
        """Make a resource, or replace what can change of it, by the body of a PUT; and whether it is new."""
        group = self.group(group_name)
        existing = self._in_group(group, name)
        if existing is not None:
            return self._keep_changed(existing, definitions.replaced_resource(existing, body, self._clock())), False
        if name.lower() in self._resources:
            message = f"The name '{name}' is already taken. Please try a different name."
            raise ResourceError("NameAlreadyExists", message, "resourceName")
        keys = new_access_keys(self._make_key)
        return self.keep(definitions.new_resource(group.name, name, body, keys, self._clock())), True

    def update(self, group_name: str, name: str, body: JsonObject) -> Resource:
        """Change what the body of a PATCH names."""
        existing = self.find(group_name, name)
        return self._keep_changed(existing, definitions.patched_resource(existing, body, self._clock()))

    def delete(self, group_name: str, name: str) -> bool:
        """Delete the resource; False when the group holds none of that name."""
        resource = self._in_group(self.group(group_name), name)
        if resource is None:
            return False
        self._refuse_default(resource)
        self._store.delete_resource(resource.name)
        del self._resources[resource.name.lower()]
        self._index_domains()
        self._tell(resource.name, None)
        return True

    def restart(self, group_name: str, name: str) -> Resource:
        """Have whoever listens drop the resource's clients; keys and settings stay."""
        resource = self.find(group_name, name)
        _call_all([partial(callback, resource.name) for callback in self._restarting], resource.name)
        return resource

    def regenerate_key(self, group_name: str, name: str, key_type: object) -> Resource:
        """The resource with its Primary or Secondary key, or its Salt, made anew at once."""
        resource = self.find(group_name, name)
        keys = regenerate(resource.keys, key_type, self._make_key)
        return self.keep(replace(resource, keys=keys, changed_at=self._clock()))

    def hub(self, group_name: str, name: str, hub_name: str) -> HubSettings:
        """The settings kept for that hub; raises ResourceError when there are none."""
        resource = self.find(group_name, name)
        settings = resource.hubs.get(hub_name.lower())
        if settings is None:
            message = f"The hub '{hub_name}' of resource '{resource.name}' was not found."
            raise ResourceError("NotFound", message)
        return settings

    def put_hub(self, group_name: str, name: str, hub_name: str, body: JsonObject) -> tuple[HubSettings, bool]:
        """Make or replace a hub's settings by the body of a PUT; the settings, and whether they are new."""
        resource = self.find(group_name, name)
        if "properties" not in body:
            raise expected("properties", "an object", None)
        now = self._clock()
        settings = parse_hub_settings(hub_name, body["properties"])
        existing = resource.hubs.get(settings.name)
        if existing is None:
            settings = replace(settings, created_at=now, changed_at=now)
        else:
            settings = replace(
                settings, written_name=existing.written_name, created_at=existing.created_at, changed_at=now
            )
        self.keep(replace(resource, hubs={**resource.hubs, settings.name: settings}))
        return settings, existing is None

    def delete_hub(self, group_name: str, name: str, hub_name: str) -> bool:
        """Forget a hub's settings, so that it has the defaults again; False when there were none."""
        resource = self.find(group_name, name)
        key = hub_name.lower()
        if key not in resource.hubs:
            return False
        self.keep(replace(resource, hubs={one: hub for one, hub in resource.hubs.items() if one != key}))
        return True

    def now(self) -> datetime:
        """The time that changes of now bear."""
        return self._clock()

    def keep(self, resource: Resource) -> Resource:
        """Put a changed resource in place of the one of its name; ResourceError if another has one of its domains."""
        for domain in resource.custom_domains.values():
            if self._domains.get(domain.domain_name, resource.name.lower()) != resource.name.lower():
                raise taken_domain(domain.domain_name)
        self._store.save_resource(resource)
        self._resources[resource.name.lower()] = resource
        self._index_domains()
        self._tell(resource.name, resource)
        return resource

    def _keep_changed(self, existing: Resource, changed: Resource) -> Resource:
        """Keep a resource that a body has changed. Keys that it shuts out are gone for good."""
        if changed.local_auth_disabled and not existing.local_auth_disabled:
            changed = replace(changed, keys=replace_access_keys(changed.keys, self._make_key))
        return self.keep(changed)

    def _index_domains(self) -> None:
        self._domains = {
            domain.domain_name: key
            for key, resource in self._resources.items()
            for domain in resource.custom_domains.values()
        }

    def _keep_group(self, group: ResourceGroup) -> None:
        self._store.save_group(group)
        self._groups[group.name.lower()] = group

    def _refuse_default(self, resource: Resource) -> None:
        if resource.name.lower() == self._default_key:
            raise ResourceError(
                "ScopeLocked",
                f"The resource '{resource.name}' is the default one of this server and cannot be deleted. "
                "Name another default resource in the settings first.",
            )


def _call_all(calls: Sequence[Callable[[], None]], name: str) -> None:
    failures: list[Exception] = []
    for call in calls:
        try:
            call()
        except Exception as error:
            failures.append(error)
    if failures:
        raise ExceptionGroup(f"subscribers failed on a change of resource {name}", failures)
