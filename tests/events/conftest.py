"""An application server, and both event loops that the server runs on."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping

import pytest
import uvloop
from tests.events.hostile_upstream import HostileUpstream, hostile_upstream


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Run what touches sockets on the loop of production and on asyncio's own, which is the one on Windows."""
    factories: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {"uvloop": uvloop.new_event_loop}
    if item.path.stem in ("test_http_client", "test_dispatcher"):
        factories["asyncio"] = asyncio.new_event_loop
    return factories


@pytest.fixture
async def upstream() -> AsyncIterator[HostileUpstream]:
    """Give a server whose behaviour the path names."""
    async with hostile_upstream() as server:
        yield server
