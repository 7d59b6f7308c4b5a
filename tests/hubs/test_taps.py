"""Codecs that remember what they have decoded."""

import json

import pytest
from tests.hubs.outlets import connect
from tests.hubs.surroundings import AT

from linarite.domain.messages import DataType, Message
from linarite.hubs.taps import Raw, TappedCodec, Taps
from linarite.monitoring.live_feed import COUNTERS, MESSAGES, LiveFeed, Watch
from linarite.protocols.json_codec import JSON, RELIABLE_JSON
from linarite.protocols.requests import ProtocolViolation


def frame(data, **more):
    return json.dumps({"type": "sendToGroup", "group": "g", "dataType": "text", "data": data, **more}).encode()


def message_of(request):
    return Message(request.payload.data_type, request.payload.data, request.group)


def test_a_message_is_told_by_its_own_data_and_not_by_its_like():
    tapped = TappedCodec(JSON)
    first, second = (tapped.decode(True, frame("same", ackId=number)) for number in (1, 2))
    assert tapped.raw_of(message_of(first)) == Raw(True, frame("same", ackId=1))
    assert tapped.raw_of(message_of(second)) == Raw(True, frame("same", ackId=2))
    assert tapped.raw_of(Message(DataType.TEXT, b"same")) is None


def test_what_is_remembered_is_bounded():
    tapped = TappedCodec(JSON)
    requests = [tapped.decode(True, frame(str(number))) for number in range(100)]
    assert tapped.raw_of(message_of(requests[0])) is None
    assert tapped.raw_of(message_of(requests[99])) is not None


def test_everything_else_is_the_codecs_own():
    tapped = TappedCodec(RELIABLE_JSON)
    assert (tapped.name, tapped.is_reliable) == (RELIABLE_JSON.name, True)
    assert tapped.ack(1, None) == RELIABLE_JSON.ack(1, None)
    with pytest.raises(ProtocolViolation):
        tapped.decode(True, b"{")


def test_connections_are_tapped_while_a_watcher_names_them(hub):
    feed = LiveFeed(4, 100)
    taps = Taps(feed, [(AT, hub)])
    feed.subscribe(taps.renew)
    one, other = connect(hub, "a").connection, connect(hub, "b").connection
    first = feed.open(Watch(show=frozenset({MESSAGES}), connection="a"))
    second = feed.open(Watch(show=frozenset({MESSAGES}), connection="a"))
    feed.open(Watch(show=frozenset({COUNTERS}), connection="b"))
    feed.open(Watch(show=frozenset({MESSAGES}), connection="gone"))
    assert isinstance(one.codec, TappedCodec)
    assert one.codec.inner is JSON
    assert other.codec is JSON
    feed.close(first)
    assert isinstance(one.codec, TappedCodec)
    feed.close(second)
    assert one.codec is JSON
