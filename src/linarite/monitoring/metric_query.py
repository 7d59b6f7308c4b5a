"""What a query for metrics asks, and its answer in the form of the management API (Metrics - List, 2018-01-01)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from linarite.monitoring.meters import Series
from linarite.monitoring.metric_definitions import (
    DEFINITIONS,
    NAMESPACE,
    Aggregation,
    MetricDefinition,
    definition_of,
)
from linarite.monitoring.metric_filters import ANY_VALUE, InvalidMetricFilter, parse_metric_filter
from linarite.monitoring.metric_history import MINUTE_SECONDS, Minute, Sample
from linarite.monitoring.metric_times import (
    WHOLE_SPAN,
    InvalidTime,
    TimeSpan,
    interval_text,
    parse_interval,
    parse_timespan,
    time_text,
)

__all__ = ["InvalidMetricQuery", "MetricQuery", "parse_metric_query"]

_TOP_DEFAULT = 10
_TOP_LIMIT = 1000
# A day by minutes; whoever wants more takes longer intervals. Else one call could ask for years of empty points.
_POINTS_LIMIT = 20_000

_AGGREGATIONS = {aggregation.value.lower(): aggregation for aggregation in Aggregation}
# Words that the API's description has for sorting beside the aggregations' own.
_ORDER_WORDS = {**_AGGREGATIONS, "sum": Aggregation.TOTAL, "avg": Aggregation.AVERAGE, "min": Aggregation.MINIMUM,
                "max": Aggregation.MAXIMUM}  # fmt: skip
_READ: Mapping[Aggregation, Callable[[Sample], float]] = {
    Aggregation.TOTAL: lambda sample: sample.total,
    Aggregation.COUNT: lambda sample: float(sample.measurements),
    Aggregation.AVERAGE: lambda sample: sample.total / sample.measurements,
    Aggregation.MINIMUM: lambda sample: sample.minimum,
    Aggregation.MAXIMUM: lambda sample: sample.maximum,
}


class InvalidMetricQuery(ValueError):
    """A parameter of the query is wrong; `target` names it."""

    def __init__(self, target: str, message: str) -> None:
        super().__init__(message)
        self.target = target


@dataclass(frozen=True, slots=True)
class MetricQuery:
    """A query that can be answered."""

    metrics: Sequence[MetricDefinition]
    span: TimeSpan
    interval: int
    aggregations: Sequence[Aggregation]
    """None of them: each metric's first."""
    wanted: Mapping[str, Sequence[str]]
    """Values by dimension in lower case; without any, a metric's dimensions are summed up."""
    top: int
    order: tuple[Aggregation, bool] | None
    """By what series are sorted, and whether the largest come first."""
    is_metadata: bool

    def answer(self, resource_id: str, region: str, minutes: Sequence[Minute]) -> dict[str, Any]:
        """The document for what was sampled in the span."""
        document: dict[str, Any] = {
            "cost": 0,
            "timespan": f"{time_text(self.span[0])}/{time_text(self.span[1])}",
            "interval": interval_text(self.interval),
            "value": [self._metric(metric, resource_id, minutes) for metric in self.metrics],
            "namespace": NAMESPACE,
            "resourceregion": region,
        }
        if self.is_metadata:
            del document["interval"]
        return document

    def _metric(self, metric: MetricDefinition, resource_id: str, minutes: Sequence[Minute]) -> dict[str, Any]:
        return {
            "id": f"{resource_id}/providers/Microsoft.Insights/metrics/{metric.name}",
            "type": "Microsoft.Insights/metrics",
            "name": {"value": metric.name, "localizedValue": metric.display_name},
            "displayDescription": metric.description,
            "unit": metric.unit,
            "timeseries": self._series(metric, minutes),
            "errorCode": "Success",
        }

    def _series(self, metric: MetricDefinition, minutes: Sequence[Minute]) -> list[dict[str, Any]]:
        points: dict[Series, dict[int, Sample]] = defaultdict(dict)
        for minute in minutes:
            for series, sample in minute.samples.items():
                if series[0] == metric.name and self._wants(metric, series):
                    self._add(points[self._key(metric, series)], minute.start, sample)
        if not self.wanted:
            points.setdefault((), {})
        chosen = self._sorted(points)[: self.top]
        known = range(minutes[0].start, minutes[-1].start + MINUTE_SECONDS) if minutes else range(0)
        return [self._one_series(metric, key, found, known) for key, found in chosen]

    def _wants(self, metric: MetricDefinition, series: Series) -> bool:
        for dimension, value in zip(metric.dimensions, series[1:], strict=True):
            wanted = self.wanted.get(dimension.lower())
            if wanted is not None and ANY_VALUE not in wanted and value.lower() not in wanted:
                return False
        return True

    def _key(self, metric: MetricDefinition, series: Series) -> Series:
        """The values of the dimensions that the query names; the others are summed up."""
        named = zip(metric.dimensions, series[1:], strict=True)
        return tuple(value for dimension, value in named if dimension.lower() in self.wanted)

    def _add(self, found: dict[int, Sample], minute: int, sample: Sample) -> None:
        """Series that fall together in a minute are summed up, minutes that fall together in an interval joined."""
        known = found.get(minute)
        if known is None:
            found[minute] = sample
        else:
            total = known.total + sample.total
            found[minute] = Sample(total, total, total, 1)

    def _sorted(self, points: Mapping[Series, dict[int, Sample]]) -> list[tuple[Series, dict[int, Sample]]]:
        rows = sorted(points.items())
        if self.order is not None:
            aggregation, largest_first = self.order
            read = _READ[aggregation]
            rows.sort(key=lambda row: read(_all(row[1])) if row[1] else 0.0, reverse=largest_first)
        return rows

    def _one_series(
        self, metric: MetricDefinition, key: Series, found: Mapping[int, Sample], known: range
    ) -> dict[str, Any]:
        names = [dimension.lower() for dimension in metric.dimensions if dimension.lower() in self.wanted]
        series: dict[str, Any] = {
            "metadatavalues": [
                {"name": {"value": name, "localizedValue": name}, "value": value}
                for name, value in zip(names, key, strict=True)
            ]
        }
        if not self.is_metadata:
            series["data"] = self._points(metric, found, known)
        return series

    def _points(self, metric: MetricDefinition, found: Mapping[int, Sample], known: range) -> list[dict[str, Any]]:
        aggregations = self.aggregations or metric.aggregations[:1]
        joined: dict[int, Sample] = {}
        for minute, sample in found.items():
            start = self._interval_of(minute)
            joined[start] = joined[start].joined(sample) if start in joined else sample
        points = []
        for start in self._starts():
            point: dict[str, Any] = {"timeStamp": time_text(start)}
            if start in joined:
                point.update((one.value.lower(), _READ[one](joined[start])) for one in aggregations)
            elif metric.is_count and Aggregation.TOTAL in aggregations and start in known:
                point["total"] = 0.0
            points.append(point)
        return points

    def _starts(self) -> Sequence[int]:
        first = self._interval_of(int(self.span[0]))
        return [first] if self.interval == WHOLE_SPAN else range(first, ceil(self.span[1]), self.interval)

    def _interval_of(self, second: int) -> int:
        if self.interval == WHOLE_SPAN:
            return int(self.span[0]) // MINUTE_SECONDS * MINUTE_SECONDS
        return second // self.interval * self.interval

    @property
    def first_minute(self) -> int:
        """From which minute on samples are wanted: the beginning of the first interval."""
        return self._interval_of(int(self.span[0]))


def _all(found: Mapping[int, Sample]) -> Sample:
    samples = iter(found.values())
    joined = next(samples)
    for sample in samples:
        joined = joined.joined(sample)
    return joined


def parse_metric_query(parameters: Mapping[str, str], now: float) -> MetricQuery:
    """The query that these parameters of a URL ask, names in lower case. Raises InvalidMetricQuery."""
    check_namespace(parameters.get("metricnamespace"))
    metrics = _metrics(parameters.get("metricnames"))
    try:
        span = parse_timespan(parameters.get("timespan"), now)
    except InvalidTime as error:
        raise InvalidMetricQuery("timespan", str(error)) from None
    try:
        interval = parse_interval(parameters.get("interval"))
    except InvalidTime as error:
        raise InvalidMetricQuery("interval", str(error)) from None
    if interval and (span[1] - span[0]) / interval > _POINTS_LIMIT:
        message = f"Expected at most {_POINTS_LIMIT} intervals in the time span; ask for longer intervals or less time."
        raise InvalidMetricQuery("interval", message)
    return MetricQuery(
        metrics,
        span,
        interval,
        _aggregations(parameters.get("aggregation")),
        _wanted(parameters.get("$filter"), metrics),
        _top(parameters.get("top")),
        _order(parameters.get("orderby")),
        _is_metadata(parameters.get("resulttype")),
    )


def check_namespace(name: str | None) -> None:
    """Raise InvalidMetricQuery for a namespace that a resource of this kind does not have."""
    if name and name.lower() != NAMESPACE.lower():
        raise InvalidMetricQuery("metricnamespace", f"Expected the metric namespace {NAMESPACE}, got '{name[:100]}'.")


def _metrics(names: str | None) -> Sequence[MetricDefinition]:
    if not names:
        return DEFINITIONS
    found = []
    for name in dict.fromkeys(part.strip() for part in names.split(",")):
        definition = definition_of(name)
        if definition is None:
            valid = ", ".join(one.name for one in DEFINITIONS)
            raise InvalidMetricQuery(
                "metricnames", f"Failed to find metric configuration for metric '{name[:100]}'. Valid metrics: {valid}."
            )
        found.append(definition)
    return found


def _aggregations(text: str | None) -> Sequence[Aggregation]:
    found = []
    for word in (text or "").split(","):
        aggregation = _AGGREGATIONS.get(word.strip().lower())
        if aggregation is not None:
            found.append(aggregation)
        elif word.strip() and word.strip().lower() != "none":
            expected = ", ".join(one.value for one in Aggregation)
            raise InvalidMetricQuery("aggregation", f"Expected some of {expected}, got '{word.strip()[:40]}'.")
    return found


def _wanted(text: str | None, metrics: Sequence[MetricDefinition]) -> Mapping[str, Sequence[str]]:
    if not text or not text.strip():
        return {}
    try:
        wanted = parse_metric_filter(text)
    except InvalidMetricFilter as error:
        raise InvalidMetricQuery("$filter", str(error)) from None
    for metric in metrics:
        known = {dimension.lower() for dimension in metric.dimensions}
        for name in wanted:
            if name not in known:
                has = ", ".join(metric.dimensions) or "none"
                message = f"Metric {metric.name} does not support the dimension '{name[:100]}'. Its dimensions: {has}."
                raise InvalidMetricQuery("$filter", message)
    return {name: [value.lower() for value in values] for name, values in wanted.items()}


def _top(text: str | None) -> int:
    if not text:
        return _TOP_DEFAULT
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:10]) <= _TOP_LIMIT:
        raise InvalidMetricQuery("top", f"Expected a whole number from 1 to {_TOP_LIMIT}, got '{text[:40]}'.")
    return int(text)


def _order(text: str | None) -> tuple[Aggregation, bool] | None:
    if not text or not text.strip():
        return None
    word, _, direction = text.strip().lower().partition(" ")
    aggregation = _ORDER_WORDS.get(word)
    if aggregation is None or direction.strip() not in ("", "asc", "desc"):
        raise InvalidMetricQuery("orderby", f"Expected an aggregation and asc or desc, got '{text[:40]}'.")
    return aggregation, direction.strip() == "desc"


def _is_metadata(text: str | None) -> bool:
    if text and text.lower() not in ("data", "metadata"):
        raise InvalidMetricQuery("resultType", f"Expected Data or Metadata, got '{text[:40]}'.")
    return (text or "").lower() == "metadata"
