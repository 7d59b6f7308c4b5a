"""What `webpubsub network-rule …` does. First sentences of the texts here are the commands' help."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from knack.util import CLIError

from linarite.cli.azure.arguments import WrongUse
from linarite.cli.azure.management import Document, Management
from linarite.cli.azure.output import flat_resource

__all__ = ["add_ip_rules", "remove_ip_rules", "show", "update"]


def show(client: Management, resource_group_name: str, webpubsub_name: str) -> Document:
    """Show the network access rules of a Web PubSub resource."""
    return client.resource("GET", resource_group_name, webpubsub_name)["properties"]["networkACLs"]


def update(
    client: Management,
    resource_group_name: str,
    webpubsub_name: str,
    public_network: bool | None = None,
    connection_name: Sequence[str] | None = None,
    allow: Sequence[str] = (),
    deny: Sequence[str] = (),
) -> Document:
    """Set which requests come in from the public network; a list that is not given is emptied."""
    if connection_name:
        raise CLIError(
            "--connection-name: a self-hosted server has no private endpoint connections; "
            "every request comes by the public network."
        )
    if not public_network:
        raise WrongUse("Either --public-network or --connection-name should be set.")
    resource = client.resource("GET", resource_group_name, webpubsub_name)
    rules = resource["properties"]["networkACLs"]
    rules["publicNetwork"] = {"allow": list(allow), "deny": list(deny)}
    return _patch(client, resource_group_name, webpubsub_name, resource)


def add_ip_rules(
    client: Management, resource_group_name: str, webpubsub_name: str, ip_rule: list[dict[str, str]]
) -> Document:
    """Add IP rules behind those that are there; the first rule that an address matches decides."""
    resource = client.resource("GET", resource_group_name, webpubsub_name)
    rules = resource["properties"]["networkACLs"]
    rules["ipRules"] = [*(rules.get("ipRules") or ()), *ip_rule]
    return _patch(client, resource_group_name, webpubsub_name, resource)


def remove_ip_rules(
    client: Management, resource_group_name: str, webpubsub_name: str, ip_rule: list[dict[str, str]]
) -> Document:
    """Remove IP rules of the same value and action."""
    resource = client.resource("GET", resource_group_name, webpubsub_name)
    rules = resource["properties"]["networkACLs"]
    unwanted = [_compared(one) for one in ip_rule]
    rules["ipRules"] = [one for one in rules.get("ipRules") or () if _compared(one) not in unwanted]
    return _patch(client, resource_group_name, webpubsub_name, resource)


def _compared(rule: dict[str, str]) -> tuple[str, str]:
    return rule["value"].lower(), rule["action"].lower()


def _patch(client: Management, group: str, name: str, resource: dict[str, Any]) -> Document:
    body = {"location": resource["location"], "properties": {"networkACLs": resource["properties"]["networkACLs"]}}
    return flat_resource(client.resource("PATCH", group, name, body=body))
