"""Who operates a resource decides about its clients: by network rules, by stopping it, by restarting it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from tests.running_server import RunningServer, eventually, running_server
from websockets.exceptions import InvalidStatus


@pytest_asyncio.fixture
async def own(tmp_path: Path) -> AsyncIterator[RunningServer]:
    async with running_server(tmp_path) as server:
        yield server


def set_properties(server: RunningServer, **properties: object) -> None:
    server.registry.update(server.resource.resource_group, server.resource.name, {"properties": properties})


async def refusal(server: RunningServer, **access: object) -> tuple[int, bytes]:
    """Status and body of the answer to a client that is not let in."""
    with pytest.raises(InvalidStatus) as caught:
        await server.connect("chat", **access)
    return caught.value.response.status_code, caught.value.response.body or b""


async def test_client_from_an_address_that_is_denied_is_refused_before_its_token(own: RunningServer) -> None:
    set_properties(own, networkACLs={"ipRules": [{"value": "127.0.0.1", "action": "Deny"}]})
    expected = (403, b"The network rules of the resource do not let this client in.")
    assert await refusal(own) == expected
    assert await refusal(own, key="a key of another resource, long enough") == expected


async def test_rules_for_calls_do_not_bind_clients(own: RunningServer) -> None:
    set_properties(own, networkACLs={"defaultAction": "Allow", "publicNetwork": {"deny": ["RESTAPI"]}})
    await own.connect("chat")
    set_properties(own, networkACLs={"defaultAction": "Allow", "publicNetwork": {"deny": ["ClientConnection"]}})
    assert (await refusal(own))[0] == 403


async def test_stopping_a_resource_closes_its_clients_and_lets_nobody_in(own: RunningServer) -> None:
    client = await own.connect("chat")
    set_properties(own, resourceStopped="true")
    assert await client.closed() == (1001, "The resource has been stopped.")
    assert await refusal(own) == (503, b"The resource is stopped.")
    set_properties(own, resourceStopped="false")
    await own.connect("chat")


async def test_restarting_a_resource_closes_its_clients_who_may_come_back(own: RunningServer) -> None:
    client, keys = await own.connect("chat"), own.resource.keys
    own.registry.restart(own.resource.resource_group, own.resource.name)
    assert await client.closed() == (1001, "The resource is restarting.")
    await eventually(lambda: own.connections == 0)
    await own.connect("chat")
    assert own.resource.keys == keys


async def test_clients_of_other_resources_stay(own: RunningServer) -> None:
    own.registry.put_group("rg", {"location": "eastus"})
    own.registry.create_or_update("rg", "other", {"location": "eastus"})
    client = await own.connect("chat")
    own.registry.restart("rg", "other")
    own.registry.update("rg", "other", {"properties": {"resourceStopped": "true"}})
    assert (await client.ask({"type": "ping"}))["type"] == "pong"
