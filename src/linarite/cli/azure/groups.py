"""What `group …` does. First sentences of the texts here are the commands' help."""

from __future__ import annotations

from linarite.cli.azure.management import Document, Management, ManagementError

__all__ = ["create", "delete", "exists", "list_groups", "show"]


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


def list_groups(client: Management) -> Document:
    """List resource groups."""
    return client.group("GET")["value"]


def exists(client: Management, resource_group_name: str) -> bool:
    """Check if a resource group exists."""
    try:
        client.group("GET", resource_group_name)
    except ManagementError as error:
        if error.status != 404:
            raise
        return False
    return True


def delete(client: Management, resource_group_name: str, no_wait: bool = False) -> None:
    """Delete a resource group and the resources in it."""
    client.group("DELETE", resource_group_name)
