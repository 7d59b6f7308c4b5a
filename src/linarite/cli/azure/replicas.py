"""What `webpubsub replica …` does. First sentences of the texts here are the commands' help.

A self-hosted server is in one place and has no replicas: the management API says so, and these commands print it.
"""

from __future__ import annotations

from linarite.cli.azure.management import Document, Management, ManagementError
from linarite.cli.azure.output import flat

__all__ = ["create", "delete", "list_replicas", "restart", "show", "start", "stop", "update"]

_REPLICAS = "replicas"


def create(
    client: Management,
    resource_group_name: str,
    webpubsub_name: str,
    replica_name: str,
    sku: str,
    unit_count: int = 1,
    location: str | None = None,
    tags: dict[str, str] | None = None,
) -> Document:
    """Create a replica; refused, for a self-hosted server has none."""
    where = location or client.group("GET", resource_group_name)["location"]
    body: dict[str, object] = {"location": where, "sku": {"name": sku, "capacity": unit_count}}
    if tags is not None:
        body["tags"] = tags
    return flat(client.resource("PUT", resource_group_name, webpubsub_name, _REPLICAS, replica_name, body=body))


def list_replicas(client: Management, resource_group_name: str, webpubsub_name: str) -> Document:
    """List the replicas of a Web PubSub resource."""
    return [flat(one) for one in client.resource("GET", resource_group_name, webpubsub_name, _REPLICAS)["value"]]


def show(client: Management, resource_group_name: str, webpubsub_name: str, replica_name: str) -> Document:
    """Show a replica; one that does not exist shows nothing."""
    try:
        return flat(client.resource("GET", resource_group_name, webpubsub_name, _REPLICAS, replica_name))
    except ManagementError as error:
        if error.status == 404:
            return None
        raise


def delete(client: Management, resource_group_name: str, webpubsub_name: str, replica_name: str) -> None:
    """Delete a replica."""
    client.resource("DELETE", resource_group_name, webpubsub_name, _REPLICAS, replica_name)


def start(client: Management, resource_group_name: str, webpubsub_name: str, replica_name: str) -> Document:
    """Start a replica."""
    return _change(client, resource_group_name, webpubsub_name, replica_name, {"resourceStopped": "false"})


def stop(client: Management, resource_group_name: str, webpubsub_name: str, replica_name: str) -> Document:
    """Stop a replica."""
    return _change(client, resource_group_name, webpubsub_name, replica_name, {"resourceStopped": "true"})


def restart(client: Management, resource_group_name: str, webpubsub_name: str, replica_name: str) -> None:
    """Restart a replica."""
    client.resource("POST", resource_group_name, webpubsub_name, _REPLICAS, replica_name, "restart")


def update(
    client: Management,
    resource_group_name: str,
    webpubsub_name: str,
    replica_name: str,
    unit_count: int | None = None,
    region_endpoint_enabled: bool | None = None,
) -> Document:
    """Change the units of a replica, or whether clients reach it."""
    properties: dict[str, object] = {}
    if region_endpoint_enabled is not None:
        properties["regionEndpointEnabled"] = "Enabled" if region_endpoint_enabled else "Disabled"
    return _change(client, resource_group_name, webpubsub_name, replica_name, properties, unit_count)


def _change(
    client: Management,
    group: str,
    name: str,
    replica_name: str,
    properties: dict[str, object],
    unit_count: int | None = None,
) -> Document:
    replica = client.resource("GET", group, name, _REPLICAS, replica_name)
    body: dict[str, object] = {"location": replica["location"], "properties": properties}
    if unit_count is not None:
        body["sku"] = {"name": replica["sku"]["name"], "capacity": unit_count}
    return flat(client.resource("PATCH", group, name, _REPLICAS, replica_name, body=body))
