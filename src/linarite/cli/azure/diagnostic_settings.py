"""What `monitor diagnostic-settings …` does. First sentences of the texts here are the commands' help.

Options and rules are those of `az monitor diagnostic-settings` (azure-cli 2.91).
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from knack.util import CLIError

from linarite.cli.azure.management import Document, Management
from linarite.cli.azure.metric_arguments import Target, resource_path
from linarite.cli.azure.shorthand import parse_value

__all__ = ["create", "delete", "list_categories", "list_settings", "show", "show_category", "update"]

_VERSION = "2021-05-01-preview"
_SETTINGS = "/providers/Microsoft.Insights/diagnosticSettings"
_CATEGORIES = "/providers/Microsoft.Insights/diagnosticSettingsCategories"
# /subscriptions/S/resourceGroups/GROUP, of which the first part is empty.
_GROUP_PARTS = 5


def create(
    client: Management,
    name: str,
    resource: str,
    resource_group_name: str | None = None,
    resource_type: str | None = None,
    resource_namespace: str | None = None,
    resource_parent: str | None = None,
    logs: str | None = None,
    metrics: str | None = None,
    workspace: str | None = None,
    storage_account: str | None = None,
    event_hub: str | None = None,
    event_hub_rule: str | None = None,
    marketplace_partner_id: str | None = None,
    export_to_resource_specific: bool | None = None,
) -> Document:
    """Create diagnostic settings for the specified resource."""
    if not any((workspace, storage_account, event_hub, event_hub_rule)):
        raise CLIError(
            "usage error - expected one or more: --storage-account NAME_OR_ID | --workspace NAME_OR_ID | "
            "--event-hub NAME_OR_ID | --event-hub-rule ID"
        )
    if export_to_resource_specific and workspace is None:
        raise CLIError("usage error: --workspace and --export-to-resource-specific")
    path = resource_path(Target(resource, resource_group_name, resource_type, resource_namespace, resource_parent))
    group = _group_of(client, path)
    properties: dict[str, Any] = {
        "workspaceId": _expand(group, "microsoft.OperationalInsights/workspaces", workspace),
        "storageAccountId": _expand(group, "microsoft.Storage/storageAccounts", storage_account),
        "eventHubName": event_hub,
        "eventHubAuthorizationRuleId": _rule(group, event_hub, event_hub_rule),
        "marketplacePartnerId": marketplace_partner_id,
        "logAnalyticsDestinationType": "Dedicated" if export_to_resource_specific else None,
        "logs": _list("--logs", logs),
        "metrics": _list("--metrics", metrics),
    }
    given = {member: value for member, value in properties.items() if value is not None}
    return _flat(client.at("PUT", _path(path, _SETTINGS, name), _VERSION, body={"properties": given}))


def show(
    client: Management,
    name: str,
    resource: str,
    resource_group_name: str | None = None,
    resource_type: str | None = None,
    resource_namespace: str | None = None,
    resource_parent: str | None = None,
) -> Document:
    """Get the active diagnostic settings for the specified resource."""
    path = resource_path(Target(resource, resource_group_name, resource_type, resource_namespace, resource_parent))
    return _flat(client.at("GET", _path(path, _SETTINGS, name), _VERSION))


def list_settings(
    client: Management,
    resource: str,
    resource_group_name: str | None = None,
    resource_type: str | None = None,
    resource_namespace: str | None = None,
    resource_parent: str | None = None,
) -> Document:
    """Get the active diagnostic settings list for the specified resource."""
    path = resource_path(Target(resource, resource_group_name, resource_type, resource_namespace, resource_parent))
    return [_flat(one) for one in client.at("GET", path + _SETTINGS, _VERSION)["value"]]


def delete(
    client: Management,
    name: str,
    resource: str,
    resource_group_name: str | None = None,
    resource_type: str | None = None,
    resource_namespace: str | None = None,
    resource_parent: str | None = None,
) -> None:
    """Delete existing diagnostic settings for the specified resource."""
    path = resource_path(Target(resource, resource_group_name, resource_type, resource_namespace, resource_parent))
    client.at("DELETE", _path(path, _SETTINGS, name), _VERSION)


def update(
    client: Management,
    name: str,
    resource: str,
    resource_group_name: str | None = None,
    resource_type: str | None = None,
    resource_namespace: str | None = None,
    resource_parent: str | None = None,
    logs: str | None = None,
    metrics: str | None = None,
    workspace_id: str | None = None,
    storage_account_id: str | None = None,
    event_hub: str | None = None,
    event_hub_rule: str | None = None,
    marketplace_partner_id: str | None = None,
    service_bus_rule_id: str | None = None,
    log_analytics_destination_type: str | None = None,
) -> Document:
    """Update diagnostic settings for the specified resource; the word null clears a text."""
    path = resource_path(Target(resource, resource_group_name, resource_type, resource_namespace, resource_parent))
    where = _path(path, _SETTINGS, name)
    properties = dict(client.at("GET", where, _VERSION)["properties"])
    changes = {
        "workspaceId": workspace_id,
        "storageAccountId": storage_account_id,
        "eventHubName": event_hub,
        "eventHubAuthorizationRuleId": event_hub_rule,
        "marketplacePartnerId": marketplace_partner_id,
        "serviceBusRuleId": service_bus_rule_id,
        "logAnalyticsDestinationType": log_analytics_destination_type,
        "logs": _list("--logs", logs),
        "metrics": _list("--metrics", metrics),
    }
    for member, value in changes.items():
        if value is not None:
            properties[member] = None if value == "null" else value
    return _flat(client.at("PUT", where, _VERSION, body={"properties": properties}))


def list_categories(
    client: Management,
    resource: str,
    resource_group_name: str | None = None,
    resource_type: str | None = None,
    resource_namespace: str | None = None,
    resource_parent: str | None = None,
) -> Document:
    """List the diagnostic settings categories for the specified resource."""
    path = resource_path(Target(resource, resource_group_name, resource_type, resource_namespace, resource_parent))
    return [_flat(one) for one in client.at("GET", path + _CATEGORIES, _VERSION)["value"]]


def show_category(
    client: Management,
    name: str,
    resource: str,
    resource_group_name: str | None = None,
    resource_type: str | None = None,
    resource_namespace: str | None = None,
    resource_parent: str | None = None,
) -> Document:
    """Get the diagnostic settings category for the specified resource."""
    path = resource_path(Target(resource, resource_group_name, resource_type, resource_namespace, resource_parent))
    return _flat(client.at("GET", _path(path, _CATEGORIES, name), _VERSION))


def _group_of(client: Management, path: str) -> str:
    """The id of the resource's group, where destinations lie that are given by name."""
    if not path.lower().startswith("/subscriptions/"):
        path = f"/subscriptions/{client.subscription}{path}"
    return "/".join(path.split("/")[:_GROUP_PARTS])


def _path(resource: str, below: str, name: str) -> str:
    return f"{resource}{below}/{quote(name, safe='')}"


def _flat(document: dict[str, Any]) -> dict[str, Any]:
    """A document with its properties one level up, as `az` prints it."""
    return {**document.pop("properties"), **document}


def _expand(group: str, kind: str, name_or_id: str | None) -> str | None:
    """The id that a name stands for, in the group of the resource."""
    if not name_or_id or name_or_id.startswith("/"):
        return name_or_id
    return f"{group}/providers/{kind}/{name_or_id}"


def _rule(group: str, event_hub: str | None, rule: str | None) -> str | None:
    """A rule by its name lies in the namespace of the event hub's name."""
    if not rule or rule.startswith("/"):
        return rule
    return f"{group}/providers/Microsoft.EventHub/namespaces/{event_hub}/AuthorizationRules/{rule}"


def _list(option: str, text: str | None) -> list[Any] | None:
    if text is None:
        return None
    value = parse_value(option, text)
    if isinstance(value, dict):  # `az` takes one object for a list of it
        value = [value]
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise CLIError(f"{option}: expected a list of objects, such as [{{category:ConnectivityLogs,enabled:true}}].")
    return [{_camel(member): _renamed(part) for member, part in one.items()} for one in value]


def _renamed(value: Any) -> Any:  # noqa: ANN401 - JSON
    return {_camel(member): part for member, part in value.items()} if isinstance(value, dict) else value


def _camel(name: str) -> str:
    """A member's name as the API has it: the shorthand writes retention-policy."""
    first, *rest = name.split("-")
    return first + "".join(word.capitalize() for word in rest)
