"""What those who look on see of a hub's messages."""

import base64

import pytest
from tests.hubs.outlets import connect
from tests.hubs.surroundings import AT

from linarite.domain import commands as do
from linarite.domain.commands import HubAddress
from linarite.domain.messages import DataType, Message
from linarite.hubs.live_trace import LiveTrace
from linarite.hubs.message_trace import MessageTrace
from linarite.monitoring.live_feed import COUNTERS, MESSAGES, LiveFeed, Watch
from linarite.protocols.json_codec import RELIABLE_JSON


class OneHub:
    def __init__(self, hub):
        self.hub = hub

    def find(self, at):
        return self.hub if at == AT else None


@pytest.fixture
def feed(hub):
    feed = LiveFeed(4, 1000)

    def trace_anew():
        hub.delivery.trace = LiveTrace(AT, feed, None, OneHub(hub)) if feed.counts_messages else None

    feed.subscribe(trace_anew)
    return feed


def look(feed, show=MESSAGES, **watch):
    return feed.open(Watch(show=frozenset({show}), **watch))


def shown(watcher):
    return [render(*arguments) for render, arguments in watcher.take().messages]


def text(data, group=None, **more):
    return Message(DataType.TEXT, data.encode(), group, **more)


def test_nobody_looking_leaves_no_trace(hub, feed):
    assert hub.delivery.trace is None
    watcher = look(feed)
    assert hub.delivery.trace is not None
    feed.close(watcher)
    assert hub.delivery.trace is None


def test_a_message_to_a_group_is_one_row_with_the_frame_of_its_receivers(hub, feed, ticks):
    receivers = [connect(hub, f"c{number}", groups=["g"]) for number in range(3)]
    watcher = look(feed)
    hub.execute(do.SendToGroup(AT, "g", text("hi", "g"), frozenset({"c0", "stranger"})))
    (row,) = shown(watcher)
    assert (row["direction"], row["group"], row["type"], row["bytes"], row["receivers"]) == ("out", "g", "text", 2, 2)
    assert row["data"] == {"text": "hi", "base64": None, "cut": False}
    ticks.end()
    assert row["frame"]["text"].encode() == receivers[1].outlet.frames[-1].payload
    assert feed.messages_out == 2


def test_a_reliable_frame_is_shown_with_the_sequence_id_0(hub, feed):
    connect(hub, "a", codec=RELIABLE_JSON)
    watcher = look(feed)
    hub.execute(do.SendToAll(AT, text("hi")))
    (row,) = shown(watcher)
    assert '"sequenceId":0' in row["frame"]["text"]


def test_what_a_client_sends_names_it(hub, feed):
    client = connect(hub, "a", user_id="ann")
    watcher = look(feed)
    hub.delivery.trace.received(client.connection, text("hi", "g"))
    (row,) = shown(watcher)
    assert (row["direction"], row["connection"], row["user"], row["group"]) == ("in", "a", "ann", "g")
    assert row["frame"] is None
    assert feed.messages_in == 1


def test_long_and_binary_data_is_cut_and_encoded(hub, feed):
    connect(hub, "a")
    watcher = look(feed)
    hub.execute(do.SendToAll(AT, text("é" * 2000)))
    hub.execute(do.SendToAll(AT, Message(DataType.BINARY, b"\xff\x00")))
    hub.execute(do.SendToAll(AT, text("x" * 100_000)))
    long, binary, longest = shown(watcher)
    assert (long["data"]["text"], long["data"]["cut"], long["bytes"]) == ("é" * 1024, True, 4000)
    assert binary["data"] == {"text": None, "base64": base64.b64encode(b"\xff\x00").decode(), "cut": False}
    assert longest["frame"] == {"text": None, "base64": None, "cut": True}


@pytest.mark.parametrize(
    ("watch", "seen"),
    [
        ({}, ["in", "g", "user", "direct"]),
        ({"hub": AT.hub}, ["in", "g", "user", "direct"]),
        ({"hub": "other"}, []),
        ({"resource": "other"}, []),
        ({"direction": "in"}, ["in"]),
        ({"direction": "out"}, ["g", "user", "direct"]),
        ({"group": "g"}, ["in", "g"]),
        ({"user": "ann"}, ["in", "g", "user"]),
        ({"user": "ben"}, ["direct"]),
        ({"user": "nobody"}, []),
        ({"connection": "a"}, ["in", "g", "user"]),
        ({"connection": "a", "user": "ben"}, []),
        ({"connection": "b"}, ["direct"]),
        ({"connection": "gone"}, []),
        ({"data_type": "text"}, ["in", "g", "user", "direct"]),
        ({"data_type": "json"}, []),
    ],
)
def test_filters(hub, feed, watch, seen):
    ann = connect(hub, "a", user_id="ann", groups=["g"])
    connect(hub, "b", user_id="ben", groups=["g"])
    watcher = look(feed, **watch)
    hub.delivery.trace.received(ann.connection, text("in", "g"))
    hub.execute(do.SendToGroup(AT, "g", text("g", "g"), frozenset({"b"})))
    hub.execute(do.SendToUser(AT, "ann", text("user")))
    hub.execute(do.SendToConnection(AT, "b", text("direct")))
    assert [row["data"]["text"] for row in shown(watcher)] == seen


def test_a_sample_is_shown_and_the_rest_counted(hub, feed):
    connect(hub, "a")
    small = LiveFeed(1, 20)
    watcher = look(small)
    hub.delivery.trace = LiveTrace(AT, small, None, OneHub(hub))
    for number in range(5):
        hub.execute(do.SendToAll(AT, text(str(number))))
    taken = watcher.take()
    assert (len(taken.messages), taken.skipped_messages) == (2, 3)
    hub.execute(do.SendToAll(AT, text("5")))
    assert [row["data"]["text"] for row in shown(watcher)] == ["5"]


def test_counters_alone_show_no_message(hub, feed):
    connect(hub, "a")
    watcher = look(feed, COUNTERS)
    hub.execute(do.SendToAll(AT, text("hi")))
    assert watcher.take().messages == []
    assert feed.messages_out == 1


def test_resource_logs_hear_of_messages_all_the_same(hub, feed):
    told = []

    class Logs(MessageTrace):
        def __init__(self):
            pass

        def received(self, connection, message):
            told.append("received")
            return message

        def sent(self, members, skipped, message):
            told.append("sent")

        def sent_to(self, connection, message):
            told.append("sent_to")

        def dropped(self, connection, count, cause):
            told.append("dropped")

    client = connect(hub, "a")
    trace = hub.delivery.trace = LiveTrace(HubAddress(*AT), feed, Logs(), OneHub(hub))
    hub.execute(do.SendToAll(AT, text("hi")))
    hub.execute(do.SendToConnection(AT, "a", text("hi")))
    trace.received(client.connection, text("hi"))
    trace.dropped(client.connection, 1, "slow")
    assert told == ["sent", "sent_to", "received", "dropped"]
