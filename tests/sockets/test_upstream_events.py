"""What a hub says of its connections reaches the event handlers of the moment, and costs nothing without any."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
from tests.events.hostile_upstream import hostile_upstream, reply
from tests.hubs.outlets import make_client
from tests.running_server import RunningServer, eventually, running_server

from linarite.domain.commands import HubAddress
from linarite.domain.messages import NO_METADATA, DataType
from linarite.events.counters import EventCounters
from linarite.events.dispatcher import Upstream
from linarite.events.event_calls import EventCalls, Sources
from linarite.events.event_line import EventLine, LineIdentity
from linarite.events.http_replies import HttpReply
from linarite.events.limits import UpstreamLimits
from linarite.events.outbound import Call, CallResult, Outcome
from linarite.hubs.client_events import Cancellable, EventAnswer
from linarite.hubs.connection import Connection
from linarite.protocols.requests import Payload
from linarite.resources.registry import Registry
from linarite.resources.sqlite import SqliteStore
from linarite.sockets.upstream_events import UpstreamEvents

PAYLOAD = Payload(DataType.TEXT, b"hi")
EVERYTHING = {
    "urlTemplate": "http://localhost/{event}",
    "userEventPattern": "*",
    "systemEvents": ["connect", "connected", "disconnected"],
    "groupPresenceEvents": {"eventNames": ["joined", "left"]},
}
HELLO = Outcome(CallResult.ANSWERED, HttpReply(200, (("content-type", "text/plain"),), b"hello"))


class Sink:
    """Takes every event, and answers when the gate is open."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.outcome = HELLO
        self.gate = asyncio.Event()
        self.gate.set()
        self.is_closed = False

    async def send(self, call: Call) -> Outcome:
        self.calls.append(call)
        await self.gate.wait()
        return self.outcome

    async def check(self, validation_url: str, origin: str) -> str | None:
        return None

    async def close(self) -> None:
        self.is_closed = True

    def headers(self, *names: str) -> list[tuple[str | None, ...]]:
        """These headers of each call, in order."""
        return [tuple(dict(call.headers).get(name) for name in names) for call in self.calls]


class House:
    """A resource with one hub, the connections' events, and where they go."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self.at = HubAddress("other", "chat")
        self.sink = Sink()
        self.opened = 0
        self.events = UpstreamEvents(registry, self._open)
        self.answers: list[EventAnswer | None] = []

    def _open(self) -> Upstream:
        self.opened += 1
        numbers = itertools.count()
        clock = asyncio.get_running_loop().time
        sources = Sources(self.registry.get, clock, lambda: 0.0, lambda: f"id{next(numbers)}")
        calls = EventCalls(self.sink, sources, EventCounters(), None)
        return Upstream(self.sink, calls, sources, UpstreamLimits())

    def handle(self, *handlers: dict[str, object]) -> None:
        self.registry.put_hub("rg", "other", "chat", {"properties": {"eventHandlers": list(handlers)}})

    def connect(self, user_id: str | None = "alice", *, is_new: bool = False) -> Connection:
        """A connection of the hub; a new one is told upstream."""
        connection = make_client("c1", user_id).connection
        if is_new:
            connection.line = self.new_line()
            self.events.connected(self.at, connection)
        return connection

    def new_line(self) -> EventLine | None:
        resource = self.registry.get("other")
        assert resource is not None
        return self.events.new_line(resource.hub("chat"), LineIdentity("other", "chat", "c1", "localhost"))

    def ask(self, connection: Connection, name: str = "e") -> Cancellable | None:
        return self.events.ask(self.at, connection, name, PAYLOAD, NO_METADATA, self.answers.append)

    async def until(self, calls: int) -> list[tuple[str | None, ...]]:
        """Names and numbers of the events, once so many have come."""
        await eventually(lambda: len(self.sink.calls) >= calls)
        return self.sink.headers("ce-eventName", "ce-id")


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    with closing(SqliteStore(tmp_path / "linarite.db")) as store:
        registry = Registry(store, "linarite")
        registry.ensure_default()
        registry.put_group("rg", {"location": "eastus"})
        registry.create_or_update("rg", "other", {"location": "eastus"})
        house = House(registry)
        yield house
        house.sink.gate.set()
        await house.events.close(5)


# Lines


async def test_hub_without_handlers_needs_no_line_and_no_way_upstream(house: House) -> None:
    assert house.new_line() is None
    connection = house.connect(is_new=True)
    house.events.joined(house.at, connection, "g")
    house.ask(connection)
    house.events.left(house.at, connection, "g")
    house.events.disconnected(house.at, connection, "bye")
    assert house.answers == [None]
    assert connection.line is None
    assert house.opened == 0


async def test_way_upstream_is_opened_once(house: House) -> None:
    house.handle(EVERYTHING)
    assert house.opened == 0
    for _ in range(2):
        house.connect(is_new=True)
    assert house.opened == 1
    await house.until(2)


async def test_a_connections_life_in_numbers(house: House) -> None:
    """Whatever happened in the same tick as a user event came before it."""
    house.handle(EVERYTHING)
    connection = house.connect(is_new=True)
    house.events.joined(house.at, connection, "g")
    house.ask(connection)
    house.events.left(house.at, connection, "g")
    await eventually(lambda: len(house.answers) == 1)
    house.events.disconnected(house.at, connection, "bye")
    assert await house.until(5) == [
        ("connected", "1"),
        ("joined", "2"),
        ("e", "3"),
        ("left", "4"),
        ("disconnected", "5"),
    ]
    assert house.sink.calls[-1].body == b'{"reason":"bye"}'


async def test_connection_is_told_upstream_as_it_was_let_in(house: House) -> None:
    """The line was made before the `connect` handler chose another user and the subprotocol was known."""
    house.handle(EVERYTHING)
    connection = house.connect("chosen", is_new=True)
    house.events.joined(house.at, connection, "g")
    await house.until(2)
    assert house.sink.headers("ce-userId", "ce-subprotocol") == [("chosen", "json.webpubsub.azure.v1")] * 2


async def test_connection_that_is_older_than_its_hubs_first_handler_has_been_connected(house: House) -> None:
    connection = house.connect(is_new=True)
    house.ask(connection)
    house.handle(EVERYTHING)
    house.ask(connection)
    await eventually(lambda: len(house.answers) == 2)
    house.events.disconnected(house.at, connection, "bye")
    assert await house.until(2) == [("e", "2"), ("disconnected", "3")]
    assert house.sink.headers("ce-source", "ce-userId")[0] == ("/hubs/chat/client/c1", "alice")


async def test_events_that_nobody_gets_count(house: House) -> None:
    house.handle(EVERYTHING)
    connection = house.connect(is_new=True)
    await house.until(1)
    house.handle()
    house.ask(connection)
    house.events.joined(house.at, connection, "g")
    await eventually(lambda: house.answers == [None])
    house.handle(EVERYTHING)
    house.ask(connection)
    assert await house.until(2) == [("connected", "1"), ("e", "4")]


async def test_change_of_handlers_counts_from_the_next_event_on(house: House) -> None:
    house.handle(EVERYTHING)
    connection = house.connect(is_new=True)
    await house.until(1)
    house.handle(EVERYTHING | {"urlTemplate": "http://elsewhere.example/{hub}/{event}"})
    house.ask(connection)
    await house.until(2)
    assert [call.url for call in house.sink.calls] == [
        "http://localhost/connected",
        "http://elsewhere.example/chat/e",
    ]


# Deleted resources


async def test_events_of_a_deleted_resource_go_nowhere(house: House) -> None:
    house.handle(EVERYTHING)
    connection, other = house.connect(is_new=True), house.connect()
    await house.until(1)
    house.registry.delete("rg", "other")
    for one in (connection, other):
        house.ask(one)
        house.events.left(house.at, one, "g")
    await eventually(lambda: house.answers == [None, None])
    for one in (connection, other):
        house.events.disconnected(house.at, one, "The resource has been deleted.")
    await house.events.close(5)
    assert house.sink.headers("ce-eventName") == [("connected",)]
    assert other.line is None


async def test_event_that_is_asked_while_its_resource_is_deleted_is_answered(house: House) -> None:
    house.handle(EVERYTHING)
    connection = house.connect()
    house.sink.gate.clear()
    house.ask(connection)
    await house.until(1)
    house.registry.delete("rg", "other")
    house.sink.gate.set()
    await eventually(lambda: len(house.answers) == 1)
    assert house.answers[0] is not None


# Answers


async def test_answer_is_the_reply(house: House) -> None:
    house.handle(EVERYTHING)
    house.ask(house.connect())
    await eventually(lambda: len(house.answers) == 1)
    [answer] = house.answers
    assert answer is not None
    assert (answer.data_type, answer.data, answer.metadata) == (DataType.TEXT, b"hello", {})


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome(CallResult.STATUS, HttpReply(401)),
        Outcome(CallResult.TIMED_OUT),
        Outcome(CallResult.ANSWERED, HttpReply(200, (("content-type", "image/png"),), b"x")),
    ],
)
async def test_answer_is_none_whatever_went_wrong(house: House, outcome: Outcome) -> None:
    house.handle(EVERYTHING)
    house.sink.outcome = outcome
    house.ask(house.connect())
    await eventually(lambda: house.answers == [None])


async def test_event_that_no_handler_wants_is_answered_by_none(house: House) -> None:
    house.handle(EVERYTHING | {"userEventPattern": "other"})
    house.ask(house.connect())
    await eventually(lambda: house.answers == [None])
    assert house.sink.calls == []


async def test_answer_is_not_delivered_after_the_end(house: House) -> None:
    house.handle(EVERYTHING)
    connection = house.connect()
    house.sink.gate.clear()
    house.ask(connection)
    await house.until(1)
    house.events.disconnected(house.at, connection, "bye")
    house.sink.gate.set()
    await house.until(2)
    await house.events.close(5)
    assert house.answers == []


async def test_event_of_a_client_that_leaves_at_once_holds_nothing_up(house: House) -> None:
    """Its task is cancelled before it has begun, and gives its place back all the same."""
    house.handle(EVERYTHING)
    connection = house.connect()
    house.ask(connection)
    house.events.disconnected(house.at, connection, "bye")
    assert await house.until(1) == [("disconnected", "3")]
    await house.events.close(5)
    assert house.answers == []


async def test_cancelled_event_is_not_answered_and_the_next_one_goes(house: House) -> None:
    house.handle(EVERYTHING)
    connection = house.connect()
    house.sink.gate.clear()
    first = house.ask(connection, "first")
    await house.until(1)
    house.ask(connection, "second")
    assert first is not None
    first.cancel()
    assert await house.until(2) == [("first", "2"), ("second", "3")]
    house.sink.gate.set()
    await eventually(lambda: len(house.answers) == 1)


async def test_event_that_is_answered_at_once_cannot_be_cancelled(house: House) -> None:
    assert house.ask(house.connect()) is None
    assert house.answers == [None]


# Stopping


async def test_close_sends_what_waits_and_closes_the_way(house: House) -> None:
    house.handle(EVERYTHING)
    connection = house.connect(is_new=True)
    house.events.disconnected(house.at, connection, "bye")
    await house.events.close(5)
    assert house.sink.headers("ce-eventName") == [("connected",), ("disconnected",)]
    assert house.sink.is_closed


async def test_close_of_a_way_that_was_never_opened_does_nothing(house: House) -> None:
    await house.events.close(5)
    assert house.opened == 0


# A whole server


async def test_connected_comes_before_the_groups_that_a_connection_starts_with(tmp_path: Path) -> None:
    """`joined` was number 1, and told of the token's user where the handler had chosen another."""
    body = json.dumps({"userId": "chosen", "groups": ["a", "b"]}).encode()
    async with hostile_upstream() as upstream, running_server(tmp_path) as server:
        upstream.answers["/nothing/connect"] = reply(200, body)
        _handle_everything(server, f"{upstream.url}/nothing/{{event}}")
        client = await server.connect("chat", user="alice", groups=["c"])
        await upstream.until(lambda: len(upstream.posts()) == 4)
        await client.close()
        await upstream.until(lambda: len(upstream.posts("disconnected")) == 1)
    told = [(one.event, one.header("ce-id"), one.header("ce-userId")) for one in upstream.posts()]
    assert told[0] == ("connect", "0", "alice")
    assert told[1] == ("connected", "1", "chosen")
    assert told[2:4] == [("joined", "2", "chosen"), ("joined", "3", "chosen")]
    assert {one.header("ce-subprotocol") for one in upstream.posts("joined")} == {"json.webpubsub.azure.v1"}


def _handle_everything(server: RunningServer, url: str) -> None:
    resource = server.resource
    body = {"properties": {"eventHandlers": [EVERYTHING | {"urlTemplate": url}]}}
    server.registry.put_hub(resource.resource_group, resource.name, "chat", body)


async def test_it_is_known_whether_somebody_wants_an_event(house: House) -> None:
    connection = house.connect()
    assert not house.events.wants(house.at, connection, "e")
    house.handle({"urlTemplate": "http://127.0.0.1/up", "userEventPattern": "e"})
    assert house.events.wants(house.at, connection, "e")
    assert not house.events.wants(house.at, connection, "other")
