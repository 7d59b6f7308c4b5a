"""Metrics below a resource's id, as `az monitor metrics` and the platform's clients ask for them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import quote, quote_plus

import yarl
from tests.http.metrics.conftest import Administrator
from tests.running_server import RunningServer

from linarite.monitoring.metric_definitions import DEFINITIONS


async def test_the_request_of_az_is_answered_though_it_encodes_the_time_span_twice(
    server: RunningServer, administrator: Administrator
) -> None:
    await server.connect("chat")
    now = datetime.now(UTC).replace(tzinfo=None)
    span = quote(quote_plus(f"{(now - timedelta(hours=1)).isoformat()}/{(now + timedelta(minutes=1)).isoformat()}"))
    assert "%253A" in span
    resource = server.resource
    target = f"/subscriptions/s/resourceGroups/{resource.resource_group}/providers/Microsoft.SignalRService/WebPubSub/"
    target += f"{resource.name}/providers/Microsoft.Insights/metrics?interval=PT1M&metricnames=ConnectionOpenCount"
    # As it stands on the wire: an encoded percent sign is one.
    url = yarl.URL(f"{server.endpoint}{target}&timespan={span}&top=10&api-version=2018-01-01", encoded=True)
    answer = await administrator.get_url(url)
    assert answer.status == 200
    (metric,) = answer.json()["value"]
    (series,) = metric["timeseries"]
    assert len(series["data"]) in (61, 62)
    assert sum(point.get("total", 0) for point in series["data"]) == 1


async def test_series_by_dimension_and_without(server: RunningServer, administrator: Administrator) -> None:
    client = await server.connect("chat")
    await client.close()
    for _ in range(2):
        await server.rest("GET", "/client/hubs/chat")
    url = server.client_url("chat", aud="http://elsewhere")
    for _ in range(2):
        answer = await server.rest("GET", url.partition(str(server.port))[2], headers=_upgrade())
        assert answer.status == 401
    asked = {"interval": "FULL", "$filter": "Status eq '*'"}
    (metric,) = (await administrator.metrics("ClientRequestStatus", **asked))["value"]
    found = {one["metadatavalues"][0]["value"]: one["data"][0]["total"] for one in metric["timeseries"]}
    assert found == {"101": 1, "401": 2}
    assert await administrator.total("ClientRequestStatus") == 3


def _upgrade() -> dict[str, str]:
    return {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }


async def test_utilization_follows_the_units(server: RunningServer, administrator: Administrator) -> None:
    resource = server.resource
    server.registry.update(resource.resource_group, resource.name, {"sku": {"name": "Free_F1", "capacity": 1}})
    for _ in range(5):
        await server.connect("chat")
    (metric,) = (await administrator.metrics("ConnectionQuotaUtilization", interval="FULL"))["value"]
    assert metric["unit"] == "Percent"
    assert metric["timeseries"][0]["data"][0]["maximum"] == 25.0


async def test_definitions_and_the_namespace_are_listed(server: RunningServer, administrator: Administrator) -> None:
    definitions = (await administrator.metrics("", "metricDefinitions"))["value"]
    assert [one["name"]["value"] for one in definitions] == [one.name for one in DEFINITIONS]
    closes = next(one for one in definitions if one["name"]["value"] == "ConnectionCloseCount")
    assert closes["primaryAggregationType"] == "Total"
    assert closes["isDimensionRequired"] is False
    assert closes["dimensions"] == [{"value": "ConnectionCloseCategory", "localizedValue": "ConnectionCloseCategory"}]
    assert closes["metricAvailabilities"] == [{"timeGrain": "PT1M", "retention": "PT1440M"}]
    (namespace,) = (await administrator.metrics("", "metricNamespaces"))["value"]
    assert namespace["properties"] == {"metricNamespaceName": "Microsoft.SignalRService/WebPubSub"}


async def test_what_is_wrong_is_named_in_the_platform_s_form(
    server: RunningServer, administrator: Administrator
) -> None:
    group, name = server.resource.resource_group, server.resource.name
    scope = f"/subscriptions/s/resourceGroups/{group}/providers/Microsoft.SignalRService/webPubSub/"
    for path, query, status, code, target in (
        (f"{name}/providers/Microsoft.Insights/metrics", {"metricnames": "Nothing"}, 400, "BadRequest", "metricnames"),
        (f"{name}/providers/microsoft.insights/metrics", {"interval": "PT3M"}, 400, "BadRequest", "interval"),
        (f"{name}/providers/Microsoft.Insights/metrics", {"$filter": "x"}, 400, "BadRequest", "$filter"),
        (f"{name}/providers/Microsoft.Insights/metricDefinitions", {"metricnamespace": "x"}, 400, "BadRequest",
         "metricnamespace"),
        ("nobody/providers/Microsoft.Insights/metrics", {}, 404, "ResourceNotFound", None),
    ):  # fmt: skip
        answer = await administrator.get(scope + path, **{"api-version": "2018-01-01", **query})
        assert answer.status == status, path
        error = answer.json()["error"]
        assert (error["code"], error.get("target")) == (code, target)
