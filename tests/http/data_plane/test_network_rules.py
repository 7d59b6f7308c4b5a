"""A resource's network rules and whether it is stopped decide about calls before their tokens are looked at."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from tests.http.data_plane.exchange import Api
from tests.running_server import RunningServer, running_server

CALL = ("POST", "/api/hubs/chat/:send", "hi", "text/plain")


@pytest_asyncio.fixture
async def guarded(tmp_path: Path) -> AsyncIterator[RunningServer]:
    async with running_server(tmp_path) as server:
        yield server


def set_properties(server: RunningServer, **properties: object) -> None:
    server.registry.update(server.resource.resource_group, server.resource.name, {"properties": properties})


async def test_call_from_an_address_that_is_denied_is_answered_403(guarded: RunningServer) -> None:
    api = Api(guarded)
    assert (await api(*CALL)).status == 202
    set_properties(guarded, networkACLs={"ipRules": [{"value": "127.0.0.0/8", "action": "Deny"}]})
    reply = await api(*CALL)
    assert (reply.status, reply.error_code) == (403, "Error.NetworkAccess.Denied")
    assert reply.json()["message"] == "The network rules of the resource `linarite` do not let this call in."


async def test_rules_come_before_the_token_and_leave_health_alone(guarded: RunningServer) -> None:
    set_properties(guarded, publicNetworkAccess="Disabled")
    api = Api(guarded)
    assert (await api(*CALL, token=None)).status == 403
    assert (await api("HEAD", "/api/health", token=None)).status == 200


async def test_calls_are_let_in_by_their_request_type(guarded: RunningServer) -> None:
    api = Api(guarded)
    set_properties(guarded, networkACLs={"defaultAction": "Deny", "publicNetwork": {"allow": ["ClientConnection"]}})
    assert (await api(*CALL)).status == 403
    set_properties(guarded, networkACLs={"defaultAction": "Deny", "publicNetwork": {"allow": ["RESTAPI"]}})
    assert (await api(*CALL)).status == 202


async def test_stopped_resource_answers_503_until_it_is_started(guarded: RunningServer) -> None:
    api = Api(guarded)
    set_properties(guarded, resourceStopped="true")
    reply = await api(*CALL)
    assert (reply.status, reply.error_code) == (503, "Error.Resource.Stopped")
    set_properties(guarded, resourceStopped="false")
    assert (await api(*CALL)).status == 202
