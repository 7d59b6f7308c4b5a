"""The families of `/metrics` in OTLP's JSON form: one table of metrics, told in two ways."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from linarite.monitoring.otlp import otlp_attributes

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

__all__ = ["metrics_document"]

_CUMULATIVE = 2  # AggregationTemporality
_NANOSECONDS = 1_000_000_000


def metrics_document(
    families: Iterable[Metric], resource: Mapping[str, object], version: str, started: float, now: float
) -> dict[str, Any]:
    """An ExportMetricsServiceRequest; counters have been counting since `started`."""
    span = (str(int(started * _NANOSECONDS)), str(int(now * _NANOSECONDS)))
    metrics = [_metric(family, *span) for family in families if family.samples]
    scope = {"name": "linarite", "version": version}
    return {"resourceMetrics": [{"resource": resource, "scopeMetrics": [{"scope": scope, "metrics": metrics}]}]}


def _metric(family: Metric, started: str, now: str) -> dict[str, Any]:
    document: dict[str, Any] = {"name": family.name, "description": family.documentation}
    if family.type == "counter":
        points = [{**_point(sample, now), "startTimeUnixNano": started} for sample in family.samples]
        document["sum"] = {"dataPoints": points, "aggregationTemporality": _CUMULATIVE, "isMonotonic": True}
    else:
        document["gauge"] = {"dataPoints": [_point(sample, now) for sample in family.samples]}
    return document


def _point(sample: Any, now: str) -> dict[str, Any]:  # noqa: ANN401 - prometheus-client's sample is untyped
    return {"attributes": otlp_attributes(sample.labels), "timeUnixNano": now, "asDouble": float(sample.value)}
