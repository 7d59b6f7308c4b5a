"""The commands of `webpubsub`: for each group of them, the module and the functions that carry them out.

They are those of the extension webpubsub 1.7 of the Azure CLI.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

__all__ = ["WEBPUBSUB_COMMANDS", "WEBPUBSUB_GROUPS", "Functions"]


class Functions(NamedTuple):
    """A module, and its function for each command of a group."""

    module: str
    by_command: Mapping[str, str]


WEBPUBSUB_COMMANDS: Mapping[str, Functions] = {
    "webpubsub": Functions(
        "resources",
        {
            "create": "create",
            "delete": "delete",
            "list": "list_resources",
            "list-skus": "list_skus",
            "list-usage": "list_usage",
            "restart": "restart",
            "show": "show",
            "start": "start",
            "stop": "stop",
            "update": "update",
        },
    ),
    "webpubsub key": Functions("keys", {"regenerate": "regenerate", "show": "show"}),
    "webpubsub hub": Functions(
        "hubs",
        {"create": "create", "delete": "delete", "list": "list_hubs", "show": "show", "update": "update"},
    ),
    "webpubsub network-rule": Functions("network_rules", {"show": "show", "update": "update"}),
    "webpubsub network-rule ip-rule": Functions("network_rules", {"add": "add_ip_rules", "remove": "remove_ip_rules"}),
    "webpubsub identity": Functions("identities", {"assign": "assign", "remove": "remove", "show": "show"}),
    "webpubsub replica": Functions(
        "replicas",
        {
            "create": "create",
            "delete": "delete",
            "list": "list_replicas",
            "restart": "restart",
            "show": "show",
            "start": "start",
            "stop": "stop",
            "update": "update",
        },
    ),
    "webpubsub custom-domain": Functions(
        "custom_names",
        {"create": "create_domain", "delete": "delete_domain", "list": "list_domains", "show": "show_domain"},
    ),
    "webpubsub custom-certificate": Functions(
        "custom_names",
        {
            "create": "create_certificate",
            "delete": "delete_certificate",
            "list": "list_certificates",
            "show": "show_certificate",
        },
    ),
    "webpubsub client": Functions("client", {"start": "start"}),
    "webpubsub service": Functions("service", {"broadcast": "broadcast"}),
    "webpubsub service connection": Functions(
        "service", {"close": "close_connection", "exist": "connection_exists", "send": "send_to_connection"}
    ),
    "webpubsub service group": Functions(
        "service",
        {
            "add-connection": "add_connection",
            "add-user": "add_user",
            "remove-connection": "remove_connection",
            "remove-user": "remove_user",
            "send": "send_to_group",
        },
    ),
    "webpubsub service permission": Functions(
        "service", {"check": "check_permission", "grant": "grant_permission", "revoke": "revoke_permission"}
    ),
    "webpubsub service user": Functions("service", {"exist": "user_exists", "send": "send_to_user"}),
}

WEBPUBSUB_GROUPS: Mapping[str, str] = {
    "webpubsub": "Manage Web PubSub resources.",
    "webpubsub client": "Manage client connections.",
    "webpubsub custom-certificate": "Manage custom certificates.",
    "webpubsub custom-domain": "Manage custom domains.",
    "webpubsub hub": "Manage hub settings.",
    "webpubsub identity": "Manage managed identities, which a self-hosted server cannot have.",
    "webpubsub key": "Manage access keys and connection strings.",
    "webpubsub network-rule": "Manage which requests come in.",
    "webpubsub network-rule ip-rule": "Manage from which addresses requests come in.",
    "webpubsub replica": "Manage replicas, which a self-hosted server cannot have.",
    "webpubsub service": "Manage clients, groups and permissions by the data plane.",
    "webpubsub service connection": "Manage client connections.",
    "webpubsub service group": "Manage groups of a hub.",
    "webpubsub service permission": "Manage permissions of connections.",
    "webpubsub service user": "Manage users.",
}
