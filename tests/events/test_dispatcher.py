"""Events of connections, as a handler sees them and as its replies come back."""

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from tests.events.hostile_upstream import HostileUpstream, reply
from tests.events.scripted import settled, until

from linarite.domain.messages import DataType
from linarite.events.assembly import open_upstream
from linarite.events.call_log import CallLog
from linarite.events.cloud_events import ConnectRequest
from linarite.events.counters import EventCounters
from linarite.events.dispatcher import EventFailed, Upstream
from linarite.events.event_line import EventLine, LineIdentity
from linarite.events.limits import UpstreamLimits
from linarite.events.outbound import CallResult
from linarite.events.replies import ConnectRefusal, ConnectReply, EventReply
from linarite.resources.model import AccessKeys, EventHandler, HubSettings, Resource

ALL_SYSTEM_EVENTS = ("connect", "connected", "disconnected")
PRESENCE = {"groupPresenceEvents": {"eventNames": ["joined", "left"]}}
REQUEST = ConnectRequest({"sub": "alice"}, [("a", "1")], [("Host", "svc.example.com")], ["custom"])
TEXT = DataType.TEXT


class House:
    """A resource whose hub's handlers a test sets, the way upstream from it, and what is kept of the calls."""

    def __init__(self, server: HostileUpstream) -> None:
        self.server = server
        self.keys = AccessKeys("abc", "def", "salt")
        self.resource: Resource | None = None
        self.counters = EventCounters()
        self.calls = CallLog(200, 10**8)
        self.pauses: list[float] = []
        self.upstream: Upstream
        self.handle("/echo/{event}")

    def handle(self, path: str, **members) -> None:
        """Make one handler get everything, at this path."""
        facts = {"user_event_pattern": "*", "system_events": ALL_SYSTEM_EVENTS, "properties": PRESENCE}
        self.handle_by(EventHandler(self.server.url + path, **(facts | members)))

    def handle_by(self, *handlers: EventHandler) -> None:
        settings = HubSettings("chat", event_handlers=handlers)
        self.resource = Resource(name="linarite", keys=self.keys, hubs={"chat": settings})

    def line(self, connection_id: str = "conn1", **members) -> EventLine:
        facts = {"user_id": "alice", "subprotocol": "json.webpubsub.azure.v1"}
        return self.upstream.line(
            LineIdentity("linarite", "chat", connection_id, "svc.example.com", **(facts | members))
        )

    def results(self) -> dict[tuple[str, CallResult], int]:
        return {(event, result): number for (_, _, event, result), number in self.counters.counts().items()}

    async def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)

    @contextlib.asynccontextmanager
    async def open(self, **limits) -> AsyncIterator[Upstream]:
        facts = {"order_seconds": 1000.0}
        bounds = UpstreamLimits(**(facts | limits))
        self.upstream = open_upstream(
            bounds, lambda name: self.resource, counters=self.counters, calls=self.calls, pause=self.pause
        )
        try:
            yield self.upstream
        finally:
            await self.upstream.close(5)


@pytest.fixture
async def house(upstream) -> AsyncIterator[House]:
    house = House(upstream)
    async with house.open():
        yield house


# What is sent


async def test_a_connections_events_have_its_identity_and_ids_in_order(house):
    line = house.line()
    await house.upstream.connect(line, REQUEST)
    house.upstream.connected(line)
    await house.upstream.user_event(line, "message", TEXT, b"hi")
    house.upstream.joined(line, "g")
    house.upstream.left(line, "g")
    house.upstream.disconnected(line, "bye")
    await house.server.until(lambda: len(house.server.posts()) == 6)
    sent = house.server.posts()
    assert [one.header("ce-type") for one in sent] == [
        "azure.webpubsub.sys.connect",
        "azure.webpubsub.sys.connected",
        "azure.webpubsub.user.message",
        "azure.webpubsub.gp.joined",
        "azure.webpubsub.gp.left",
        "azure.webpubsub.sys.disconnected",
    ]
    assert [one.header("ce-id") for one in sent] == ["0", "1", "2", "3", "4", "5"]
    assert {one.header("ce-userId") for one in sent} == {"alice"}
    assert {one.header("ce-connectionId") for one in sent} == {"conn1"}
    assert {one.header("WebHook-Request-Origin") for one in sent} == {"svc.example.com"}
    assert len({one.header("x-ms-client-request-id") for one in sent}) == 6
    assert [one.header("ce-subprotocol") for one in sent] == [None, *["json.webpubsub.azure.v1"] * 5]
    bodies = [json.loads(one.body) for one in sent if one.event != "message"]
    assert bodies[1:] == [{}, {"group": "g"}, {"group": "g"}, {"reason": "bye"}]
    assert bodies[0]["claims"]["sub"] == ["alice"]


async def test_the_endpoint_is_validated_before_its_first_event_without_credentials(house):
    await house.upstream.user_event(house.line(), "message", TEXT, b"hi")
    first, second = house.server.requests
    assert (first.method, first.path) == ("OPTIONS", "/echo/validate")
    assert [name for name, _ in first.headers] == ["Host", "WebHook-Request-Origin", "ce-awpsversion"]
    assert (second.method, second.path) == ("POST", "/echo/message")


@pytest.mark.parametrize(
    ("data_type", "content_type"),
    [
        (DataType.TEXT, "text/plain; charset=utf-8"),
        (DataType.JSON, "application/json"),
        (DataType.BINARY, "application/octet-stream"),
    ],
)
async def test_a_user_event_has_its_bytes_and_type_and_so_has_the_reply(house, data_type, content_type):
    data = b'{"a": 1}'
    answer = await house.upstream.user_event(house.line(), "message", data_type, data, {"Trace": "t"})
    (sent,) = house.server.posts()
    assert (sent.header("Content-Type"), sent.body) == (content_type, data)
    assert sent.header("x-webpubsub-metadata-trace") == "t"
    assert answer == EventReply(data_type, data)


async def test_events_are_signed_with_the_keys_of_now(house):
    line = house.line()
    await house.upstream.user_event(line, "message", TEXT, b"1")
    house.keys = AccessKeys("new", "def", "salt")
    house.handle("/echo/{event}")
    await house.upstream.user_event(line, "message", TEXT, b"2")
    old, new = (one.header("ce-signature") for one in house.server.posts())
    assert old.startswith("sha256=1dfafa3c3f4b8f75ebe141d1510faf618d27c0a46b40ad69481a46462422ef64,sha256=")
    assert new.partition(",")[0] != old.partition(",")[0]
    assert new.partition(",")[2] == old.partition(",")[2]


async def test_a_resource_without_access_keys_signs_nothing(house):
    house.resource = replace(house.resource, local_auth_disabled=True)
    await house.upstream.user_event(house.line(), "message", TEXT, b"1")
    (sent,) = house.server.posts()
    assert sent.header("ce-signature") is None


async def test_a_change_of_handlers_counts_from_the_next_event_on(house):
    line = house.line()
    await house.upstream.user_event(line, "message", TEXT, b"1")
    house.handle("/echo/other/{event}")
    await house.upstream.user_event(line, "message", TEXT, b"2")
    house.handle_by()
    assert await house.upstream.user_event(line, "message", TEXT, b"3") == EventFailed(None)
    assert [one.path for one in house.server.posts()] == ["/echo/message", "/echo/other/message"]


async def test_only_the_first_handler_that_matches_is_called_also_when_it_fails(house):
    urls = [house.server.url + path for path in ("/400/x", "/echo/x")]
    house.handle_by(*(EventHandler(url, "*") for url in urls))
    answer = await house.upstream.user_event(house.line(), "message", TEXT, b"hi")
    assert answer == EventFailed(CallResult.STATUS, 400)
    assert [one.path for one in house.server.posts()] == ["/400/x"]


async def test_events_that_nobody_wants_are_counted_in_ids_and_not_sent(house):
    house.handle("/echo/{event}", system_events=(), properties={}, user_event_pattern="wanted")
    line = house.line()
    assert await house.upstream.connect(line, REQUEST) == ConnectReply()
    house.upstream.connected(line)
    house.upstream.joined(line, "g")
    assert await house.upstream.user_event(line, "unwanted", TEXT, b"") == EventFailed(None)
    await house.upstream.user_event(line, "wanted", TEXT, b"")
    house.upstream.disconnected(line, "")
    assert [(one.event, one.header("ce-id")) for one in house.server.posts()] == [("wanted", "4")]


async def test_a_deleted_resource_has_no_handlers(house):
    house.resource = None
    assert await house.upstream.user_event(house.line(), "message", TEXT, b"") == EventFailed(None)


def test_hubs_say_whether_their_connections_need_a_line():
    nobody = HubSettings("chat")
    events = HubSettings("chat", event_handlers=(EventHandler("http://h", "*", ("connected",)),))
    gate = HubSettings("chat", event_handlers=(EventHandler("http://h", "*", ("Connect",)),))
    assert [Upstream.has_handlers(one) for one in (nobody, events, gate)] == [False, True, True]
    assert [Upstream.has_connect_handler(one) for one in (nobody, events, gate)] == [False, False, True]


async def test_a_line_that_is_made_late_counts_connected(house):
    who = LineIdentity("linarite", "chat", "conn1", "svc.example.com")
    line = house.upstream.line(who, is_connected=True)
    await house.upstream.user_event(line, "message", TEXT, b"")
    assert house.server.posts()[0].header("ce-id") == "2"


async def test_something_that_no_header_can_carry_fails_its_event_without_a_call(house):
    line = house.line(user_id="a\nb")
    assert await house.upstream.connect(line, REQUEST) == ConnectRefusal(500)
    assert await house.upstream.user_event(line, "message", TEXT, b"") == EventFailed(CallResult.INVALID_EVENT)
    assert house.server.requests == []


# State and cookies


async def test_state_is_set_kept_replaced_and_emptied_by_replies(house):
    house.handle("/{event}")
    set_to = {"/connect": "one", "/keep": None, "/replace": "two", "/empty": "", "/fail": "three"}
    for path, state in set_to.items():
        headers = () if state is None else (f"ce-connectionState: {state}",)
        house.server.answers[path] = reply(400 if path == "/fail" else 200, b"", *headers)
    for path in ("/connected", "/disconnected"):
        house.server.answers[path] = reply(200, b"", "ce-connectionState: ignored")
    line = house.line()
    await house.upstream.connect(line, REQUEST)
    house.upstream.connected(line)
    for name in ("keep", "replace", "fail", "empty"):
        await house.upstream.user_event(line, name, TEXT, b"")
    house.upstream.disconnected(line, "")
    await house.server.until(lambda: len(house.server.posts("disconnected")) == 1)
    states = {one.event: one.header("ce-connectionState") for one in house.server.posts()}
    assert states == {
        "connect": None,
        "connected": "one",
        "keep": "one",
        "replace": "one",
        "fail": "two",
        "empty": "two",
        "disconnected": "",
    }


async def test_a_reply_that_cannot_be_taken_changes_no_state(house):
    house.handle("/{event}")
    house.server.answers["/connect"] = reply(200, b"not json", "ce-connectionState: x", "Set-Cookie: a=b")
    house.server.answers["/message"] = reply(200, b"x", "ce-connectionState: x", "Content-Type: text/html")
    line = house.line()
    assert await house.upstream.connect(line, REQUEST) == ConnectRefusal(500)
    answer = await house.upstream.user_event(line, "message", TEXT, b"")
    assert answer == EventFailed(CallResult.INVALID_REPLY, 200)
    assert (line.state, line.cookies) == (None, None)


async def test_cookies_come_back_on_their_connection_only(house):
    house.handle("/{event}")
    house.server.answers["/connect"] = reply(200, b"", "Set-Cookie: affinity=a; Path=/; HttpOnly", "Set-Cookie: bad")
    house.server.answers["/message"] = reply(200, b"")
    one, two = house.line("one"), house.line("two")
    await house.upstream.connect(one, REQUEST)
    for line in (one, two):
        await house.upstream.user_event(line, "message", TEXT, b"")
    assert [sent.header("Cookie") for sent in house.server.posts()] == [None, "affinity=a", None]
    assert all(sent.header("Cookie") is None for sent in house.server.requests if sent.method == "OPTIONS")


# connect


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (reply(204, b""), ConnectReply()),
        (reply(200, b"null"), ConnectReply()),
        (reply(200, b'{"userId":"bob"}', "Content-Type: text/plain"), ConnectReply(user_id="bob")),
        (reply(201, b'{"subprotocol":"custom"}'), ConnectReply(subprotocol="custom")),
        (reply(401, b"denied", "Content-Type: text/plain"), ConnectRefusal(401, b"denied", "text/plain")),
        (reply(429, b""), ConnectRefusal(429)),
        (reply(301, b"", "Location: /x"), ConnectRefusal(301)),
        (reply(200, b"not-json"), ConnectRefusal(500)),
        (reply(200, b'{"groups":[null]}'), ConnectRefusal(500)),
    ],
)
async def test_connect_means_what_its_handler_answers(house, answer, expected):
    house.handle("/connect")
    house.server.answers["/connect"] = answer
    assert await house.upstream.connect(house.line(), REQUEST) == expected
    assert len(house.server.posts()) == 1


async def test_a_handler_that_says_no_to_a_client_is_no_failure_in_the_log(house, caplog):
    house.handle("/401/{event}")
    with caplog.at_level(logging.INFO):
        await house.upstream.connect(house.line(), REQUEST)
        assert caplog.records == []
        await house.upstream.user_event(house.line(), "message", TEXT, b"")
    assert [record.getMessage() for record in caplog.records] == ["event failed"]


async def test_connect_is_tried_again_with_the_same_ids(house):
    house.handle("/flapping/{event}")
    house.server.failures["connect"] = 1
    assert await house.upstream.connect(house.line(), REQUEST) == ConnectReply()
    one, two = house.server.posts()
    assert one.headers == two.headers
    assert one.body == two.body
    assert house.pauses == [1.0]


async def test_connect_that_fails_four_times_gives_the_client_the_status(house):
    house.handle("/503/{event}")
    assert await house.upstream.connect(house.line(), REQUEST) == ConnectRefusal(503)
    assert len(house.server.posts()) == 4
    assert house.pauses == [1.0, 3.0, 5.0]


async def test_connect_is_not_sent_to_an_endpoint_that_does_not_want_it(house):
    house.server.allowed = ["other.example"]
    assert await house.upstream.connect(house.line(), REQUEST) == ConnectRefusal(500)
    assert house.server.posts() == []
    assert house.results() == {("connect", CallResult.NOT_ALLOWED): 1}


async def test_legacy_claim_names_can_be_turned_off(upstream):
    house = House(upstream)
    async with house.open(legacy_claim_names="off"):
        await house.upstream.connect(house.line(), REQUEST)
    assert json.loads(upstream.posts()[0].body)["claims"] == {"sub": ["alice"]}


async def test_without_abuse_protection_endpoints_are_not_asked(upstream):
    house = House(upstream)
    async with house.open(abuse_protection="off"):
        await house.upstream.user_event(house.line(), "message", TEXT, b"")
    assert [one.method for one in upstream.requests] == ["POST"]


# A hostile application server


HOSTILE = {
    "silent": (CallResult.TIMED_OUT, 500, 1),
    "slow": (CallResult.TIMED_OUT, 500, 1),
    "early": (CallResult.UNREACHABLE, 500, 4),
    "half-head": (CallResult.UNREACHABLE, 500, 4),
    "half": (CallResult.BROKEN_REPLY, 500, 1),
    "noise": (CallResult.UNREACHABLE, 500, 4),
    "bad-header": (CallResult.UNREACHABLE, 500, 4),
    "seventeen": (CallResult.TOO_LARGE, 500, 1),
    "301": (CallResult.STATUS, 301, 1),
    "401": (CallResult.STATUS, 401, 1),
    "413": (CallResult.STATUS, 413, 1),
    "429": (CallResult.STATUS, 429, 1),
    "500": (CallResult.STATUS, 500, 4),
}


@pytest.mark.parametrize("behaviour", HOSTILE)
async def test_a_hostile_server_has_the_documented_result_and_disturbs_nobody_else(upstream, behaviour):
    result, status, attempts = HOSTILE[behaviour]
    house = House(upstream)
    bad = EventHandler(f"{upstream.url}/{behaviour}/{{event}}", "bad", ("connect",))
    good = EventHandler(f"{upstream.url}/echo/{{event}}", "*")
    house.handle_by(bad, good)
    async with house.open(timeout_seconds=1.0 if result is CallResult.TIMED_OUT else 100.0):
        refusal, failure, *others = await asyncio.gather(
            house.upstream.connect(house.line("bad1"), REQUEST),
            house.upstream.user_event(house.line("bad2"), "bad", TEXT, b"x"),
            *(house.upstream.user_event(house.line(f"good{n}"), "message", TEXT, b"%d" % n) for n in range(100)),
        )
    assert isinstance(refusal, ConnectRefusal)
    assert refusal.status == status
    assert isinstance(failure, EventFailed)
    assert failure.result is result
    assert others == [EventReply(TEXT, b"%d" % n) for n in range(100)]
    # A kept connection that ends without a reply is made good once on a new one, which is no attempt of its own.
    assert attempts <= len(upstream.posts("connect")) <= attempts * (2 if behaviour == "early" else 1)


async def test_ten_megabytes_are_a_message(house):
    house.handle("/ten/{event}")
    answer = await house.upstream.user_event(house.line(), "message", TEXT, b"")
    assert isinstance(answer, EventReply)
    assert len(answer.data) == 10_000_000


async def test_a_redirect_is_not_followed(house):
    house.handle("/301/{event}")
    await house.upstream.user_event(house.line(), "message", TEXT, b"")
    assert len(house.server.posts()) == 1


async def test_a_thousand_events_through_a_flapping_handler_arrive_in_order_none_lost_or_doubled(house):
    house.handle("/flapping/{event}")

    async def chat(number: int) -> list[bytes]:
        line = house.line(f"conn{number}")
        got = []
        for turn in range(20):
            name = f"e{number}.{turn}"
            house.server.failures[name] = (number * 20 + turn) % 20 == 0
            answer = await house.upstream.user_event(line, name, TEXT, name.encode())
            assert isinstance(answer, EventReply)
            got.append(answer.data)
        return got

    answers = await asyncio.gather(*(chat(number) for number in range(50)))
    for number, got in enumerate(answers):
        assert got == [f"e{number}.{turn}".encode() for turn in range(20)]
    assert len(house.server.posts()) == 1000 + 50
    for number in range(50):
        ids = [
            int(one.header("ce-id")) for one in house.server.posts() if one.header("ce-connectionId") == f"conn{number}"
        ]
        assert ids == sorted(ids)
        assert set(ids) == set(range(1, 21))


# Order


async def test_a_user_event_starts_after_the_answer_to_the_one_before_and_connections_run_side_by_side(house):
    house.handle("/gate/{event}")
    one, two = house.line("one"), house.line("two")
    calls = [
        asyncio.create_task(house.upstream.user_event(line, name, TEXT, b""))
        for line, name in ((one, "a1"), (one, "a2"), (two, "b1"))
    ]
    await house.server.until(lambda: len(house.server.posts()) == 2)
    await settled()
    assert {sent.event for sent in house.server.posts()} == {"a1", "b1"}
    house.server.gate.set()
    await asyncio.gather(*calls)
    assert [sent.event for sent in house.server.posts() if sent.header("ce-connectionId") == "one"] == ["a1", "a2"]


async def test_connected_is_answered_before_the_first_message_is_sent(house):
    house.handle_by(
        EventHandler(house.server.url + "/gate/{event}", system_events=("connected",)),
        EventHandler(house.server.url + "/echo/{event}", "*"),
    )
    line = house.line()
    house.upstream.connected(line)
    call = asyncio.create_task(house.upstream.user_event(line, "message", TEXT, b""))
    await house.server.until(lambda: len(house.server.posts("connected")) == 1)
    await settled()
    assert house.server.posts("message") == []
    house.server.gate.set()
    await call
    assert [sent.event for sent in house.server.posts()] == ["connected", "message"]


async def test_a_connected_handler_that_hangs_does_not_hold_up_user_events(upstream):
    house = House(upstream)
    house.handle_by(
        EventHandler(upstream.url + "/gate/{event}", system_events=("connected", "disconnected")),
        EventHandler(upstream.url + "/echo/{event}", "*"),
    )
    async with house.open(order_seconds=0.02):
        line = house.line()
        house.upstream.connected(line)
        assert await house.upstream.user_event(line, "message", TEXT, b"hi") == EventReply(TEXT, b"hi")
        house.upstream.disconnected(line, "")
        await settled()
        assert upstream.posts("disconnected") == []
        upstream.gate.set()
        await upstream.until(lambda: len(upstream.posts("disconnected")) == 1)


async def test_a_failed_connected_is_tried_again_logged_and_nothing_more(house, caplog):
    house.handle("/503/{event}", user_event_pattern=None)
    line = house.line()
    with caplog.at_level(logging.WARNING):
        house.upstream.connected(line)
        await house.server.until(lambda: len(house.server.posts()) == 4)
        await until(lambda: line.delivering is None)
    (record,) = caplog.records
    fields = {name: record.fields[name] for name in ("hub", "event_name", "connection", "result", "status", "attempts")}
    assert record.getMessage() == "event failed"
    assert fields == {
        "hub": "chat",
        "event_name": "connected",
        "connection": "conn1",
        "result": "status",
        "status": 503,
        "attempts": 4,
    }


async def test_presence_events_past_the_bound_are_dropped_and_counted_but_disconnected_never(upstream):
    house = House(upstream)
    house.handle("/gate/{event}")
    async with house.open(queue_limit=3):
        line = house.line()
        house.upstream.connected(line)
        for number in range(10):
            house.upstream.joined(line, f"g{number}")
        house.upstream.disconnected(line, "bye")
        upstream.gate.set()
        await upstream.until(lambda: len(upstream.posts("disconnected")) == 1)
    assert [json.loads(one.body) for one in upstream.posts("joined")] == [{"group": "g0"}, {"group": "g1"}]
    assert house.results()["joined", CallResult.DROPPED] == 8
    assert [one.header("ce-id") for one in upstream.posts()] == ["1", "2", "3", "12"]


# Endings


async def test_a_cancelled_user_event_ends_its_request(house):
    house.handle("/silent/{event}", system_events=())
    line = house.line()
    call = asyncio.create_task(house.upstream.user_event(line, "message", TEXT, b""))
    await house.server.until(lambda: len(house.server.posts()) == 1)
    call.cancel()
    await house.server.until(lambda: house.server.left == 1)
    assert line.turns == []
    assert house.results() == {("message", CallResult.CANCELLED): 1}


async def test_disconnected_ends_what_is_asked_without_an_answer_and_goes_next(house):
    house.handle_by(
        EventHandler(house.server.url + "/silent/{event}", "*"),
        EventHandler(house.server.url + "/echo/{event}", None, ("disconnected",)),
    )
    line = house.line()
    answers: list[object] = []
    house.upstream.ask(line, "message", TEXT, b"", {}, answers.append)
    house.upstream.ask(line, "never started", TEXT, b"", {}, answers.append)
    await house.server.until(lambda: len(house.server.posts()) == 1)
    house.upstream.disconnected(line, "gone")
    await house.server.until(lambda: len(house.server.posts("disconnected")) == 1)
    assert house.server.left == 1
    assert answers == []
    assert await house.upstream.user_event(line, "late", TEXT, b"") == EventFailed(CallResult.CANCELLED)
    await house.upstream.ask(line, "late", TEXT, b"", {}, answers.append)
    assert answers == []


async def test_ask_answers_once_and_may_be_cancelled_before_it_starts(house):
    answers: list[object] = []
    line = house.line()
    house.upstream.ask(line, "cancelled", TEXT, b"", {}, answers.append).cancel()
    await house.upstream.ask(line, "message", TEXT, b"hi", {}, answers.append)
    assert answers == [EventReply(TEXT, b"hi")]
    assert line.asking == set()


async def test_an_answer_that_fails_is_logged_and_ends_nothing_else(house, caplog):
    def fail(answer: object) -> None:
        raise RuntimeError("broken client")

    await house.upstream.ask(house.line(), "message", TEXT, b"", {}, fail)
    assert "broken client" in caplog.text
    assert await house.upstream.user_event(house.line(), "message", TEXT, b"") == EventReply()


async def test_a_fault_of_a_sink_fails_its_event_and_no_other(house, caplog, monkeypatch):
    def fault(*_: object) -> str:
        raise RuntimeError("a bug")

    line = house.line()
    monkeypatch.setattr(line.__class__, "signature", fault)
    assert await house.upstream.connect(line, REQUEST) == ConnectRefusal(500)
    house.upstream.connected(line)
    house.upstream.joined(line, "g")
    await settled()
    monkeypatch.undo()
    house.upstream.left(line, "g")
    await house.server.until(lambda: len(house.server.posts("left")) == 1)
    assert "a bug" in caplog.text
    assert house.results()["connected", CallResult.INTERNAL_ERROR] == 1


async def test_close_sends_what_waits_and_refuses_what_is_new(upstream):
    house = House(upstream)
    async with house.open():
        lines = [house.line(f"conn{number}") for number in range(20)]
        for line in lines:
            house.upstream.disconnected(line, "The service is shutting down.")
        await house.upstream.close(5)
        assert len(upstream.posts("disconnected")) == 20
        assert await house.upstream.connect(house.line(), REQUEST) == ConnectRefusal(503)
        answer = await house.upstream.user_event(house.line(), "message", TEXT, b"")
        assert answer == EventFailed(CallResult.CANCELLED)
        await upstream.until(lambda: upstream.open == 0)


async def test_close_ends_what_lasts_longer_than_the_grace(upstream):
    house = House(upstream)
    house.handle("/silent/{event}")
    async with house.open():
        house.upstream.disconnected(house.line(), "")
        await upstream.until(lambda: len(upstream.posts()) == 1)
        await house.upstream.close(0)
        await upstream.until(lambda: upstream.open == 0)


# What people see


async def test_every_call_is_counted_and_kept(house):
    line = house.line()
    await house.upstream.user_event(line, "message", TEXT, b"hi")
    house.handle("/400/{event}")
    await house.upstream.user_event(line, "message", TEXT, b"hi")
    assert house.results() == {("message", CallResult.ANSWERED): 1, ("message", CallResult.STATUS): 1}
    newest, oldest = house.calls.records()
    assert (newest.status, newest.result, oldest.status, oldest.result) == (400, "status", 200, "answered")
    assert oldest.reply_body.text == "hi"


async def test_a_kept_call_can_be_made_again_and_changes_no_connection(house):
    house.handle("/message?code=secret")
    house.server.answers["/message?code=secret"] = reply(200, b"again", "ce-connectionState: x")
    line = house.line()
    await house.upstream.user_event(line, "message", TEXT, b"hi")
    line.state = "mine"
    record = await house.upstream.replay(house.calls.records()[0].number)
    assert record is not None
    assert (record.replay_of, record.status, record.reply_body.text) == (1, 200, "again")
    assert line.state == "mine"
    one, two = house.server.posts()
    same = {name: value for name, value in one.headers if name != "x-ms-client-request-id"}
    assert same == {name: value for name, value in two.headers if name != "x-ms-client-request-id"}
    assert one.header("x-ms-client-request-id") != two.header("x-ms-client-request-id")
    assert await house.upstream.replay(99) is None


async def test_who_saves_a_handler_learns_whether_its_endpoint_wants_events(house):
    good, bad = EventHandler(house.server.url + "/echo/{event}"), EventHandler("http://h{hub}/x")
    assert await house.upstream.check(good, "chat", "svc.example.com") is None
    assert await house.upstream.check(bad, "chat", "svc.example.com") is not None
    house.server.validation_status = 405
    other = EventHandler(house.server.url + "/other/{event}")
    refusal = await house.upstream.check(other, "chat", "svc.example.com")
    assert refusal == f"Abuse protection for '{house.server.url}/other/validate' failed: 405."


# Tokens and addresses


async def test_a_handler_with_a_managed_identity_gets_a_token_and_validation_does_not(upstream, tmp_path):
    (tmp_path / "secret").write_text("s3cr3t")
    upstream.answers["/token"] = reply(200, b'{"access_token":"t1","expires_in":3600,"token_type":"Bearer"}')
    house = House(upstream)
    house.handle("/echo/{event}", auth_type="ManagedIdentity", auth_resource="api://app")
    async with house.open(
        token_endpoint=upstream.url + "/token", client_id="c", client_secret_file=tmp_path / "secret"
    ):
        for _ in range(2):
            await house.upstream.user_event(house.line(), "message", TEXT, b"")
    assert [one.header("Authorization") for one in upstream.posts("message")] == ["Bearer t1"] * 2
    assert [one.path for one in upstream.requests].count("/token") == 1
    assert all(one.header("Authorization") is None for one in upstream.requests if one.method == "OPTIONS")


async def test_without_a_token_nothing_is_sent(house):
    house.handle("/echo/{event}", auth_type="ManagedIdentity", auth_resource="api://app")
    answer = await house.upstream.user_event(house.line(), "message", TEXT, b"")
    assert answer == EventFailed(CallResult.NO_TOKEN)
    assert house.server.posts() == []


async def test_denied_addresses_are_not_called(upstream):
    house = House(upstream)
    async with house.open(denied_networks=("127.0.0.0/8",)):
        assert await house.upstream.connect(house.line(), REQUEST) == ConnectRefusal(500)
    assert upstream.connections == 0
