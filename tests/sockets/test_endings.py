"""However a connection ends, the application server hears so once, behind its groups, and its place is free."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio
from tests.events.hostile_upstream import HostileUpstream, hostile_upstream
from tests.hubs.outlets import make_client
from tests.hubs.scripted_time import ScriptedTime
from tests.hubs.surroundings import AT, RecordingEvents, Ticks, make_hub
from tests.running_server import RunningServer, eventually, running_server
from tests.sockets.raw_client import head_of, tcp_client
from tests.sockets.reliable_client import RELIABLE, ReliableClient, reliable
from websockets.exceptions import InvalidStatus

from linarite.cluster.local import LocalBackplane
from linarite.hubs.session import Session, SessionLimits
from linarite.hubs.streams import StreamLimits
from linarite.protocols.json_codec import RELIABLE_JSON
from linarite.sockets.recoveries import Recoveries

pytestmark = pytest.mark.asyncio(loop_scope="module")

API = "api-version=2024-12-01"
EVERYTHING = {
    "userEventPattern": "*",
    "systemEvents": ["connect", "connected", "disconnected"],
    "groupPresenceEvents": {"eventNames": ["joined", "left"]},
}
REPLAYED = 80  # messages of 100 kB: more than any system's buffers hold
NARROW = {"recovery_window_seconds": 0.2, "recovery_limit_messages": 5}


@pytest_asyncio.fixture(loop_scope="module")
async def upstream() -> AsyncIterator[HostileUpstream]:
    async with hostile_upstream() as upstream:
        yield upstream


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def narrow(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningServer]:
    """A server that keeps little, for a short time."""
    async with running_server(tmp_path_factory.mktemp("narrow"), **NARROW) as running:
        yield running


def handle(server: RunningServer, hub: str, upstream: HostileUpstream, behaviour: str = "nothing") -> None:
    resource = server.resource
    handler = EVERYTHING | {"urlTemplate": f"{upstream.url}/{behaviour}"}
    server.registry.put_hub(resource.resource_group, resource.name, hub, {"properties": {"eventHandlers": [handler]}})


async def lost_for_good(client: ReliableClient) -> None:
    await client.lose()


async def goodbye(client: ReliableClient) -> None:
    await client.client.close()


async def nonsense(client: ReliableClient) -> None:
    await client.client.send("nonsense")


async def closed_by_rest(client: ReliableClient) -> None:
    path = f"/api/hubs/{client.hub}/connections/{client.connection_id}?reason=enough&{API}"
    assert (await client.server.rest("DELETE", path)).status == 204


async def closed_by_rest_without_a_socket(client: ReliableClient) -> None:
    await client.lose()
    await closed_by_rest(client)


async def too_much_kept(client: ReliableClient) -> None:
    for number in range(6):
        await client.server.send_to_group(client.hub, "a", str(number))


async def too_much_kept_without_a_socket(client: ReliableClient) -> None:
    await client.lose()
    await too_much_kept(client)


CLOSED = "Application server closed the connection. Reason: enough"
FULL = "The reliable message buffer is full."


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        (lost_for_good, "The connection recovery timeout expired."),
        (goodbye, ""),
        (nonsense, "The client message is not a valid JSON protocol message."),
        (closed_by_rest, CLOSED),
        (closed_by_rest_without_a_socket, CLOSED),
        (too_much_kept, FULL),
        (too_much_kept_without_a_socket, FULL),
    ],
)
async def test_an_end_is_told_once_behind_the_groups(
    narrow: RunningServer,
    hub: str,
    upstream: HostileUpstream,
    end: Callable[[ReliableClient], Awaitable[None]],
    reason: str,
) -> None:
    handle(narrow, hub, upstream)
    before = narrow.connections
    client = await reliable(narrow, hub, groups=["a", "b"])
    await end(client)
    await eventually(lambda: narrow.connections == before)
    await upstream.until(lambda: len(upstream.posts("disconnected")) == 1)
    # Whatever came a second time would come before the end of somebody who ends later.
    other = await reliable(narrow, hub)
    await other.client.close()
    await upstream.until(lambda: len(upstream.posts("disconnected")) == 2)
    told = [one for one in upstream.posts() if one.header("ce-connectionId") == client.connection_id]
    events = [(one.event, one.header("ce-id")) for one in told]
    assert sorted(events[-3:-1]) == [("left", "4"), ("left", "5")]
    assert events[-1] == ("disconnected", "6")
    assert json.loads(told[-1].body) == {"reason": reason}
    assert narrow.connections == before
    path = f"/api/hubs/{hub}/connections/{client.connection_id}?{API}"
    assert (await narrow.rest("HEAD", path)).status == 404


async def test_the_end_of_a_server_is_told_of_connections_without_a_socket(
    tmp_path, hub: str, upstream: HostileUpstream
) -> None:
    async with running_server(tmp_path) as server:
        handle(server, hub, upstream)
        client = await reliable(server, hub, groups=["a"])
        await client.lose()
    assert [one.event for one in upstream.posts()][-2:] == ["left", "disconnected"]


def detached_session(time: ScriptedTime) -> tuple[Recoveries, Session, list[str]]:
    """A reliable connection without a socket, and what is told of its end."""
    ended: list[str] = []
    ticks, events = Ticks(), RecordingEvents()
    hub = make_hub(ticks, events)
    client = make_client("c", codec=RELIABLE_JSON)
    hub.attach(client.connection)
    limits = SessionLimits(3, 2, 1000, StreamLimits(3, 36, 300.0))
    backplane = LocalBackplane(None, hub)
    session = Session(AT, hub, client.connection, backplane, time, limits, events)
    recoveries = Recoveries(time, None, 30.0, lambda _, reason: ended.append(reason))
    return recoveries, session, ended


async def test_a_close_in_the_moment_in_which_the_time_is_over_is_one_end() -> None:
    time = ScriptedTime()
    recoveries, session, ended = detached_session(time)
    time.call_later(30.0, session.connection.close, 1008, "The reliable message buffer is full.")
    recoveries.detach(session)
    time.pass_(31.0)
    assert ended == ["The reliable message buffer is full."]
    assert len(recoveries) == 0


async def test_a_client_whose_resource_is_deleted_while_it_waits_is_not_let_in(
    tmp_path, hub: str, upstream: HostileUpstream
) -> None:
    async with running_server(tmp_path) as server:
        registry, group = server.registry, server.resource.resource_group
        registry.create_or_update(group, "other", {"location": "local", "sku": {"name": "Standard_S1"}})
        other = registry.get("other")
        assert other is not None
        handler = EVERYTHING | {"urlTemplate": f"{upstream.url}/gate"}
        registry.put_hub(group, "other", hub, {"properties": {"eventHandlers": [handler]}})
        waiting = asyncio.ensure_future(server.connect(hub, key=other.keys.primary))
        await upstream.until(lambda: len(upstream.posts("connect")) == 1)
        registry.delete(group, "other")
        upstream.gate.set()
        with pytest.raises(InvalidStatus):
            await waiting
        assert server.server._directory.count("other") == 0


async def test_a_client_that_does_not_read_its_replay_loses_that_socket_and_nothing_else(tmp_path, hub: str) -> None:
    async with running_server(tmp_path, outbox_limit_messages=1) as server:
        client = await reliable(server, hub, groups=["g"])
        await client.lose()
        for _ in range(REPLAYED):
            await server.send_to_group(hub, "g", "x" * 100_000)
        [connection] = server.hub_of(hub).connections()
        async with tcp_client(server, receive_buffer_bytes=4096) as sleeper:
            sleeper.send(head_of(client.url(), subprotocol=RELIABLE))
            assert (await sleeper.head())[0] == 101
            await client.is_detached()
        assert len(connection.recovery) == REPLAYED
        assert not server.server._keep_alive._due_at
        assert len(server.server._reception._recoveries) == server.connections == 1
