"""Traces and metrics at an OpenTelemetry collector, and what a server does whose collector is not there."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from tests.running_server import RunningServer, eventually, running_server

from linarite.http.telemetry import Telemetry

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


class Collector:
    """Keeps what is posted to it."""

    def __init__(self) -> None:
        self.posts: list[tuple[str, dict[str, Any]]] = []
        self.status = 200
        self.endpoint = ""

    async def take(self, request: web.Request) -> web.Response:
        assert request.content_type == "application/json"
        self.posts.append((request.path, json.loads(await request.read())))
        return web.json_response({}, status=self.status)

    def spans(self) -> list[dict[str, Any]]:
        return [
            span
            for path, document in self.posts
            if path == "/base/v1/traces"
            for resource in document["resourceSpans"]
            for scope in resource["scopeSpans"]
            for span in scope["spans"]
        ]

    def metrics(self) -> dict[str, dict[str, Any]]:
        """The last metrics by name."""
        documents = [document for path, document in self.posts if path == "/base/v1/metrics"]
        (resource,) = documents[-1]["resourceMetrics"]
        return {metric["name"]: metric for scope in resource["scopeMetrics"] for metric in scope["metrics"]}


@pytest.fixture
async def collector() -> AsyncIterator[Collector]:
    found = Collector()
    app = web.Application()
    app.router.add_post("/{path:.*}", found.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert site._server is not None
    found.endpoint = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}/base"  # type: ignore[attr-defined]
    yield found
    await runner.cleanup()


def telemetry_of(server: RunningServer) -> Telemetry:
    telemetry = server.server._telemetry
    assert telemetry is not None
    return telemetry


def attributes(document: dict[str, Any]) -> dict[str, Any]:
    return {one["key"]: next(iter(one["value"].values())) for one in document["attributes"]}


@asynccontextmanager
async def measured(folder: Path, collector: Collector, **more: Any) -> AsyncIterator[RunningServer]:
    async with running_server(folder, otlp_endpoint=collector.endpoint, **more) as server:
        yield server


async def test_a_call_is_a_span_in_its_caller_s_trace(tmp_path: Path, collector: Collector) -> None:
    async with measured(tmp_path, collector) as server:
        headers = {"traceparent": f"00-{TRACE}-{PARENT}-01"}
        path = "/api/hubs/chat/groups/g/:send?api-version=2024-12-01&secret=1"
        assert (await server.rest("POST", path, "x", "text/plain", headers=headers)).status == 202
        assert (await server.rest("GET", "/api/nothing")).status == 404
        await telemetry_of(server).export_spans()
    first, second = collector.spans()
    assert (first["traceId"], first["parentSpanId"], first["kind"]) == (TRACE, PARENT, 2)
    assert first["name"] == "POST /api/hubs/{hub}/groups/{group}/:send"
    assert attributes(first) == {
        "http.request.method": "POST",
        "http.response.status_code": "202",
        "http.route": "/api/hubs/{hub}/groups/{group}/:send",
        "webpubsub.hub": "chat",
        "webpubsub.rest.category": "SendToGroup",
    }
    assert 0 < int(first["endTimeUnixNano"]) - int(first["startTimeUnixNano"]) < 5 * 10**9
    assert (second["name"], "parentSpanId" in second) == ("GET", False)
    assert "secret" not in json.dumps(collector.posts)


async def test_an_event_is_a_span_whose_trace_goes_on_upstream(tmp_path: Path, collector: Collector) -> None:
    heard: list[str] = []

    async def handle(request: web.Request) -> web.Response:
        if request.method == "OPTIONS":
            return web.Response(headers={"WebHook-Allowed-Origin": "*"})
        heard.append(request.headers["traceparent"])
        return web.Response(status=204 if request.headers["ce-eventName"] == "good" else 500)

    runner = web.AppRunner(_app(handle))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert site._server is not None
    port = site._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
    async with measured(tmp_path, collector) as server:
        members = {"urlTemplate": f"http://127.0.0.1:{port}/up?code=secret", "userEventPattern": "*"}
        body = {"properties": {"eventHandlers": [members]}}
        server.registry.put_hub(server.resource.resource_group, server.resource.name, "chat", body)
        client = await server.connect("chat")
        await client.ask({"type": "event", "event": "good", "data": 1, "ackId": 1})
    await runner.cleanup()
    (span,) = collector.spans()
    assert heard == [f"00-{span['traceId']}-{span['spanId']}-01"]
    assert (span["name"], span["kind"], "status" in span) == ("event good", 3, False)
    assert attributes(span)["url.full"] == f"http://127.0.0.1:{port}/up"
    assert attributes(span)["http.response.status_code"] == "204"


def _app(handle: Any) -> web.Application:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    return app


async def test_metrics_are_those_of_the_metrics_page(tmp_path: Path, collector: Collector) -> None:
    async with measured(tmp_path, collector) as server:
        await server.connect("chat")
        await telemetry_of(server).export_metrics()
        metrics = collector.metrics()
        opened = metrics["webpubsub_connection_open"]["sum"]
        assert (opened["isMonotonic"], opened["aggregationTemporality"]) == (True, 2)
        (point,) = opened["dataPoints"]
        assert (point["asDouble"], attributes(point)) == (1.0, {"resource": "linarite"})
        assert int(point["startTimeUnixNano"]) <= int(point["timeUnixNano"])
        (count,) = metrics["webpubsub_connection_count"]["gauge"]["dataPoints"]
        assert attributes(count) == {"resource": "linarite", "hub": "chat"}
        resource = collector.posts[-1][1]["resourceMetrics"][0]["resource"]
        assert attributes(resource)["service.name"] == "linarite"


async def test_what_is_left_is_sent_at_the_end(tmp_path: Path, collector: Collector) -> None:
    async with measured(tmp_path, collector) as server:
        await server.rest("HEAD", "/api/health")
        assert collector.posts == []
    assert [span["name"] for span in collector.spans()] == ["HEAD /api/health"]
    assert "webpubsub_server_load_percent" in collector.metrics()


async def test_metrics_are_sent_at_their_interval(tmp_path: Path, collector: Collector) -> None:
    async with measured(tmp_path, collector, otlp_interval_seconds=1):
        await eventually(lambda: len([path for path, _ in collector.posts if path.endswith("metrics")]) >= 2)


@pytest.mark.parametrize("status", [503, None])
async def test_a_collector_that_takes_nothing_costs_spans_and_nothing_else(
    tmp_path: Path, collector: Collector, status: int | None, caplog: pytest.LogCaptureFixture
) -> None:
    if status is None:
        collector.endpoint = "http://127.0.0.1:1"
    else:
        collector.status = status
    async with measured(tmp_path, collector) as server:
        with caplog.at_level(logging.WARNING, logger="linarite.http.telemetry"):
            for _ in range(3):
                await server.rest("HEAD", "/api/health")
                await telemetry_of(server).export_spans()
        said = [record.getMessage() for record in caplog.records if record.name == "linarite.http.telemetry"]
        assert said == ["telemetry not exported"]
        assert server.server._spans.dropped == 3
        collector.status = 200
        await server.connect("chat")


async def test_without_an_endpoint_nothing_is_measured_for_it(tmp_path: Path) -> None:
    async with running_server(tmp_path) as server:
        assert server.server._telemetry is None
        assert server.server._spans is None
        await asyncio.sleep(0)
