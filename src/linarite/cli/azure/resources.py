"""What `webpubsub …` does with resources. First sentences of the texts here are the commands' help."""

from __future__ import annotations

from linarite.cli.azure.management import Document, Management, ManagementError
from linarite.cli.azure.output import flat_resource

__all__ = ["create", "delete", "list_resources", "show", "update"]


def create(
    client: Management,
    resource_group_name: str,
    webpubsub_name: str,
    sku: str,
    unit_count: int = 1,
    location: str | None = None,
    tags: dict[str, str] | None = None,
    kind: str | None = None,
) -> Document:
    """Create a Web PubSub resource."""
    where = location or client.group("GET", resource_group_name)["location"]
    body: dict[str, object] = {"location": where, "sku": {"name": sku, "capacity": unit_count}}
    if tags is not None:
        body["tags"] = tags
    if kind is not None:
        body["kind"] = kind
    return flat_resource(client.resource("PUT", resource_group_name, webpubsub_name, body=body))


def delete(client: Management, resource_group_name: str, webpubsub_name: str) -> None:
    """Delete a Web PubSub resource."""
    client.resource("DELETE", resource_group_name, webpubsub_name)


def list_resources(client: Management, resource_group_name: str | None = None) -> Document:
    """List the Web PubSub resources of a group, or all of them."""
    return [flat_resource(one) for one in client.resource("GET", resource_group_name)["value"]]


def show(client: Management, resource_group_name: str, webpubsub_name: str) -> Document:
    """Show a Web PubSub resource; one that does not exist shows nothing."""
    try:
        return flat_resource(client.resource("GET", resource_group_name, webpubsub_name))
    except ManagementError as error:
        # As the extension of `az` does it, so that scripts can ask by the emptiness of the output.
        if error.status == 404:
            return None
        raise


def update(
    client: Management,
    resource_group_name: str,
    webpubsub_name: str,
    sku: str | None = None,
    unit_count: int | None = None,
    tags: dict[str, str] | None = None,
) -> Document:
    """Change SKU, units or tags of a Web PubSub resource."""
    body: dict[str, object] = {}
    if sku is not None or unit_count is not None:
        body["sku"] = {"name": sku, "capacity": unit_count}
    if tags is not None:
        body["tags"] = tags
    return flat_resource(client.resource("PATCH", resource_group_name, webpubsub_name, body=body))
