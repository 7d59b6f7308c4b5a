"""What `webpubsub hub …` does. First sentences of the texts here are the commands' help."""

from __future__ import annotations

from collections.abc import Sequence

from linarite.cli.azure.generic_update import Change, apply_changes, in_order
from linarite.cli.azure.management import Document, Management, ManagementError

__all__ = ["create", "delete", "list_hubs", "show", "update"]


def create(
    client: Management,
    resource_group_name: str,
    webpubsub_name: str,
    hub_name: str,
    event_handler: list[dict[str, object]] | None = None,
    allow_anonymous: bool = False,
    websocket_keepalive: int | None = None,
) -> Document:
    """Create the settings of a hub."""
    properties: dict[str, object] = {"anonymousConnectPolicy": _policy(allow_anonymous)}
    _put_options(properties, event_handler, websocket_keepalive)
    return _put(client, resource_group_name, webpubsub_name, hub_name, properties)


def update(
    client: Management,
    resource_group_name: str,
    webpubsub_name: str,
    hub_name: str,
    event_handler: list[dict[str, object]] | None = None,
    allow_anonymous: bool | None = None,
    websocket_keepalive: int | None = None,
    properties_to_set: Sequence[Change] | None = None,
    properties_to_add: Sequence[Change] | None = None,
    properties_to_remove: Sequence[Change] | None = None,
    force_string: bool = False,
) -> Document:
    """Change the settings of a hub; event handlers that are given replace all that were there."""
    hub = client.resource("GET", resource_group_name, webpubsub_name, "hubs", hub_name)
    properties: dict[str, object] = hub["properties"]
    if allow_anonymous is not None:
        properties["anonymousConnectPolicy"] = _policy(allow_anonymous)
    _put_options(properties, event_handler, websocket_keepalive)
    changes = in_order(properties_to_set, properties_to_add, properties_to_remove)
    apply_changes(hub, changes, force_string=force_string)
    return _put(client, resource_group_name, webpubsub_name, hub_name, hub["properties"])


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


def _put_options(
    properties: dict[str, object], event_handler: list[dict[str, object]] | None, websocket_keepalive: int | None
) -> None:
    """Put what was given into the properties of a hub; what was not given is left to the server."""
    if event_handler is not None:
        properties["eventHandlers"] = event_handler
    if websocket_keepalive is not None:
        properties["webSocketKeepAliveIntervalInSeconds"] = websocket_keepalive


def _put(client: Management, group: str, name: str, hub_name: str, properties: dict[str, object]) -> Document:
    return client.resource("PUT", group, name, "hubs", hub_name, body={"properties": properties})
