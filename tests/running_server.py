"""A real server inside the test's own event loop, and clients that see what it delivers.

    async with running_server(tmp_path, free_connections=1) as server:
        alice = await server.connect("chat", user="alice", roles=["webpubsub.joinLeaveGroup"])
        await alice.send_json({"type": "joinGroup", "group": "g", "ackId": 1})
        assert await alice.message() == {"type": "ack", "ackId": 1, "success": True}

The loop has to be made by `production_loop`, as the server makes its own; a folder of tests says so in its conftest.py:

    def pytest_asyncio_loop_factories(config, item):
        return {"production": production_loop}
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import aiohttp
import uvloop
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from linarite.access.tokens import make_token
from linarite.domain.commands import HubAddress
from linarite.hubs.hub import Hub
from linarite.resources.model import Resource
from linarite.resources.registry import Registry
from linarite.server import Server
from linarite.settings import Settings

__all__ = ["JSON_PROTOCOL", "Answer", "Client", "RunningServer", "eventually", "production_loop", "running_server"]

DEADLINE_SECONDS = 10.0
JSON_PROTOCOL = "json.webpubsub.azure.v1"
ALL_ROLES = ("webpubsub.joinLeaveGroup", "webpubsub.sendToGroup")


def production_loop() -> asyncio.AbstractEventLoop:
    """The event loop that `linarite dev` and `linarite serve` run on."""
    return uvloop.new_event_loop()


async def eventually(question: Callable[[], bool | Awaitable[bool]]) -> None:
    """Wait until the answer is yes."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while True:
            answer = question()
            if answer if isinstance(answer, bool) else await answer:
                return
            await asyncio.sleep(0.005)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back from a REST call."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    """A WebSocket client; a JSON client has read its `connected` frame already."""

    def __init__(self, websocket: ClientConnection, connected: dict[str, Any]) -> None:
        self.websocket = websocket
        self.connected = connected

    @property
    def connection_id(self) -> str:
        return self.connected["connectionId"]

    async def frame(self) -> str | bytes:
        """The next message as it came."""
        return await asyncio.wait_for(self.websocket.recv(), DEADLINE_SECONDS)

    async def message(self) -> dict[str, Any]:
        """The next message of a JSON client."""
        return json.loads(await self.frame())

    async def send(self, data: str | bytes) -> None:
        await self.websocket.send(data)

    async def send_json(self, frame: object) -> None:
        await self.websocket.send(json.dumps(frame))

    async def ask(self, frame: dict[str, Any]) -> dict[str, Any]:
        """Send a frame of the JSON protocol and give the next one, its answer."""
        await self.send_json(frame)
        return await self.message()

    async def closed(self) -> tuple[int | None, str | None]:
        """Close code and reason, once the server has closed the connection; nothing else may come before."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            try:
                surplus = await self.websocket.recv()
            except ConnectionClosed:
                return self.websocket.close_code, self.websocket.close_reason
        raise AssertionError(f"expected the connection to be closed, got {surplus!r}")

    async def close(self) -> None:
        await self.websocket.close()


class RunningServer:
    """A server that accepts connections."""

    def __init__(
        self, server: Server, settings: Settings, stack: AsyncExitStack, session: aiohttp.ClientSession
    ) -> None:
        self.server = server
        self.settings = settings
        self._stack = stack
        self._session = session

    @property
    def endpoints(self) -> Sequence[str]:
        return self.server.endpoints

    @property
    def endpoint(self) -> str:
        """The http endpoint, without a slash at its end."""
        return next(endpoint for endpoint in self.endpoints if endpoint.startswith("http:"))

    @property
    def port(self) -> int:
        return int(self.endpoint.rpartition(":")[2])

    @property
    def registry(self) -> Registry:
        return self.server._registry

    @property
    def resource(self) -> Resource:
        return self.registry.default

    @property
    def connections(self) -> int:
        """Connections that the server counts, over all hubs of the default resource."""
        return self.server._directory.count(self.resource.name.lower())

    def hub_of(self, hub: str) -> Hub:
        """The live hub of that name in the default resource; an empty one if nobody is connected to it."""
        return self.server._backplane._hub(HubAddress(self.resource.name.lower(), hub.lower()))

    def connected_to(self, hub: str) -> int:
        """Connections of one hub of the default resource."""
        return len(self.hub_of(hub))

    def token(self, hub: str, *, key: str | None = None, minutes: float = 60, **claims: Any) -> str:
        """A client token with these claims; `aud` is the hub's address unless given."""
        standard = {"aud": f"{self.endpoint}/client/hubs/{quote(hub)}", "exp": int(time.time() + 60 * minutes)}
        wanted = {name: value for name, value in (standard | claims).items() if value is not None}
        return make_token(key or self.resource.keys.primary, wanted)

    def client_url(
        self,
        hub: str,
        *,
        user: str | None = None,
        roles: Sequence[str] = (),
        groups: Sequence[str] = (),
        query: Mapping[str, str] | None = None,
        **claims: Any,
    ) -> str:
        """A client access URL."""
        named: dict[str, Any] = {"sub": user, "role": list(roles), "webpubsub.group": list(groups)}
        parameters = {**(query or {}), "access_token": self.token(hub, **{**named, **claims})}
        return f"ws{self.endpoint.removeprefix('http')}/client/hubs/{quote(hub)}?{urlencode(parameters)}"

    async def connect(self, hub: str, *, subprotocol: str | None = JSON_PROTOCOL, **access: Any) -> Client:
        """A client of the hub; `access` is what `client_url` takes. It is closed when the server stops."""
        return await self.connect_to(self.client_url(hub, **access), subprotocol)

    async def connect_to(self, url: str, subprotocol: str | None = JSON_PROTOCOL, **options: Any) -> Client:
        """A client at any address; `options` are those of the WebSocket library."""
        offer = [Subprotocol(subprotocol)] if subprotocol else None
        websocket = await self._stack.enter_async_context(
            connect(url, subprotocols=offer, proxy=None, compression=None, max_size=None, close_timeout=1, **options)
        )
        client = Client(websocket, {})
        if (websocket.subprotocol or "").lower().startswith("json."):
            client.connected = await client.message()
            assert client.connected["event"] == "connected"
        return client

    async def rest(
        self, method: str, path: str, body: bytes | str | None = None, content_type: str | None = None, **options: Any
    ) -> Answer:
        """Call the data plane as the official clients do: with a token for exactly this address."""
        url = self.endpoint + path
        claims = {"aud": url, "exp": int(time.time() + 3600)}
        headers = {"Authorization": f"Bearer {make_token(self.resource.keys.primary, claims)}"}
        if content_type is not None:
            headers["Content-Type"] = content_type
        headers |= options.pop("headers", {})
        async with self._session.request(method, url, data=body, headers=headers, **options) as response:
            return Answer(response.status, response.headers, await response.read())

    async def send_to_group(self, hub: str, group: str, text: str) -> None:
        """Publish text to a group by REST."""
        path = f"/api/hubs/{quote(hub)}/groups/{quote(group, safe='')}/:send?api-version=2024-12-01"
        answer = await self.rest("POST", path, text, "text/plain")
        assert answer.status == 202, answer


@asynccontextmanager
async def running_server(folder: Path, **settings: Any) -> AsyncIterator[RunningServer]:
    """Start a server on a free port with these settings, and stop it in good order."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, uvloop.Loop), "expected a loop made by production_loop: see this module's first lines"
    chosen = {
        "data_folder": folder / "data",
        "port": 0,
        "tls_port": None,
        "drain_seconds": 0.0,
        "shutdown_seconds": 5.0,
    }
    complete = Settings(**{**chosen, **settings})
    server = Server(complete, loop)
    try:
        await server.start()
        try:
            async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session, AsyncExitStack() as stack:
                yield RunningServer(server, complete, stack, session)
        finally:
            await server.stop()
    finally:
        server.close()
