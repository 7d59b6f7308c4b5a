"""Streams among a client's other requests, and how other clients hear them."""

import pytest
from tests.hubs.house import House, event, join, success
from tests.hubs.surroundings import AT
from tests.protocols import frames

from linarite.domain import commands as do
from linarite.events.replies import EventReply
from linarite.protocols.simple_codec import SIMPLE


@pytest.fixture
def house():
    house = House()
    house.limits = house.limits._replace(waiting_requests=100)
    return house


def start(stream_id="s", **more):
    return {"type": "sendToGroup", "group": "g", "stream": {"streamId": stream_id, **more}}


def data(number, text=None, stream_id="s"):
    text = text or f"d{number}"
    return {"type": "streamData", "streamId": stream_id, "streamSequenceId": number, "dataType": "text", "data": text}


def end(stream_id="s", **more):
    return {"type": "streamEnd", "streamId": stream_id, **more}


def ack(expected, stream_id="s"):
    return {"type": "streamAck", "streamId": stream_id, "expectedSequenceId": expected}


def closed(name=None, message=None, stream_id="s"):
    error = {} if name is None else {"error": {"name": name, "message": message}}
    return {"type": "streamClosed", "streamId": stream_id, **error}


def fragment(number, text, user="user-p", **part):
    return {
        "type": "message",
        "from": "group",
        "group": "g",
        "fromUserId": user,
        "dataType": "text",
        "data": text,
        "stream": {"streamId": "s", "streamSequenceId": number, **part},
    }


def test_stream_from_start_to_end(house):
    member, publisher = house.enter("m").says(join()), house.enter("p")
    assert publisher.says(start()).news == [ack(1)]
    assert publisher.says(data(1)).news == [ack(2)]
    publisher.says(data(2), end())
    house.time.pass_(0.02)
    assert publisher.news == [ack(3), closed()]
    assert member.news == [fragment(1, "d1"), fragment(2, "d2"), fragment(3, "", endOfStream=True)]


def test_member_who_publishes_hears_itself_before_it_is_told(house):
    publisher = house.enter("p").says(join(), start(), data(1), end())
    assert publisher.news == [ack(1), fragment(1, "d1"), ack(2), fragment(2, "", endOfStream=True)]
    house.time.pass_(0.02)
    assert publisher.news == [closed()]


def test_plain_members_get_the_data_and_no_empty_end(house):
    plain = house.enter("w", codec=SIMPLE)
    house.hub.join(plain.connection, "g")
    house.enter("p").says(start(), data(1), end())
    house.ticks.end()
    assert plain.outlet.frames == [(frames.TEXT, b"d1")]


def test_who_joins_late_hears_the_rest(house):
    publisher = house.enter("p").says(start(), data(1))
    member = house.enter("m").says(join())
    publisher.says(data(2), end())
    assert [(frame["stream"]["streamSequenceId"], frame["data"]) for frame in member.news] == [(2, "d2"), (3, "")]


def test_fragments_wait_behind_an_event_and_keep_their_stream_alive(house):
    member, publisher = house.enter("m").says(join()), house.enter("p")
    publisher.says(start(idleTimeoutMs=500), event(1), data(1))
    house.time.pass_(10)
    assert member.news == []
    house.events.asked[0].answer(EventReply())
    assert publisher.news == [ack(1), success(1), ack(2)]
    assert [frame["data"] for frame in member.news] == ["d1"]


def test_idle_stream_ends_for_both(house):
    member, publisher = house.enter("m").says(join()), house.enter("p").says(start(idleTimeoutMs=500))
    house.time.pass_(0.5)
    text = "The stream took nothing for 500 ms."
    assert publisher.news == [ack(1), closed("IdleTimeout", text)]
    assert member.news == [fragment(1, "", endOfStream=True, error={"name": "IdleTimeout", "message": text})]


def test_streams_are_cancelled_when_their_connection_ends(house):
    member, publisher = house.enter("m").says(join()), house.enter("p").says(start(), data(1))
    house.hub.execute(do.CloseConnection(AT, "p", None))
    publisher.session.ended()
    first, last = member.news
    assert first == fragment(1, "d1")
    assert last["stream"]["error"]["name"] == "Cancelled"
    house.time.pass_(1000)
    assert member.news == []


def test_streams_of_two_connections_have_nothing_to_do_with_each_other(house):
    member = house.enter("m").says(join())
    first, second = house.enter("p").says(start()), house.enter("q").says(start())
    first.says(data(1, "first"))
    second.says(data(1, "second"), end())
    first.says(data(2, "first"))
    heard = [(frame["fromUserId"], frame["data"]) for frame in member.news]
    assert heard == [("user-p", "first"), ("user-q", "second"), ("user-q", ""), ("user-p", "first")]


def test_start_with_data_is_answered(house):
    publisher = house.enter("p").says({**start(), "dataType": "text", "data": "x"})
    [told] = publisher.news
    assert (told["type"], told["error"]["name"]) == ("streamClosed", "BadRequest")
    assert publisher.outlet.closed is None
