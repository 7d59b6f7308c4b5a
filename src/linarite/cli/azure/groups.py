"""What `group …` does. First sentences of the texts here are the commands' help."""

from __future__ import annotations

from collections.abc import Sequence

from knack.util import CLIError

from linarite.cli.azure.generic_update import Change, apply_changes, in_order
from linarite.cli.azure.management import Document, Management, ManagementError

__all__ = ["create", "delete", "exists", "list_groups", "show", "update"]


def create(
    client: Management,
    resource_group_name: str,
    location: str,
    tags: dict[str, str] | None = None,
    managed_by: str | None = None,
) -> Document:
    """Create a new resource group."""
    body: dict[str, object] = {"location": location}
    if tags is not None:
        body["tags"] = tags
    if managed_by is not None:
        body["managedBy"] = managed_by
    return client.group("PUT", resource_group_name, body)


def show(client: Management, resource_group_name: str) -> Document:
    """Get a resource group."""
    return client.group("GET", resource_group_name)


def list_groups(client: Management, tag: dict[str, str] | None = None) -> Document:
    """List resource groups."""
    groups = client.group("GET")["value"]
    if not tag:
        return groups
    ((key, text),) = tag.items()
    return [one for one in groups if key in (one["tags"] or {}) and text in ("", one["tags"][key])]


def update(
    client: Management,
    resource_group_name: str,
    tags: dict[str, str] | None = None,
    properties_to_set: Sequence[Change] | None = None,
    properties_to_add: Sequence[Change] | None = None,
    properties_to_remove: Sequence[Change] | None = None,
    force_string: bool = False,
) -> Document:
    """Update a resource group: its tags, and who manages it."""
    group = client.group("GET", resource_group_name)
    if tags is not None:
        group["tags"] = tags
    changes = in_order(properties_to_set, properties_to_add, properties_to_remove)
    apply_changes(group, changes, force_string=force_string)
    body = {name: group[name] for name in ("location", "tags", "managedBy")}
    return client.group("PUT", resource_group_name, body)


def exists(client: Management, resource_group_name: str) -> bool:
    """Check if a resource group exists."""
    try:
        client.group("GET", resource_group_name)
    except ManagementError as error:
        if error.status != 404:
            raise
        return False
    return True


def delete(
    client: Management,
    resource_group_name: str,
    no_wait: bool = False,
    force_deletion_types: Sequence[str] | None = None,
) -> None:
    """Delete a resource group and the resources in it."""
    if force_deletion_types:
        raise CLIError(
            "--force-deletion-types: a group holds Web PubSub resources only, and they are always deleted at once; "
            f"it has no {', '.join(force_deletion_types)}."
        )
    client.group("DELETE", resource_group_name)
