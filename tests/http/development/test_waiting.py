"""Waiting: for connections, messages and events, with a time limit, and starting anew."""

import asyncio
import time

import pytest
from tests.running_server import eventually, running_server

pytestmark = pytest.mark.asyncio(loop_scope="module")
LONG = 20


async def begun(server) -> None:
    """Wait until somebody waits at the server."""
    await eventually(lambda: bool(server.server._development.pulse._waiters))


async def test_waiting_for_connections_ends_when_the_last_one_comes(server, tester, hub):
    await server.connect(hub)
    waiting = asyncio.create_task(tester.get("/wait/connections", hub=hub, atLeast=2, seconds=LONG))
    await begun(server)
    await server.connect(hub)

    assert await waiting == {"isReached": True, "count": 2}


async def test_waiting_for_nobody_ends_when_the_last_one_goes(server, tester, hub):
    client = await server.connect(hub)
    waiting = asyncio.create_task(tester.get("/wait/connections", hub=hub, atMost=0, seconds=LONG))
    await begun(server)
    await client.close()

    assert await waiting == {"isReached": True, "count": 0}


async def test_waiting_for_members_of_a_group_hears_of_joining(server, tester, hub):
    client = await server.connect(hub, roles=("webpubsub.joinLeaveGroup",))
    waiting = asyncio.create_task(tester.get("/wait/connections", hub=hub, group="room", atLeast=1, seconds=LONG))
    await begun(server)
    await client.ask({"type": "joinGroup", "group": "room", "ackId": 1})

    assert (await waiting)["count"] == 1


async def test_what_does_not_come_in_time_is_504_with_what_there_is(server, tester, hub):
    await server.connect(hub)

    answer = await tester.call("GET", "/wait/connections", hub=hub, atLeast=2, seconds=0.05)

    assert (answer.status, answer.json()) == (504, {"isReached": False, "count": 1})


async def test_messages_are_counted_from_a_mark_on_whoever_published_them(server, tester, hub):
    client = await server.connect(hub, roles=("webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"))
    await tester.mark()
    await server.send_to_group(hub, "room", "before")
    mark = await tester.mark()
    waiting = asyncio.create_task(
        tester.get("/wait/messages", hub=hub, group="room", atLeast=2, since=mark, seconds=LONG)
    )
    await begun(server)
    await server.send_to_group(hub, "hall", "elsewhere")
    await server.send_to_group(hub, "room", "by REST")
    await client.ask({"type": "sendToGroup", "group": "room", "dataType": "json", "data": [1], "ackId": 1})

    done = await waiting

    assert [(each["group"], each["dataType"], each["size"]) for each in done["value"]] == [
        ("room", "text", 7),
        ("room", "json", 3),
    ]
    assert (done["count"], done["isComplete"]) == (2, True)


async def test_messages_that_are_forgotten_are_told(tmp_path):
    async with running_server(tmp_path, development_messages_kept=2) as server:
        tester = await _tester(server)
        await server.connect("chat", groups=("room",))
        mark = await tester.mark()
        for number in range(3):
            await server.send_to_group("chat", "room", str(number))

        done = await tester.get("/wait/messages", since=mark)

    assert (done["count"], done["isComplete"]) == (2, False)


async def test_an_event_is_waited_for_until_its_handler_has_answered(server, tester, hub, handler):
    mark = await tester.mark()
    waiting = asyncio.create_task(tester.get("/wait/events", hub=hub, event="greet", since=mark, seconds=LONG))
    await begun(server)
    client = await server.connect(hub)
    await client.send_json({"type": "event", "event": "greet", "dataType": "text", "data": "hi"})

    done = await waiting

    (call,) = done["value"]
    assert (call["event"], call["connectionId"], call["status"]) == ("greet", client.connection_id, 204)
    assert "user.greet" in handler.kinds(client.connection_id)


async def test_nobody_waits_on_when_the_caller_has_gone(server, tester, hub):
    waiting = asyncio.create_task(tester.get("/wait/connections", hub=hub, atLeast=1, seconds=LONG))
    await begun(server)
    waiting.cancel()

    await eventually(lambda: not server.server._development.pulse._waiters)


async def test_a_stopping_server_ends_all_waiting(tmp_path):
    started = time.monotonic()
    async with running_server(tmp_path) as server:
        tester = await _tester(server)
        waiting = asyncio.create_task(tester.call("GET", "/wait/connections", atLeast=1, seconds=LONG))
        await begun(server)
        stopping = asyncio.create_task(server.server.stop())
        assert (await waiting).status == 503
        await stopping
    assert time.monotonic() - started < LONG / 2


async def test_reset_closes_connections_and_gives_hubs_their_settings_back(server, tester, hub, handler):
    client = await server.connect(hub, groups=("room",))
    other = await server.connect(f"{hub}_other")
    await tester.fault("rest", hub=hub, status=503)
    mark = await tester.mark()
    await server.send_to_group(f"{hub}_other", "room", "kept")

    answer = await tester.call("POST", "/reset", hub=hub)

    assert answer.json() == {"connectionsClosed": 1, "faultsEnded": 1, "hubsPutBack": 1}
    assert (await client.message())["event"] == "disconnected"
    assert await client.closed() == (1000, "")
    assert server.resource.hubs.get(hub) is None
    assert (await tester.get("/wait/connections", hub=f"{hub}_other", atLeast=1))["count"] == 1
    assert (await tester.get("/wait/messages", hub=f"{hub}_other", since=mark))["count"] == 1
    assert await other.ask({"type": "ping"}) == {"type": "pong"}


async def _tester(server):
    from tests.http.development.conftest import Tester

    return Tester(server)
