"""Sockets are tested on the loop that the server runs on; the tests of a file share one server, not their hubs."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Mapping

import pytest
import pytest_asyncio
from tests.running_server import ALL_ROLES, Client, RunningServer, production_loop, running_server
from tests.sockets.raw_client import RawClient, raw_client

TO_GROUP = {"webpubsub_mode": "sendToGroup", "group": "g"}


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"production": production_loop}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningServer]:
    async with running_server(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(autouse=True)
def _no_errors_in_the_log(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever clients do, the server has nothing to reproach itself with."""
    yield
    errors = [record.getMessage() for record in caplog.get_records("call") if record.levelno >= logging.ERROR]
    assert errors == []


@pytest.fixture
def hub() -> str:
    """A hub that no other test knows."""
    return f"hub_{uuid.uuid4().hex}"


@pytest_asyncio.fixture(loop_scope="module")
async def echo(server: RunningServer, hub: str) -> AsyncIterator[RawClient]:
    """A plain client to which each of its own messages comes back."""
    async with raw_client(server, hub, roles=ALL_ROLES, groups=["g"], query=TO_GROUP) as client:
        yield client


@pytest_asyncio.fixture(loop_scope="module")
async def bystander(server: RunningServer, hub: str) -> AsyncIterator[Client]:
    """Another member of the group, which has to go on hearing everything."""
    client = await server.connect(hub, groups=["g"])
    yield client
    await server.send_to_group(hub, "g", "and now?")
    assert (await client.message())["data"] == "and now?"
    await client.close()
