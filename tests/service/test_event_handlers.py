"""Event handlers in Python against a server process: what they are sent, and what clients see of their answers."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.responses import JSONResponse, Response
from tests.running_server import ALL_ROLES, JSON_PROTOCOL, Client, eventually
from tests.server_process import ServerProcess, server_process
from tests.service.handled_hub import SYSTEM_EVENTS, HandledHub, Held, event, failed, keys_of, succeeded
from tests.starlette_handler import Certificate, Event, certificate, event_handler

REPLY_LIMIT_BYTES = 100_000
# Longer than an answer takes on a busy machine, and shorter than the first pause before a retry.
SHORT_SECONDS = "0.7"


# Surroundings


@pytest.fixture(scope="module")
def handler_certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """Give a certificate of an authority that only the server has been told of."""
    return certificate(tmp_path_factory.mktemp("handler"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, handler_certificate: Certificate) -> Iterator[ServerProcess]:
    """Give the server that the tests of this file share."""
    trust = ("--upstream-ca-file", str(handler_certificate.authority))
    limit = ("--upstream-reply-limit-bytes", str(REPLY_LIMIT_BYTES))
    with server_process(tmp_path_factory.mktemp("server"), *trust, *limit) as process:
        yield process


@pytest.fixture(scope="module")
def impatient_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Give a server whose events have no time for a second attempt."""
    folder = tmp_path_factory.mktemp("impatient")
    with server_process(folder, "--upstream-timeout-seconds", SHORT_SECONDS) as process:
        yield process


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


OpenHub = Callable[..., Awaitable[HandledHub]]


@pytest.fixture
async def open_hub(session: aiohttp.ClientSession) -> AsyncIterator[OpenHub]:
    """Give a function that makes a hub with a handler of its own. Clients leave before the handlers do."""
    async with AsyncExitStack() as handlers, AsyncExitStack() as clients:

        async def open_one(server: ServerProcess, certificate: Certificate | None = None) -> HandledHub:
            keys = await keys_of(server, session)
            handler = await handlers.enter_async_context(event_handler(keys, certificate))
            return HandledHub(f"hub_{uuid.uuid4().hex}", server, handler, session, clients)

        yield open_one


@pytest.fixture
async def hub(server: ServerProcess, open_hub: OpenHub) -> HandledHub:
    """Give a hub whose handler wants everything but presence events."""
    hub = await open_hub(server)
    await hub.configure()
    return hub


async def linarite(server: ServerProcess, *arguments: str) -> dict[str, Any]:
    """What a command prints; it must end well."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "linarite",
        *arguments,
        env=os.environ | {"LINARITE_DATA_FOLDER": str(server.data_folder)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    return json.loads(output)


async def set_by_command(hub: HandledHub, template: str, command: str = "create") -> dict[str, Any]:
    names = ("--resource-group", "linarite", "--name", "linarite", "--hub-name", hub.name)
    events = ("user-event-pattern=*", "system-event=connect,connected,disconnected")
    event_handler = ("--event-handler", f"url-template={template}", *events)
    return await linarite(hub.server, "webpubsub", "hub", command, *names, *event_handler)


# A connection's life


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_handler_that_a_command_sets_hears_a_connections_life(
    server: ServerProcess, open_hub: OpenHub, handler_certificate: Certificate, scheme: str
) -> None:
    hub = await open_hub(server, handler_certificate if scheme == "https" else None)
    saved = await set_by_command(hub, f"{hub.handler.url}/api/{{hub}}/{{event}}?code=x")
    assert saved["properties"]["eventHandlers"][0]["systemEvents"] == SYSTEM_EVENTS
    client = await hub.connect(user="anna")
    assert await client.ask(event("note", 1)) == succeeded(1)
    await client.websocket.close(1000, "going home")
    end = await hub.handler.heard("sys.disconnected")

    assert hub.handler.kinds() == ["sys.connect", "sys.connected", "user.note", "sys.disconnected"]
    assert [one.headers["ce-id"] for one in hub.handler.events] == ["0", "1", "2", "3"]
    paths = [(one.request.url.path, one.request.url.query) for one in hub.handler.events]
    assert paths == [(f"/api/{hub.name}/{name}", "code=x") for name in ("connect", "connected", "note", "disconnected")]
    assert end.json() == {"reason": "going home"}
    assert {one.connection_id for one in hub.handler.events} == {client.connection_id}
    expected = {
        "webhook-request-origin": "localhost",
        "ce-awpsversion": "1.0",
        "ce-specversion": "1.0",
        "ce-source": f"/hubs/{hub.name}/client/{client.connection_id}",
        "ce-hub": hub.name,
        "ce-userid": "anna",
    }
    for one in hub.handler.events:
        assert {name: one.headers[name] for name in expected} == expected
    assert [one.headers.get("ce-subprotocol") for one in hub.handler.events] == [None, *3 * [JSON_PROTOCOL]]
    assert len({one.headers["x-ms-client-request-id"] for one in hub.handler.events}) == 4


async def test_the_handler_is_asked_once_before_it_is_sent_anything(hub: HandledHub) -> None:
    await asyncio.gather(*(hub.connect() for _ in range(8)))
    (asked,) = hub.handler.asked
    assert asked.url.path == f"/api/{hub.name}/validate"
    assert asked.headers["webhook-request-origin"] == "localhost"
    assert asked.headers["ce-awpsversion"] == "1.0"
    assert not {"ce-signature", "cookie", "authorization"} & set(asked.headers.keys())


async def test_connect_tells_who_wants_in_and_how(hub: HandledHub) -> None:
    await hub.connect(user="用户", groups=["g"], tag="ü")
    said = (await hub.handler.heard("sys.connect")).json()
    assert (await hub.handler.heard("sys.connected")).headers["ce-userid"].encode("latin-1").decode() == "用户"
    assert said["claims"]["sub"] == ["用户"]
    assert said["claims"]["webpubsub.group"] == ["g"]
    assert said["claims"]["role"] == list(ALL_ROLES)
    assert said["query"] == {"tag": ["ü"]}
    assert said["subprotocols"] == [JSON_PROTOCOL]
    assert said["clientCertificates"] == []
    headers = {name.lower(): values for name, values in said["headers"].items()}
    assert headers["host"] == [urlsplit(hub.server.endpoint).netloc]
    assert "authorization" not in headers


async def test_state_and_cookies_stay_with_their_connection(hub: HandledHub) -> None:
    def reply(event: Event) -> Response:
        headers = {"Set-Cookie": f"affinity={event.headers.get('ce-userid')}; Path=/"}
        if event.kind == "sys.connect" or event.body == b"change":
            headers["ce-connectionState"] = event.body.decode()[:6]
        return Response(status_code=400 if event.body == b"fail" else 200, headers=headers)

    hub.handler.reply = reply
    anna, bert = await hub.connect(user="anna"), await hub.connect(user="bert")
    for number, data in enumerate(["keep", "change", "fail", "keep"], 1):
        await anna.ask(event("note", number, data))
    await bert.ask(event("note", 1, "keep"))
    await anna.close()
    await hub.handler.heard("sys.disconnected")

    def told(client: Client) -> list[tuple[str | None, str | None]]:
        mine = [one.headers for one in hub.handler.events if one.connection_id == client.connection_id]
        return [(headers.get("ce-connectionstate"), headers.get("cookie")) for headers in mine]

    first = '{"clai'
    cookie = "affinity=anna"
    assert told(anna) == [
        (None, None),
        (first, cookie),
        (first, cookie),
        (first, cookie),
        ("change", cookie),
        ("change", cookie),
        ("change", cookie),
    ]
    assert told(bert)[-1] == (first, "affinity=bert")


# Settings


async def test_a_change_of_settings_counts_at_once_and_drops_nobody(
    server: ServerProcess, open_hub: OpenHub, hub: HandledHub
) -> None:
    other = await open_hub(server)
    client, plain = await hub.connect(), await hub.connect(subprotocol=None)
    assert await client.ask(event("note", 1)) == succeeded(1)
    await set_by_command(hub, f"{other.handler.url}/other", "update")
    assert await client.ask(event("note", 2)) == succeeded(2)
    assert hub.handler.kinds(client.connection_id) == ["sys.connect", "sys.connected", "user.note"]
    assert other.handler.kinds() == ["user.note"]
    (late,) = other.handler.events
    assert late.request.url.path == "/other"
    assert (late.connection_id, late.headers["ce-id"]) == (client.connection_id, "3")

    await hub.configure(eventHandlers=[])
    assert await client.ask(event("note", 3)) == failed(3)
    assert await hub.rest("POST", "/:send", "still here") == 202
    assert (await client.message())["data"] == "still here"
    assert await plain.frame() == "still here"


async def test_a_connection_older_than_its_hubs_first_handler_is_heard_too(
    server: ServerProcess, open_hub: OpenHub
) -> None:
    hub = await open_hub(server)
    client = await hub.connect(user="anna")
    assert await client.ask(event("note", 1)) == failed(1)
    await hub.configure()
    assert await client.ask(event("note", 2)) == succeeded(2)
    await client.close()
    await hub.handler.heard("sys.disconnected")
    assert hub.handler.kinds() == ["user.note", "sys.disconnected"]
    assert hub.handler.events[0].headers["ce-userid"] == "anna"
    assert hub.handler.events[0].headers["ce-subprotocol"] == JSON_PROTOCOL


async def test_the_first_handler_that_wants_an_event_is_the_only_one(hub: HandledHub) -> None:
    url = hub.handler.url
    await hub.configure(
        {"urlTemplate": f"{url}/first", "userEventPattern": "note, Other", "systemEvents": ["CONNECTED"]},
        hub.usual(urlTemplate=f"{url}/second"),
    )
    client = await hub.connect()
    for number, name in enumerate(["other", "third", "a.b-c", "connected"], 1):
        assert await client.ask(event(name, number)) == succeeded(number)
    await hub.handler.heard("user.connected")
    heard = {one.kind: one.request.url.path for one in hub.handler.events}
    assert heard == {
        "sys.connect": "/second",
        "sys.connected": "/first",
        "user.other": "/first",
        "user.third": "/second",
        "user.a.b-c": "/second",
        "user.connected": "/second",
    }


async def test_an_event_that_nobody_wants_fails(hub: HandledHub) -> None:
    await hub.configure(hub.usual(userEventPattern=None))
    client, plain = await hub.connect(), await hub.connect(subprotocol=None)
    assert await client.ask(event("note", 1)) == failed(1)
    await plain.send("hi")
    code, _ = await plain.closed()
    assert code == 1011
    ended = await hub.handler.heard("sys.disconnected")
    assert ended.connection_id != client.connection_id
    # It counts all the same.
    assert ended.headers["ce-id"] == "3"


# Who may come in


async def test_anonymous_clients_come_in_where_they_may(hub: HandledHub) -> None:
    url = f"ws{hub.server.endpoint.removeprefix('http')}/client/hubs/{hub.name}?tag=1"
    assert (await hub.refusal(url=url))[0] == 401
    assert hub.handler.events == []
    await hub.configure(anonymousConnectPolicy="allow")
    hub.handler.reply = lambda event: JSONResponse({"userId": "guest"} if event.kind == "sys.connect" else None)
    client = await hub.connect(url=url)
    assert client.connected["userId"] == "guest"
    asked = await hub.handler.heard("sys.connect")
    assert "ce-userid" not in asked.headers
    assert (asked.json()["claims"], asked.json()["query"]) == ({}, {"tag": ["1"]})
    assert (await hub.handler.heard("sys.connected")).headers["ce-userid"] == "guest"
    assert await hub.rest("HEAD", "/users/guest") == 200


@pytest.mark.parametrize(
    "reply",
    [Response(status_code=204), Response(), Response("null", media_type="application/json"), JSONResponse({})],
    ids=["204", "empty", "null", "{}"],
)
async def test_a_reply_that_says_nothing_leaves_the_decision_to_the_token(hub: HandledHub, reply: Response) -> None:
    hub.handler.reply = lambda _: reply
    client = await hub.connect(user="anna", groups=["g"])
    assert client.connected["userId"] == "anna"
    assert await hub.rest("HEAD", "/groups/g") == 200


async def test_a_reply_takes_user_and_roles_away(hub: HandledHub) -> None:
    # The type that a framework gives to text: what it says counts all the same.
    hub.handler.reply = lambda _: Response('{"userId":"","roles":[]}', media_type="text/plain")
    client = await hub.connect(user="anna", groups=["g"])
    assert client.connected.get("userId") is None
    assert await hub.rest("HEAD", "/users/anna") == 404
    assert await hub.rest("HEAD", "/groups/g") == 200
    answer = await client.ask({"type": "joinGroup", "group": "h", "ackId": 1})
    assert answer["error"]["name"] == "Forbidden"
    assert "ce-userid" not in (await hub.handler.heard("sys.connected")).headers


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429])
async def test_a_refusal_reaches_the_client_who_never_was_here(hub: HandledHub, status: int) -> None:
    hub.handler.reply = lambda _: Response("denied", status)
    assert await hub.refusal(user="eve") == (status, b"denied")
    assert await hub.rest("HEAD", "/users/eve") == 404
    hub.handler.reply = lambda _: Response()
    await hub.connect(user="anna")
    await hub.handler.heard("sys.connected")
    assert hub.handler.kinds() == ["sys.connect", "sys.connect", "sys.connected"]


async def test_a_handler_that_goes_on_failing_is_asked_four_times(hub: HandledHub) -> None:
    hub.handler.reply = lambda event: Response("oops", int(event.headers["ce-userid"]))
    start = time.monotonic()
    answers = await asyncio.gather(hub.refusal(user="500"), hub.refusal(user="503"))
    assert answers == [(500, b""), (503, b"")]
    assert 9 <= time.monotonic() - start < 12
    assert len(hub.handler.events) == 8
    assert len({one.headers["x-ms-client-request-id"] for one in hub.handler.events}) == 2


async def test_a_handler_that_fails_once_delays_the_client(hub: HandledHub) -> None:
    hub.handler.reply = lambda _: Response(status_code=503 if len(hub.handler.events) == 1 else 200)
    await hub.connect()
    first, second = hub.handler.events[:2]
    same = ("ce-type", "ce-id", "x-ms-client-request-id", "ce-connectionid", "ce-time")
    assert [first.headers[name] for name in same] == [second.headers[name] for name in same]
    assert first.body == second.body


@pytest.mark.parametrize(
    "body",
    [
        "not-json",
        "[]",
        '{"groups":[null]}',
        '{"groups":[" "]}',
        '{"roles":[null]}',
        '{"userId":1}',
        '{"subprotocol":"unheard-of"}',
        " " * (REPLY_LIMIT_BYTES + 1),
    ],
    ids=["no json", "list", "null group", "blank group", "null role", "number", "subprotocol", "too large"],
)
async def test_a_reply_that_means_nothing_is_a_500_for_the_client(hub: HandledHub, body: str) -> None:
    hub.handler.reply = lambda _: Response(body, media_type="application/json")
    assert await hub.refusal() == (500, b"")
    assert hub.handler.kinds() == ["sys.connect"]


async def test_a_handler_out_of_time_is_a_500_for_the_client(
    impatient_server: ServerProcess, open_hub: OpenHub
) -> None:
    hub = await open_hub(impatient_server)
    await hub.configure()
    held = Held()
    for reply in (held, lambda _: Response(status_code=500)):
        hub.handler.reply = reply
        assert await hub.refusal() == (500, b"")
    held.let_go()
    assert hub.handler.kinds() == ["sys.connect", "sys.connect"]


async def test_user_events_out_of_time_fail(impatient_server: ServerProcess, open_hub: OpenHub) -> None:
    hub = await open_hub(impatient_server)
    await hub.configure(hub.usual(systemEvents=[]))
    held = hub.handler.reply = Held()
    client, plain = await hub.connect(), await hub.connect(subprotocol=None)
    await plain.send("hi")
    assert await client.ask(event("note", 1)) == failed(1)
    assert (await plain.closed())[0] == 1011
    held.let_go()
    hub.handler.reply = lambda _: Response()
    assert await client.ask(event("note", 1)) == succeeded(1)


async def test_nobody_hears_of_a_client_whose_connect_waits(hub: HandledHub) -> None:
    listener = await hub.connect(user="bert", groups=["g"])
    held = hub.handler.reply = Held()
    opening = asyncio.create_task(hub.connect(user="anna", groups=["g"]))
    await eventually(lambda: held.waiting == 1)
    connection_id = hub.handler.events[-1].connection_id

    assert await hub.rest("HEAD", f"/connections/{connection_id}") == 404
    assert await hub.rest("HEAD", "/users/anna") == 404
    assert await hub.rest("POST", "/groups/g/:send", "early") == 202
    assert await hub.rest("POST", "/:send", "early") == 202
    assert await hub.rest("POST", "/users/anna/:send", "early") == 202
    assert await hub.rest("POST", f"/connections/{connection_id}/:send", "early") == 202
    assert [(await listener.message())["data"] for _ in range(2)] == ["early", "early"]
    assert await listener.ask({"type": "ping"}) == {"type": "pong"}
    assert not opening.done()

    held.let_go()
    client = await opening  # its first frame is `connected`
    assert client.connection_id == connection_id
    assert await hub.rest("POST", "/groups/g/:send", "late") == 202
    assert (await client.message())["data"] == "late"
    assert (await listener.message())["data"] == "late"


async def test_a_client_that_leaves_while_connect_waits_ends_the_call(hub: HandledHub) -> None:
    aborted = asyncio.Event()

    async def reply(event: Event) -> Response:
        if await event.is_aborted():
            aborted.set()
        return Response()

    hub.handler.reply = reply
    opening = asyncio.create_task(hub.connect(user="anna"))
    await hub.handler.heard("sys.connect")
    opening.cancel()
    await asyncio.wait([opening])
    async with asyncio.timeout(5):
        await aborted.wait()
    assert await hub.rest("HEAD", "/users/anna") == 404
    assert hub.handler.kinds() == ["sys.connect"]


# User events


@pytest.mark.parametrize(
    ("reply", "frame"),
    [
        (Response(b"\x00\xff"), {"dataType": "binary", "data": "AP8="}),
        (Response("grüße", media_type="text/plain"), {"dataType": "text", "data": "grüße"}),
        (Response('{"n": 1.0}', media_type="application/json"), {"dataType": "json", "data": {"n": 1.0}}),
    ],
    ids=["no type", "text", "json"],
)
async def test_a_reply_comes_before_its_ack(hub: HandledHub, reply: Response, frame: dict[str, Any]) -> None:
    client = await hub.connect()
    hub.handler.reply = lambda _: reply
    assert await client.ask(event("note", 1)) == {"type": "message", "from": "server", **frame}
    assert await client.message() == succeeded(1)


@pytest.mark.parametrize(
    "reply",
    [
        Response("oops", 400),
        Response("a,b", media_type="text/csv"),
        Response("{", media_type="application/json"),
        Response(b"\xff", media_type="text/plain"),
        Response(b"x" * (REPLY_LIMIT_BYTES + 1)),
        Response(status_code=301, headers={"Location": "/elsewhere"}),
    ],
    ids=["400", "csv", "half json", "no utf-8", "too large", "301"],
)
async def test_a_reply_that_cannot_be_taken_is_a_failed_event(hub: HandledHub, reply: Response) -> None:
    client, plain = await hub.connect(), await hub.connect(subprotocol=None)
    hub.handler.reply = lambda _: reply
    assert await client.ask(event("note", 1)) == failed(1)
    await plain.send("hi")
    assert (await plain.closed())[0] == 1011
    hub.handler.reply = lambda _: Response()
    assert await client.ask(event("note", 1)) == succeeded(1)


async def test_a_repeated_event_that_succeeded_is_not_sent_again(hub: HandledHub) -> None:
    client = await hub.connect()
    assert await client.ask(event("note", 1)) == succeeded(1)
    again = await client.ask(event("note", 1))
    assert (again["success"], again["error"]["name"]) == (False, "Duplicate")
    assert hub.handler.kinds().count("user.note") == 1


async def test_events_of_one_connection_wait_for_each_other_and_for_nobody_else(hub: HandledHub) -> None:
    first, second = await hub.connect(), await hub.connect()
    held = hub.handler.reply = Held()
    for client in (first, second):
        for number in range(1, 21):
            await client.send_json(event("note", number, number))
    await eventually(lambda: held.waiting == 2)
    for client in (first, second):
        assert await client.ask({"type": "ping"}) == {"type": "pong"}
    assert held.waiting == 2
    held.let_go()
    for client in (first, second):
        assert [await client.message() for _ in range(20)] == [succeeded(number) for number in range(1, 21)]
        heard = [one for one in hub.handler.events if one.connection_id == client.connection_id]
        assert [one.json() for one in heard if one.kind == "user.note"] == list(range(1, 21))
        assert [int(one.headers["ce-id"]) for one in heard] == list(range(22))


async def test_requests_behind_an_event_wait_for_its_answer(hub: HandledHub) -> None:
    client = await hub.connect(user="anna")
    held = hub.handler.reply = Held(lambda _: Response("answer", media_type="text/plain"))
    await client.send_json(event("note", 1))
    await client.send_json({"type": "joinGroup", "group": "g", "ackId": 2})
    await eventually(lambda: held.waiting == 1)
    assert await client.ask({"type": "ping"}) == {"type": "pong"}
    assert await hub.rest("HEAD", "/groups/g") == 404
    assert await hub.rest("POST", "/users/anna/:send", "meanwhile") == 202
    assert (await client.message())["data"] == "meanwhile"
    held.let_go()
    assert [(await client.message()).get("ackId") for _ in range(3)] == [None, 1, 2]
    assert await hub.rest("HEAD", "/groups/g") == 200


async def test_a_client_that_leaves_during_an_event_ends_the_call(hub: HandledHub) -> None:
    aborted = asyncio.Event()

    async def reply(event: Event) -> Response:
        if event.kind == "user.note" and await event.is_aborted():
            aborted.set()
        return Response()

    hub.handler.reply = reply
    client = await hub.connect()
    await client.send_json(event("note", 1))
    await hub.handler.heard("user.note")
    client.websocket.transport.abort()
    async with asyncio.timeout(5):
        await aborted.wait()
    await hub.handler.heard("sys.disconnected")
    assert hub.handler.kinds() == ["sys.connect", "sys.connected", "user.note", "sys.disconnected"]


async def test_what_a_client_sent_before_it_closed_is_carried_out(hub: HandledHub) -> None:
    """Guards against messages lost when a client closes in good order while its first event is being answered."""
    held = Held()

    async def reply(event: Event) -> Response:
        return await held(event) if event.kind == "user.note" else Response()

    hub.handler.reply = reply
    listener = await hub.connect(groups=["g"])
    client = await hub.connect(roles=["webpubsub.sendToGroup"])
    await client.send_json(event("note", 1))
    await client.send_json(event("note", 2))
    await client.send_json({"type": "sendToGroup", "group": "g", "dataType": "text", "data": "last"})
    await hub.handler.heard("user.note")
    closing = asyncio.create_task(client.close())
    held.let_go()
    await hub.handler.heard("user.note", 2)
    assert (await listener.message())["data"] == "last"
    await closing
    await hub.handler.heard("sys.disconnected")


# Presence


async def test_every_membership_is_reported_once_whoever_began_and_ended_it(hub: HandledHub) -> None:
    await hub.configure(hub.usual(groupPresenceEvents={"eventNames": ["joined", "left"]}))
    client = await hub.connect(user="anna", groups=["token"])
    me = f"/connections/{client.connection_id}"
    for ack_id in (1, 2):
        assert await client.ask({"type": "joinGroup", "group": "client", "ackId": ack_id}) == succeeded(ack_id)
    for path in (f"/groups/rest{me}", f"/groups/rest{me}", "/users/anna/groups/user"):
        assert await hub.rest("PUT", path) == 200
    for ack_id in (3, 4):
        assert await client.ask({"type": "leaveGroup", "group": "client", "ackId": ack_id}) == succeeded(ack_id)
    assert await hub.rest("DELETE", f"/groups/rest{me}") == 204
    await client.close()
    await hub.handler.heard("sys.disconnected")

    def shown(one: Event) -> str:
        return f"{one.kind} {one.json()['group']}" if one.kind.startswith("gp.") else one.kind

    *before, one, other, end = [shown(one) for one in hub.handler.events]
    assert before == [
        "sys.connect",
        "sys.connected",
        "gp.joined token",
        "gp.joined client",
        "gp.joined rest",
        "gp.joined user",
        "gp.left client",
        "gp.left rest",
    ]
    assert ({one, other}, end) == ({"gp.left token", "gp.left user"}, "sys.disconnected")
    assert [int(one.headers["ce-id"]) for one in hub.handler.events] == list(range(11))
    assert {one.headers["ce-userid"] for one in hub.handler.events} == {"anna"}
    assert hub.handler.events[2].headers["ce-eventname"] == "joined"


async def test_groups_of_the_connect_reply_are_reported_and_filtered(hub: HandledHub) -> None:
    presence = {"eventNames": ["joined"], "groupFilters": ["room-*"]}
    await hub.configure(hub.usual(groupPresenceEvents=presence))
    hub.handler.reply = lambda _: JSONResponse({"groups": ["room-1", "hall", "room-2"], "userId": "bert"})
    client = await hub.connect(user="anna", groups=["room-3"])
    await client.close()
    await hub.handler.heard("sys.disconnected")
    joined = [one for one in hub.handler.events if one.kind.startswith("gp.")]
    assert [(one.kind, one.json()["group"]) for one in joined] == [("gp.joined", "room-1"), ("gp.joined", "room-2")]
    assert {one.headers["ce-userid"] for one in joined} == {"bert"}


# The end of the server


@pytest.mark.parametrize("drain_seconds", ["0", "1"])
async def test_a_server_that_stops_reports_every_end_first(
    tmp_path: Path, open_hub: OpenHub, drain_seconds: str
) -> None:
    with server_process(tmp_path, "--drain-seconds", drain_seconds) as server:
        hub = await open_hub(server)
        await hub.configure()
        clients = [await hub.connect() for _ in range(20)]
        await hub.handler.heard("sys.connected", 20)
        held = hub.handler.reply = Held()
        await clients[0].send_json(event("note", 1))
        await eventually(lambda: held.waiting == 1)
        server.signal(signal.SIGTERM)
        assert await asyncio.to_thread(server.end) == 0
        held.let_go()
        ended = [one for one in hub.handler.events if one.kind == "sys.disconnected"]
        assert {one.connection_id for one in ended} == {client.connection_id for client in clients}
        assert len(ended) == 20
        assert {one.json()["reason"] for one in ended} == {"The service is shutting down."}


# Seen from outside


async def test_calls_are_shown_and_made_again_for_the_administrator_alone(hub: HandledHub) -> None:
    await hub.configure(hub.usual(urlTemplate=f"{hub.handler.url}/api?code=secret"))
    client = await hub.connect(user="anna")
    hub.handler.reply = lambda event: Response("said " + event.body.decode(), media_type="text/plain")
    await client.ask(event("note", 1))
    for method, path in (("GET", "/linarite/event-calls"), ("POST", "/linarite/event-calls/1/replay")):
        assert (await hub.get(path, is_authorized=False, method=method)).status == 401

    answer = await hub.get("/linarite/event-calls")
    text = await answer.text()
    shown = [one for one in json.loads(text)["value"] if one["hub"] == hub.name]
    assert [one["event"] for one in shown] == ["note", "connected", "connect"]
    note = shown[0]
    assert (note["result"], note["status"], note["attempts"]) == ("answered", 200, 1)
    assert (note["request_body"]["text"], note["reply_body"]["text"]) == ("hi", "said hi")
    assert note["connection"] == client.connection_id
    assert "secret" not in text
    assert "sha256=" not in text

    again = await hub.get(f"/linarite/event-calls/{note['number']}/replay", method="POST")
    replayed = await again.json()
    assert (again.status, replayed["replay_of"], replayed["event"]) == (200, note["number"], "note")
    first, second = (one for one in hub.handler.events if one.kind == "user.note")
    assert (first.body, first.headers["ce-id"]) == (second.body, second.headers["ce-id"])
    assert first.headers["x-ms-client-request-id"] != second.headers["x-ms-client-request-id"]
    assert await client.message() == succeeded(1)  # what is said again goes to nobody
    assert await client.ask({"type": "ping"}) == {"type": "pong"}
    assert (await hub.get("/linarite/event-calls/999999/replay", method="POST")).status == 404
    path = f"/linarite/event-calls/{note['number']}/replay"
    known = {(line["caller"], line["status"]) for line in audited(hub, "audit.log") if line["path"] == path}
    refused = {(line["check"], line["status"]) for line in audited(hub, "audit-refused.log")}
    assert known == {("administrator", 200)}
    assert ("presence", 401) in refused


def audited(hub: HandledHub, file: str) -> list[dict[str, object]]:
    """The lines of an audit log that tell of calls made again."""
    lines = [json.loads(line) for line in (hub.server.data_folder / file).read_text().splitlines()]
    return [line for line in lines if line["event"] == "event call made again"]


async def test_metrics_count_calls_for_the_administrator_alone(hub: HandledHub) -> None:
    client = await hub.connect()
    await client.ask(event("note", 1))
    hub.handler.reply = lambda _: Response("no", 400)
    await client.ask(event("note", 2))
    assert (await hub.get("/metrics", is_authorized=False)).status == 401
    answer = await hub.get("/metrics")
    samples = [one for family in text_string_to_metric_families(await answer.text()) for one in family.samples]
    counted = {
        (one.labels["event"], one.labels["result"]): one.value
        for one in samples
        if one.name == "linarite_event_calls_total" and one.labels["hub"] == hub.name
    }
    expected = {("connect", "answered"), ("connected", "answered"), ("note", "answered"), ("note", "status")}
    assert counted == dict.fromkeys(expected, 1.0)
