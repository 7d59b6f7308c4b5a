"""A client of `json.reliable.webpubsub.azure.v1` that loses its socket and comes back when it is told to."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlencode

from tests.running_server import DEADLINE_SECONDS, Client, RunningServer
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from linarite.domain.commands import HubAddress

RELIABLE = "json.reliable.webpubsub.azure.v1"
REFUSED = (1008, "The connection could not be recovered.")


def recovery_url(server: RunningServer, hub: str, connection_id: str, token: str, **more: str) -> str:
    """The address at which a client asks for its connection."""
    query = {**more, "awps_connection_id": connection_id, "awps_reconnection_token": token}
    return f"ws{server.endpoint.removeprefix('http')}/client/hubs/{hub}?{urlencode(query)}"


class ReliableClient:
    """Follows one connection over its sockets."""

    def __init__(self, server: RunningServer, hub: str, client: Client) -> None:
        self.server = server
        self.hub = hub
        self.client = client
        self.tokens: list[str] = [client.connected["reconnectionToken"]]

    @property
    def connection_id(self) -> str:
        return self.client.connection_id

    async def messages(self, count: int) -> list[tuple[int, Any]]:
        """Sequence id and data of the next messages."""
        rows = [await self.client.message() for _ in range(count)]
        assert all(row["type"] == "message" for row in rows), rows
        return [(row["sequenceId"], row["data"]) for row in rows]

    async def acknowledge(self, sequence_id: int) -> None:
        """Acknowledge, and wait until the server has taken it."""
        await self.client.send_json({"type": "sequenceAck", "sequenceId": sequence_id})
        assert await self.client.ask({"type": "ping"}) == {"type": "pong"}

    async def lose(self, resource: str | None = None) -> None:
        """Lose the socket without a word; returns when the server has noticed."""
        self.client.websocket.transport.abort()
        await self.is_detached(resource)

    async def is_detached(self, resource: str | None = None) -> None:
        """Wait until the connection is without a socket."""
        at = HubAddress(resource or self.server.resource.name.lower(), self.hub)
        hub = self.server.server._backplane._hub(at)
        async with asyncio.timeout(DEADLINE_SECONDS):
            while True:
                connection = hub.find(self.connection_id)
                assert connection is not None
                if type(connection.outlet).__name__ == "_Nowhere":
                    return
                await asyncio.sleep(0.005)

    def url(self, **changes: str) -> str:
        """The address for a recovery; `changes` make it a wrong one."""
        named = {"hub": self.hub, "connection_id": self.connection_id, "token": self.tokens[-1], **changes}
        return recovery_url(self.server, **named)

    async def recover(self, subprotocol: str | None = RELIABLE, **changes: str) -> dict[str, Any]:
        """Come back; the `connected` frame."""
        self.client = await self.server.connect_to(self.url(**changes), subprotocol)
        self.tokens.append(self.client.connected["reconnectionToken"])
        return self.client.connected


async def reliable(server: RunningServer, hub: str, **access: Any) -> ReliableClient:
    """A new client; `access` is what `RunningServer.client_url` takes."""
    return ReliableClient(server, hub, await server.connect(hub, subprotocol=RELIABLE, **access))


async def refusal(server: RunningServer, url: str, subprotocol: str | None = RELIABLE) -> tuple[int | None, str | None]:
    """Close code and reason of a recovery that has to be refused."""
    offer = [Subprotocol(subprotocol)] if subprotocol else None
    async with connect(url, subprotocols=offer, proxy=None, compression=None) as websocket:
        return await Client(websocket, {}).closed()
