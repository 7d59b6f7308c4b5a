"""Clients of `json.webpubsub.azure.v1`, as they see the service."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.running_server import ALL_ROLES, RunningServer, running_server

pytestmark = pytest.mark.asyncio(loop_scope="module")

API = "api-version=2024-12-01"
MALFORMED = (1007, "The client message is not a valid JSON protocol message.")


def success(ack_id: int) -> dict[str, Any]:
    return {"type": "ack", "ackId": ack_id, "success": True}


def failure(ack_id: int, name: str, message: str) -> dict[str, Any]:
    return {"type": "ack", "ackId": ack_id, "success": False, "error": {"name": name, "message": message}}


def publish(group: str = "g", **members: Any) -> dict[str, Any]:
    return {"type": "sendToGroup", "group": group, "dataType": "text", "data": "x", **members}


async def grant(server: RunningServer, hub: str, connection_id: str, permission: str, group: str) -> None:
    path = f"/api/hubs/{hub}/permissions/{permission}/connections/{connection_id}?targetName={group}&{API}"
    assert (await server.rest("PUT", path)).status == 200


async def revoke(server: RunningServer, hub: str, connection_id: str, permission: str, group: str) -> None:
    path = f"/api/hubs/{hub}/permissions/{permission}/connections/{connection_id}?targetName={group}&{API}"
    assert (await server.rest("DELETE", path)).status == 204


# Connected


async def test_the_first_frame_says_who_one_is(server: RunningServer, hub: str) -> None:
    client = await server.connect(hub, user="alice")
    assert client.connected.pop("connectionId")
    assert client.connected == {"type": "system", "event": "connected", "userId": "alice"}


async def test_without_a_user_the_user_id_is_null(server: RunningServer, hub: str) -> None:
    client = await server.connect(hub)
    assert client.connected["userId"] is None
    assert "reconnectionToken" not in client.connected


async def test_connection_ids_differ(server: RunningServer, hub: str) -> None:
    ids = {(await server.connect(hub, user="u")).connection_id for _ in range(20)}
    assert len(ids) == 20


# Joining and leaving


async def test_join_and_leave_are_acked(server: RunningServer, hub: str) -> None:
    client = await server.connect(hub, roles=ALL_ROLES)
    assert await client.ask({"type": "joinGroup", "group": "g", "ackId": 1}) == success(1)
    assert await client.ask({"type": "joinGroup", "group": "g", "ackId": 2}) == success(2)
    await server.send_to_group(hub, "g", "in")
    assert (await client.message())["data"] == "in"
    assert await client.ask({"type": "leaveGroup", "group": "g", "ackId": 3}) == success(3)
    assert await client.ask({"type": "leaveGroup", "group": "g", "ackId": 4}) == success(4)
    await server.send_to_group(hub, "g", "out")
    assert await client.ask({"type": "ping"}) == {"type": "pong"}


async def test_without_an_ack_id_nothing_is_acked(server: RunningServer, hub: str) -> None:
    client = await server.connect(hub, roles=ALL_ROLES)
    for frame in ({"type": "joinGroup", "group": "g"}, publish("other"), {"type": "leaveGroup", "group": "g"}):
        await client.send_json(frame)
    await client.send_json({"type": "joinGroup", "group": "g", "ackId": None})
    assert await client.ask({"type": "ping"}) == {"type": "pong"}


async def test_a_forbidden_request_without_an_ack_id_changes_nothing(server: RunningServer, hub: str) -> None:
    client = await server.connect(hub)
    member = await server.connect(hub, groups=["g"])
    await client.send_json({"type": "joinGroup", "group": "g"})
    await client.send_json(publish())
    assert await client.ask({"type": "ping"}) == {"type": "pong"}
    await server.send_to_group(hub, "g", "first")
    assert (await member.message())["data"] == "first"
    assert await client.ask({"type": "ping"}) == {"type": "pong"}


@pytest.mark.parametrize("word", ["JOINGROUP", "joingroup", "JoinGroup"])
async def test_words_compare_without_case(server: RunningServer, hub: str, word: str) -> None:
    client = await server.connect(hub, roles=ALL_ROLES)
    assert await client.ask({"type": word, "group": "g", "ackId": 1}) == success(1)
    await client.send_json(publish(dataType="Text"))
    assert (await client.message())["dataType"] == "text"
    await client.send_json(publish(dataType="Json", data={"a": 1}))
    assert (await client.message())["data"] == {"a": 1}


async def test_group_names_compare_as_they_stand(server: RunningServer, hub: str) -> None:
    client = await server.connect(hub, roles=ALL_ROLES)
    for number, group in enumerate(["Group", " group ", "g" * 1024, "a.b/c?d", "groß"]):
        assert await client.ask({"type": "joinGroup", "group": group, "ackId": number}) == success(number)
    await client.send_json(publish("group"))
    await client.send_json(publish("group "))
    assert await client.ask({"type": "ping"}) == {"type": "pong"}
    await client.send_json(publish(" group "))
    assert (await client.message())["group"] == " group "


async def test_a_user_may_be_in_a_group_with_one_connection_only(server: RunningServer, hub: str) -> None:
    inside = await server.connect(hub, user="u", roles=ALL_ROLES)
    outside = await server.connect(hub, user="u", roles=ALL_ROLES)
    await inside.ask({"type": "joinGroup", "group": "g", "ackId": 1})
    await outside.send_json(publish())
    assert (await inside.message())["fromUserId"] == "u"
    assert await outside.ask({"type": "ping"}) == {"type": "pong"}


# Acks


async def test_a_failed_id_may_come_again(server: RunningServer, hub: str) -> None:
    client = await server.connect(hub)
    join = {"type": "joinGroup", "group": "g", "ackId": 1}
    forbidden = failure(1, "Forbidden", "The client does not have permission to join group 'g'.")
    assert await client.ask(join) == forbidden
    assert await client.ask(join) == forbidden
    await grant(server, hub, client.connection_id, "joinLeaveGroup", "g")
    assert await client.ask(join) == success(1)
    assert (await client.ask(join))["error"]["name"] == "Duplicate"


@pytest.mark.parametrize(
    ("frame", "verb"),
    [({"type": "joinGroup"}, "join"), ({"type": "leaveGroup"}, "leave"), (publish(), "send to")],
    ids=["join", "leave", "send"],
)
async def test_what_is_forbidden_is_said(server: RunningServer, hub: str, frame: dict[str, Any], verb: str) -> None:
    client = await server.connect(hub)
    answer = await client.ask({**frame, "group": "it's", "ackId": 7})
    assert answer == failure(7, "Forbidden", f"The client does not have permission to {verb} group 'it's'.")


async def test_a_used_id_is_a_duplicate_whatever_it_asks(server: RunningServer, hub: str) -> None:
    client = await server.connect(hub, roles=ALL_ROLES)
    assert await client.ask({"type": "joinGroup", "group": "g", "ackId": 5}) == success(5)
    duplicate = failure(5, "Duplicate", "Message with ack-id: 5 has been processed")
    assert await client.ask(publish(ackId=5)) == duplicate
    assert await client.ask({"type": "leaveGroup", "group": "g", "ackId": 5}) == duplicate
    assert await client.ask({"type": "event", "event": "e", "data": 1, "ackId": 5}) == duplicate
    await server.send_to_group(hub, "g", "still a member")
    assert (await client.message())["data"] == "still a member"


@pytest.mark.parametrize("ack_id", [0, 1, 2**31, 2**53 + 1, 2**64 - 1])
async def test_ack_ids_are_unsigned_64_bit_numbers(server: RunningServer, hub: str, ack_id: int) -> None:
    client = await server.connect(hub, roles=ALL_ROLES)
    assert await client.ask({"type": "joinGroup", "group": "g", "ackId": ack_id}) == success(ack_id)


async def test_the_newest_ids_are_remembered(tmp_path: Any) -> None:
    async with running_server(tmp_path, ack_memory=3) as server:
        client = await server.connect("chat", roles=ALL_ROLES)
        for ack_id in (1, 2, 3, 4):
            assert await client.ask(publish(ackId=ack_id)) == success(ack_id)
        assert (await client.ask(publish(ackId=2)))["success"] is False
        assert await client.ask(publish(ackId=1)) == success(1)


async def test_a_thousand_ids_are_remembered_by_default(server: RunningServer, hub: str) -> None:
    client = await server.connect(hub, roles=ALL_ROLES)
    for ack_id in range(1001):
        await client.send_json(publish(ackId=ack_id))
    assert [(await client.message())["ackId"] for _ in range(1001)] == list(range(1001))
    assert (await client.ask(publish(ackId=1)))["error"]["name"] == "Duplicate"
    assert await client.ask(publish(ackId=0)) == success(0)


async def test_ids_belong_to_one_connection(server: RunningServer, hub: str) -> None:
    for _ in range(2):
        client = await server.connect(hub, user="u", roles=ALL_ROLES)
        assert await client.ask(publish(ackId=1)) == success(1)


# Publishing


async def test_a_member_hears_itself_before_its_ack(server: RunningServer, hub: str) -> None:
    client = await server.connect(hub, user="u", roles=ALL_ROLES, groups=["g"])
    message = {"type": "message", "from": "group", "group": "g", "fromUserId": "u", "dataType": "text", "data": "x"}
    assert await client.ask(publish(ackId=1)) == message
    assert await client.message() == success(1)


async def test_no_echo_leaves_out_the_sending_connection_only(server: RunningServer, hub: str) -> None:
    sender = await server.connect(hub, user="u", roles=ALL_ROLES, groups=["g"])
    other = await server.connect(hub, user="u", groups=["g"])
    assert await sender.ask(publish(noEcho=True, ackId=1)) == success(1)
    assert (await other.message())["data"] == "x"


async def test_publishing_needs_no_membership(server: RunningServer, hub: str) -> None:
    sender = await server.connect(hub, roles=ALL_ROLES)
    member = await server.connect(hub, groups=["g"])
    assert await sender.ask(publish(ackId=1)) == success(1)
    assert await member.message() == {
        "type": "message",
        "from": "group",
        "group": "g",
        "dataType": "text",
        "data": "x",
    }


async def test_publishing_to_nobody_succeeds(server: RunningServer, hub: str) -> None:
    client = await server.connect(hub, roles=ALL_ROLES)
    assert await client.ask(publish("nobody", ackId=1)) == success(1)


async def test_members_of_the_moment_hear_a_message(server: RunningServer, hub: str) -> None:
    """Frames of one client are carried out one after the other, even when they arrive together."""
    client = await server.connect(hub, roles=ALL_ROLES)
    join, leave = {"type": "joinGroup", "group": "g"}, {"type": "leaveGroup", "group": "g"}
    frames = [publish(data="1"), join, publish(data="2"), leave, publish(data="3"), join, publish(data="4")]
    for frame in frames:
        await client.send_json(frame)
    assert [(await client.message())["data"] for _ in range(2)] == ["2", "4"]


async def test_hubs_of_one_name_in_two_resources_never_meet(tmp_path: Any) -> None:
    async with running_server(tmp_path) as server:
        resource = server.resource
        body = {"location": "here", "sku": {"name": "Standard_S1"}}
        other, _ = server.registry.create_or_update(resource.resource_group, "second", body)
        here = await server.connect("chat", groups=["g"])
        there = await server.connect("chat", groups=["g"], key=other.keys.primary)
        await server.send_to_group("chat", "g", "for the default one")
        assert (await here.message())["data"] == "for the default one"
        assert await there.ask({"type": "ping"}) == {"type": "pong"}


async def test_a_deleted_resource_lets_its_clients_go(tmp_path: Any) -> None:
    async with running_server(tmp_path) as server:
        group = server.resource.resource_group
        body = {"location": "here", "sku": {"name": "Standard_S1"}}
        other, _ = server.registry.create_or_update(group, "second", body)
        client = await server.connect("chat", key=other.keys.primary)
        bystander = await server.connect("chat")
        server.registry.delete(group, "second")
        assert await client.closed() == (1001, "The resource has been deleted.")
        assert await bystander.ask({"type": "ping"}) == {"type": "pong"}


# Data


async def test_json_data_is_passed_on_as_written(server: RunningServer, hub: str) -> None:
    sender = await server.connect(hub, roles=ALL_ROLES)
    plain = await server.connect(hub, subprotocol=None, groups=["g"])
    text = '{"a":1.0, "b" : 2, "a":[1e400,"\\u00e9\\ud800"]}'
    await sender.send('{"type":"sendToGroup","group":"g","data":' + text + "}")
    assert await plain.frame() == text


@pytest.mark.parametrize("data", [0, "text", True, False, [], {}, {"deep": [None]}], ids=json.dumps)
async def test_any_json_value_but_null_is_data(server: RunningServer, hub: str, data: Any) -> None:
    client = await server.connect(hub, roles=ALL_ROLES, groups=["g"])
    answer = await client.ask({"type": "sendToGroup", "group": "g", "data": data})
    assert (answer["dataType"], answer["data"]) == ("json", data)


async def test_metadata_alone_is_an_empty_text(server: RunningServer, hub: str) -> None:
    client = await server.connect(hub, roles=ALL_ROLES, groups=["g"])
    answer = await client.ask({"type": "sendToGroup", "group": "g", "metadata": {"key": "value", "Key": ""}})
    assert (answer["dataType"], answer["data"], answer["metadata"]) == ("text", "", {"key": "value", "Key": ""})


async def test_rest_messages_name_no_sender(server: RunningServer, hub: str) -> None:
    client = await server.connect(hub, user="u", groups=["g"])
    await server.send_to_group(hub, "g", "x")
    assert await client.message() == {
        "type": "message",
        "from": "group",
        "group": "g",
        "dataType": "text",
        "data": "x",
    }
    await server.rest("POST", f"/api/hubs/{hub}/users/u/:send?{API}", '{"a": 1}', "application/json")
    assert await client.message() == {"type": "message", "from": "server", "dataType": "json", "data": {"a": 1}}


# Malformed frames


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "null",
        "[]",
        '"ping"',
        "{}",
        '{"type":1}',
        '{"type":"nothing"}',
        '{"Type":"ping"}',
        '{"type":"ping"} trailing',
        '{"type":"joinGroup"}',
        '{"type":"joinGroup","group":1}',
        '{"type":"joinGroup","group":""}',
        '{"type":"joinGroup","group":" "}',
        '{"type":"joinGroup","group":"' + "g" * 1025 + '"}',
        '{"type":"joinGroup","group":"g","ackId":-1}',
        '{"type":"joinGroup","group":"g","ackId":1.5}',
        '{"type":"joinGroup","group":"g","ackId":"1"}',
        '{"type":"joinGroup","group":"g","ackId":18446744073709551616}',
        '{"type":"sendToGroup","group":"g"}',
        '{"type":"sendToGroup","group":"g","data":null}',
        '{"type":"sendToGroup","group":"g","dataType":"text","data":1}',
        '{"type":"sendToGroup","group":"g","dataType":"text","data":null}',
        '{"type":"sendToGroup","group":"g","dataType":"binary","data":"?"}',
        '{"type":"sendToGroup","group":"g","dataType":"binary","data":"eA"}',
        '{"type":"sendToGroup","group":"g","dataType":"protobuf","data":"//8="}',
        '{"type":"sendToGroup","group":"g","dataType":"xml","data":"x"}',
        '{"type":"sendToGroup","group":"g","data":1,"noEcho":"true"}',
        '{"type":"sendToGroup","group":"g","data":1,"ttlSeconds":301}',
        '{"type":"sendToGroup","group":"g","data":1,"ttlSeconds":-1}',
        '{"type":"sendToGroup","group":"g","data":1,"metadata":{"k":1}}',
        '{"type":"sendToGroup","group":"g","data":1,"metadata":{"k":"a","k":"b"}}',
        '{"type":"sendToGroup","group":"g","data":1,"metadata":{"a b":"c"}}',
        '{"type":"event","event":"1x","data":1}',
        '{"type":"event","event":"' + "e" * 129 + '","data":1}',
        '{"type":"event","data":1}',
        '{"type":"sequenceAck","sequenceId":"1"}',
        '{"type":"sequenceAck"}',
        "[" * 100_000,
    ],
    ids=lambda text: text[:70],
)
async def test_a_malformed_message_is_1007(server: RunningServer, hub: str, text: str) -> None:
    client = await server.connect(hub, roles=ALL_ROLES)
    await client.send(text)
    assert await client.closed() == MALFORMED


async def test_what_was_asked_before_is_answered_first(server: RunningServer, hub: str) -> None:
    client = await server.connect(hub, roles=ALL_ROLES)
    await client.send_json({"type": "joinGroup", "group": "g", "ackId": 1})
    await client.send("{")
    assert await client.message() == success(1)
    assert await client.closed() == MALFORMED


async def test_a_binary_message_is_1003(server: RunningServer, hub: str) -> None:
    client = await server.connect(hub)
    await client.send(b'{"type":"ping"}')
    assert await client.closed() == (1003, "The JSON subprotocol requires text messages.")


async def test_unknown_members_are_ignored(server: RunningServer, hub: str) -> None:
    client = await server.connect(hub, roles=ALL_ROLES, groups=["g"])
    answer = await client.ask(publish(extra={"a": [1]}, ttlSeconds=None, metadata=None, noEcho=False))
    assert answer["data"] == "x"


# Events, and what this server does not do yet


async def test_an_event_without_a_handler_fails_and_the_connection_stays(server: RunningServer, hub: str) -> None:
    client = await server.connect(hub)
    event = {"type": "event", "event": "e", "data": 1}
    await client.send_json(event)
    answer = await client.ask({**event, "ackId": 1})
    assert answer == failure(1, "InternalServerError", "Internal server error")
    assert await client.ask({**event, "ackId": 1}) == answer
    assert await client.ask({"type": "ping"}) == {"type": "pong"}


@pytest.mark.parametrize(
    "frame",
    [
        {"type": "setGroupState", "group": "g", "state": {}},
        {"type": "subscribeGroupState", "group": "g"},
        {"type": "unsubscribeGroupState", "group": "g"},
    ],
    ids=lambda frame: frame["type"],
)
async def test_what_is_not_offered_is_a_bad_request(server: RunningServer, hub: str, frame: dict[str, Any]) -> None:
    client = await server.connect(hub, roles=ALL_ROLES)
    await client.send_json(frame)
    assert await client.ask({"type": "ping"}) == {"type": "pong"}
    answer = await client.ask({**frame, "ackId": 1})
    assert (answer["success"], answer["error"]["name"]) == (False, "BadRequest")


async def test_a_sequence_ack_means_nothing_here(server: RunningServer, hub: str) -> None:
    client = await server.connect(hub)
    await client.send_json({"type": "sequenceAck", "sequenceId": 9})
    assert await client.ask({"type": "ping"}) == {"type": "pong"}


# Closing by REST


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("", "Application server closed the connection."),
        ("&reason=", "Application server closed the connection."),
        ("&reason=too%20loud", "Application server closed the connection. Reason: too loud"),
    ],
)
async def test_a_rest_close_is_told_and_then_done(server: RunningServer, hub: str, query: str, text: str) -> None:
    client = await server.connect(hub, groups=["g"])
    await server.send_to_group(hub, "g", "before")
    path = f"/api/hubs/{hub}/connections/{client.connection_id}?{API}{query}"
    assert (await server.rest("DELETE", path)).status == 204
    assert (await client.message())["data"] == "before"
    assert await client.message() == {"type": "system", "event": "disconnected", "message": text}
    assert await client.closed() == (1000, "")
    assert server.connected_to(hub) == 0


# Roles (concept-wildcard-group-roles)


@pytest.mark.parametrize(
    ("role", "allowed", "forbidden"),
    [
        ("webpubsub.sendToGroup", ["a", "a.b", "x y"], []),
        ("webpubsub.sendToGroup.a.b", ["a.b"], ["a", "a.b.c", "A.b"]),
        ("webpubsub.sendToGroup.a.*", ["a.*"], ["a.b"]),
        ("webpubsub.sendToGroups.a.*", ["a.b", "a."], ["a.b.c", "A.b", "a"]),
        ("webpubsub.sendToGroups.a.**", ["a.b", "a.b.c"], ["b.a"]),
        ("webpubsub.sendToGroups.a?c", ["abc"], ["ac", "a.c", "abbc"]),
        ("webpubsub.sendToGroups.a\\*", ["a*"], ["ab", "a\\*"]),
        ("webpubsub.sendToGroups.**", ["anything", "at.all"], []),
        ("webpubsub.sendToGroups.literal", ["literal"], ["literally"]),
        ("webpubsub.sendToGroups.*a*b*c*d*e*", [], ["abcde"]),
        ("webpubsub.sendToGroups.a\\b", [], ["a\\b", "ab"]),
        ("webpubsub.sendToGroupx", [], ["x", "webpubsub.sendToGroupx"]),
        ("webpubsub.SendToGroup", [], ["x"]),
        ("webpubsub.joinLeaveGroup", [], ["x"]),
        ("webpubsub.joinLeaveGroup.x", [], ["x"]),
    ],
    ids=str,
)
async def test_roles(server: RunningServer, hub: str, role: str, allowed: list[str], forbidden: list[str]) -> None:
    client = await server.connect(hub, roles=["unknown.role", role])
    for ack_id, group in enumerate(allowed):
        assert await client.ask(publish(group, ackId=ack_id)) == success(ack_id)
    for ack_id, group in enumerate(forbidden, 100):
        assert (await client.ask(publish(group, ackId=ack_id)))["error"]["name"] == "Forbidden"


async def test_a_revocation_beats_the_role_until_a_grant(server: RunningServer, hub: str) -> None:
    client = await server.connect(hub, roles=ALL_ROLES)
    await revoke(server, hub, client.connection_id, "sendToGroup", "g")
    assert (await client.ask(publish("g", ackId=1)))["error"]["name"] == "Forbidden"
    assert await client.ask(publish("h", ackId=2)) == success(2)
    assert await client.ask({"type": "joinGroup", "group": "g", "ackId": 3}) == success(3)
    await grant(server, hub, client.connection_id, "sendToGroup", "g")
    await client.send_json(publish("g", ackId=1))
    assert (await client.message())["data"] == "x"
    assert await client.message() == success(1)


async def test_a_revoked_join_does_not_evict(server: RunningServer, hub: str) -> None:
    client = await server.connect(hub, roles=ALL_ROLES, groups=["g"])
    await revoke(server, hub, client.connection_id, "joinLeaveGroup", "g")
    assert (await client.ask({"type": "leaveGroup", "group": "g", "ackId": 1}))["error"]["name"] == "Forbidden"
    await server.send_to_group(hub, "g", "x")
    assert (await client.message())["data"] == "x"
