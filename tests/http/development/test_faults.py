"""Faults on request: each does what it says, to whom it says, for as long as it says, and is recorded."""

import asyncio
import time

import pytest
from tests.running_server import eventually
from tests.sockets.reliable_client import REFUSED, refusal, reliable
from websockets.exceptions import ConnectionClosedError, InvalidStatus

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def is_cut(client) -> bool:
    """Wait until the socket ends; whether that was without a close frame."""
    with pytest.raises(ConnectionClosedError) as ended:
        await asyncio.wait_for(client.websocket.recv(), 10)
    return ended.value.rcvd is None


# Lines


async def test_a_cut_ends_the_sockets_of_one_hub_and_no_other(server, tester, hub):
    meant, other = await server.connect(hub, user="anna"), await server.connect(f"{hub}_other")

    number = await tester.fault("cut", hub=hub)

    assert await is_cut(meant)
    assert await other.ask({"type": "ping"}) == {"type": "pong"}
    (record,) = (await tester.get("/faults/record", number=number))["value"]
    assert record.pop("at") == pytest.approx(time.time(), abs=60)
    assert record == {
        "fault": number,
        "kind": "cut",
        "hub": hub,
        "user": "anna",
        "connection": meant.connection_id,
        "event": None,
    }


async def test_a_reliable_client_that_is_cut_comes_back(server, tester, hub):
    client = await reliable(server, hub, groups=("room",))

    await tester.fault("cut", connection=client.connection_id)
    await client.is_detached()
    await server.send_to_group(hub, "room", "missed")
    await client.recover()

    assert await client.messages(1) == [(1, "missed")]


async def test_a_share_cuts_so_many_and_the_same_seed_the_same(server, tester, hub):
    async def cut_of_ten(name: str, seed: int) -> list[int]:
        ids = [(await server.connect(name)).connection_id for _ in range(10)]
        number = await tester.fault("cut", hub=name, share=0.3, seed=seed)
        record = (await tester.get("/faults/record", number=number))["value"]
        return sorted(ids.index(done["connection"]) for done in record)

    first, again, other = [await cut_of_ten(f"{hub}_{n}", seed) for n, seed in enumerate((7, 7, 8))]

    assert len(first) == len(other) == 3
    assert first == again != other


async def test_connections_that_open_later_are_cut_if_that_is_wished_and_so_often(server, tester, hub):
    number = await tester.fault("cut", hub=hub, newConnections=True, times=1)

    assert await is_cut(await server.connect(hub))
    spared = await server.connect(hub)
    assert await spared.ask({"type": "ping"}) == {"type": "pong"}
    assert (await tester.call("DELETE", "/faults", number=number)).status == 404


async def test_nothing_moves_on_a_stalled_line_until_the_fault_ends(server, tester, hub):
    client = await server.connect(hub, groups=("room",), roles=("webpubsub.sendToGroup",))
    number = await tester.fault("stall", user=None, hub=hub)
    await server.send_to_group(hub, "room", "one")
    mark = await tester.mark()
    await client.send_json({"type": "sendToGroup", "group": "hall", "dataType": "text", "data": "mine"})
    quiet = await tester.call("GET", "/wait/messages", hub=hub, group="hall", since=mark, seconds=0.2)
    assert quiet.status == 504
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(client.websocket.recv(), 0.1)

    ended = await tester.end(number)

    assert ended["done"] == 1
    assert (await client.message())["data"] == "one"
    assert (await tester.get("/wait/messages", hub=hub, group="hall", since=mark))["count"] == 1


async def test_a_stall_ends_when_its_time_to_live_is_over(server, tester, hub):
    client = await server.connect(hub, groups=("room",))
    await tester.fault("stall", hub=hub, seconds=0.2)
    await server.send_to_group(hub, "room", "late")

    assert (await client.message())["data"] == "late"


async def test_two_stalls_end_with_the_second(server, tester, hub):
    client = await server.connect(hub, groups=("room",))
    first, second = await tester.fault("stall", hub=hub), await tester.fault("stall", hub=hub)
    await server.send_to_group(hub, "room", "late")
    await tester.end(first)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(client.websocket.recv(), 0.1)

    await tester.end(second)

    assert (await client.message())["data"] == "late"


async def test_a_slow_line_takes_its_time_and_keeps_the_order(server, tester, hub):
    client = await server.connect(hub, groups=("room",))
    number = await tester.fault("slow", hub=hub, bytesPerSecond=2000)
    started = time.monotonic()
    for name in range(4):
        await server.send_to_group(hub, "room", str(name) * 200)

    heard = [(await client.message())["data"][0] for _ in range(4)]

    assert heard == ["0", "1", "2", "3"]
    assert time.monotonic() - started > 0.3  # three frames of more than 200 bytes go before the last one
    await tester.end(number)
    await server.send_to_group(hub, "room", "fast")
    assert (await client.message())["data"] == "fast"


async def test_a_slow_client_is_closed_in_good_order_with_what_waits(server, tester, hub):
    client = await server.connect(hub, groups=("room",))
    await tester.fault("slow", hub=hub, bytesPerSecond=10)
    for name in ("one", "two"):
        await server.send_to_group(hub, "room", name)

    await server.rest("POST", f"/api/hubs/{hub}/:closeConnections?api-version=2024-12-01")

    assert [(await client.message()).get("data") for _ in range(3)] == ["one", "two", None]
    assert await client.closed() == (1000, "")


# Coming in


async def test_upgrades_are_refused_with_a_status_and_a_wait(server, tester, hub):
    await tester.fault("refuseUpgrade", hub=hub, user="anna", status=429, retryAfterSeconds=7)

    with pytest.raises(InvalidStatus) as refused:
        await server.connect(hub, user="anna")

    assert refused.value.response.status_code == 429
    assert refused.value.response.headers["Retry-After"] == "7"
    await server.connect(hub, user="bert")


async def test_a_recovery_finds_its_connection_lost(server, tester, hub, handler):
    client = await reliable(server, hub)
    await client.lose()
    await tester.fault("loseRecovery", hub=hub)

    assert await refusal(server, client.url()) == REFUSED

    told = (await handler.heard("sys.disconnected")).json()
    assert told == {"reason": "The connection was lost by a fault on request."}
    assert (await tester.get("/wait/connections", hub=hub, atMost=0))["count"] == 0


# REST


async def test_calls_are_answered_with_a_status_and_a_wait(server, tester, hub):
    number = await tester.fault("rest", hub=hub, status=503, retryAfterSeconds=3, times=1)
    path = f"/api/hubs/{hub}/:send?api-version=2024-12-01"

    refused = await server.rest("POST", path, "text", "text/plain")
    taken = await server.rest("POST", path, "text", "text/plain")

    assert (refused.status, refused.headers["Retry-After"], taken.status) == (503, "3", 202)
    assert refused.json()["code"] == "Error.FaultOnRequest"
    assert len((await tester.get("/faults/record", number=number))["value"]) == 1


async def test_calls_about_a_user_are_meant_by_the_user(server, tester, hub):
    await tester.fault("rest", user="anna b", status=429)

    about_anna = await server.rest("HEAD", f"/api/hubs/{hub}/users/anna%20b?api-version=2024-12-01")
    about_bert = await server.rest("HEAD", f"/api/hubs/{hub}/users/bert?api-version=2024-12-01")

    assert (about_anna.status, about_anna.body, about_bert.status) == (429, b"", 404)


async def test_calls_are_late(server, tester, hub):
    await tester.fault("rest", hub=hub, delaySeconds=0.2)
    started = time.monotonic()

    answer = await server.rest("POST", f"/api/hubs/{hub}/:send?api-version=2024-12-01", "text", "text/plain")

    assert answer.status == 202
    assert time.monotonic() - started >= 0.2


# Event handlers


async def test_a_handler_that_fails_once_is_asked_again(server, tester, hub, handler):
    mark = await tester.mark()
    await tester.fault("webhook", hub=hub, event="connect", status=500, times=1)

    await server.connect(hub)

    (call,) = (await tester.get("/wait/events", hub=hub, event="connect", since=mark))["value"]
    assert (call["attempts"], call["status"]) == (2, 204)
    assert handler.kinds().count("sys.connect") == 1


async def test_a_handler_that_cannot_be_reached_hears_nothing(server, tester, hub, handler):
    client = await server.connect(hub)
    await tester.fault("webhook", hub=hub, event="greet", isUnreachable=True)

    await client.send_json({"type": "event", "event": "greet", "dataType": "text", "data": "hi", "ackId": 1})
    await eventually(lambda: bool(server.server._development.book.records()))

    assert "user.greet" not in handler.kinds()


async def test_a_handler_is_late(server, tester, hub, handler):
    client = await server.connect(hub)
    await tester.fault("webhook", hub=hub, event="greet", delaySeconds=0.2)
    started = time.monotonic()

    ack = await client.ask({"type": "event", "event": "greet", "dataType": "text", "data": "hi", "ackId": 1})

    assert ack["success"]
    assert time.monotonic() - started >= 0.2


# The book


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({}, "kind"),
        ({"kind": "explode"}, "explode"),
        ({"kind": "cut", "share": 2}, "share"),
        ({"kind": "cut", "colour": "red"}, "colour"),
        ({"kind": "cut", "seconds": 0}, "seconds"),
        ({"kind": "slow"}, "slow: expected one of bytesPerSecond, got none"),
        ({"kind": "rest"}, "rest: expected one of status, delaySeconds, got none"),
        ({"kind": "rest", "status": 200}, "status"),
        ({"kind": "cut", "status": 503}, "status: expected with the kinds refuseUpgrade, rest, webhook only"),
        ({"kind": "rest", "delaySeconds": 1, "retryAfterSeconds": 1}, "retryAfterSeconds: expected together"),
        ({"kind": "webhook", "isUnreachable": True, "status": 500}, "isUnreachable: expected without status"),
        (b"{", "expected a fault in JSON"),
        (b'{"kind": "cut", "hub": "' + b"x" * 70_000 + b'"}', "Expected at most"),
    ],
)
async def test_a_wrong_fault_is_told(tester, body, told):
    answer = await tester.call("POST", "/faults", body)

    assert answer.status in (400, 413)
    assert told in answer.json()["error"]["message"]
    assert (await tester.get("/faults"))["value"] == []


async def test_faults_are_listed_with_the_time_that_is_left(tester):
    number = await tester.fault("rest", hub="chat", status=503, seconds=30)

    (seen,) = (await tester.get("/faults"))["value"]

    assert (seen["number"], seen["done"], seen["fault"]) == (
        number,
        0,
        {"kind": "rest", "hub": "chat", "status": 503, "seconds": 30.0},
    )
    assert 0 < seen["secondsLeft"] <= 30
    await tester.end(number)
    assert (await tester.get("/faults"))["value"] == []
