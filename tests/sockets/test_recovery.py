"""A reliable client that loses its socket misses nothing, gets nothing twice but what it has not acknowledged."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from tests.running_server import ALL_ROLES, RunningServer, eventually, running_server
from tests.sockets.raw_client import close, frame, raw_client
from tests.sockets.reliable_client import REFUSED, RELIABLE, ReliableClient, recovery_url, refusal, reliable
from websockets.exceptions import InvalidStatus

from linarite.access.reconnection_tokens import make_reconnection_token

pytestmark = pytest.mark.asyncio(loop_scope="module")

API = "api-version=2024-12-01"
FULL = (1008, "The reliable message buffer is full.")


@pytest_asyncio.fixture(loop_scope="module")
async def client(server: RunningServer, hub: str) -> ReliableClient:
    """A member of group `g` with every role."""
    return await reliable(server, hub, user="alice", roles=ALL_ROLES, groups=["g"])


async def say(server: RunningServer, hub: str, *texts: str) -> None:
    for text in texts:
        await server.send_to_group(hub, "g", text)


# Sequence ids


async def test_connected_brings_a_token_only_to_reliable_clients(server, hub, client):
    assert client.client.connected.keys() == {"type", "event", "userId", "connectionId", "reconnectionToken"}
    other = await server.connect(hub, user="bob")
    assert "reconnectionToken" not in other.connected


async def test_messages_count_from_1_without_a_gap_and_answers_do_not_count(server, hub, client):
    await say(server, hub, "a", "b")
    assert await client.client.ask({"type": "joinGroup", "group": "x", "ackId": 1}) == {
        "type": "message", "from": "group", "group": "g", "dataType": "text", "data": "a", "sequenceId": 1,
    }  # fmt: skip
    assert await client.messages(1) == [(2, "b")]
    assert await client.client.message() == {"type": "ack", "ackId": 1, "success": True}
    await say(server, hub, "c")
    assert await client.messages(1) == [(3, "c")]


async def test_each_client_has_numbers_of_its_own(server, hub, client):
    await say(server, hub, "a")
    late = await reliable(server, hub, groups=["g"])
    await say(server, hub, "b")
    assert await client.messages(2) == [(1, "a"), (2, "b")]
    assert await late.messages(1) == [(1, "b")]


async def test_other_clients_may_acknowledge_and_nothing_comes_of_it(server, hub):
    other = await server.connect(hub, user="bob")
    await other.send_json({"type": "sequenceAck", "sequenceId": 7})
    assert await other.ask({"type": "ping"}) == {"type": "pong"}


# Recovery


async def test_what_was_not_acknowledged_comes_again_then_what_was_missed_then_what_is_new(server, hub, client):
    await say(server, hub, "1", "2", "3")
    await client.messages(3)
    await client.acknowledge(2)
    await client.lose()
    await say(server, hub, "4")
    connected = await client.recover()
    assert connected["connectionId"] == client.connection_id
    assert connected["userId"] == "alice"
    assert client.tokens[0] != client.tokens[1]
    assert await client.messages(2) == [(3, "3"), (4, "4")]
    await say(server, hub, "5")
    assert await client.messages(1) == [(5, "5")]


async def test_a_replay_is_the_same_bytes(server, hub, client):
    await say(server, hub, "€")
    first = await client.client.frame()
    await client.lose()
    await client.recover()
    assert await client.client.frame() == first


async def test_everything_that_is_acknowledged_stays_away(server, hub, client):
    await say(server, hub, "1", "2")
    await client.messages(2)
    await client.acknowledge(999)
    await client.lose()
    await client.recover()
    await say(server, hub, "3")
    assert await client.messages(1) == [(3, "3")]


async def test_a_connection_can_be_recovered_again_and_again_with_any_of_its_tokens(server, hub, client):
    for number in range(1, 6):
        await client.lose()
        await say(server, hub, str(number))
        await client.recover(token=client.tokens[number // 2])
        assert await client.messages(number) == [(one, str(one)) for one in range(1, number + 1)]


async def test_the_new_socket_takes_over_while_the_old_one_is_still_open(server, hub, client):
    old = client.client
    await client.recover()
    with pytest.raises(AssertionError, match=r"closed|1006"):
        assert (await old.closed())[0] != 1006, "closed with 1006"
    await say(server, hub, "new")
    assert await client.messages(1) == [(1, "new")]
    assert server.connected_to(hub) == 1


async def test_groups_permissions_and_ack_ids_are_kept(server, hub):
    client = await reliable(server, hub, user="alice", roles=["webpubsub.joinLeaveGroup"])
    assert (await client.client.ask({"type": "joinGroup", "group": "g", "ackId": 5}))["success"]
    path = f"/api/hubs/{hub}/permissions/sendToGroup/connections/{client.connection_id}?targetName=g&{API}"
    assert (await server.rest("PUT", path)).status == 200
    await client.lose()
    await client.recover()
    again = await client.client.ask({"type": "joinGroup", "group": "g", "ackId": 5})
    assert again["error"]["name"] == "Duplicate"
    await client.client.send_json({"type": "sendToGroup", "group": "g", "data": 1, "ackId": 6})
    assert await client.messages(1) == [(1, 1)]
    assert (await client.client.message())["success"]


async def test_a_publish_that_went_through_is_a_duplicate_after_recovery(server, hub, client):
    publish = {"type": "sendToGroup", "group": "g", "dataType": "text", "data": "once", "ackId": 1}
    await client.client.send_json(publish)
    await client.messages(1)
    await client.lose()
    await client.recover()
    await client.client.send_json(publish)
    assert await client.messages(1) == [(1, "once")]
    assert (await client.client.message())["error"]["name"] == "Duplicate"
    await say(server, hub, "next")
    assert await client.messages(1) == [(2, "next")]


@pytest.mark.parametrize("offer", ["json.webpubsub.azure.v1", "JSON.RELIABLE.WEBPUBSUB.AZURE.V1", None])
async def test_whatever_is_offered_the_first_subprotocol_goes_on(server, hub, client, offer):
    await say(server, hub, "1")
    await client.lose()
    async with raw_client(server, hub, subprotocol=offer, query=_recovery_query(client)) as raw:
        texts = [(await raw.frame()).payload for _ in range(2)]
    assert b"reconnectionToken" in texts[0]
    assert b'"sequenceId":1' in texts[1]


async def test_an_old_access_token_in_the_address_means_nothing(server, hub, client):
    await client.lose()
    url = f"{client.url()}&access_token=expired"
    client.client = await server.connect_to(url, RELIABLE)
    assert client.client.connected["connectionId"] == client.connection_id


async def test_an_id_without_a_token_begins_a_new_connection(server, hub, client):
    other = await server.connect(hub, subprotocol=RELIABLE, query={"awps_connection_id": client.connection_id})
    assert other.connection_id != client.connection_id


def _recovery_query(client: ReliableClient) -> dict[str, str]:
    return {"awps_connection_id": client.connection_id, "awps_reconnection_token": client.tokens[-1]}


# What cannot be recovered


@pytest.mark.parametrize("change", [{"connection_id": "f" * 32}, {"token": "wrong"}, {"hub": "other"}])
async def test_a_wrong_recovery_is_refused_and_the_right_one_still_works(server, hub, client, change):
    await client.lose()
    assert await refusal(server, client.url(**change)) == REFUSED
    assert (await client.recover())["connectionId"] == client.connection_id


async def test_a_wrong_recovery_harms_no_open_connection(server, hub, client):
    assert await refusal(server, client.url(token="wrong")) == REFUSED
    await say(server, hub, "1")
    assert await client.messages(1) == [(1, "1")]


async def test_anothers_token_opens_nothing(server, hub, client):
    other = await reliable(server, hub)
    assert await refusal(server, client.url(token=other.tokens[0])) == REFUSED


async def test_a_connection_of_another_protocol_cannot_be_recovered(server, hub):
    other = await server.connect(hub, user="bob")
    token = make_reconnection_token(server.resource.keys.salt, other.connection_id, time.time())
    assert await refusal(server, recovery_url(server, hub, other.connection_id, token)) == REFUSED


async def test_a_bad_hub_name_in_a_recovery_is_a_bad_request(server, hub, client):
    url = client.url(hub="1x")
    with pytest.raises(InvalidStatus, match="400"):
        await server.connect_to(url, RELIABLE)


async def test_with_a_new_salt_no_older_token_opens_anything(server, hub, client):
    await client.lose()
    server.registry.regenerate_key(server.resource.resource_group, server.resource.name, "Salt")
    assert await refusal(server, client.url()) == REFUSED
    assert (await reliable(server, hub)).connection_id


async def test_of_a_deleted_resource_nothing_can_be_recovered(tmp_path, hub):
    async with running_server(tmp_path) as server:
        group = server.resource.resource_group
        other, _ = server.registry.create_or_update(group, "other", {"location": "here", "sku": {"name": "Free_F1"}})
        client = await reliable(server, hub, key=other.keys.primary)
        await client.lose(resource="other")
        server.registry.delete(group, "other")
        await eventually(lambda: server.server._directory.count("other") == 0)
        assert await refusal(server, client.url()) == REFUSED


# Ends


@pytest.mark.parametrize("code", [1001, 3000, None])
async def test_a_client_that_closes_otherwise_may_come_back(server, hub, client, code):
    async with raw_client(server, hub, query=_recovery_query(client)) as raw:
        await raw.frame()
        raw.send(close(code))
        assert (await raw.ended())[0] == code
    await client.is_detached()
    await client.recover()
    await say(server, hub, "1")
    assert await client.messages(1) == [(1, "1")]


async def test_a_client_that_closes_with_1000_has_gone_for_good(server, hub, client):
    await client.client.close()
    await eventually(lambda: server.connected_to(hub) == 0)
    assert await refusal(server, client.url()) == REFUSED


async def test_a_malformed_message_ends_the_connection_for_good(server, hub, client):
    await client.client.send("{")
    assert (await client.client.closed())[0] == 1007
    assert await refusal(server, client.url()) == REFUSED


async def test_rest_closes_a_connection_for_good_with_or_without_a_socket(server, hub, client):
    other = await reliable(server, hub)
    await other.lose()
    for one in (client, other):
        path = f"/api/hubs/{hub}/connections/{one.connection_id}?reason=enough&{API}"
        assert (await server.rest("DELETE", path)).status == 204
        assert (await server.rest("HEAD", path)).status == 404
        assert await refusal(server, one.url()) == REFUSED
    assert await client.client.message() == {
        "type": "system", "event": "disconnected",
        "message": "Application server closed the connection. Reason: enough",
    }  # fmt: skip
    assert (await client.client.closed())[0] == 1000
    await eventually(lambda: server.connected_to(hub) == 0)


async def test_a_detached_connection_exists_and_is_a_member(server, hub, client):
    await client.lose()
    assert (await server.rest("HEAD", f"/api/hubs/{hub}/connections/{client.connection_id}?{API}")).status == 200
    assert (await server.rest("HEAD", f"/api/hubs/{hub}/groups/g?{API}")).status == 200
    assert server.connections >= 1


async def test_the_old_answer_to_a_close_does_not_end_the_recovered_connection(server, hub, client):
    async with raw_client(server, hub, query=_recovery_query(client)) as raw:
        await raw.frame()
        raw.send(close(1001))
        await client.recover()
        raw.abort()
        await say(server, hub, "1")
        assert await client.messages(1) == [(1, "1")]


async def test_the_last_socket_of_two_at_once_has_the_connection(server, hub, client):
    await client.lose()
    sockets = await asyncio.gather(*(server.connect_to(client.url(), RELIABLE) for _ in range(5)))
    await say(server, hub, "1")
    got = await asyncio.gather(*(socket.message() for socket in sockets), return_exceptions=True)
    assert sum(isinstance(one, dict) for one in got) == 1
    assert server.connected_to(hub) == 1


async def test_what_a_client_says_before_it_is_gone_is_carried_out(server, hub, client):
    listener = await reliable(server, hub, groups=["h"])
    async with raw_client(server, hub, query=_recovery_query(client)) as raw:
        await raw.frame()
        raw.send(frame(1, b'{"type":"sendToGroup","group":"h","data":1}'))
        await raw.drain()
        assert await listener.messages(1) == [(1, 1)]
        raw.abort()


# Limits


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def narrow(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningServer]:
    """A server that keeps little, for a short time."""
    folder = tmp_path_factory.mktemp("narrow")
    async with running_server(
        folder, recovery_window_seconds=0.2, recovery_limit_messages=5, recovery_limit_bytes=65536
    ) as running:
        yield running


async def test_after_its_time_a_connection_is_gone(narrow, hub):
    client = await reliable(narrow, hub, groups=["g"])
    await client.lose()
    await eventually(lambda: narrow.connected_to(hub) == 0)
    assert await refusal(narrow, client.url()) == REFUSED
    await eventually(lambda: narrow.connections == 0)


async def test_a_client_that_is_back_in_time_stays(narrow, hub):
    client = await reliable(narrow, hub, groups=["g"])
    await client.lose()
    await client.recover()
    other = await reliable(narrow, hub)
    await other.lose()
    await eventually(lambda: narrow.connected_to(hub) == 1)
    await say(narrow, hub, "1")
    assert await client.messages(1) == [(1, "1")]


async def test_one_message_more_than_is_kept_ends_an_open_connection(narrow, hub):
    client = await reliable(narrow, hub, groups=["g"])
    await say(narrow, hub, *"123456")
    assert await client.messages(5) == [(number, str(number)) for number in range(1, 6)]
    assert await client.client.closed() == FULL
    await eventually(lambda: narrow.connected_to(hub) == 0)
    assert await refusal(narrow, client.url()) == REFUSED


async def test_too_many_bytes_do_as_well(narrow, hub):
    client = await reliable(narrow, hub, groups=["g"])
    await say(narrow, hub, "x" * 30_000, "y" * 30_000, "z" * 30_000)
    await client.messages(2)
    assert await client.client.closed() == FULL


async def test_a_full_queue_ends_a_detached_connection(narrow, hub):
    client = await reliable(narrow, hub, groups=["g"])
    await client.lose()
    await say(narrow, hub, *"12345")
    assert narrow.connected_to(hub) == 1
    await say(narrow, hub, "6")
    await eventually(lambda: narrow.connected_to(hub) == 0)
    assert await refusal(narrow, client.url()) == REFUSED


async def test_a_client_that_acknowledges_gets_as_much_as_there_is(narrow, hub):
    client = await reliable(narrow, hub, groups=["g"])
    for number in range(1, 21):
        await say(narrow, hub, str(number))
        assert await client.messages(1) == [(number, str(number))]
        await client.acknowledge(number)


async def test_a_message_that_has_expired_is_not_sent_again_and_leaves_its_number(server, hub, client):
    await client.lose()
    path = f"/api/hubs/{hub}/groups/g/:send?messageTtlSeconds=1&{API}"
    assert (await server.rest("POST", path, "short", "text/plain")).status == 202
    await say(server, hub, "long")
    connection = server.hub_of(hub).find(client.connection_id)
    assert connection is not None
    assert connection.recovery is not None
    loop = asyncio.get_running_loop()
    await eventually(lambda: len(list(connection.recovery.unacknowledged(loop.time()))) == 1)
    await client.recover()
    assert await client.messages(1) == [(2, "long")]


# At the end of the server


async def test_a_server_that_stops_ends_detached_connections_too(tmp_path, hub):
    async with running_server(tmp_path) as server:
        client = await reliable(server, hub)
        await client.lose()
        assert server.connections == 1
        directory = server.server._directory
        name = server.resource.name
    assert directory.count(name) == 0
