"""What one client may do, and exactly one ack for each request that asks for one."""

import logging

import pytest
from tests.hubs.house import NOW, House, data_of, duplicate, event, failure, join, leave, send, success
from tests.hubs.surroundings import AT
from tests.protocols import frames

from linarite.domain import commands as do
from linarite.domain.messages import NO_METADATA, DataType
from linarite.domain.permissions import Permission
from linarite.hubs.plain_clients import PlainPublish
from linarite.protocols.requests import Payload
from linarite.protocols.simple_codec import SIMPLE

LARGEST = 2**64 - 1


@pytest.fixture
def house():
    return House()


# Groups


def test_join_and_leave_are_acknowledged_even_when_they_change_nothing(house):
    guest = house.enter("c")
    assert guest.says(join(1), join(2)).news == [success(1), success(2)]
    assert guest.connection.groups == {"g"}
    assert guest.says(leave(3), leave(4)).news == [success(3), success(4)]
    assert guest.connection.groups == set()


def test_request_without_an_ack_id_is_answered_by_nothing(house):
    guest = house.enter("c", roles=())
    guest.says(join(), leave(), send(1), {"type": "setGroupState", "group": "g"}, event())
    house.events.asked[-1].answer(None)
    assert guest.news == []
    assert guest.outlet.closed is None


def test_publish_reaches_the_members_with_the_sender_named(house):
    sender, member, outsider = (house.enter(name) for name in "abc")
    member.says(join())
    assert sender.says(send({"x": 1.0}, 1, metadata={"k": "v"})).news == [success(1)]
    assert member.news == [
        {
            "type": "message",
            "from": "group",
            "group": "g",
            "fromUserId": "user-a",
            "metadata": {"k": "v"},
            "dataType": "json",
            "data": {"x": 1.0},
        }
    ]
    assert outsider.news == []


def test_member_sees_its_own_message_before_the_ack(house):
    guest = house.enter("c").says(join())
    told = guest.says(send(1, 1), send(2, 2)).news
    assert [frame["type"] for frame in told] == ["message", "ack", "message", "ack"]


def test_no_echo_leaves_out_the_sending_connection_only(house):
    sender, member = house.enter("a").says(join()), house.enter("b").says(join())
    assert sender.says(send(1, 1, noEcho=True), send(2, noEcho=False)).news[0] == success(1)
    assert data_of(member.news) == [1, 2]
    assert data_of(sender.outlet.told) == [2]


def test_publish_to_a_group_without_members_is_success(house):
    assert house.enter("c").says(send(1, 1)).news == [success(1)]


def test_time_to_live_counts_from_now(house):
    sender, member = house.enter("a"), house.enter("b").says(join())
    member.connection.is_stalled = True
    house.hub.delivery.stalled.add(member.connection)
    sender.says(send(1, ttlSeconds=300), send(2, ttlSeconds=0), send(3))
    house.ticks.end()
    assert [expires_at for _, expires_at in member.outlet.held] == [NOW + 300, None, None]


def test_answers_come_in_the_order_of_the_requests(house):
    guest = house.enter("c")
    guest.says(
        join(1), send("x", 2), {"type": "ping"}, leave(3), send("y", 4), {"type": "sequenceAck", "sequenceId": 1}
    )
    assert [frame.get("ackId", frame["type"]) for frame in guest.news] == [1, "message", 2, "pong", 3, 4]


# Permissions


@pytest.mark.parametrize(("request_", "verb"), [(join(1), "join"), (leave(1), "leave"), (send(1, 1), "send to")])
def test_without_permission_a_request_is_forbidden(house, request_, verb):
    guest = house.enter("c", roles=())
    refusal = failure(1, "Forbidden", f"The client does not have permission to {verb} group 'g'.")
    assert guest.says(request_).news == [refusal]
    assert guest.connection.groups == set()
    assert guest.outlet.closed is None


def test_permissions_are_looked_up_for_each_request(house):
    guest = house.enter("c", roles=())
    guest.says(join(1))
    house.hub.answer(do.GrantPermission(AT, "c", Permission.JOIN_LEAVE_GROUP, "g"))
    guest.says(join(1))
    house.hub.answer(do.RevokePermission(AT, "c", Permission.JOIN_LEAVE_GROUP, "g"))
    guest.says(leave(2))
    assert [frame["success"] for frame in guest.news] == [False, True, False]
    assert guest.connection.groups == {"g"}


# Ack ids


@pytest.mark.parametrize("ack_id", [0, 1, LARGEST])
def test_smallest_and_largest_ack_id(house, ack_id):
    guest = house.enter("c")
    assert guest.says(join(ack_id), join(ack_id)).news == [success(ack_id), duplicate(ack_id)]


def test_failed_id_may_come_again_and_is_carried_out(house):
    guest = house.enter("c", roles=())
    guest.says(join(50), join(50))
    house.hub.answer(do.GrantPermission(AT, "c", Permission.JOIN_LEAVE_GROUP, "g"))
    guest.says(join(50), join(50))
    assert [frame.get("error", {}).get("name") for frame in guest.news] == [
        "Forbidden",
        "Forbidden",
        None,
        "Duplicate",
    ]


@pytest.mark.parametrize(
    "second",
    [
        join(1, "other"),
        leave(1),
        send("twice", 1),
        event(1),
        {"type": "subscribeGroupState", "group": "g", "ackId": 1},
    ],
)
def test_successful_id_is_not_carried_out_again_whatever_the_second_request_asks(house, second):
    """A request for something that is not offered was answered BadRequest, so that a client would send it again."""
    guest = house.enter("c").says(join(1))
    guest.says(second)
    assert guest.news == [success(1), duplicate(1)]
    assert guest.connection.groups == {"g"}
    assert house.events.asked == []


def test_newest_successful_ids_are_remembered(house):
    guest = house.enter("c")
    guest.says(*(join(number) for number in range(1, 5)))
    guest.news  # noqa: B018 - looked at and let go
    assert guest.says(join(2), join(4), join(1)).news == [duplicate(2), duplicate(4), success(1)]
    assert guest.says(join(2)).news == [success(2)]


def test_failures_use_up_no_memory(house):
    guest = house.enter("c").says(join(1))
    guest.says(*({"type": "setGroupState", "ackId": number} for number in range(2, 12)))
    guest.news  # noqa: B018
    assert guest.says(join(1)).news == [duplicate(1)]


def test_ids_of_two_connections_have_nothing_to_do_with_each_other(house):
    for name in "ab":
        assert house.enter(name).says(join(1)).news == [success(1)]


@pytest.mark.parametrize(
    "request_",
    [
        {"type": "setGroupState", "group": "g", "state": {}, "ackId": 1},
        {"type": "subscribeGroupState", "group": "g", "ackId": 1},
        {"type": "unsubscribeGroupState", "group": "g", "ackId": 1},
    ],
)
def test_what_is_not_offered_is_a_bad_request_and_no_reason_to_close(house, request_):
    guest = house.enter("c").says(request_, request_)
    told = guest.news
    assert [(frame["ackId"], frame["error"]["name"]) for frame in told] == [(1, "BadRequest")] * 2
    assert "does not support" in told[0]["error"]["message"]
    assert guest.outlet.closed is None


# Violations


def test_wrong_frame_closes_after_what_was_said_before(house):
    guest = house.enter("c").says(join(1), send("x", 2), '{"type":"joinGroup","group":""}')
    assert guest.outlet.closed == (1007, "The client message is not a valid JSON protocol message.")
    assert [frame["type"] for frame in guest.outlet.told] == ["ack", "message", "ack"]


def test_binary_frame_closes_a_json_client(house):
    guest = house.enter("c")
    guest.session.receive(False, b"{}")
    assert guest.outlet.closed == (1003, "The JSON subprotocol requires text messages.")


def test_log_of_a_wrong_frame_says_what_was_wrong(house, caplog):
    caplog.set_level(logging.DEBUG, "linarite.hubs.session")
    house.enter("c").says('{"type":"joinGroup","group":"g","ackId":-1}')
    assert "ackId: expected 0 to 2^64-1, got -1" in caplog.text


# Events


def test_event_is_asked_upstream(house):
    guest = house.enter("c").says(event(1, dataType="text", data="hi", metadata={"k": "v"}))
    [asked] = house.events.asked
    assert asked[:4] == ("c", "e", Payload(DataType.TEXT, b"hi"), {"k": "v"})
    assert guest.news == []


def test_event_that_nobody_answers_fails_and_may_come_again(house):
    guest = house.enter("c").says(event(1))
    house.events.asked[-1].answer(None)
    assert guest.news == [failure(1, "InternalServerError", "Internal server error")]
    guest.says(event(1))
    assert len(house.events.asked) == 2


# Plain clients


def test_plain_client_publishes_what_it_sends(house):
    member = house.enter("m").says(join())
    plain = house.enter("p", codec=SIMPLE, plain=PlainPublish("g", no_echo=False))
    house.hub.join(plain.connection, "g")
    plain.session.receive(True, b"text")
    plain.session.receive(False, b"\x00\xff")
    house.ticks.end()
    assert [(frame["dataType"], frame["data"], frame["fromUserId"]) for frame in member.news] == [
        ("text", "text", "user-p"),
        ("binary", "AP8=", "user-p"),
    ]
    assert plain.outlet.frames == [(frames.TEXT, b"text"), (frames.BINARY, b"\x00\xff")]


def test_plain_client_may_leave_itself_out(house):
    plain = house.enter("p", codec=SIMPLE, plain=PlainPublish("g", no_echo=True))
    house.hub.join(plain.connection, "g")
    plain.session.receive(True, b"text")
    house.ticks.end()
    assert plain.outlet.frames == []


def test_plain_client_without_permission_is_closed_at_its_first_message(house):
    plain = house.enter("p", roles=["webpubsub.joinLeaveGroup"], codec=SIMPLE, plain=PlainPublish("g", no_echo=False))
    house.hub.answer(do.GrantPermission(AT, "p", Permission.SEND_TO_GROUP, "g"))
    plain.session.receive(True, b"1")
    assert plain.outlet.closed is None
    house.hub.answer(do.RevokePermission(AT, "p", Permission.SEND_TO_GROUP, "g"))
    plain.session.receive(True, b"2")
    assert plain.outlet.closed == (1008, "The connection is not authorized for raw sendToGroup mode.")


def test_message_of_another_plain_client_is_an_event_and_ends_it_when_nobody_answers(house):
    plain = house.enter("p", codec=SIMPLE)
    plain.session.receive(False, b"\x01")
    [asked] = house.events.asked
    assert asked[1:4] == ("message", Payload(DataType.BINARY, b"\x01"), NO_METADATA)
    asked.answer(None)
    assert plain.outlet.closed == (1011, "Internal server error")
    assert plain.outlet.frames == []
