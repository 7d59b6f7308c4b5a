"""Invocations in their place among a client's other requests."""

import json

import pytest
from tests.hubs.house import House, data_of, event, failure, join, leave, send, success
from tests.hubs.outlets import stall
from tests.hubs.surroundings import AT
from tests.protocols.frames import split_frames

from linarite.domain import commands as do
from linarite.domain.messages import DataType, Message
from linarite.events.replies import EventReply
from linarite.protocols.json_codec import RELIABLE_JSON

HELLO = EventReply(DataType.TEXT, b"hello")
PING, PONG = {"type": "ping"}, {"type": "pong"}


@pytest.fixture
def house():
    house = House()
    house.limits = house.limits._replace(waiting_requests=100)
    return house


def invoke(invocation_id="1", data=1, **more):
    return {"type": "invoke", "invocationId": invocation_id, "target": "event", "event": "e", "data": data, **more}


def cancel(invocation_id="1"):
    return {"type": "cancelInvocation", "invocationId": invocation_id}


def answered(invocation_id="1"):
    return {
        "type": "invokeResponse",
        "invocationId": invocation_id,
        "success": True,
        "dataType": "text",
        "data": "hello",
    }


def failed(invocation_id="1", name="InternalServerError", message="Internal server error"):
    error = {"name": name, "message": message}
    return {"type": "invokeResponse", "invocationId": invocation_id, "success": False, "error": error}


def asked(house):
    return [one.payload.data for one in house.events.asked]


# Answers


def test_answer_is_the_response_and_no_message(house):
    guest = house.enter("c").says(invoke())
    [one] = house.events.asked
    assert (one.name, one.payload.data_type, one.payload.data) == ("e", DataType.JSON, b"1")
    one.answer(HELLO)
    assert guest.news == [answered()]


def test_empty_answer_is_a_success_without_data(house):
    guest = house.enter("c").says(invoke())
    house.events.asked[0].answer(EventReply())
    assert guest.news == [{"type": "invokeResponse", "invocationId": "1", "success": True}]


def test_failure_is_a_response_and_the_connection_goes_on(house):
    guest = house.enter("c").says(invoke())
    house.events.asked[0].answer(None)
    assert guest.news == [failed()]
    assert guest.says(join(1)).news == [success(1)]


def test_invocation_that_nobody_wants_is_answered_at_once_and_in_order(house):
    def refuse(at, connection, name, payload, metadata, answer):
        answer(None)

    house.events.ask = refuse
    guest = house.enter("c").says(invoke("1"), join(1), invoke("1"), invoke("2"))
    assert guest.news == [failed("1"), success(1), failed("1"), failed("2")]


# Order


def test_requests_wait_behind_an_invocation(house):
    guest = house.enter("c").says(invoke(), join(1), PING)
    assert guest.news == [PONG]
    house.events.asked[0].answer(HELLO)
    assert guest.news == [answered(), success(1)]


def test_invocations_are_carried_out_one_after_the_other(house):
    guest = house.enter("c").says(invoke("1", 1), invoke("2", 2), event(7, data=3))
    for number, frame in enumerate((answered("1"), answered("2"))):
        assert asked(house)[number:] == [str(number + 1).encode()]
        house.events.asked[number].answer(HELLO)
        assert guest.news == [frame]
    house.events.asked[2].answer(EventReply())
    assert guest.news == [success(7)]


def test_pending_id_is_refused_at_once_wherever_the_first_one_is(house):
    guest = house.enter("c").says(event(1), invoke("1"), invoke("1"))
    [refusal] = guest.news
    assert (refusal["invocationId"], refusal["error"]["name"]) == ("1", "BadRequest")
    house.events.asked[0].answer(EventReply())
    guest.says(invoke("1"))
    assert [frame.get("error", {}).get("name") for frame in guest.news] == [None, "BadRequest"]
    house.events.asked[1].answer(HELLO)
    assert guest.news == [answered()]
    assert guest.says(invoke("1")).news == []
    assert len(house.events.asked) == 3


# Cancelling


def test_cancelled_call_ends_and_what_waited_behind_it_goes_on(house):
    guest = house.enter("c").says(invoke(), join(1), cancel(), join(2))
    assert guest.news == [success(1), success(2)]
    assert house.events.cancelled == ["e"]


def test_cancelled_invocation_that_waits_is_never_asked(house):
    guest = house.enter("c").says(event(1), invoke("1", 5), join(2), cancel("1"))
    assert guest.news == []
    house.events.asked[0].answer(EventReply())
    assert guest.news == [success(1), success(2)]
    assert asked(house) == [b"1"]
    assert house.events.cancelled == []


def test_cancelling_ends_no_event_and_nothing_of_another_id(house):
    guest = house.enter("c").says(event(1), cancel("1"), cancel("2"))
    assert house.events.cancelled == []
    house.events.asked[0].answer(None)
    assert guest.news == [failure(1, "InternalServerError", "Internal server error")]
    guest.says(invoke("3"), cancel("1"), cancel("2"))
    house.events.asked[1].answer(HELLO)
    assert guest.news == [answered("3")]


def test_reading_goes_on_after_a_full_row_was_cancelled(house):
    house.limits = house.limits._replace(waiting_requests=2)
    guest = house.enter("c").says(invoke(), join(1), join(2))
    assert not guest.outlet.is_reading
    guest.says(cancel())
    assert guest.outlet.is_reading
    assert guest.news == [success(1), success(2)]


# The socket's end


@pytest.mark.parametrize("way", ["detached", "after_requests"])
def test_client_that_leaves_gives_up_its_invocations_but_not_its_events(house, way):
    guest = house.enter("c").says(invoke("1", 1), event(7, data=2), invoke("2", 3), join(8))
    said_goodbye = []
    if way == "detached":
        guest.session.detached()
    else:
        guest.session.after_requests(lambda: said_goodbye.append(guest.connection.groups))
    assert house.events.cancelled == ["e"]
    house.time.pass_()
    assert asked(house) == [b"1", b"2"]
    house.events.asked[1].answer(EventReply())
    assert guest.news == [success(7), success(8)]
    assert asked(house) == [b"1", b"2"]
    assert said_goodbye == ([] if way == "detached" else [{"g"}])


def test_client_whose_socket_is_lost_within_a_delivery_takes_no_others_turn(house):
    """Its requests that waited are new, so that what is just being written comes before them."""
    speaker = house.enter("s")
    listener = house.enter("l").says(join())
    guest = house.enter("c", codec=RELIABLE_JSON).says(join(), invoke(), send("new"), leave())
    stall(house.hub, guest)

    def lose_socket(frame, expires_at):
        guest.outlet.hold = lambda frame, expires_at: None
        guest.session.detached()

    guest.outlet.hold = lose_socket
    speaker.says(send("old"))
    # In a row of their own for each, the guest's first: the listener's turn comes when the socket is lost.
    for one in (guest, listener):
        message = Message(DataType.TEXT, b"own")
        house.hub.execute(do.SendToConnection(AT, one.connection.connection_id, message))
    told = listener.news + listener.news
    assert data_of(told) == ["old", "own", "new"]
    kept = [frame for frame, _ in guest.connection.recovery.unacknowledged(0.0)]
    assert [json.loads(one.payload)["data"] for one in split_frames(b"".join(kept))] == ["old", "own", "new"]


def test_end_of_the_connection_ends_the_call(house):
    guest = house.enter("c").says(invoke("1"), invoke("2"))
    guest.connection.close(1000, "")
    guest.session.ended()
    assert house.events.cancelled == ["e"]
    assert len(house.events.asked) == 1
    guest.session.ended()
    assert house.events.cancelled == ["e"]
