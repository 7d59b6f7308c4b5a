"""Streams between clients on real sockets: what both sides see, and what becomes of a stream when a side is gone."""

from __future__ import annotations

import json

import pytest
from tests.running_server import ALL_ROLES, JSON_PROTOCOL, Client, RunningServer, running_server
from tests.sockets.protobuf_client import PROTOBUF_PROTOCOL, RELIABLE_PROTOBUF_PROTOCOL, connect_protobuf
from tests.sockets.raw_client import close, frame, raw_client
from tests.sockets.reliable_client import RELIABLE, reliable
from tests.sockets.stream_frames import CLOSED, ack, data, end, error_of, fragments, last, start

pytestmark = pytest.mark.asyncio(loop_scope="module")

API = "api-version=2024-12-01"


async def publisher_in(server: RunningServer, hub: str, *frames: object, subprotocol: str = JSON_PROTOCOL) -> Client:
    """A client `p` that may send, and has sent these frames."""
    client = await server.connect(hub, user="p", roles=ALL_ROLES, subprotocol=subprotocol)
    for one in frames:
        await client.send_json(one)
    return client


async def member_of(server: RunningServer, hub: str, subprotocol: str | None = JSON_PROTOCOL) -> Client:
    return await server.connect(hub, groups=["g"], subprotocol=subprotocol)


# Both sides


@pytest.mark.parametrize("subprotocol", [JSON_PROTOCOL, RELIABLE])
async def test_stream_from_start_to_end(server, hub, subprotocol):
    member = await member_of(server, hub, subprotocol)
    publisher = await publisher_in(server, hub, subprotocol=subprotocol)
    assert await publisher.ask(start()) == ack(1)
    assert await publisher.ask(data(1)) == ack(2)
    assert await publisher.ask(data(2)) == ack(3)
    assert await publisher.ask(end()) == CLOSED
    first = await member.message()
    numbered = {"sequenceId": 1} if subprotocol == RELIABLE else {}
    assert first == numbered | {
        "type": "message",
        "from": "group",
        "group": "g",
        "fromUserId": "p",
        "dataType": "text",
        "data": "d1",
        "stream": {"streamId": "s", "streamSequenceId": 1},
    }
    assert await fragments(member, 1) == [(2, "d2")]
    assert await last(member) == (3, None)


async def test_every_kind_of_data_arrives_as_it_was_sent(server, hub):
    member = await member_of(server, hub)
    publisher = await publisher_in(server, hub, start())
    sent = [("json", {"a": [1, None]}), ("text", "grüße"), ("binary", "AP8=")]
    for number, (data_type, value) in enumerate(sent, 1):
        await publisher.send_json({**data(number), "dataType": data_type, "data": value})
    heard = [await member.message() for _ in sent]
    assert [(one["dataType"], one["data"]) for one in heard] == sent


async def test_plain_members_get_the_fragments_alone(server, hub):
    plain = await member_of(server, hub, None)
    publisher = await publisher_in(server, hub, start(), data(1), end(), start(), data(1, "again"))
    assert await publisher.message() == ack(1)
    assert [await plain.frame(), await plain.frame()] == ["d1", "again"]


@pytest.mark.parametrize("subprotocol", [PROTOBUF_PROTOCOL, RELIABLE_PROTOBUF_PROTOCOL])
async def test_protobuf_members_hear_the_streams_of_json_clients(server, hub, subprotocol):
    member = await connect_protobuf(server, hub, subprotocol=subprotocol, groups=["g"])
    await publisher_in(server, hub, start(), data(1), end(message="why"))
    heard = await member.data()
    assert (heard.stream.stream_id, heard.stream.stream_sequence_id, heard.data.text_data) == ("s", 1, "d1")
    end_of_it = (await member.data()).stream
    assert (end_of_it.stream_sequence_id, end_of_it.end_of_stream) == (2, True)
    assert (end_of_it.error.name, end_of_it.error.message) == ("UserError", "why")


async def test_publisher_hears_itself_unless_it_does_not_want_to(server, hub):
    publisher = await publisher_in(server, hub, {"type": "joinGroup", "group": "g"}, start(no_echo=False))
    assert await publisher.message() == ack(1)
    await publisher.send_json(data(1))
    assert await fragments(publisher, 1) == [(1, "d1")]
    assert await publisher.message() == ack(2)
    await publisher.send_json(end())
    assert await last(publisher) == (2, None)
    assert await publisher.message() == CLOSED
    await publisher.send_json(start(no_echo=True))
    assert await publisher.message() == ack(1)
    assert await publisher.ask(data(1)) == ack(2)
    assert await publisher.ask(end()) == CLOSED


async def test_error_of_the_publisher_reaches_the_members(server, hub):
    member = await member_of(server, hub)
    publisher = await publisher_in(server, hub, start(), end(message="why", userErrorCode="E1"))
    assert await last(member) == (1, {"name": "UserError", "message": "why", "userErrorCode": "E1"})
    assert [await publisher.message(), await publisher.message()] == [ack(1), CLOSED]


async def test_late_member_hears_the_rest(server, hub):
    publisher = await publisher_in(server, hub, start())
    assert await publisher.message() == ack(1)
    assert await publisher.ask(data(1)) == ack(2)
    member = await member_of(server, hub)
    await publisher.send_json(data(2))
    assert await fragments(member, 1) == [(2, "d2")]


async def test_fragments_that_come_together_are_acknowledged_together(server, hub):
    count = 2000
    member = await member_of(server, hub)
    publisher = await publisher_in(server, hub, start())
    assert await publisher.message() == ack(1)
    for number in range(1, count + 1):
        await publisher.send_json(data(number))
    assert await fragments(member, count) == [(number, f"d{number}") for number in range(1, count + 1)]
    acks = [1]
    while acks[-1] <= count:
        acks.append((await publisher.message())["expectedSequenceId"])
    assert acks == sorted(set(acks))
    assert len(acks) < count


# What is refused


async def test_what_cannot_be_taken_is_answered_and_the_connection_stays(server, hub):
    publisher = await publisher_in(server, hub, start())
    assert await publisher.message() == ack(1)
    assert (await publisher.ask(start()))["error"]["name"] == "BadRequest"
    nack = await publisher.ask(data(5))
    assert (nack["type"], nack["name"], nack["expectedSequenceId"]) == ("streamNack", "InvalidSequenceId", 1)
    assert await publisher.ask(data(1)) == ack(2)
    assert await publisher.ask(data(1)) == ack(2)
    for one in (data(1, stream_id="x"), end("x"), {"type": "streamData", "streamId": "x"}):
        await publisher.send_json(one)
        assert await error_of(publisher) == "StreamNotFound"
    for one in (start("x", idleTimeoutMs=0), start("x", idleTimeoutMs="1"), start(""), start("x") | {"data": 1}):
        await publisher.send_json(one)
        assert await error_of(publisher) == "BadRequest"
    assert await publisher.ask(data(2)) == ack(3)


async def test_start_without_the_role_is_forbidden(server, hub):
    client = await server.connect(hub, roles=["webpubsub.joinLeaveGroup"])
    await client.send_json(start())
    assert await error_of(client) == "Forbidden"


async def test_incomplete_fragment_ends_the_connection(server, hub):
    member = await member_of(server, hub)
    publisher = await publisher_in(server, hub, start(), {"type": "streamData", "streamId": "s", "data": "x"})
    assert await publisher.message() == ack(1)
    assert (await publisher.closed())[0] == 1007
    assert (await last(member))[1]["name"] == "Cancelled"


async def test_revoked_permission_ends_the_stream(server, hub):
    member = await member_of(server, hub)
    publisher = await publisher_in(server, hub, start())
    assert await publisher.message() == ack(1)
    path = f"/api/hubs/{hub}/permissions/sendToGroup/connections/{publisher.connection_id}?targetName=g&{API}"
    assert (await server.rest("DELETE", path)).status == 204
    await publisher.send_json(data(1))
    assert await error_of(publisher) == "Forbidden"
    assert (await last(member))[1]["name"] == "Forbidden"


async def test_limits_are_settings(tmp_path):
    async with running_server(tmp_path, streams_limit=1, stream_id_limit=36, stream_idle_seconds=0.1) as server:
        publisher = await publisher_in(server, "chat", start("x" * 37), start("a", idleTimeoutMs=60_000), start("b"))
        assert await error_of(publisher) == "BadRequest"
        assert await publisher.message() == ack(1, "a")
        assert await error_of(publisher) == "BadRequest"
        assert await publisher.ask(end("a")) == CLOSED | {"streamId": "a"}
        assert await publisher.ask(start("b")) == ack(1, "b")
        assert await error_of(publisher) == "IdleTimeout"


# Ends that nobody asked for


async def test_idle_stream_ends_for_both(server, hub):
    member = await member_of(server, hub)
    publisher = await publisher_in(server, hub, start(idleTimeoutMs=50))
    assert await publisher.message() == ack(1)
    assert await error_of(publisher) == "IdleTimeout"
    assert (await last(member))[1]["name"] == "IdleTimeout"


@pytest.mark.parametrize(
    ("how", "subprotocol"),
    [
        ("lost", JSON_PROTOCOL),
        ("closed", JSON_PROTOCOL),
        ("closed", RELIABLE),
        ("closed by REST", JSON_PROTOCOL),
        ("closed by REST", RELIABLE),
    ],
)
async def test_stream_is_cancelled_when_its_publisher_is_gone_for_good(server, hub, how, subprotocol):
    member = await member_of(server, hub)
    publisher = await publisher_in(server, hub, start(), data(1), subprotocol=subprotocol)
    assert await fragments(member, 1) == [(1, "d1")]
    if how == "lost":
        publisher.websocket.transport.abort()
    elif how == "closed":
        await publisher.close()
    else:
        path = f"/api/hubs/{hub}/connections/{publisher.connection_id}?{API}"
        assert (await server.rest("DELETE", path)).status == 204
    number, error = await last(member)
    assert (number, error["name"]) == (2, "Cancelled")


async def test_last_words_of_a_publisher_arrive(server, hub):
    member = await member_of(server, hub)
    async with raw_client(server, hub, subprotocol=JSON_PROTOCOL, roles=ALL_ROLES) as publisher:
        words = [frame(1, json.dumps(one).encode()) for one in (start(), data(1), end())]
        publisher.send(*words, close(1000))
        assert await fragments(member, 1) == [(1, "d1")]
        assert await last(member) == (2, None)


# Recovery


async def test_stream_goes_on_after_its_publisher_came_back(server, hub):
    member = await member_of(server, hub)
    publisher = await reliable(server, hub, user="p", roles=ALL_ROLES)
    assert await publisher.client.ask(start()) == ack(1)
    assert await publisher.client.ask(data(1)) == ack(2)
    await publisher.client.send_json(data(2))
    assert await fragments(member, 2) == [(1, "d1"), (2, "d2")]
    await publisher.lose()
    await publisher.recover()
    assert await publisher.client.ask(data(2)) == ack(3)
    assert await publisher.client.ask(data(3)) == ack(4)
    assert await publisher.client.ask(end()) == CLOSED
    assert await fragments(member, 1) == [(3, "d3")]
    assert await last(member) == (4, None)


async def test_stream_goes_idle_while_its_publisher_is_away(server, hub):
    member = await member_of(server, hub)
    publisher = await reliable(server, hub, roles=ALL_ROLES)
    assert await publisher.client.ask(start(idleTimeoutMs=50)) == ack(1)
    await publisher.lose()
    assert (await last(member))[1]["name"] == "IdleTimeout"
    await publisher.recover()
    await publisher.client.send_json(data(1))
    assert await error_of(publisher.client) == "StreamNotFound"


async def test_stream_is_cancelled_when_its_publisher_does_not_come_back(tmp_path):
    async with running_server(tmp_path, recovery_window_seconds=0.1) as server:
        member = await member_of(server, "chat")
        publisher = await reliable(server, "chat", roles=ALL_ROLES)
        assert await publisher.client.ask(start()) == ack(1)
        publisher.client.websocket.transport.abort()
        assert (await last(member))[1]["name"] == "Cancelled"


async def test_member_who_comes_back_has_missed_nothing(server, hub):
    member = await reliable(server, hub, groups=["g"])
    publisher = await publisher_in(server, hub, start(), data(1))
    assert await fragments(member.client, 1) == [(1, "d1")]
    await member.acknowledge(1)
    await member.lose()
    for one in (data(2), data(3), end()):
        await publisher.send_json(one)
    while await publisher.message() != CLOSED:
        pass
    await member.recover()
    assert await fragments(member.client, 2) == [(2, "d2"), (3, "d3")]
    assert await last(member.client) == (4, None)
