"""A client's requests while its event is being answered: they wait, in order and within bounds."""

import json

import pytest
from tests.hubs.surroundings import AT
from tests.hubs.test_session import (
    House,
    data_of,
    duplicate,
    event,
    failure,
    join,
    leave,
    send,
    success,
)
from tests.protocols import frames

from linarite.domain import commands as do
from linarite.domain.messages import DataType
from linarite.domain.permissions import Permission
from linarite.events.replies import EventReply
from linarite.protocols.simple_codec import SIMPLE

NOTHING = EventReply()
HELLO = EventReply(DataType.TEXT, b"hello")
PING = {"type": "ping"}
PONG = {"type": "pong"}
INVALID = '{"type":"joinGroup","group":""}'
FAILED = ("InternalServerError", "Internal server error")


@pytest.fixture
def house():
    return House()


def answer(house, said, number=-1):
    house.events.asked[number].answer(said)


def from_server(text):
    return {"type": "message", "from": "server", "dataType": "text", "data": text}


# Answers


def test_reply_comes_before_its_ack(house):
    guest = house.enter("c").says(event(1))
    answer(house, HELLO)
    assert guest.news == [from_server("hello"), success(1)]


def test_reply_without_data_is_an_ack_alone(house):
    guest = house.enter("c").says(event(1), event())
    answer(house, NOTHING)
    answer(house, NOTHING)
    assert guest.news == [success(1)]


def test_empty_text_with_metadata_is_a_message(house):
    guest = house.enter("c").says(event())
    answer(house, EventReply(DataType.TEXT, b"", {"k": "v"}))
    assert guest.news == [from_server("") | {"metadata": {"k": "v"}}]


def test_reply_of_json_and_of_binary_data(house):
    guest = house.enter("c").says(event(), event())
    answer(house, EventReply(DataType.JSON, b'{"x": 1.0}'))
    answer(house, EventReply(DataType.BINARY, b"\x00\xff"))
    assert [(frame["dataType"], frame["data"]) for frame in guest.news] == [("json", {"x": 1.0}), ("binary", "AP8=")]


def test_reply_reaches_the_asking_client_only(house):
    guest, other = house.enter("a").says(join()), house.enter("b").says(join())
    guest.says(event())
    answer(house, HELLO)
    assert guest.news == [from_server("hello")]
    assert other.news == []


@pytest.mark.parametrize(
    ("reply", "frame"),
    [
        (HELLO, (frames.TEXT, b"hello")),
        (EventReply(DataType.JSON, b'{"x": 1.0}'), (frames.TEXT, b'{"x": 1.0}')),
        (EventReply(DataType.BINARY, b"\x00\xff"), (frames.BINARY, b"\x00\xff")),
    ],
)
def test_reply_to_a_plain_client_is_the_data_alone(house, reply, frame):
    plain = house.enter("p", codec=SIMPLE)
    plain.session.receive(True, b"hi")
    answer(house, reply)
    house.ticks.end()
    assert plain.outlet.frames == [frame]
    assert plain.outlet.closed is None


# Waiting


def test_requests_wait_behind_an_event(house):
    guest = house.enter("c").says(event(1), join(2), send("x", 3))
    assert guest.news == []
    assert guest.connection.groups == set()
    answer(house, HELLO)
    told = guest.news
    assert [frame.get("ackId", frame["type"]) for frame in told] == ["message", 1, 2, "message", 3]
    assert data_of(told) == ["hello", "x"]
    assert guest.connection.groups == {"g"}


def test_requests_wait_behind_an_event_that_fails(house):
    guest = house.enter("c").says(event(1), join(2))
    answer(house, None)
    assert guest.news == [failure(1, *FAILED), success(2)]


def test_ping_overtakes_what_waits(house):
    guest = house.enter("c").says(event(1), join(2), PING)
    assert guest.news == [PONG]
    answer(house, NOTHING)
    assert guest.news == [success(1), success(2)]


def test_messages_of_the_group_do_not_wait(house):
    guest, member = house.enter("a").says(join()), house.enter("b")
    guest.says(event(1))
    member.says(send("x"))
    assert data_of(guest.news) == ["x"]


def test_clients_do_not_wait_for_each_other(house):
    first, second = house.enter("a").says(event(1)), house.enter("b").says(event(1))
    answer(house, NOTHING)
    assert first.news == []
    assert second.news == [success(1)]


def test_events_are_asked_one_at_a_time(house):
    guest = house.enter("c").says(*(event(number, data=number) for number in range(3)))
    for number in range(3):
        assert len(house.events.asked) == number + 1
        assert house.events.asked[-1].payload.data == str(number).encode()
        answer(house, NOTHING)
        assert guest.news == [success(number)]
    assert guest.says(join(9)).news == [success(9)]


def test_what_waits_behind_a_second_event_keeps_its_order(house):
    guest = house.enter("c").says(event(1), join(2), event(3), leave(4), event(5), join(6))
    house.limits = house.limits._replace(waiting_requests=100)
    answer(house, NOTHING)
    assert guest.news == [success(1), success(2)]
    guest.says(leave(7))
    answer(house, None)
    assert guest.news == [failure(3, *FAILED), success(4)]
    answer(house, NOTHING)
    assert guest.news == [success(5), success(6), success(7)]
    assert guest.connection.groups == set()


def test_events_that_nobody_wants_are_answered_at_once_and_in_order(house):
    """An answer may come while the event is still being raised: nothing must wait behind it."""

    def refuse(at, connection, name, payload, metadata, answered):
        answered(None)

    guest = house.enter("c").says(event(1), event(2), join(3))
    asked = house.events.asked[0]
    house.events.ask = refuse
    asked.answer(NOTHING)
    assert guest.news == [success(1), failure(2, *FAILED), success(3)]
    assert guest.says(event(4), join(5)).news == [failure(4, *FAILED), success(5)]


def test_permissions_are_those_of_the_moment_in_which_a_request_is_carried_out(house):
    guest = house.enter("c").says(event(1), join(2))
    house.hub.answer(do.RevokePermission(AT, "c", Permission.JOIN_LEAVE_GROUP, "g"))
    answer(house, NOTHING)
    told = guest.news
    assert told[0] == success(1)
    assert told[1]["error"]["name"] == "Forbidden"
    assert guest.connection.groups == set()


# Ack ids


def test_id_of_a_pending_event_that_succeeds_is_a_duplicate_afterwards(house):
    guest = house.enter("c").says(event(1), event(1))
    assert len(house.events.asked) == 1
    answer(house, NOTHING)
    assert guest.news == [success(1), duplicate(1)]
    assert len(house.events.asked) == 1


def test_id_of_a_pending_event_that_fails_is_asked_again(house):
    guest = house.enter("c").says(event(1), event(1))
    answer(house, None)
    assert guest.news == [failure(1, *FAILED)]
    assert len(house.events.asked) == 2
    answer(house, HELLO)
    assert guest.news == [from_server("hello"), success(1)]


def test_event_without_an_ack_id_fails_in_silence(house):
    guest = house.enter("c").says(event(), join(1))
    answer(house, None)
    assert guest.news == [success(1)]
    assert guest.outlet.closed is None


# Bounds


def test_reading_stops_at_the_number_of_requests_and_goes_on_afterwards(house):
    guest = house.enter("c").says(event(1), join(2))
    assert guest.outlet.is_reading
    guest.says(join(3))
    assert not guest.outlet.is_reading
    answer(house, NOTHING)
    assert guest.outlet.is_reading
    assert guest.news == [success(1), success(2), success(3)]


def test_reading_stops_at_the_number_of_bytes_and_goes_on_afterwards(house):
    house.limits = house.limits._replace(waiting_requests=1000)
    guest = house.enter("c").says(event(1))
    size = len(json.dumps(send("", 2)))
    guest.says(send("x" * (999 - size), 2))
    assert guest.outlet.is_reading
    guest.says(PING)
    assert guest.outlet.is_reading
    guest.says(join(3))
    assert not guest.outlet.is_reading
    answer(house, NOTHING)
    assert guest.outlet.is_reading
    assert guest.news == [PONG, success(1), success(2), success(3)]


def test_bytes_that_have_been_carried_out_no_longer_count(house):
    house.limits = house.limits._replace(waiting_requests=1000)
    guest = house.enter("c")
    for number in range(10):
        guest.says(event(), send("x" * 900))
        assert guest.outlet.is_reading, number
        answer(house, NOTHING)


def test_reading_does_not_go_on_while_the_rest_waits_behind_a_second_event(house):
    """Otherwise each event of a pipelined row would let in as much again."""
    guest = house.enter("c").says(event(1), event(2), event(3))
    assert not guest.outlet.is_reading
    answer(house, NOTHING)
    assert not guest.outlet.is_reading
    answer(house, NOTHING)
    assert not guest.outlet.is_reading
    answer(house, NOTHING)
    assert guest.outlet.is_reading


def test_what_was_read_before_reading_stopped_is_not_lost(house):
    guest = house.enter("c").says(event(1), *(join(number, f"g{number}") for number in range(2, 12)))
    assert not guest.outlet.is_reading
    answer(house, NOTHING)
    assert [frame["ackId"] for frame in guest.news] == list(range(1, 12))


# Ends


def test_wrong_frame_behind_an_event_closes_after_its_answer(house):
    guest = house.enter("c").says(event(1), join(2), INVALID, join(3))
    assert guest.outlet.closed is None
    answer(house, HELLO)
    assert guest.outlet.closed == (1007, "The client message is not a valid JSON protocol message.")
    assert guest.outlet.told == [from_server("hello"), success(1), success(2)]
    assert guest.connection.groups == {"g"}


def test_failed_event_of_a_plain_client_drops_what_waits(house):
    plain = house.enter("p", codec=SIMPLE)
    plain.session.receive(True, b"1")
    plain.session.receive(True, b"2")
    answer(house, None)
    assert plain.outlet.closed == (1011, "Internal server error")
    assert len(house.events.asked) == 1


def test_close_while_an_event_is_pending_drops_what_waits_and_the_answer(house):
    guest = house.enter("c").says(event(1), join(2), event(3))
    house.hub.execute(do.CloseConnection(AT, "c", "R"))
    told = guest.outlet.told
    answer(house, HELLO)
    house.ticks.end()
    assert guest.outlet.told == told
    assert guest.outlet.closed == (1000, "")
    assert guest.connection.groups == set()
    assert house.events.memberships == []
    assert len(house.events.asked) == 1


def test_plain_client_is_closed_once(house):
    plain = house.enter("p", codec=SIMPLE)
    plain.session.receive(True, b"1")
    house.hub.execute(do.CloseConnection(AT, "p", None))
    answer(house, None)
    assert plain.outlet.closed == (1000, "")


def test_reading_is_not_resumed_after_the_end(house):
    guest = house.enter("c").says(event(1), join(2), join(3))
    house.hub.execute(do.CloseAll(AT))
    answer(house, NOTHING)
    assert not guest.outlet.is_reading
