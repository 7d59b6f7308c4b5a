"""The options of `webpubsub` commands: their names, forms and help, as the extension webpubsub 1.7 has them."""

from __future__ import annotations

from typing import Any

from knack.arguments import ArgumentsContext

from linarite.cli.azure.arguments import ChangeAction, EventHandlerAction, IpRuleAction, SwitchAction, spelled
from linarite.cli.azure.completers import group_names, hub_names, resource_names

__all__ = ["SWITCH", "add_change_options", "add_webpubsub_options"]

SWITCH: dict[str, Any] = {
    "action": SwitchAction,
    "nargs": "?",
    "const": "true",
    "type": str.lower,
    "choices": ["true", "false"],
}
"""The settings of an option that is true, false, or true when it stands alone."""

_KEY_TYPES = ["primary", "secondary", "salt"]
_PERMISSIONS = ["joinLeaveGroup", "sendToGroup"]
_REQUEST_TYPES = ["ClientConnection", "ServerConnection", "RESTAPI", "Trace"]
_EVENT_HANDLER_HELP = (
    "An event handler as KEY=VALUE pairs; give the option again for another one. Keys are url-template, "
    "user-event-pattern, system-event, auth-type and auth-resource. Several system-event pairs, or one with commas, "
    "make a list; of the other keys the last one counts."
)
_SKU_HELP = "The SKU: Free_F1, Standard_S1, Premium_P1 or Premium_P2."
_SERVICE_MODE_HELP = "The mode of a resource of kind SocketIO: Default or Serverless."
_RESOURCE_HELP = "Name of the Web PubSub resource."


def add_webpubsub_options(loader: Any) -> None:  # noqa: ANN401 - knack has no types
    """Tell the options of these commands."""
    _add_common_options(loader)
    _add_resource_options(loader)
    _add_network_options(loader)
    _add_hub_options(loader)
    _add_service_options(loader)
    _add_replica_options(loader)
    _add_custom_options(loader)


def add_change_options(loader: Any, command: str) -> None:  # noqa: ANN401 - knack has no types
    """Tell the options of a command that changes any property of a document."""
    with ArgumentsContext(loader, command) as options:
        group = "Generic Update"
        options.argument(
            "properties_to_set",
            options_list=["--set"],
            action=ChangeAction,
            nargs="+",
            metavar="KEY=VALUE",
            arg_group=group,
            help="Set a property by its path, such as --set property1.property2=VALUE.",
        )
        options.argument(
            "properties_to_add",
            options_list=["--add"],
            action=ChangeAction,
            nargs="+",
            metavar="LIST KEY=VALUE",
            arg_group=group,
            help="Add an object, a text or JSON to a list, such as --add property.list key=VALUE.",
        )
        options.argument(
            "properties_to_remove",
            options_list=["--remove"],
            action=ChangeAction,
            nargs="+",
            metavar="LIST INDEX",
            arg_group=group,
            help="Remove a property, or an item of a list, such as --remove property.list 0.",
        )
        options.argument(
            "force_string",
            action="store_true",
            arg_group=group,
            help="Leave values of --set and --add as text instead of reading them as JSON.",
        )


def _add_common_options(loader: Any) -> None:  # noqa: ANN401
    with ArgumentsContext(loader, "webpubsub") as options:
        options.argument(
            "resource_group_name",
            options_list=["--resource-group", "-g"],
            id_part="resource_group",
            configured_default="group",
            completer=group_names,
            help="Name of the resource group.",
        )
        options.argument(
            "webpubsub_name",
            options_list=["--name", "-n"],
            id_part="name",
            completer=resource_names,
            help=_RESOURCE_HELP,
        )


def _add_resource_options(loader: Any) -> None:  # noqa: ANN401
    with ArgumentsContext(loader, "webpubsub") as options:
        options.argument("sku", help=_SKU_HELP)
        options.argument("unit_count", type=int, help="The number of units.")
        options.argument("kind", help="The kind of resource: WebPubSub.")
        options.argument("service_mode", help=_SERVICE_MODE_HELP)
    for command in ("webpubsub create", "webpubsub replica create"):
        with ArgumentsContext(loader, command) as options:
            options.argument(
                "location", options_list=["--location", "-l"], help="Location; that of the resource group if left out."
            )
    with ArgumentsContext(loader, "webpubsub update") as options:
        options.argument("client_cert_enabled", help="Whether clients are asked for a certificate.", **SWITCH)
        options.argument("disable_local_auth", help="Whether access keys are refused.", **SWITCH)
        options.argument("region_endpoint_enabled", help="Whether the region's endpoint is on.", **SWITCH)
    add_change_options(loader, "webpubsub update")
    with ArgumentsContext(loader, "webpubsub key regenerate") as options:
        options.argument(
            "key_type", choices=_KEY_TYPES, type=str.lower, help="The key to make anew, or the salt of both."
        )
    with ArgumentsContext(loader, "webpubsub identity assign") as options:
        options.argument("identity", help="[system], or the id of an identity of the platform.")


def _add_network_options(loader: Any) -> None:  # noqa: ANN401
    with ArgumentsContext(loader, "webpubsub network-rule update") as options:
        types: dict[str, Any] = {"nargs": "*", "choices": _REQUEST_TYPES, "type": spelled(*_REQUEST_TYPES)}
        options.argument("public_network", help="Set the lists of the public network.", **SWITCH)
        options.argument(
            "connection_name",
            nargs="*",
            help="Refused: a self-hosted server has no private endpoint connections.",
        )
        options.argument("allow", help="Types of requests to let in.", **types)
        options.argument("deny", help="Types of requests to refuse.", **types)
    with ArgumentsContext(loader, "webpubsub network-rule ip-rule") as options:
        options.argument(
            "ip_rule",
            action=IpRuleAction,
            nargs="*",
            help="A rule as value=NETWORK action=Allow|Deny; give the option again for another one.",
        )


def _add_hub_options(loader: Any) -> None:  # noqa: ANN401
    with ArgumentsContext(loader, "webpubsub hub") as options:
        options.argument("hub_name", completer=hub_names, help="Name of the hub.")
        options.argument("event_handler", action=EventHandlerAction, nargs="*", help=_EVENT_HANDLER_HELP)
        options.argument("allow_anonymous", help="Whether clients without a token may connect.", **SWITCH)
        options.argument(
            "websocket_keepalive",
            type=int,
            help="Seconds between pings to each client, from 1 to 120; the server's default is 20.",
        )
    for command in ("webpubsub hub delete", "webpubsub hub show"):
        with ArgumentsContext(loader, command) as options:
            options.argument("hub_name", id_part="child_name_1")
    with ArgumentsContext(loader, "webpubsub hub list") as options:
        options.argument("webpubsub_name", id_part=None)
    add_change_options(loader, "webpubsub hub update")


def _add_service_options(loader: Any) -> None:  # noqa: ANN401
    for group in ("webpubsub client", "webpubsub service"):
        with ArgumentsContext(loader, group) as options:
            options.argument("hub_name", completer=hub_names, help="Name of the hub.")
            options.argument("user_id", help="Id of the user.")
            options.argument("connection_id", help="Id of the connection.")
            options.argument("group_name", help="Name of the group.")
            options.argument("payload", help="The text to send.")
    with ArgumentsContext(loader, "webpubsub service group remove-user") as options:
        options.argument("group_name", help="Name of the group; all groups of the user if left out.")
    with ArgumentsContext(loader, "webpubsub service permission") as options:
        options.argument("permission", choices=_PERMISSIONS, type=spelled(*_PERMISSIONS), help="The permission.")


def _add_replica_options(loader: Any) -> None:  # noqa: ANN401
    with ArgumentsContext(loader, "webpubsub replica") as options:
        options.argument("replica_name", id_part="child_name_1", help="Name of the replica.")
        options.argument("region_endpoint_enabled", help="Whether clients reach the replica.", **SWITCH)
    for command in ("webpubsub replica list", "webpubsub replica update"):
        with ArgumentsContext(loader, command) as options:
            options.argument("webpubsub_name", id_part=None)


def _add_custom_options(loader: Any) -> None:  # noqa: ANN401
    with ArgumentsContext(loader, "webpubsub custom-domain") as options:
        options.argument("webpubsub_name", options_list=["--webpubsub-name"], id_part=None)
        options.argument("name", options_list=["--name", "-n"], help="Name of the custom domain.")
        options.argument("domain_name", help="The host name, such as pubsub.example.com.")
        options.argument("certificate_resource_id", help="Id of a custom certificate of the resource.")
    with ArgumentsContext(loader, "webpubsub custom-certificate") as options:
        options.argument("webpubsub_name", options_list=["--webpubsub-name", "--name", "-n"], id_part=None)
        options.argument("certificate_name", help="Name of the custom certificate.")
        options.argument("key_vault_base_uri", help="Where the certificate is: 'file:', the server's own folder.")
        options.argument("key_vault_secret_name", help="Name of its file, without .pem.")
        options.argument("key_vault_secret_version", help="Version of the secret in a key vault.")
