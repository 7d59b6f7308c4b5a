"""The commands of `monitor metrics`, their options and examples, for the table of commands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from knack.arguments import ArgumentsContext

from linarite.cli.azure.metrics import definitions_table, metrics_table

__all__ = ["METRIC_EXAMPLES", "METRIC_GROUPS", "add_metric_commands", "add_metric_options"]

METRIC_GROUPS = {"monitor metrics": "View resource metrics."}

_RESOURCE = (
    "--resource my-pubsub-demo --resource-group rg-pubsub-demo --resource-type Microsoft.SignalRService/webPubSub"
)
METRIC_EXAMPLES: Mapping[str, Sequence[tuple[str, str]]] = {
    "monitor metrics list": [
        (
            "Connections that closed in the last hour, by reason.",
            f"linarite monitor metrics list {_RESOURCE} --metrics ConnectionCloseCount --interval 5m "
            "--dimension ConnectionCloseCategory",
        ),
        (
            "The most connections of each minute of the last ten, as a table.",
            f"linarite monitor metrics list {_RESOURCE} --metrics TotalConnectionCount --aggregation Maximum "
            "--offset 10m --output table",
        ),
    ],
    "monitor metrics list-definitions": [
        (
            "List the names of a resource's metrics.",
            f'linarite monitor metrics list-definitions {_RESOURCE} --query "[].name.value" --output tsv',
        ),
    ],
    "monitor metrics list-namespaces": [
        (
            "List the namespaces of a resource's metrics.",
            f"linarite monitor metrics list-namespaces {_RESOURCE}",
        ),
    ],
}


def add_metric_commands(group: Any) -> None:  # noqa: ANN401 - knack has no types
    """Add the commands to the group `monitor metrics`, whose functions are in the module `metrics`."""
    group.command("list", "list_metrics", table_transformer=metrics_table)
    group.command("list-definitions", "list_definitions", table_transformer=definitions_table)
    group.command("list-namespaces", "list_namespaces")


def add_metric_options(loader: Any) -> None:  # noqa: ANN401 - knack has no types
    """Tell the options of these commands."""
    with ArgumentsContext(loader, "monitor metrics") as options:
        options.argument("resource", help="Name or id of the resource.")
        options.argument(
            "resource_group_name", options_list=["--resource-group", "-g"], help="Name of the resource group."
        )
        options.argument("resource_type", help="The type of a resource that is named, with or without its namespace.")
        options.argument("resource_namespace", help="The namespace of the type.")
        options.argument("resource_parent", help="The parent's path, such as 'TYPE/NAME'.")
        options.argument("metric_namespace", options_list=["--namespace"], help="Namespace of the metrics.")
        options.argument("start_time", help="Start time, such as 2026-01-31T12:00:00Z.")
    with ArgumentsContext(loader, "monitor metrics list") as options:
        options.argument("metrics", nargs="+", help="Names of metrics; all of them if left out.")
        options.argument("aggregation", nargs="*", type=_aggregation, help="Average, Count, Maximum, Minimum, Total.")
        options.argument("interval", help="The interval of a data point, such as 5m or PT1H, or FULL.")
        options.argument("end_time", help="End time; now if left out.")
        options.argument("offset", help="The time between start and end, where one of them is left out.")
        options.argument("filters", options_list=["--filter"], help="Which series are wanted, by dimensions.")
        options.argument("dimension", nargs="*", help="Dimensions, each value of which is a series of its own.")
        options.argument("metadata", action="store_true", help="Return the series without their data.")
        options.argument("orderby", help="By what series are sorted, such as 'sum desc'.")
        options.argument("top", type=int, help="The most series of a metric.")


def _aggregation(text: str) -> str:
    return text.capitalize()
