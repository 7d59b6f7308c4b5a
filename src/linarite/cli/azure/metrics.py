"""What `monitor metrics …` does. First sentences of the texts here are the commands' help."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from knack.util import CLIError

from linarite.cli.azure.management import Document, Management
from linarite.cli.azure.metric_arguments import Target, duration_of, parse_period, resource_path, timespan

__all__ = ["definitions_table", "list_definitions", "list_metrics", "list_namespaces", "metrics_table"]

_INSIGHTS = "/providers/Microsoft.Insights"
# The api-versions that `az` 2.91 asks by.
_METRICS_VERSION = "2018-01-01"
_NAMESPACES_VERSION = "2017-12-01-preview"


def list_metrics(
    client: Management,
    resource: str,
    resource_group_name: str | None = None,
    resource_type: str | None = None,
    resource_namespace: str | None = None,
    resource_parent: str | None = None,
    metrics: Sequence[str] | None = None,
    aggregation: Sequence[str] | None = None,
    interval: str = "1m",
    start_time: str | None = None,
    end_time: str | None = None,
    offset: str = "1h",
    filters: str | None = None,
    dimension: Sequence[str] | None = None,
    metadata: bool = False,
    orderby: str | None = None,
    top: int = 10,
    metric_namespace: str | None = None,
) -> Document:
    """List the metric values for a resource."""
    if filters and dimension:
        raise CLIError("usage: --dimension and --filter parameters are mutually exclusive.")
    if dimension:
        filters = " and ".join(f"{name} eq '*'" for name in dimension)
    target = Target(resource, resource_group_name, resource_type, resource_namespace, resource_parent)
    query = {
        "timespan": timespan(start_time, end_time, offset, datetime.now(UTC)),
        "interval": "FULL" if interval.upper() == "FULL" else duration_of(parse_period(interval)),
        "metricnames": ",".join(metrics) if metrics else None,
        "aggregation": ",".join(aggregation) if aggregation else None,
        "$filter": filters,
        "orderby": orderby,
        "top": str(top),
        "resultType": "Metadata" if metadata else None,
        "metricnamespace": metric_namespace,
    }
    return client.at("GET", f"{resource_path(target)}{_INSIGHTS}/metrics", _METRICS_VERSION, query)


def list_definitions(
    client: Management,
    resource: str,
    resource_group_name: str | None = None,
    resource_type: str | None = None,
    resource_namespace: str | None = None,
    resource_parent: str | None = None,
    metric_namespace: str | None = None,
) -> Document:
    """List the metric definitions for the resource."""
    target = Target(resource, resource_group_name, resource_type, resource_namespace, resource_parent)
    query = {"metricnamespace": metric_namespace}
    path = f"{resource_path(target)}{_INSIGHTS}/metricDefinitions"
    return client.at("GET", path, _METRICS_VERSION, query)["value"]


def list_namespaces(
    client: Management,
    resource: str,
    resource_group_name: str | None = None,
    resource_type: str | None = None,
    resource_namespace: str | None = None,
    resource_parent: str | None = None,
    start_time: str | None = None,
) -> Document:
    """List the metric namespaces for the resource."""
    target = Target(resource, resource_group_name, resource_type, resource_namespace, resource_parent)
    path = f"{resource_path(target)}{_INSIGHTS}/metricNamespaces"
    return client.at("GET", path, _NAMESPACES_VERSION, {"startTime": start_time})["value"]


def metrics_table(result: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of `monitor metrics list --output table`."""
    rows: list[dict[str, Any]] = []
    for metric in result["value"]:
        for series in metric["timeseries"]:
            named = {one["name"]["localizedValue"]: one["value"] for one in series["metadatavalues"]}
            for point in series.get("data", ()):
                values = {name: value for name, value in point.items() if name != "timeStamp"}
                time = point["timeStamp"].replace("T", " ").removesuffix("Z")
                rows.append({"Timestamp": time, "Name": metric["name"]["localizedValue"], **named, **values})
    return rows


def definitions_table(result: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of `monitor metrics list-definitions --output table`."""
    return [
        {
            "Display Name": one["name"]["localizedValue"],
            "Metric Name": one["name"]["value"],
            "Unit": one["unit"],
            "Type": one["primaryAggregationType"],
            "Dimension Required": str(one["isDimensionRequired"]),
            "Dimensions": ", ".join(dimension["value"] for dimension in one["dimensions"]),
        }
        for one in result
    ]
