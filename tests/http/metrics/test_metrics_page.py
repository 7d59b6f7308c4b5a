"""`/metrics` and `/linarite/usage`: what they tell, to whom, and that the management API tells the same."""

from __future__ import annotations

import time
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families
from tests.http.metrics.conftest import Administrator
from tests.running_server import RunningServer, eventually, running_server

from linarite.events.counters import EventCounters
from linarite.events.outbound import CallResult
from linarite.http.metric_families import OTHER_HUBS, HubSize, MetricSources, exposition
from linarite.monitoring.usage import day_of

RESOURCE = "linarite"


async def test_the_page_is_prometheus_text_and_agrees_with_the_management_api(
    server: RunningServer, administrator: Administrator
) -> None:
    clients = [await server.connect(hub, groups=["g"]) for hub in ("chat", "chat", "Other")]
    await server.send_to_group("chat", "g", "x" * 100)
    for client in clients[:2]:
        await client.frame()
    samples = await administrator.samples()
    assert samples["webpubsub_connection_count"] == {("chat", RESOURCE): 2, ("other", RESOURCE): 1}
    assert samples["webpubsub_connection_open_total"] == {(RESOURCE,): 3}
    assert samples["webpubsub_client_requests_total"] == {("WebPubSub", RESOURCE, "101"): 3}
    assert samples["webpubsub_inbound_bytes_total"] == {(RESOURCE,): 100}
    assert samples["webpubsub_outbound_bytes_total"] == {(RESOURCE,): 200}
    assert samples["webpubsub_messages_today"] == {(RESOURCE,): 1}
    assert samples["webpubsub_rest_requests_total"] == {("SendToGroup", RESOURCE, "LessThan100ms"): 1}
    assert samples["webpubsub_connection_quota"] == {(RESOURCE,): 100_000}
    assert samples["webpubsub_connection_quota_utilization_percent"][RESOURCE,] == 0.003
    assert 0 <= samples["webpubsub_server_load_percent"][()] <= 100
    assert samples["process_resident_memory_bytes"][()] > 10_000_000
    for name, sample in {
        "ConnectionOpenCount": "webpubsub_connection_open_total",
        "InboundTraffic": "webpubsub_inbound_bytes_total",
        "OutboundTraffic": "webpubsub_outbound_bytes_total",
        "RestApiResponseTimeCount": "webpubsub_rest_requests_total",
        "ClientRequestStatus": "webpubsub_client_requests_total",
    }.items():
        assert await administrator.total(name) == sum(samples[sample].values()), name


async def test_the_pages_ask_for_the_administrator_s_credential(server: RunningServer) -> None:
    for path in ("/metrics", "/linarite/usage"):
        answer = await server.rest("GET", path)
        assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, "Bearer")


async def test_usage_is_told_by_day(server: RunningServer, administrator: Administrator) -> None:
    client = await server.connect("chat", groups=["g"])
    await server.send_to_group("chat", "g", "x" * 5000)
    await client.frame()
    server.server._measuring.observe()
    today = day_of(time.time())
    used = {"inboundBytes": 5000, "outboundBytes": 5000, "messages": 3, "peakConnections": 1}
    assert (await administrator.get("/linarite/usage")).json() == {"day": today, "resources": {RESOURCE: used}}
    assert (await administrator.get("/linarite/usage", day="2020-01-01")).json()["resources"] == {}
    refused = await administrator.get("/linarite/usage", day="today")
    assert (refused.status, refused.json()["error"]["code"]) == (400, "BadRequest")


async def test_hubs_beyond_the_largest_are_told_together(server: RunningServer) -> None:
    hubs = [HubSize("r", f"hub{number}", number) for number in range(1, 251)]
    sources = MetricSources(server.server._measuring, lambda: hubs, EventCounters())
    families = {family.name: family for family in text_string_to_metric_families(exposition(sources).decode())}
    sizes = {sample.labels["hub"]: sample.value for sample in families["webpubsub_connection_count"].samples}
    assert len(sizes) == 201
    assert sizes["hub250"] == 250
    assert "hub50" not in sizes
    assert sizes[OTHER_HUBS] == sum(range(1, 51))


async def test_calls_to_event_handlers_are_told(server: RunningServer) -> None:
    counters = EventCounters()
    counters.count("r", "chat", 'odd "name"\\\n', CallResult.ANSWERED)
    page = exposition(MetricSources(server.server._measuring, list, counters)).decode()
    families = {family.name: family for family in text_string_to_metric_families(page)}
    (sample,) = families["linarite_event_calls"].samples
    assert sample.labels == {"resource": "r", "hub": "chat", "event": 'odd "name"\\\n', "result": "answered"}


async def test_lost_entries_of_resource_logs_are_told(tmp_path: Path) -> None:
    """No entry fits into a buffer of one byte; a call has two."""
    async with running_server(tmp_path, resource_log_buffer_bytes=1) as server:
        storage = "/subscriptions/0/resourceGroups/r/providers/Microsoft.Storage/storageAccounts/x"
        logs = [{"category": "HttpRequestLogs", "enabled": True}]
        server.server._setting_book.put(RESOURCE, "all", {"properties": {"storageAccountId": storage, "logs": logs}})
        await server.send_to_group("chat", "g", "x")
        await eventually(lambda: server.server._logs.dropped == 2)
        page = exposition(server.server._metric_sources()).decode()
        families = {family.name: family for family in text_string_to_metric_families(page)}
        assert [sample.value for sample in families["linarite_dropped_log_entries"].samples] == [2]


async def test_a_scrape_of_fifteen_thousand_connections_in_a_hundred_hubs_takes_less_than_20_ms(
    server: RunningServer,
) -> None:
    """Counts are read, never taken: a scrape costs what there are of resources and hubs, not of connections."""
    meters = server.server._measuring.meters
    for resource in range(10):
        meter = meters.of(f"resource{resource}")
        for _ in range(1500):
            meter.connection_opened()
    hubs = [HubSize(f"resource{number % 10}", f"hub{number}", 150) for number in range(100)]
    sources = MetricSources(server.server._measuring, lambda: hubs, EventCounters())
    exposition(sources)
    seconds = []
    for _ in range(5):
        started = time.perf_counter()
        exposition(sources)
        seconds.append(time.perf_counter() - started)
    assert min(seconds) < 0.02
