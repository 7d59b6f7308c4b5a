"""Deliveries write to the sockets' descriptors: they must never reach a socket that has got a lost one's number."""

from __future__ import annotations

from pathlib import Path

from tests.running_server import JSON_PROTOCOL, eventually, running_server

from linarite.domain.commands import HubAddress, SendToGroup
from linarite.domain.messages import DataType, Message


async def test_a_new_client_with_a_lost_clients_descriptor_hears_nothing_of_it(tmp_path: Path) -> None:
    async with running_server(tmp_path) as server:
        at = HubAddress(server.resource.name.lower(), "h")
        numbers: set[int | None] = set()
        reused = 0
        for turn in range(60):
            lost = await server.connect("h", groups=["old"], subprotocol=JSON_PROTOCOL)
            hub = server.hub_of("h")
            assert hub is not None
            descriptor = hub.connections()[-1].descriptor
            assert descriptor is not None
            reused += descriptor in numbers
            numbers.add(descriptor)
            hub.execute(SendToGroup(at, "old", Message(DataType.TEXT, b"for the old", "old")))
            lost.websocket.transport.abort()
            hub.execute(SendToGroup(at, "old", Message(DataType.TEXT, b"for the old", "old")))
            fresh = await server.connect("h", groups=["new"], subprotocol=JSON_PROTOCOL)
            hub = server.hub_of("h")
            assert hub is not None
            hub.execute(SendToGroup(at, "old", Message(DataType.TEXT, b"for the old", "old")))
            hub.execute(SendToGroup(at, "new", Message(DataType.TEXT, str(turn).encode(), "new")))
            assert (await fresh.message())["data"] == str(turn)
            numbers.update(connection.descriptor for connection in hub.connections())
            await fresh.close()
            await eventually(lambda: server.hub_of("h") is None or not server.hub_of("h").connections())  # type: ignore[union-attr]
        assert reused > 30, "descriptors have to come again, or this tests nothing"
