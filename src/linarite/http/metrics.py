"""`/metrics` for Prometheus, and `/linarite/usage`, which tells what each resource used on a day.

Both ask for the administrator's credential.
"""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from linarite.access.management import ManagementAccess
from linarite.http.administration import error_answer, guarded, json_answer
from linarite.http.metric_families import MetricSources, exposition
from linarite.monitoring.usage import day_of

__all__ = ["metric_routes"]

_METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def metric_routes(access: ManagementAccess, sources: MetricSources) -> list[BaseRoute]:
    """The routes."""

    async def metrics(request: Request) -> Response:
        return Response(exposition(sources), media_type=_METRICS_TYPE)

    async def usage(request: Request) -> Response:
        measuring = sources.measuring
        day = request.query_params.get("day") or day_of(measuring.now())
        if _DAY.fullmatch(day) is None:
            return error_answer(400, "BadRequest", f"day: expected a day such as 2026-01-31, got '{day[:40]}'.")
        return json_answer(200, {"day": day, "resources": measuring.usage.on(day)})

    return [
        Route("/metrics", guarded(access, metrics), methods=["GET"]),
        Route("/linarite/usage", guarded(access, usage), methods=["GET"]),
    ]
