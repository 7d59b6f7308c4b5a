"""A hub of a server process with an event handler of its own: its settings, its REST calls and its clients."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import pytest
from starlette.responses import Response
from tests.running_server import ALL_ROLES, JSON_PROTOCOL, Client
from tests.server_process import ServerProcess
from tests.starlette_handler import Event, EventHandler
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from linarite.access.administrator import administrator_token

__all__ = ["SYSTEM_EVENTS", "HandledHub", "Held", "event", "failed", "keys_of", "succeeded"]

RESOURCE = (
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/linarite"
    "/providers/Microsoft.SignalRService/webPubSub/linarite"
)
DATA_VERSION = "api-version=2024-12-01"
SYSTEM_EVENTS = ["connect", "connected", "disconnected"]
FAILED = {"name": "InternalServerError", "message": "Internal server error"}


class HandledHub:
    """A hub of a running server with the event handler that belongs to it."""

    def __init__(
        self, name: str, server: ServerProcess, handler: EventHandler, session: aiohttp.ClientSession, clients: Any
    ) -> None:
        self.name = name
        self.server = server
        self.handler = handler
        self._session = session
        self._clients: AsyncExitStack = clients

    # Settings

    async def configure(self, *handlers: dict[str, Any], **properties: Any) -> None:
        """Save the hub's settings by the management API; without handlers, the usual one."""
        wanted = {"eventHandlers": list(handlers) or [self.usual()], **properties}
        answer = await self.manage("PUT", f"/hubs/{self.name}", {"properties": wanted})
        assert answer.status in (200, 201), await answer.text()

    def usual(self, **members: Any) -> dict[str, Any]:
        """The handler that wants everything but presence events."""
        template = f"{self.handler.url}/api/{{hub}}/{{event}}"
        return {"urlTemplate": template, "userEventPattern": "*", "systemEvents": SYSTEM_EVENTS, **members}

    async def manage(self, method: str, path: str, body: object = None) -> aiohttp.ClientResponse:
        return await self.get(f"{RESOURCE}{path}?api-version=2024-03-01", method=method, json=body)

    async def get(
        self, path: str, *, is_authorized: bool = True, method: str = "GET", **options: Any
    ) -> aiohttp.ClientResponse:
        """Ask with the administrator's credential, or without."""
        token = administrator_token(self.server.data_folder)
        headers = {"Authorization": f"Bearer {token}"} if is_authorized else {}
        async with self._session.request(method, self.server.endpoint + path, headers=headers, **options) as answer:
            await answer.read()
            return answer

    # The data plane

    async def rest(self, method: str, path: str, text: str | None = None, query: str = "") -> int:
        """The status of a call about this hub."""
        path = f"/api/hubs/{self.name}{path}?{DATA_VERSION}{query}"
        headers = {**self.server.rest_headers(path), **({"Content-Type": "text/plain"} if text is not None else {})}
        async with self._session.request(method, self.server.endpoint + path, data=text, headers=headers) as answer:
            return answer.status

    # Clients

    def client_url(self, user: str | None = None, groups: Sequence[str] = (), **query: str) -> str:
        """The address of a client who may join and send to any group."""
        claims = {"sub": user, "webpubsub.group": list(groups), "role": list(ALL_ROLES)}
        return self.server.client_url(
            self.name, query=query, **{name: value for name, value in claims.items() if value}
        )

    async def connect(
        self, *, subprotocol: str | None = JSON_PROTOCOL, url: str | None = None, **access: Any
    ) -> Client:
        """A client, closed when the test ends; a JSON client has read its first frame."""
        offer = [Subprotocol(subprotocol)] if subprotocol else None
        opening = connect(url or self.client_url(**access), subprotocols=offer, proxy=None, close_timeout=1)
        client = Client(await self._clients.enter_async_context(opening), {})
        if subprotocol:
            client.connected = await client.message()
            assert client.connected["event"] == "connected", client.connected
        return client

    async def refusal(self, **access: Any) -> tuple[int, bytes]:
        """Status and body with which a client is refused."""
        with pytest.raises(InvalidStatus) as refused:
            await self.connect(**access)
        return refused.value.response.status_code, bytes(refused.value.response.body or b"")


async def keys_of(server: ServerProcess, session: aiohttp.ClientSession) -> tuple[str, str]:
    """The access keys of the resource, which sign events."""
    headers = {"Authorization": f"Bearer {administrator_token(server.data_folder)}"}
    url = f"{server.endpoint}{RESOURCE}/listKeys?api-version=2024-03-01"
    async with session.post(url, headers=headers) as answer:
        keys = await answer.json()
    return keys["primaryKey"], keys["secondaryKey"]


def event(name: str, ack_id: int, data: object = "hi") -> dict[str, Any]:
    """A JSON client's frame that raises a user event."""
    data_type = "text" if isinstance(data, str) else "json"
    return {"type": "event", "event": name, "ackId": ack_id, "dataType": data_type, "data": data}


def succeeded(ack_id: int) -> dict[str, Any]:
    return {"type": "ack", "ackId": ack_id, "success": True}


def failed(ack_id: int) -> dict[str, Any]:
    return {"type": "ack", "ackId": ack_id, "success": False, "error": FAILED}


class Held:
    """Replies that wait until they are let go; `waiting` is how many do."""

    def __init__(self, reply: Callable[[Event], Response] = lambda _: Response()) -> None:
        self.waiting = 0
        self._reply = reply
        self._free = asyncio.Event()

    async def __call__(self, event: Event) -> Response:
        self.waiting += 1
        await self._free.wait()
        return self._reply(event)

    def let_go(self) -> None:
        self._free.set()
