"""What `webpubsub identity …` does. First sentences of the texts here are the commands' help."""

from __future__ import annotations

from linarite.cli.azure.management import Document, Management
from linarite.cli.azure.output import flat_resource

__all__ = ["assign", "remove", "show"]

_SYSTEM = "[system]"


def assign(client: Management, resource_group_name: str, webpubsub_name: str, identity: str) -> Document:
    """Assign a managed identity; refused, for a self-hosted server has no identity of the platform."""
    wanted: dict[str, object] = {"type": "SystemAssigned"}
    if identity != _SYSTEM:
        wanted = {"type": "UserAssigned", "userAssignedIdentities": {identity: {}}}
    return _patch(client, resource_group_name, webpubsub_name, wanted)


def remove(client: Management, resource_group_name: str, webpubsub_name: str) -> Document:
    """Remove the managed identity."""
    return _patch(client, resource_group_name, webpubsub_name, {"type": "None"})


def show(client: Management, resource_group_name: str, webpubsub_name: str) -> Document:
    """Show the managed identity; without one, nothing."""
    return client.resource("GET", resource_group_name, webpubsub_name).get("identity")


def _patch(client: Management, group: str, name: str, identity: dict[str, object]) -> Document:
    return flat_resource(client.resource("PATCH", group, name, body={"identity": identity}))
