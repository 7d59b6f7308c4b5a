"""The commands of `monitor diagnostic-settings` and `monitor logs`, their options and examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from knack.arguments import ArgumentsContext

from linarite.cli.azure.arguments import SwitchAction
from linarite.cli.azure.log_entries import entry_table

__all__ = [
    "LOG_EXAMPLES",
    "LOG_GROUPS",
    "add_category_commands",
    "add_log_commands",
    "add_log_options",
    "add_setting_commands",
]

LOG_GROUPS = {
    "monitor diagnostic-settings": "Manage where the logs of a resource go.",
    "monitor diagnostic-settings categories": "View the categories of logs that a resource has.",
    "monitor logs": "Search the logs that resources have written.",
}

_BY_NAME = "--resource my-pubsub-demo -g rg-pubsub-demo --resource-type Microsoft.SignalRService/webPubSub"
LOG_EXAMPLES: Mapping[str, Sequence[tuple[str, str]]] = {
    "monitor diagnostic-settings create": [
        (
            "Send connectivity and messaging logs to a workspace.",
            f"linarite monitor diagnostic-settings create --name logs {_BY_NAME} --workspace my-workspace "
            "--logs '[{category:ConnectivityLogs,enabled:true},{category:MessagingLogs,enabled:true}]'",
        ),
        (
            "Keep the requests of each hour in a storage account for 30 days.",
            f"linarite monitor diagnostic-settings create --name archive {_BY_NAME} --storage-account myarchive "
            "--logs '[{category:HttpRequestLogs,enabled:true,retention-policy:{enabled:true,days:30}}]'",
        ),
    ],
    "monitor diagnostic-settings update": [
        (
            "Write all logs to standard output as well.",
            f"linarite monitor diagnostic-settings update --name logs {_BY_NAME} "
            "--event-hub-rule /providers/Microsoft.EventHub/namespaces/stdout/authorizationRules/send "
            "--logs '[{category-group:allLogs,enabled:true}]'",
        ),
    ],
    "monitor diagnostic-settings show": [
        (
            "Show which categories are on.",
            f"linarite monitor diagnostic-settings show --name logs {_BY_NAME} --query logs[].category",
        ),
    ],
    "monitor diagnostic-settings list": [
        ("List a resource's settings.", f'linarite monitor diagnostic-settings list {_BY_NAME} --query "[].name"'),
    ],
    "monitor diagnostic-settings categories list": [
        (
            "List the categories of logs.",
            f'linarite monitor diagnostic-settings categories list {_BY_NAME} --query "[].name" -o tsv',
        ),
    ],
    "monitor diagnostic-settings categories show": [
        (
            "Show one category.",
            f"linarite monitor diagnostic-settings categories show --name MessagingLogs {_BY_NAME}",
        ),
    ],
    "monitor logs query": [
        (
            "What connections did in the last hour, as a table.",
            "linarite monitor logs query --workspace my-workspace --category ConnectivityLogs --offset 1h -o table",
        ),
        (
            "Everything about one message.",
            "linarite monitor logs query --workspace my-workspace --trace-id 4bf92f3577b34da6a3ce929d0e0e4736",
        ),
    ],
    "monitor logs list-workspaces": [
        ("List the workspaces.", 'linarite monitor logs list-workspaces --query "[].name" -o tsv'),
    ],
    "monitor diagnostic-settings delete": [
        ("Send the logs nowhere.", f"linarite monitor diagnostic-settings delete --name logs {_BY_NAME}"),
    ],
}


def add_setting_commands(group: Any) -> None:  # noqa: ANN401 - knack has no types
    """Add the commands to `monitor diagnostic-settings`, whose functions are in the module `diagnostic_settings`."""
    group.command("create", "create")
    group.command("show", "show")
    group.command("list", "list_settings")
    group.command("update", "update")
    group.command("delete", "delete")


def add_category_commands(group: Any) -> None:  # noqa: ANN401 - knack has no types
    """Add the commands to `monitor diagnostic-settings categories`; their functions are in the same module."""
    group.command("list", "list_categories")
    group.command("show", "show_category")


def add_log_commands(group: Any) -> None:  # noqa: ANN401 - knack has no types
    """Add the commands to `monitor logs`, whose functions are in the module `log_entries`."""
    group.command("query", "query", table_transformer=entry_table)
    group.command("list-workspaces", "list_workspaces")


def add_log_options(loader: Any) -> None:  # noqa: ANN401 - knack has no types
    """Tell the options of these commands."""
    with ArgumentsContext(loader, "monitor diagnostic-settings") as options:
        options.argument("name", options_list=["--name", "-n"], help="Name of the diagnostic setting.")
        options.argument("resource", help="Name or id of the resource.")
        options.argument(
            "resource_group_name", options_list=["--resource-group", "-g"], help="Name of the resource group."
        )
        options.argument("resource_type", help="The type of a resource that is named, with or without its namespace.")
        options.argument("resource_namespace", help="The namespace of the type.")
        options.argument("resource_parent", help="The parent's path, such as 'TYPE/NAME'.")
        options.argument("logs", help="Categories of logs: a list as JSON, shorthand, or @FILE.")
        options.argument("metrics", help="Categories of metrics: a list as JSON, shorthand, or @FILE.")
        options.argument("workspace", help="Name or id of the workspace that gets the logs.")
        options.argument("workspace_id", help="Id of the workspace that gets the logs.")
        options.argument("storage_account", help="Name or id of the storage account that archives the logs.")
        options.argument("storage_account_id", help="Id of the storage account that archives the logs.")
        options.argument("event_hub", help="Name of the event hub; here stdout or otlp.")
        options.argument("event_hub_rule", help="Name or id of a rule of the event hub's namespace, stdout or otlp.")
        options.argument("marketplace_partner_id", help="Refused: a self-hosted server has no partner solutions.")
        options.argument("service_bus_rule_id", help="Refused: a self-hosted server has no Service Bus.")
        options.argument(
            "log_analytics_destination_type",
            options_list=["--log-analytics-destination-type", "--log-ana-dtype"],
            help="Dedicated or AzureDiagnostics; kept, the entries are the same.",
        )
        options.argument(
            "export_to_resource_specific",
            action=SwitchAction,
            nargs="?",
            const="true",
            type=str.lower,
            choices=["true", "false"],
            help="Tables by resource type; kept, the entries are the same. Needs --workspace.",
        )
    with ArgumentsContext(loader, "monitor diagnostic-settings categories") as options:
        options.argument("name", options_list=["--name", "-n"], help="Name of the category.")
    with ArgumentsContext(loader, "monitor logs query") as options:
        options.argument("workspace", options_list=["--workspace", "-w"], help="Name or id of the workspace.")
        options.argument("category", nargs="+", help="ConnectivityLogs, MessagingLogs, HttpRequestLogs.")
        options.argument("operation", help="Name of the operation, such as ConnectionAborted.")
        options.argument("level", help="Informational, Warning or Error.")
        options.argument("hub", help="Name of the hub.")
        options.argument("connection_id", help="Id of the connection.")
        options.argument("user_id", help="Id of the user.")
        options.argument("trace_id", help="Id of the trace: a request, its messages and what they caused.")
        options.argument("resource", help="Name or id of the resource.")
        options.argument("start_time", help="Start time, such as 2026-01-31T12:00:00Z.")
        options.argument("end_time", help="End time; now if left out.")
        options.argument("offset", help="The time before the end, such as 30m or 1d; 24h if there is no start time.")
        options.argument("top", type=int, help="The most entries, the newest; 1000 if left out.")
        options.argument("follow", action="store_true", help="Go on with what comes, one JSON object a line.")
