"""The feed: what happens on a live server, line by line."""

import asyncio
import json

import pytest
from tests.http.console.conftest import error_code, signed_in
from tests.http.console.feeds import feed
from tests.running_server import DEADLINE_SECONDS, eventually


async def test_messages_of_clients_and_of_the_server(browser, server):
    roles = ["webpubsub.sendToGroup", "webpubsub.joinLeaveGroup"]
    ann = await server.connect("chat", user="ann", roles=roles, groups=["g"])
    async with feed(browser, show="messages", hub="chat") as lines:
        assert (await lines.next("hello"))["messagesPerSecond"] == 200
        await ann.ask(
            {"type": "sendToGroup", "group": "g", "dataType": "json", "data": {"a": 1}, "noEcho": True, "ackId": 1}
        )
        came = await lines.next("message")
        assert (came["number"], came["direction"], came["user"], came["connection"]) == (
            1,
            "in",
            "ann",
            ann.connection_id,
        )
        assert (came["type"], json.loads(came["data"]["text"])) == ("json", {"a": 1})
        went = await lines.next("message")
        assert (went["direction"], went["receivers"], went["group"]) == ("out", 0, "g")
        await server.send_to_group("chat", "g", "<b>hi</b>")
        sent = await lines.next("message")
        assert (sent["direction"], sent["receivers"], sent["data"]["text"]) == ("out", 1, "<b>hi</b>")
        assert json.loads(sent["frame"]["text"]) == await ann.message()


async def test_of_one_connection_the_frames_are_shown_as_its_client_wrote_them(browser, server):
    roles = ["webpubsub.sendToGroup", "webpubsub.joinLeaveGroup"]
    ann = await server.connect("chat", user="ann", roles=roles, groups=["g"])
    ben = await server.connect("chat", user="ben", roles=roles, groups=["g"])
    codec = server.hub_of("chat").find(ann.connection_id).codec
    frame = '{ "ackId":7, "type":"sendToGroup","group":"g","dataType":"text","data":"<i>" }'
    async with feed(browser, show="messages", connection=ann.connection_id) as lines:
        await lines.next("hello")
        await ann.send(frame)
        came = await lines.next("message")
        assert (came["direction"], came["frame"]["text"], came["data"]["text"]) == ("in", frame, "<i>")
        went = await lines.next("message")
        assert (went["direction"], went["receivers"]) == ("out", 2)
        heard = [await ann.message(), await ann.message()]
        assert {one["type"] for one in heard} == {"message", "ack"}
        assert await ben.message() == json.loads(went["frame"]["text"])
        await server.send_to_group("chat", "g", "to both")
        assert (await ann.message())["data"] == (await ben.message())["data"] == "to both"
    await eventually(lambda: server.hub_of("chat").find(ann.connection_id).codec is codec)


async def test_counters_come_each_second(browser, server):
    async with feed(browser) as lines:
        await lines.next("counters")
        client = await server.connect("chat", groups=["g"])
        await server.send_to_group("chat", "g", "hi")
        await client.frame()
        assert (await server.rest("HEAD", "/api/hubs/chat/groups/none?api-version=2024-12-01")).status == 404
        with pytest.raises(Exception, match="401"):
            await server.connect_to(server.client_url("chat", key="0" * 44))
        counters = await lines.next("counters")
        assert (counters["connections"], counters["connectionsOpened"], counters["connectionsClosed"]) == (1, 1, 0)
        assert (counters["messagesOut"], counters["bytesOut"]) == (1, 2)
        assert counters["restCalls"] == 2
        assert counters["rejected"] == {"unauthorized": 1}
        assert 0.9 <= counters["seconds"] < DEADLINE_SECONDS


async def test_connections_are_logged_to_whoever_looks_without_any_setting(browser, server):
    async with feed(browser, show="logs") as lines:
        await lines.next("hello")
        client = await server.connect("chat", user="ann")
        entry = (await lines.next("log"))["entry"]
        assert (entry["operationName"], entry["properties"]["userId"]) == ("ConnectionStarted", "ann")
        assert entry["properties"]["connectionId"] == client.connection_id
    await eventually(lambda: not server.server._logs.connectivity)


async def test_what_is_too_much_is_sampled_and_told(tmp_path):
    async with signed_in(tmp_path, console_messages_per_second=10) as browser:
        server = browser.server
        client = await server.connect("chat", groups=["g"])
        async with feed(browser, show="messages") as lines:
            await lines.next("hello")
            for number in range(30):
                await server.send_to_group("chat", "g", str(number))
            assert (await lines.next("skipped"))["messages"] > 0
        await client.close()


async def test_nothing_is_told_while_nobody_looks(browser, server):
    await server.connect("chat")
    hub = server.hub_of("chat")
    assert hub.delivery.trace is None
    async with feed(browser, show="messages") as lines:
        await lines.next("hello")
        assert hub.delivery.trace is not None
    await eventually(lambda: hub.delivery.trace is None)


async def test_so_many_feeds_and_no_more(tmp_path):
    async with signed_in(tmp_path, console_feeds=1) as browser:
        async with feed(browser) as lines:
            await lines.next("hello")
            refused = await browser.get("/feed")
            assert error_code(refused) == (503, "TooManyFeeds")
            assert refused.headers["Retry-After"] == "5"
        await eventually(lambda: not browser.server.server._feed._watchers)
        async with feed(browser) as lines:
            await lines.next("hello")


async def test_a_server_that_stops_ends_its_feeds(tmp_path):
    async with signed_in(tmp_path) as browser, feed(browser) as lines:
        await lines.next("hello")
        started = asyncio.get_running_loop().time()
        await browser.server.server.stop()
        await lines.ended()
        assert asyncio.get_running_loop().time() - started < 4


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"show": "everything"}, "show: expected some of messages, calls, logs, counters, got 'everything'"),
        ({"show": ","}, "show: expected"),
        ({"direction": "up"}, "direction: expected in or out, got 'up'"),
        ({"type": "xml"}, "type: expected one of text, json, binary, protobuf, got 'xml'"),
    ],
)
async def test_what_is_wrong_is_named(browser, query, words):
    answer = await browser.get("/feed", **query)
    assert error_code(answer) == (400, "BadRequest")
    assert words in answer.json()["error"]["message"]


async def test_an_unknown_resource_is_not_found(browser):
    assert error_code(await browser.get("/feed", resource="none")) == (404, "NotFound")
