"""REST calls: counted by category and time, refused beyond a rate or a day's quota."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests.http.metrics.conftest import Administrator
from tests.running_server import RunningServer, running_server

from linarite.domain.rates import RateLimit
from linarite.http.data_plane.errors import ApiError
from linarite.http.data_plane.metering import CallMetering, category_of
from linarite.http.data_plane.operations import Operations
from linarite.http.data_plane.routes import _TABLE
from linarite.monitoring.meters import Meter, Meters
from linarite.monitoring.metric_definitions import ResponseTime, RestApiCategory

VERSION = "api-version=2024-12-01"


def meter_of(server: RunningServer) -> Meter:
    return server.server._measuring.meters.of(server.resource.name)


def make_free(server: RunningServer, name: str = "Free_F1") -> None:
    resource = server.resource
    server.registry.update(resource.resource_group, resource.name, {"sku": {"name": name, "capacity": 1}})


def test_every_operation_has_a_category_of_its_own() -> None:
    categories = [category_of(operation) for _, _, operation in _TABLE]
    assert RestApiCategory.UNCATEGORIZED not in categories
    assert len(set(categories)) == len(_TABLE)


async def test_calls_are_counted_by_category_whatever_their_answer(
    server: RunningServer, administrator: Administrator
) -> None:
    for method, path, status in (
        ("HEAD", "/api/health", 200),
        ("HEAD", f"/api/hubs/chat/users/nobody?{VERSION}", 404),
        ("POST", f"/api/hubs/chat/:closeConnections?{VERSION}", 204),
        ("GET", "/api/nothing", 404),
        ("PUT", "/api/health", 405),
    ):
        assert (await server.rest(method, path)).status == status, path
    unauthorized = await server.rest("HEAD", f"/api/hubs/chat/groups/g?{VERSION}", headers={"Authorization": "x"})
    assert unauthorized.status == 401
    found = {category.value: count for (category, _), count in meter_of(server).rest_calls.items()}
    assert found == {
        "HealthCheck": 1, "CheckUserExists": 1, "CloseAllConnections": 1, "Uncategorized": 2, "CheckGroupExists": 1,
    }  # fmt: skip


async def test_a_call_that_takes_250_ms_is_counted_under_500(server: RunningServer) -> None:
    now = [0.0]
    metering = CallMetering(Meters(), lambda: now[0], RateLimit(0))
    call = metering.begin()
    metering.addressed(call, "r")
    call.category = category_of(Operations.send_to_all)
    now[0] = 0.25
    call.answered()
    assert call.meter is not None
    assert call.meter.rest_calls == {(RestApiCategory.SEND_TO_ALL, ResponseTime.LESS_THAN_500_MS): 1}


async def test_calls_beyond_the_rate_are_told_when_to_come_again(tmp_path: Path) -> None:
    async with running_server(tmp_path, rest_calls_per_second=0.5, rate_burst_seconds=4) as server:
        path = f"/api/hubs/chat/:closeConnections?{VERSION}"
        assert [(await server.rest("POST", path)).status for _ in range(2)] == [204, 204]
        refused = await server.rest("POST", path)
        assert refused.status == 429
        assert refused.headers["Retry-After"] == "2"
        assert refused.headers["x-ms-error-code"] == "Error.TooManyRequests"
        assert refused.json()["code"] == "Error.TooManyRequests"
        assert meter_of(server).refused_calls == 1
        assert (await server.rest("HEAD", "/api/health")).status == 200
        # Whoever has no good token uses up nobody's rate.
        assert (await server.rest("POST", path, headers={"Authorization": "Bearer x"})).status == 401


def test_resources_have_rates_of_their_own() -> None:
    metering = CallMetering(Meters(), lambda: 0.0, RateLimit(1, 1))
    for resource in ("one", "two"):
        call = metering.begin()
        metering.addressed(call, resource)
        metering.admit(call, resource, Operations.close_all)
    with pytest.raises(ApiError) as refused:
        metering.admit(call, "TWO", Operations.close_all)
    assert refused.value.status == 429


async def test_past_the_day_s_quota_sends_are_refused_and_nothing_else(tmp_path: Path) -> None:
    async with running_server(tmp_path, free_messages_per_day=2) as server:
        make_free(server)
        client = await server.connect("chat", groups=["g"])
        await server.send_to_group("chat", "g", "x" * 4000)
        await server.send_to_group("chat", "g", "x" * 100)
        for _ in range(2):
            await client.frame()
        sends = ("/:send", "/groups/g/:send", "/users/u/:send", f"/connections/{client.connection_id}/:send")
        for send in sends:
            refused = await server.rest("POST", f"/api/hubs/chat{send}?{VERSION}", "x", "text/plain")
            assert refused.status == 429
            assert "Message count reaches limit" in refused.json()["message"]
            # Official clients would wait for it, until midnight.
            assert "Retry-After" not in refused.headers
        assert meter_of(server).traffic.refused_sends == 4
        assert (await server.rest("HEAD", f"/api/hubs/chat/groups/g?{VERSION}")).status == 200
        ack = await client.ask({"type": "event", "event": "e", "data": 1, "ackId": 1})
        assert ack["error"]["name"] == "TooManyRequests"
        make_free(server, "Standard_S1")
        await server.send_to_group("chat", "g", "again")
        assert (await client.message())["data"] == "again"


async def test_the_quota_survives_a_restart(tmp_path: Path) -> None:
    for is_first in (True, False):
        async with running_server(tmp_path, free_messages_per_day=1) as server:
            make_free(server)
            client = await server.connect("chat", groups=["g"])
            answer = await server.rest("POST", f"/api/hubs/chat/:send?{VERSION}", "x" * 2048, "text/plain")
            assert answer.status == (202 if is_first else 429)
            if is_first:
                await client.frame()


async def test_pages_of_this_machine_may_call_in_development(server: RunningServer) -> None:
    origin = {"Origin": "http://localhost:3000"}
    wanted = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    preflight = await server.rest("OPTIONS", f"/api/hubs/chat/:send?{VERSION}", headers={**origin, **wanted})
    assert preflight.status == 204
    assert preflight.headers["Access-Control-Allow-Origin"] == "http://localhost:3000"
    answer = await server.rest("POST", f"/api/hubs/chat/:send?{VERSION}", "x", "text/plain", headers=origin)
    assert answer.status == 202
    assert answer.headers["Access-Control-Allow-Origin"] == "http://localhost:3000"


async def test_pages_of_other_origins_may_call_where_a_setting_says_so(tmp_path: Path) -> None:
    async with running_server(tmp_path, cors_allowed_origins=("https://app.example.com",)) as server:
        for origin, is_allowed in (("https://app.example.com", True), ("http://localhost:3000", False)):
            answer = await server.rest("HEAD", "/api/health", headers={"Origin": origin})
            assert ("Access-Control-Allow-Origin" in answer.headers) == is_allowed


async def test_calls_that_come_together_share_the_rate(tmp_path: Path) -> None:
    async with running_server(tmp_path, rest_calls_per_second=0.01, rate_burst_seconds=1000) as server:
        path = f"/api/hubs/chat/:closeConnections?{VERSION}"
        answers = await asyncio.gather(*(server.rest("POST", path) for _ in range(30)))
        assert sorted(answer.status for answer in answers) == [204] * 10 + [429] * 20


async def test_in_production_no_page_may_call_until_a_setting_says_so(tmp_path: Path) -> None:
    async with running_server(tmp_path, mode="serve") as server:
        for origin in ("http://localhost:3000", server.endpoint):
            answer = await server.rest("HEAD", "/api/health", headers={"Origin": origin})
            assert "Access-Control-Allow-Origin" not in answer.headers
