"""What a PUT or PATCH of a resource or a resource group means, checked member by member.

The bodies are those of TrackedResource and its kin (management API 2024-03-01). A member that this server knows is
checked; one that a self-hosted server cannot mean is refused with `NotSupported`, so that nobody relies on it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from linarite.resources.errors import ResourceError, expected
from linarite.resources.model import AccessKeys, JsonObject, Resource, ResourceGroup
from linarite.resources.resource_properties import parse_properties
from linarite.resources.skus import parse_sku

__all__ = [
    "RESOURCE_NAME_WORDS",
    "check_group_name",
    "check_resource_name",
    "is_resource_name",
    "new_resource",
    "parse_group",
    "patched_resource",
    "replaced_resource",
]

# Parameter `resourceName` of the management API: it becomes the first label of a host name.
RESOURCE_NAME_WORDS = "3 to 63 letters, digits and hyphens, a letter first, no hyphen last"
_RESOURCE_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9-]{1,61}[a-zA-Z0-9]")
# "Naming rules and restrictions for Azure resources", resourceGroups.
_GROUP_NAME = re.compile(r"[A-Za-z0-9_\-.()]{0,89}[A-Za-z0-9_\-()]")
_LOCATION = re.compile(r"[a-z0-9]{1,90}")


def is_resource_name(name: object) -> bool:
    """Whether `name` can name a resource: a letter, 1 to 61 letters, digits or hyphens, a letter or digit."""
    return isinstance(name, str) and _RESOURCE_NAME.fullmatch(name) is not None


def check_resource_name(name: str) -> None:
    """Raise ResourceError unless `name` can name a resource."""
    if not is_resource_name(name):
        raise expected("resourceName", RESOURCE_NAME_WORDS, name, "InvalidResourceName")


def check_group_name(name: str) -> None:
    """Raise ResourceError unless `name` can name a resource group."""
    if _GROUP_NAME.fullmatch(name) is None:
        wanted = "1 to 90 letters, digits or any of _-.(), no full stop last"
        raise expected("resourceGroupName", wanted, name, "InvalidResourceGroupName")


def parse_group(name: str, body: JsonObject, existing: ResourceGroup | None, now: datetime) -> ResourceGroup:
    """The group that a PUT of `body` makes or changes."""
    location = _parse_location(body.get("location"))
    managed_by = body.get("managedBy")
    if managed_by is not None and not isinstance(managed_by, str):
        raise expected("managedBy", "text", managed_by)
    tags = _parse_tags(body.get("tags"))
    if existing is None:
        check_group_name(name)
        return ResourceGroup(name, location, tags, managed_by, now)
    if location != existing.location:
        message = (
            f"Invalid resource group location '{location}'. "
            f"The Resource group already exists in location '{existing.location}'."
        )
        raise ResourceError("InvalidResourceGroupLocation", message, "location")
    return replace(existing, tags=tags, managed_by=managed_by)


def new_resource(group: str, name: str, body: JsonObject, keys: AccessKeys, now: datetime) -> Resource:
    """The resource that a PUT of `body` makes where there was none."""
    check_resource_name(name)
    properties = parse_properties(body.get("properties"))
    _check_identity(body.get("identity"))
    return Resource(
        name=name,
        resource_group=group,
        location=_parse_location(body.get("location")),
        sku=parse_sku(body.get("sku")),
        kind=_parse_kind(body.get("kind")) or "WebPubSub",
        tags=_parse_tags(body.get("tags")),
        keys=keys,
        local_auth_disabled=properties.get("disableLocalAuth") is True,
        properties=properties,
        created_at=now,
        changed_at=now,
    )


def replaced_resource(existing: Resource, body: JsonObject, now: datetime) -> Resource:
    """`existing` after a PUT of `body`: keys, hubs, kind and location stay, the SKU unless it is named."""
    location = _parse_location(body.get("location"))
    if location != existing.location:
        message = (
            f"The resource '{existing.name}' already exists in location '{existing.location}' in resource "
            f"group '{existing.resource_group}'. A resource with the same name cannot be created in location "
            f"'{location}'. Please select a new resource name."
        )
        raise ResourceError("InvalidResourceLocation", message, "location")
    _check_kind_stays(existing, body)
    _check_identity(body.get("identity"))
    properties = parse_properties(body.get("properties"))
    return replace(
        existing,
        sku=parse_sku(body.get("sku"), existing.sku),
        tags=_parse_tags(body.get("tags")),
        local_auth_disabled=properties.get("disableLocalAuth") is True,
        properties=properties,
        changed_at=now,
    )


def patched_resource(existing: Resource, body: JsonObject, now: datetime) -> Resource:
    """`existing` after a PATCH of `body`: only what it holds changes; tags are replaced as a whole."""
    _check_kind_stays(existing, body)
    _check_identity(body.get("identity"))
    properties = {**existing.properties, **parse_properties(body.get("properties"))}
    return replace(
        existing,
        sku=parse_sku(body.get("sku"), existing.sku),
        tags=existing.tags if body.get("tags") is None else _parse_tags(body["tags"]),
        local_auth_disabled=properties.get("disableLocalAuth") is True,
        properties=properties,
        changed_at=now,
    )


def _parse_location(value: object) -> str:
    """The location in the platform's short form: `East US` and `eastus` are one."""
    if not isinstance(value, str):
        raise expected("location", "the name of a location, such as eastus", value, "LocationRequired")
    location = value.replace(" ", "").lower()
    if _LOCATION.fullmatch(location) is None:
        raise expected("location", "the name of a location, such as eastus", value, "InvalidLocation")
    return location


def _parse_tags(value: object) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise expected("tags", "an object of texts", value)
    for key, text in value.items():
        if not isinstance(text, str):
            raise expected(f"tags.{key}", "text", text)
    return dict(value)


def _parse_kind(value: object) -> str | None:
    match value.lower() if isinstance(value, str) else value:
        case None:
            return None
        case "webpubsub":
            return "WebPubSub"
        case "socketio":
            raise _not_supported("kind", "resources for Socket.IO are not supported yet")
    raise expected("kind", "WebPubSub", value)


def _check_kind_stays(existing: Resource, body: JsonObject) -> None:
    kind = _parse_kind(body.get("kind"))
    if kind is not None and kind != existing.kind:
        message = f"kind: expected {existing.kind}, the kind the resource was made with, got {kind}."
        raise ResourceError("PropertyChangeNotAllowed", message, "kind")


def _check_identity(value: object) -> None:
    word = value.get("type") if isinstance(value, Mapping) else value
    if word is not None and not (isinstance(word, str) and word.lower() == "none"):
        subject = "a self-hosted server has no identity of the platform; expected None"
        raise _not_supported("identity", subject)


def _not_supported(target: str, subject: str) -> ResourceError:
    return ResourceError("NotSupported", f"{target}: {subject}.", target)
