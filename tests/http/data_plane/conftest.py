"""One real server for each module; each test works in a hub of its own."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio
from tests.http.data_plane.exchange import Api
from tests.running_server import DEADLINE_SECONDS, Client, RunningServer, production_loop, running_server


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"production": production_loop}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningServer]:
    """A development server with the settings that nobody has changed."""
    async with running_server(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
def api(server: RunningServer) -> Api:
    """Calls that server's data plane."""
    return Api(server)


@pytest.fixture
def hub() -> str:
    """A hub that no other test knows."""
    return f"hub{uuid.uuid4().hex}"


Connect = Callable[..., Awaitable[Client]]


@pytest_asyncio.fixture(loop_scope="module")
async def connect(server: RunningServer, hub: str) -> AsyncIterator[Connect]:
    """Connects clients to the test's hub by what `RunningServer.connect` takes; they leave when the test ends."""
    async with AsyncExitStack() as stack:

        async def connect_one(*, into: str = hub, **access: object) -> Client:
            client = await server.connect(into, **access)
            stack.push_async_callback(client.close)
            return client

        yield connect_one


Heard = Callable[[Client], Awaitable[Sequence[str | bytes]]]


async def unread_frames(client: Client) -> Sequence[str | bytes]:
    """Give the frames that nobody has read yet: all that the server has written until now."""
    await asyncio.wait_for(await client.websocket.ping(), DEADLINE_SECONDS)
    found: list[str | bytes] = []
    try:
        while True:
            async with asyncio.timeout(0):
                found.append(await client.websocket.recv())
    except TimeoutError:
        return found


@pytest.fixture
def heard() -> Heard:
    """Gives what a client has heard and nobody has read yet."""
    return unread_frames
