"""What `webpubsub …` does with resources. First sentences of the texts here are the commands' help."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from linarite.cli.azure.arguments import WrongUse
from linarite.cli.azure.generic_update import Change, apply_changes, in_order
from linarite.cli.azure.management import Document, Management, ManagementError
from linarite.cli.azure.output import flat_resource, full_sku, resource_changes

__all__ = [
    "create",
    "delete",
    "list_resources",
    "list_skus",
    "list_usage",
    "restart",
    "show",
    "start",
    "stop",
    "update",
]

_SOCKET_IO = "socketio"
_NO_SERVICE_MODE = "--service-mode is for resources of kind SocketIO."


def create(
    client: Management,
    resource_group_name: str,
    webpubsub_name: str,
    sku: str,
    unit_count: int = 1,
    location: str | None = None,
    tags: dict[str, str] | None = None,
    kind: str | None = None,
    service_mode: str | None = None,
) -> Document:
    """Create a Web PubSub resource."""
    if service_mode is not None and (kind or "").lower() != _SOCKET_IO:
        raise WrongUse(_NO_SERVICE_MODE)
    where = location or client.group("GET", resource_group_name)["location"]
    body: dict[str, object] = {"location": where, "sku": {"name": sku, "capacity": unit_count}}
    if tags is not None:
        body["tags"] = tags
    if kind is not None:
        body["kind"] = kind
    if service_mode is not None:
        body["properties"] = {"socketIO": {"serviceMode": service_mode}}
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
    service_mode: str | None = None,
    client_cert_enabled: bool | None = None,
    disable_local_auth: bool | None = None,
    region_endpoint_enabled: bool | None = None,
    properties_to_set: Sequence[Change] | None = None,
    properties_to_add: Sequence[Change] | None = None,
    properties_to_remove: Sequence[Change] | None = None,
    force_string: bool = False,
) -> Document:
    """Change a Web PubSub resource: SKU, units, tags, and any property by --set, --add or --remove."""
    before = flat_resource(client.resource("GET", resource_group_name, webpubsub_name))
    after: dict[str, Any] = copy.deepcopy(before)
    if sku is not None or unit_count is not None:
        capacity = before["sku"]["capacity"] if unit_count is None else unit_count
        after["sku"] = {"name": sku or before["sku"]["name"], "capacity": capacity}
    if tags is not None:
        after["tags"] = tags
    if service_mode is not None:
        if before["kind"].lower() != _SOCKET_IO:
            raise WrongUse(_NO_SERVICE_MODE)
        after["socketIo"] = {"serviceMode": service_mode}
    if client_cert_enabled is not None:
        after["tls"] = {"clientCertEnabled": client_cert_enabled}
    if disable_local_auth is not None:
        after["disableLocalAuth"] = disable_local_auth
    if region_endpoint_enabled is not None:
        after["regionEndpointEnabled"] = "Enabled" if region_endpoint_enabled else "Disabled"
    changes = in_order(properties_to_set, properties_to_add, properties_to_remove)
    apply_changes(after, changes, force_string=force_string)
    body = resource_changes(before, after)
    return flat_resource(client.resource("PATCH", resource_group_name, webpubsub_name, body=body))


def start(client: Management, resource_group_name: str, webpubsub_name: str) -> Document:
    """Start a Web PubSub resource that was stopped."""
    return _stop(client, resource_group_name, webpubsub_name, "false")


def stop(client: Management, resource_group_name: str, webpubsub_name: str) -> Document:
    """Stop a Web PubSub resource: its clients are closed, new ones and calls are refused until it is started."""
    return _stop(client, resource_group_name, webpubsub_name, "true")


def restart(client: Management, resource_group_name: str, webpubsub_name: str) -> None:
    """Restart a Web PubSub resource: its clients are closed and may connect again."""
    try:
        client.resource("POST", resource_group_name, webpubsub_name, "restart")
    except ManagementError as error:
        # As the extension of `az` does it.
        if error.status != 404:
            raise


def list_usage(client: Management, location: str) -> Document:
    """List how many resources and units there are at a location."""
    return client.location(location, "usages")["value"]


def list_skus(client: Management, resource_group_name: str, webpubsub_name: str) -> Document:
    """List the SKUs that a Web PubSub resource can be scaled to."""
    offers = client.resource("GET", resource_group_name, webpubsub_name, "skus")["value"]
    return [{**offer, "sku": full_sku(offer["sku"])} for offer in offers]


def _stop(client: Management, group: str, name: str, is_stopped: str) -> Document:
    location = client.resource("GET", group, name)["location"]
    body = {"location": location, "properties": {"resourceStopped": is_stopped}}
    return flat_resource(client.resource("PATCH", group, name, body=body))
