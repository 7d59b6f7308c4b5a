"""Calls to event handlers: shown, explained, made again elsewhere."""

import asyncio

import pytest
from tests.http.console.conftest import error_code, signed_in
from tests.http.console.feeds import feed
from tests.running_server import eventually

HOSTILE = "<img src=x onerror=alert(1)>"


async def handler(reader, writer, calls):
    """A handler that agrees to everything and answers `ok`."""
    try:
        while head := (await reader.readuntil(b"\r\n\r\n")).decode("latin-1"):
            headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
            lower = {name.lower(): value for name, value in headers.items()}
            body = await reader.readexactly(int(lower.get("content-length", 0)))
            calls.append((head.split(" ")[0], lower, body))
            allowed = f"WebHook-Allowed-Origin: {lower.get('webhook-request-origin', '*')}\r\n"
            writer.write(
                f"HTTP/1.1 200 OK\r\n{allowed}Content-Type: text/plain\r\nContent-Length: 2\r\n\r\nok".encode()
            )
    except (EOFError, ConnectionError):
        pass
    finally:
        writer.close()


@pytest.fixture
async def handlers():
    """Two handlers: their URLs, and what they were called with."""
    made, servers = [], []
    for _ in range(2):
        calls = []
        server = await asyncio.start_server(
            lambda reader, writer, calls=calls: handler(reader, writer, calls), "127.0.0.1", 0
        )
        servers.append(server)
        made.append((f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/eventhandler", calls))
    yield made
    for server in servers:
        server.close()


@pytest.fixture
async def called(browser, handlers):
    """A browser of a server that has made two calls."""
    (url, _), _ = handlers
    other = {"urlTemplate": "http://127.0.0.1:1/", "userEventPattern": "other"}
    properties = {
        "eventHandlers": [other, {"urlTemplate": url, "userEventPattern": "*", "systemEvents": ["connected"]}]
    }
    server = browser.server
    server.registry.put_hub("linarite", "linarite", "chat", {"properties": properties})
    client = await server.connect("chat", user="ann")
    await client.ask({"type": "event", "event": "say", "dataType": "text", "data": HOSTILE, "ackId": 1})
    await eventually(lambda: len(server.server._event_calls.since(0)) == 2)
    return browser


def by_event(answer):
    return {call["event"]: call for call in answer.json()["value"]}


async def test_calls_are_shown_with_why_their_handler_matched(called, handlers):
    calls = by_event(await called.get("/calls"))
    say = calls["say"]
    assert (say["status"], say["result"], say["url"]) == (200, "answered", handlers[0][0])
    assert say["request_body"]["text"] == HOSTILE
    assert [(one["matched"], one["why"]) for one in say["matching"]] == [
        (False, "userEventPattern 'other' does not accept say"),
        (True, "userEventPattern '*' accepts say"),
    ]
    assert [one["why"] for one in calls["connected"]["matching"]] == [
        "systemEvents lacks connected",
        "systemEvents has connected",
    ]
    one = (await called.get(f"/calls/{say['number']}")).json()
    assert one == say


async def test_calls_are_found_and_paged(called):
    assert set(by_event(await called.get("/calls", event="say"))) == {"say"}
    assert set(by_event(await called.get("/calls", hub="chat", result="answered"))) == {"say", "connected"}
    assert not by_event(await called.get("/calls", hub="news"))
    assert not by_event(await called.get("/calls", search="nothing"))
    first = (await called.get("/calls", limit="1")).json()
    assert first["total"] == 2
    second = (await called.get("/calls", limit="1", cursor=first["next"])).json()
    assert second["next"] is None
    assert first["value"][0]["number"] > second["value"][0]["number"]
    assert error_code(await called.get("/calls", cursor="x")) == (400, "BadRequest")


async def test_calls_come_by_the_feed_with_their_times(called):
    client = await called.server.connect("chat")
    async with feed(called, show="calls,counters") as lines:
        await lines.next("counters")
        await client.ask({"type": "event", "event": "say", "dataType": "text", "data": "hi", "ackId": 1})
        call = (await lines.next("call"))["call"]
        assert (call["event"], call["request_body"]["text"], call["reply_body"]["text"]) == ("say", "hi", "ok")
        counted = (await lines.next("counters"))["calls"]
        assert (counted["count"], counted["failed"]) == (1, 0)
        assert 0 < counted["averageMs"] <= counted["slowestMs"] + 0.001


async def test_a_long_body_is_cut_in_lists(called, handlers):
    client = await called.server.connect("chat")
    await client.ask({"type": "event", "event": "long", "dataType": "text", "data": "x" * 10_000, "ackId": 1})
    listed = by_event(await called.get("/calls", event="long"))["long"]
    assert (len(listed["request_body"]["text"]), listed["request_body"]["is_cut"]) == (4096, True)
    one = (await called.get(f"/calls/{listed['number']}")).json()
    assert len(one["request_body"]["text"]) == 10_000


async def test_a_call_is_made_again_here_and_elsewhere(called, handlers):
    (_, first), (elsewhere, second) = handlers
    number = by_event(await called.get("/calls"))["say"]["number"]
    before = len(first)
    again = (await called.post(f"/calls/{number}/replay", {})).json()
    assert (again["replay_of"], again["status"]) == (number, 200)
    assert len(first) == before + 1
    there = (await called.post(f"/calls/{number}/replay", {"url": elsewhere})).json()
    assert (there["url"], there["status"]) == (elsewhere, 200)
    method, headers, body = second[-1]
    assert (method, body.decode()) == ("POST", HOSTILE)
    assert "cookie" not in headers


@pytest.mark.parametrize("url", ["", "ftp://x/", "javascript:alert(1)", "http://"])
async def test_a_wrong_url_is_named(called, url):
    number = by_event(await called.get("/calls"))["say"]["number"]
    answer = await called.post(f"/calls/{number}/replay", {"url": url})
    assert error_code(answer) == (400, "BadRequest")
    assert answer.json()["error"]["message"].startswith("url: ")


async def test_a_call_that_is_not_kept_is_not_found(browser):
    assert error_code(await browser.get("/calls/99")) == (404, "NotFound")
    assert error_code(await browser.post("/calls/99/replay", {})) == (404, "NotFound")


async def test_serve_keeps_no_calls(tmp_path):
    async with signed_in(tmp_path, mode="serve", console="write") as browser:
        assert (await browser.get("/session")).json()["callLog"] is False
        assert error_code(await browser.get("/calls")) == (404, "NotFound")
        assert "?token=" not in browser.server.server.banner()


async def test_resource_logs_are_searched(browser, server):
    workspace = "/subscriptions/0/resourceGroups/rg/providers/microsoft.OperationalInsights/workspaces/logs"
    settings = {"properties": {"workspaceId": workspace, "logs": [{"categoryGroup": "allLogs", "enabled": True}]}}
    server.server._setting_book.put(server.resource.name, "all", settings)
    await server.connect("chat", user="ann")
    assert (await browser.get("/workspaces")).json() == {"value": [{"name": "logs"}]}
    found = (await browser.get("/logs", workspace="logs", category="ConnectivityLogs", userId="ann")).json()
    assert [entry["operationName"] for entry in found["value"]] == ["ConnectionStarted"]
    assert (await browser.get("/logs", workspace="logs", cursor=found["cursor"])).status == 200
    assert error_code(await browser.get("/logs", workspace="none")) == (404, "NotFound")
    assert error_code(await browser.get("/logs", workspace="logs", top="x")) == (400, "BadRequest")
