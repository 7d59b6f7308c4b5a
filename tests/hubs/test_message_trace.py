"""What the resource logs hear of messages, and that a hub without trace leaves messages as they are."""

import json
from typing import cast

import pytest
from tests.hubs.house import House
from tests.hubs.outlets import connect
from tests.hubs.surroundings import AT, LIMITS, Ticks, make_directory, make_hub

from linarite.domain import commands as do
from linarite.domain.messages import DataType, Message
from linarite.hubs.directory import Directory
from linarite.hubs.message_trace import MessageTrace
from linarite.monitoring.entries import LogCategory
from linarite.monitoring.outflow import Outflow, Stream
from linarite.monitoring.recorder import Recorder
from linarite.resources.model import AccessKeys, Resource

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"


class RecordingFlow:
    """The way to a destination that keeps what comes: operation, connection, trace id, message."""

    def __init__(self):
        self.entries = []

    def add(self, stream, size, count, render, arguments):
        made = render(*arguments)
        lines = [made] if isinstance(made, bytes) else made
        assert len(lines) == count
        self.entries += map(json.loads, lines)

    @property
    def told(self):
        facts = [(one["operationName"], one["properties"]) for one in self.entries]
        return [(operation, one["connectionId"], one["traceId"], one["message"]) for operation, one in facts]


class Clients:
    """Knows an address of every client."""

    def caller_of(self, connection_id):
        return f"address of {connection_id}"

    def part_of(self, connection_id, user_id):
        return Recorder.part(self.caller_of(connection_id), connection_id, user_id)


@pytest.fixture
def logs():
    return RecordingFlow()


def trace_of(logs, receivers=2):
    resource = Resource(name="r", keys=AccessKeys("p", "s", "t"))
    stream = Stream("MessagingLogs", "")
    ways = [(cast(Outflow, logs), stream)]
    recorder = Recorder(resource, LogCategory.MESSAGING, ways, lambda: 0.0)
    return MessageTrace(AT.hub, recorder, receivers, Clients())


@pytest.fixture
def hub(logs):
    hub = make_hub(Ticks())
    hub.delivery.trace = trace_of(logs)
    return hub


def message(trace_id=TRACE_ID):
    return Message(DataType.TEXT, b"hello", "g", trace_id=trace_id)


def test_few_receivers_have_an_entry_each(hub, logs):
    connect(hub, "a", groups=["g"])
    connect(hub, "b", groups=["g"])
    hub.execute(do.SendToGroup(AT, "g", message()))
    assert logs.told == [
        ("MessageSent", "a", TRACE_ID, "Message sent to connection"),
        ("MessageSent", "b", TRACE_ID, "Message sent to connection"),
    ]
    assert [one["callerIpAddress"] for one in logs.entries] == ["address of a", "address of b"]
    assert logs.entries[0]["properties"] == {
        "message": "Message sent to connection",
        "connectionId": "a",
        "userId": None,
        "hub": AT.hub,
        "traceId": TRACE_ID,
        "messageType": "text",
        "size": 5,
        "group": "g",
    }


def test_many_receivers_have_one_entry_that_counts_them(hub, logs):
    for name in "abcd":
        connect(hub, name)
    hub.execute(do.SendToAll(AT, message(), frozenset("a")))
    assert logs.told == [("MessageSent", None, TRACE_ID, "Message sent to 3 connections")]


def test_who_is_left_out_has_no_entry(hub, logs):
    for name in "abc":
        connect(hub, name, groups=["g"])
    hub.execute(do.SendToGroup(AT, "g", message(), frozenset(("b",))))
    assert [connection for _, connection, _, _ in logs.told] == ["a", "c"]


def test_a_message_to_one_connection_has_its_entry(hub, logs):
    connect(hub, "a")
    hub.execute(do.SendToConnection(AT, "a", message()))
    assert logs.told == [("MessageSent", "a", TRACE_ID, "Message sent to connection")]


def test_a_message_without_trace_id_is_not_told(hub, logs):
    connect(hub, "a", groups=["g"])
    hub.execute(do.SendToGroup(AT, "g", message(trace_id=None)))
    assert logs.told == []


def test_a_clients_message_gets_a_trace_id_when_it_comes(logs):
    house = House()
    guest = house.enter("c")
    guest.says({"type": "joinGroup", "group": "g"})
    house.hub.delivery.trace = trace_of(logs)
    guest.says({"type": "sendToGroup", "group": "g", "dataType": "text", "data": "hello"})
    (received, sent) = logs.told
    assert received[:2] == ("MessageReceived", "c")
    assert received[3] == "Message received from client: text, 5 bytes"
    assert len(received[2]) == 32
    assert sent == ("MessageSent", "c", received[2], "Message sent to connection")


def test_dropped_frames_are_counted(logs):
    hub = make_hub(Ticks())
    client = connect(hub, "a")
    trace = trace_of(logs)
    trace.dropped(client.connection, 1, "expired")
    trace.dropped(client.connection, 2, "slow client")
    assert [text for _, _, _, text in logs.told] == [
        "1 frame dropped. Reason: expired",
        "2 frames dropped. Reason: slow client",
    ]


def test_a_change_of_what_is_wanted_reaches_hubs_that_are_there(logs):
    wanted = [None]
    directory = Directory(Ticks().call_soon, LIMITS, make_directory(Ticks())._events, trace_of=lambda at: wanted[0])
    before = directory.open(AT)
    wanted[0] = trace_of(logs)
    assert before.delivery.trace is None
    directory.trace_anew()
    assert before.delivery.trace is wanted[0]
