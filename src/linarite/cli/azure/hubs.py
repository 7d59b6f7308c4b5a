"""What `webpubsub hub …` does. First sentences of the texts here are the commands' help."""

from __future__ import annotations

from linarite.cli.azure.management import Document, Management, ManagementError

__all__ = ["create", "delete", "list_hubs", "show", "update"]


def create(
    client: Management,
    resource_group_name: str,
    webpubsub_name: str,
    hub_name: str,
    event_handler: list[dict[str, object]] | None = None,
    allow_anonymous: bool = False,
) -> Document:
    """Create the settings of a hub."""
    properties: dict[str, object] = {"anonymousConnectPolicy": _policy(allow_anonymous)}
    if event_handler is not None:
        properties["eventHandlers"] = event_handler
    return _put(client, resource_group_name, webpubsub_name, hub_name, properties)


def update(
    client: Management,
    resource_group_name: str,
    webpubsub_name: str,
    hub_name: str,
    event_handler: list[dict[str, object]] | None = None,
    allow_anonymous: bool | None = None,
) -> Document:
    """Change the settings of a hub; event handlers that are given replace all that were there."""
    hub = client.resource("GET", resource_group_name, webpubsub_name, "hubs", hub_name)
    properties: dict[str, object] = hub["properties"]
    if allow_anonymous is not None:
        properties["anonymousConnectPolicy"] = _policy(allow_anonymous)
    if event_handler is not None:
        properties["eventHandlers"] = event_handler
    return _put(client, resource_group_name, webpubsub_name, hub_name, properties)


def show(client: Management, resource_group_name: str, webpubsub_name: str, hub_name: str) -> Document:
    """Show the settings of a hub; one without settings shows nothing."""
    try:
        return client.resource("GET", resource_group_name, webpubsub_name, "hubs", hub_name)
    except ManagementError as error:
        # As the extension of `az` does it, so that scripts can ask by the emptiness of the output.
        if error.status == 404:
            return None
        raise


def list_hubs(client: Management, resource_group_name: str, webpubsub_name: str) -> Document:
    """List the hubs that have settings."""
    return client.resource("GET", resource_group_name, webpubsub_name, "hubs")["value"]


def delete(client: Management, resource_group_name: str, webpubsub_name: str, hub_name: str) -> None:
    """Delete the settings of a hub, so that it has the defaults again."""
    client.resource("DELETE", resource_group_name, webpubsub_name, "hubs", hub_name)


def _policy(allow_anonymous: bool) -> str:
    return "allow" if allow_anonymous else "deny"


def _put(client: Management, group: str, name: str, hub_name: str, properties: dict[str, object]) -> Document:
    return client.resource("PUT", group, name, "hubs", hub_name, body={"properties": properties})
