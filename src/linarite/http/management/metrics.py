"""Metrics as `az monitor metrics` asks for them: below a resource's id, in the platform's form (Microsoft.Insights)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from linarite.http.management.api_versions import any_version
from linarite.http.management.calls import Answer, Call
from linarite.http.management.documents import resource_id
from linarite.http.management.rows import RESOURCE, Row
from linarite.monitoring.metric_definitions import DEFINITIONS, NAMESPACE, MetricDefinition
from linarite.monitoring.metric_history import MetricHistory
from linarite.monitoring.metric_query import InvalidMetricQuery, check_namespace, parse_metric_query
from linarite.resources.errors import ResourceError

__all__ = ["metric_rows"]

_INSIGHTS = f"{RESOURCE}/providers/Microsoft.Insights"


def metric_rows(history: MetricHistory, minutes_kept: int, clock: Callable[[], float]) -> Sequence[Row]:
    """The paths of metrics. Clients of the platform ask for them by several api-versions."""
    metrics = _Metrics(history, minutes_kept, clock)
    return (
        Row(f"{_INSIGHTS}/metrics", {"GET": metrics.list_metrics}, any_version),
        Row(f"{_INSIGHTS}/metricDefinitions", {"GET": metrics.list_definitions}, any_version),
        Row(f"{_INSIGHTS}/metricNamespaces", {"GET": metrics.list_namespaces}, any_version),
    )


@dataclass(frozen=True, slots=True)
class _Metrics:
    """The operations, and what they look into."""

    history: MetricHistory
    minutes_kept: int
    clock: Callable[[], float]

    def list_metrics(self, call: Call) -> Answer:
        """What was sampled of a resource."""
        resource = call.find_resource()
        try:
            query = parse_metric_query(_query(call), self.clock())
        except InvalidMetricQuery as error:
            raise _bad_request(error) from None
        minutes = self.history.minutes(resource.name, query.first_minute, query.span[1])
        return Answer(200, query.answer(resource_id(resource, call.subscription), resource.location, minutes))

    def list_definitions(self, call: Call) -> Answer:
        """Which metrics a resource has."""
        resource = call.find_resource()
        try:
            check_namespace(_query(call).get("metricnamespace"))
        except InvalidMetricQuery as error:
            raise _bad_request(error) from None
        scope = resource_id(resource, call.subscription)
        return Answer(200, {"value": [_definition(one, scope, self.minutes_kept) for one in DEFINITIONS]})

    def list_namespaces(self, call: Call) -> Answer:
        """The one namespace that a resource's metrics are in."""
        resource = call.find_resource()
        scope = resource_id(resource, call.subscription)
        name = NAMESPACE.replace("/", "-")
        namespace = {
            "id": f"{scope}/providers/microsoft.insights/metricNamespaces/{name}",
            "type": "Microsoft.Insights/metricNamespaces",
            "name": name,
            "classification": "Platform",
            "properties": {"metricNamespaceName": NAMESPACE},
        }
        return Answer(200, {"value": [namespace]})


def _query(call: Call) -> Mapping[str, str]:
    """The call's parameters, names in lower case as they compare."""
    return {name.lower(): text for name, text in call.query.items()}


def _bad_request(error: InvalidMetricQuery) -> ResourceError:
    return ResourceError("BadRequest", str(error), error.target)


def _definition(definition: MetricDefinition, scope: str, minutes_kept: int) -> dict[str, Any]:
    return {
        "id": f"{scope}/providers/microsoft.insights/metricdefinitions/{definition.name}",
        "resourceId": scope,
        "namespace": NAMESPACE,
        "category": definition.category,
        "name": {"value": definition.name, "localizedValue": definition.display_name},
        "displayDescription": definition.description,
        "isDimensionRequired": False,
        "unit": definition.unit,
        "primaryAggregationType": definition.aggregations[0].value,
        "supportedAggregationTypes": [one.value for one in definition.aggregations],
        "metricAvailabilities": [{"timeGrain": "PT1M", "retention": f"PT{minutes_kept}M"}],
        "dimensions": [{"value": one, "localizedValue": one} for one in definition.dimensions],
    }
