"""What `webpubsub service …` does: calls to the data plane. First sentences of the texts here are the commands' help.

Payloads are sent as plain text, and what exists is told as `{"existence": …}` (azure-cli extension webpubsub 1.7).
"""

from __future__ import annotations

from knack.log import get_logger

from linarite.cli.azure.data_plane import open_data_plane, refusal
from linarite.cli.azure.exchange import Reply
from linarite.cli.azure.management import Management

__all__ = [
    "add_connection",
    "add_user",
    "broadcast",
    "check_permission",
    "close_connection",
    "connection_exists",
    "grant_permission",
    "remove_connection",
    "remove_user",
    "revoke_permission",
    "send_to_connection",
    "send_to_group",
    "send_to_user",
    "user_exists",
]

_logger = get_logger(__name__)


def broadcast(client: Management, resource_group_name: str, webpubsub_name: str, hub_name: str, payload: str) -> None:
    """Send a message to all clients of a hub."""
    open_data_plane(client, resource_group_name, webpubsub_name).do("POST", hub_name, ":send", payload=payload)


def connection_exists(
    client: Management, resource_group_name: str, webpubsub_name: str, hub_name: str, connection_id: str
) -> dict[str, bool]:
    """Check whether a client connection exists."""
    plane = open_data_plane(client, resource_group_name, webpubsub_name)
    return _existence(plane.call("HEAD", hub_name, "connections", connection_id))


def close_connection(
    client: Management, resource_group_name: str, webpubsub_name: str, hub_name: str, connection_id: str
) -> None:
    """Close a client connection."""
    open_data_plane(client, resource_group_name, webpubsub_name).do("DELETE", hub_name, "connections", connection_id)


def send_to_connection(
    client: Management,
    resource_group_name: str,
    webpubsub_name: str,
    hub_name: str,
    connection_id: str,
    payload: str,
) -> None:
    """Send a message to a client connection."""
    plane = open_data_plane(client, resource_group_name, webpubsub_name)
    plane.do("POST", hub_name, "connections", connection_id, ":send", payload=payload)


def add_connection(
    client: Management,
    resource_group_name: str,
    webpubsub_name: str,
    hub_name: str,
    connection_id: str,
    group_name: str,
) -> None:
    """Add a connection to a group."""
    plane = open_data_plane(client, resource_group_name, webpubsub_name)
    plane.do("PUT", hub_name, "groups", group_name, "connections", connection_id)


def remove_connection(
    client: Management,
    resource_group_name: str,
    webpubsub_name: str,
    hub_name: str,
    connection_id: str,
    group_name: str,
) -> None:
    """Remove a connection from a group."""
    plane = open_data_plane(client, resource_group_name, webpubsub_name)
    plane.do("DELETE", hub_name, "groups", group_name, "connections", connection_id)


def add_user(
    client: Management,
    resource_group_name: str,
    webpubsub_name: str,
    hub_name: str,
    user_id: str,
    group_name: str,
) -> None:
    """Add a user to a group."""
    plane = open_data_plane(client, resource_group_name, webpubsub_name)
    plane.do("PUT", hub_name, "users", user_id, "groups", group_name)


def remove_user(
    client: Management,
    resource_group_name: str,
    webpubsub_name: str,
    hub_name: str,
    user_id: str,
    group_name: str | None = None,
) -> None:
    """Remove a user from a group, or from all of them when no group is named."""
    plane = open_data_plane(client, resource_group_name, webpubsub_name)
    plane.do("DELETE", hub_name, "users", user_id, "groups", *([group_name] if group_name else []))


def send_to_group(
    client: Management,
    resource_group_name: str,
    webpubsub_name: str,
    hub_name: str,
    group_name: str,
    payload: str,
) -> None:
    """Send a message to a group."""
    plane = open_data_plane(client, resource_group_name, webpubsub_name)
    plane.do("POST", hub_name, "groups", group_name, ":send", payload=payload)


def user_exists(
    client: Management, resource_group_name: str, webpubsub_name: str, hub_name: str, user_id: str
) -> dict[str, bool]:
    """Check whether a user has any client connection."""
    plane = open_data_plane(client, resource_group_name, webpubsub_name)
    return _existence(plane.call("HEAD", hub_name, "users", user_id))


def send_to_user(
    client: Management,
    resource_group_name: str,
    webpubsub_name: str,
    hub_name: str,
    user_id: str,
    payload: str,
) -> None:
    """Send a message to a user."""
    plane = open_data_plane(client, resource_group_name, webpubsub_name)
    plane.do("POST", hub_name, "users", user_id, ":send", payload=payload)


def grant_permission(
    client: Management,
    resource_group_name: str,
    webpubsub_name: str,
    hub_name: str,
    connection_id: str,
    permission: str,
    group_name: str,
) -> None:
    """Grant a connection a permission for a group."""
    plane = open_data_plane(client, resource_group_name, webpubsub_name)
    plane.do("PUT", *_permission(hub_name, permission, connection_id), query={"targetName": group_name})


def revoke_permission(
    client: Management,
    resource_group_name: str,
    webpubsub_name: str,
    hub_name: str,
    connection_id: str,
    permission: str,
    group_name: str,
) -> None:
    """Revoke a permission of a connection for a group."""
    plane = open_data_plane(client, resource_group_name, webpubsub_name)
    plane.do("DELETE", *_permission(hub_name, permission, connection_id), query={"targetName": group_name})


def check_permission(
    client: Management,
    resource_group_name: str,
    webpubsub_name: str,
    hub_name: str,
    connection_id: str,
    permission: str,
    group_name: str,
) -> dict[str, bool]:
    """Check whether a connection has a permission for a group."""
    plane = open_data_plane(client, resource_group_name, webpubsub_name)
    reply = plane.call("HEAD", *_permission(hub_name, permission, connection_id), query={"targetName": group_name})
    return _existence(reply)


def _permission(hub_name: str, permission: str, connection_id: str) -> tuple[str, ...]:
    return (hub_name, "permissions", permission, "connections", connection_id)


def _existence(reply: Reply) -> dict[str, bool]:
    """Only 200 means that it is there, as in `az`; a call that was refused is told of besides."""
    if reply.status not in (200, 404):
        _logger.warning("The server did not answer the question: %s", str(refusal(reply)).partition("\n")[0])
    return {"existence": reply.status == 200}
