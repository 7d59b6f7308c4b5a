"""What a client is told once the day's message quota is used up, and how the ends of plain clients are counted."""

import pytest
from tests.hubs.house import House, join, send

from linarite.domain.close_categories import CloseCategory
from linarite.events.replies import EventReply
from linarite.hubs.plain_clients import PlainPublish
from linarite.protocols.simple_codec import SIMPLE

TEXT = "Message count reaches limit: the resource's quota of the day is used up."


@pytest.fixture
def house() -> House:
    return House()


def refused(ack_id: int) -> dict[str, object]:
    error = {"name": "TooManyRequests", "message": TEXT}
    return {"type": "ack", "ackId": ack_id, "success": False, "error": error}


def test_sends_are_refused_until_the_quota_is_there_again(house: House) -> None:
    alice = house.enter("alice")
    alice.says(join(1))
    traffic = house.hub.delivery.traffic
    traffic.outbound_limit = 0
    alice.says(send("a", 2), {"type": "event", "event": "e", "data": 1, "ackId": 3}, send("unacknowledged"))
    assert alice.news == [{"type": "ack", "ackId": 1, "success": True}, refused(2), refused(3)]
    assert house.events.asked == []
    assert traffic.refused_sends == 3
    traffic.outbound_limit = 1_000_000
    alice.says(send("a", 2))
    (message, ack) = alice.news
    assert message["data"] == "a"
    assert ack["success"]


def test_what_costs_no_traffic_goes_on(house: House) -> None:
    alice = house.enter("alice")
    house.hub.delivery.traffic.outbound_limit = 0
    alice.says(join(1), {"type": "ping"})
    assert alice.news == [{"type": "ack", "ackId": 1, "success": True}, {"type": "pong"}]


def test_a_request_that_was_carried_out_before_is_a_duplicate_still(house: House) -> None:
    alice = house.enter("alice")
    alice.says(send("a", 1))
    house.hub.delivery.traffic.outbound_limit = 0
    alice.says(send("a", 1))
    assert alice.news[-1]["error"]["name"] == "Duplicate"


@pytest.mark.parametrize("plain", [None, PlainPublish("g", False)])
def test_a_plain_client_is_told_by_the_end_of_its_connection(house: House, plain: PlainPublish | None) -> None:
    alice = house.enter("alice", plain=plain, codec=SIMPLE)
    house.hub.delivery.traffic.outbound_limit = 0
    alice.says("hello")
    assert alice.outlet.closed == (1008, TEXT)
    assert alice.connection.close_category is CloseCategory.THROTTLED


def test_invocations_and_streams_are_refused_as_their_protocol_has_it(house: House) -> None:
    alice = house.enter("alice")
    house.hub.delivery.traffic.outbound_limit = 0
    alice.says({"type": "invoke", "invocationId": "i", "target": "event", "event": "e", "data": 1, "dataType": "json"})
    (answer,) = alice.news
    assert answer["invocationId"] == "i"
    assert answer["error"]["name"] == "TooManyRequests"
    assert house.events.asked == []


def test_an_invocation_that_was_cancelled_before_its_turn_is_not_answered(house: House) -> None:
    house.limits = house.limits._replace(waiting_requests=100)
    alice = house.enter("alice")
    invoke = {"type": "invoke", "invocationId": "i", "target": "event", "event": "e", "data": 1}
    alice.says({"type": "event", "event": "e", "data": 1}, invoke, {"type": "cancelInvocation", "invocationId": "i"})
    house.hub.delivery.traffic.outbound_limit = 0
    house.events.asked[0].answer(EventReply())
    assert alice.news == []
    assert len(house.events.asked) == 1


def test_what_clients_send_is_inbound_traffic_as_it_came(house: House) -> None:
    house.enter("alice").says('{"type":"ping"}')
    assert house.hub.delivery.traffic.inbound_bytes == 15


@pytest.mark.parametrize(
    ("has_handler", "category"),
    [(True, CloseCategory.SEND_EVENT_FAILED), (False, CloseCategory.EVENT_HANDLER_NOT_FOUND)],
)
def test_an_event_that_nobody_answers_ends_a_plain_client(
    house: House, has_handler: bool, category: CloseCategory
) -> None:
    alice = house.enter("alice", codec=SIMPLE)
    house.events.has_handler = has_handler
    alice.says("hello")
    house.events.asked[0].answer(None)
    assert alice.connection.close_category is category


def test_a_plain_client_without_the_role_is_not_authorized(house: House) -> None:
    alice = house.enter("alice", roles=(), plain=PlainPublish("g", False), codec=SIMPLE)
    alice.says("hello")
    assert alice.connection.close_category is CloseCategory.UNAUTHORIZED


def test_a_wrong_frame_is_a_bad_request(house: House) -> None:
    alice = house.enter("alice")
    alice.says("{")
    assert alice.connection.close_category is CloseCategory.BAD_REQUEST
