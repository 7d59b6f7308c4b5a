"""A client whose requests wait is not read, and is read again when they are carried out."""

from __future__ import annotations

import pytest
from tests.events.hostile_upstream import hostile_upstream
from tests.running_server import ALL_ROLES, JSON_PROTOCOL, RunningServer, eventually
from tests.sockets.raw_client import frame, head_of, tcp_client
from tests.sockets.reliable_client import reliable

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_client_that_hurries_waits_like_any_other(server: RunningServer, hub: str) -> None:
    """What came with the head may stop the reading; the handshake's end must not begin it again."""
    async with hostile_upstream() as upstream, tcp_client(server) as client:
        resource = server.resource
        handler = {"urlTemplate": f"{upstream.url}/gate", "userEventPattern": "*", "systemEvents": []}
        body = {"properties": {"eventHandlers": [handler]}}
        server.registry.put_hub(resource.resource_group, resource.name, hub, body)
        event = frame(1, b'{"type":"event","event":"e","data":1}')
        join = frame(1, b'{"type":"joinGroup","group":"g","ackId":1}')
        url = server.client_url(hub, roles=ALL_ROLES)
        client.send(head_of(url, subprotocol=JSON_PROTOCOL), event, *[join] * 100)
        assert (await client.head())[0] == 101
        await client.frame()
        [connection] = server.hub_of(hub).connections()
        await upstream.until(lambda: len(upstream.posts()) == 1)
        assert connection.outlet._reading.is_stopped
        assert not connection.outlet._transport.is_reading()
        upstream.gate.set()
        acks = [await client.frame() for _ in range(101)]
        assert len(acks) == 101
        assert connection.outlet._transport.is_reading()


async def test_a_client_that_comes_back_waits_like_before(server: RunningServer, hub: str) -> None:
    """Else each recovery would make room for more of what waits."""
    async with hostile_upstream() as upstream:
        resource = server.resource
        handler = {"urlTemplate": f"{upstream.url}/gate", "userEventPattern": "*", "systemEvents": []}
        body = {"properties": {"eventHandlers": [handler]}}
        server.registry.put_hub(resource.resource_group, resource.name, hub, body)
        client = await reliable(server, hub, roles=ALL_ROLES)
        await client.client.send_json({"type": "event", "event": "e", "data": 1})
        for number in range(server.settings.waiting_requests_limit):
            await client.client.send_json({"type": "joinGroup", "group": "g", "ackId": number})
        [connection] = server.hub_of(hub).connections()
        await eventually(lambda: connection.outlet._reading.is_stopped)
        await client.recover()
        assert not connection.outlet._transport.is_reading()
        upstream.gate.set()
        assert (await client.messages(1)) == [(1, 1)]
        acks = [await client.client.message() for _ in range(server.settings.waiting_requests_limit)]
        assert [ack["ackId"] for ack in acks] == list(range(server.settings.waiting_requests_limit))
        assert await client.client.ask({"type": "ping"}) == {"type": "pong"}
