"""Calls to event handlers, for people who develop one and for those who watch a server.

`/linarite/event-calls` shows what `linarite dev` has kept of the last calls, and makes one of them again. `/metrics`
counts all of them, in the text form of Prometheus. Both ask for the administrator's credential.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from linarite.access.management import ManagementAccess
from linarite.events.call_log import CallLog, CallRecord
from linarite.events.counters import EventCounters

__all__ = ["event_call_routes"]

Replay = Callable[[int], Awaitable[CallRecord | None]]
Endpoint = Callable[[Request], Awaitable[Response]]

_CALLS = "/linarite/event-calls"
_METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def event_call_routes(
    access: ManagementAccess, counters: EventCounters, calls: CallLog | None, replay: Replay
) -> list[BaseRoute]:
    """The routes; without a call log (in production) there are only the metrics."""

    async def metrics(request: Request) -> Response:
        return Response(_metrics(counters), media_type=_METRICS_TYPE)

    async def list_calls(request: Request) -> Response:
        assert calls is not None
        return _json(200, {"value": list(calls.records())})

    async def replay_call(request: Request) -> Response:
        record = await replay(request.path_params["number"])
        if record is None:
            return _error(404, "NotFound", f"The call {request.path_params['number']} is not kept any more.")
        return _json(200, record)

    routes: list[BaseRoute] = [Route("/metrics", _guarded(access, metrics), methods=["GET"])]
    if calls is not None:
        routes.append(Route(_CALLS, _guarded(access, list_calls), methods=["GET"]))
        routes.append(Route(_CALLS + "/{number:int}/replay", _guarded(access, replay_call), methods=["POST"]))
    return routes


def _metrics(counters: EventCounters) -> bytes:
    """The counters in Prometheus' text form."""
    # Imported when somebody asks: it takes a tenth of the time that a start may have.
    from prometheus_client import CollectorRegistry, generate_latest
    from prometheus_client.core import CounterMetricFamily
    from prometheus_client.registry import Collector

    family = CounterMetricFamily(
        "linarite_event_calls",
        "Calls to event handlers by resource, hub, event and result.",
        labels=["resource", "hub", "event", "result"],
    )
    for (resource, hub, event, result), count in counters.counts().items():
        family.add_metric([resource, hub, event, result.value], count)

    class Family(Collector):
        def collect(self) -> list[CounterMetricFamily]:
            return [family]

    registry = CollectorRegistry()
    registry.register(Family())
    return generate_latest(registry)


def _guarded(access: ManagementAccess, endpoint: Endpoint) -> Endpoint:
    async def guarded(request: Request) -> Response:
        if not access.is_administrator(request.headers.get("authorization", "")):
            refused = _error(401, "AuthenticationFailed", "Expected the administrator's credential as bearer token.")
            refused.headers["WWW-Authenticate"] = "Bearer"
            return refused
        return await endpoint(request)

    return guarded


def _json(status: int, value: object) -> Response:
    return Response(msgspec.json.encode(value), status, media_type="application/json; charset=utf-8")


def _error(status: int, code: str, message: str) -> Response:
    return _json(status, {"error": {"code": code, "message": message}})
