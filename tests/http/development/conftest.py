"""A development server for each file, and somebody who uses its endpoints for tests."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import pytest
import pytest_asyncio
from tests.running_server import Answer, RunningServer, production_loop, running_server
from tests.starlette_handler import EventHandler, event_handler


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"production": production_loop}


class Tester:
    """Calls the endpoints without a credential, as programs of this machine may."""

    def __init__(self, server: RunningServer) -> None:
        self.server = server

    async def call(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None, **query: object
    ) -> Answer:
        url = f"{self.server.endpoint}/linarite/development{path}"
        data = None if body is None else body if isinstance(body, bytes) else json.dumps(body)
        parameters = {name: str(value) for name, value in query.items()}
        session = self.server._session
        async with session.request(method, url, params=parameters, data=data, headers=headers) as response:
            return Answer(response.status, response.headers, await response.read())

    async def get(self, path: str, **query: object) -> Any:
        answer = await self.call("GET", path, **query)
        assert answer.status == 200, answer
        return answer.json()

    async def fault(self, kind: str, **members: object) -> int:
        """Set a fault; its number."""
        answer = await self.call("POST", "/faults", {"kind": kind, **members})
        assert answer.status == 201, answer.body
        return answer.json()["number"]

    async def end(self, number: int) -> Any:
        answer = await self.call("DELETE", "/faults", number=number)
        assert answer.status == 200, answer.body
        return answer.json()["value"][0]

    async def mark(self) -> str:
        return (await self.get("/state"))["mark"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningServer]:
    async with running_server(tmp_path_factory.mktemp("server"), recovery_window_seconds=5.0) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def tester(server: RunningServer) -> AsyncIterator[Tester]:
    tester = Tester(server)
    yield tester
    assert (await tester.call("POST", "/reset")).status == 200


@pytest.fixture
def hub() -> str:
    return f"hub_{uuid.uuid4().hex}"


@pytest_asyncio.fixture(loop_scope="module")
async def handler(server: RunningServer, hub: str) -> AsyncIterator[EventHandler]:
    """The event handler of the test's hub: it wants every event."""
    keys = server.resource.keys
    async with event_handler((keys.primary, keys.secondary)) as handler:
        wanted = {
            "urlTemplate": f"{handler.url}/{{event}}",
            "userEventPattern": "*",
            "systemEvents": ["connect", "connected", "disconnected"],
        }
        body = {"properties": {"eventHandlers": [wanted]}}
        server.registry.put_hub(server.resource.resource_group, server.resource.name, hub, body)
        yield handler
