"""Makes the reference page of metrics from their definitions and from what a server's `/metrics` says of itself."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from linarite.domain.close_categories import CloseCategory
from linarite.events.counters import EventCounters
from linarite.http.metric_families import MetricSources, families
from linarite.monitoring.measuring import Measuring
from linarite.monitoring.metric_definitions import (
    DEFINITIONS,
    ClientType,
    MetricDefinition,
    ResponseTime,
    RestApiCategory,
)
from linarite.resources.registry import Registry
from linarite.resources.sqlite import DATABASE_NAME, SqliteStore
from linarite.settings import Settings

__all__ = ["metrics_page"]

_OPENING = """\
# Metrics

This page is made from the code by `make docs`. What each metric counts here, and how metrics are asked for, is told in
[metrics.md](../metrics.md).

## By the service's names

| Metric | Unit | Aggregations | Dimensions | Meaning |
|---|---|---|---|---|
"""
_DIMENSIONS = {
    "ConnectionCloseCategory": CloseCategory,
    "ClientType": ClientType,
    "ResponseTime": ResponseTime,
    "RestApiCategory": RestApiCategory,
}


def metrics_page() -> str:
    """Return the reference page of all metrics: the service's, their dimensions, and Prometheus' families."""
    defined = "".join(_definition_row(definition) for definition in DEFINITIONS)
    values = "".join(
        f"| `{name}` | {', '.join(f'`{one.value}`' for one in kind)} |\n" for name, kind in _DIMENSIONS.items()
    )
    return (
        f"{_OPENING}{defined}\n## Values of dimensions\n\n| Dimension | Values |\n|---|---|\n{values}"
        f"| `Status` | the HTTP status of the answer |\n"
        f"\n## By Prometheus\n\n| Metric | Type | Meaning |\n|---|---|---|\n{_family_rows()}"
    )


def _definition_row(definition: MetricDefinition) -> str:
    aggregations = ", ".join(one.value for one in definition.aggregations)
    dimensions = ", ".join(f"`{one}`" for one in definition.dimensions) or "–"
    return f"| `{definition.name}` | {definition.unit} | {aggregations} | {dimensions} | {definition.description} |\n"


def _family_rows() -> str:
    """The families of a server on which nothing has happened; those of the process differ between systems."""
    with TemporaryDirectory() as folder, closing(SqliteStore(Path(folder) / DATABASE_NAME)) as store:
        measuring = Measuring(Settings(), Registry(store, "linarite"), store)
        found = list(families(MetricSources(measuring, list, EventCounters())))
    rows = [
        f"| `{one.name}{'_total' if one.type == 'counter' else ''}` | {one.type} | {one.documentation} |\n"
        for one in found
        if not one.name.startswith("process_")
    ]
    return "".join(rows) + "| `process_…` | | Memory, processor time and open files, as of every Prometheus client. |\n"
