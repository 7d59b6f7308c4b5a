"""The reliable client of the tools: lines that are cut lose nothing and double nothing."""

from __future__ import annotations

import asyncio

import pytest
from tests.running_server import eventually, running_server

from linarite.cli.tools.clients import Client, ConnectionEnded, refusal_of, without_secrets
from linarite.cli.tools.failures import Refused, ToolFailed, Unreachable


class Heard:
    """What a client has received."""

    def __init__(self) -> None:
        self.frames = []

    def __call__(self, frame) -> None:
        self.frames.append(frame)

    @property
    def data(self):
        return [frame["data"] for frame in self.frames if frame["type"] == "message"]

    async def wait_for(self, count) -> None:
        await eventually(lambda: len(self.data) >= count)


@pytest.fixture
async def own_server(tmp_path):
    async with running_server(tmp_path) as server:
        yield server


ROLES = ("webpubsub.joinLeaveGroup", "webpubsub.sendToGroup")


async def came_back(client, times) -> None:
    await eventually(lambda: client.recoveries == times)


async def test_messages_of_the_time_of_a_cut_are_heard_once_and_in_order(own_server):
    heard, notices = Heard(), []
    async with Client(own_server.client_url("chat", groups=["g"]), None, heard, notices.append) as client:
        for number in range(30):
            await own_server.send_to_group("chat", "g", str(number))
            if number % 10 == 5:
                client.cut()
            if number % 10 == 9:
                await came_back(client, number // 10 + 1)
        await heard.wait_for(30)

        assert heard.data == [str(number) for number in range(30)]
        assert len(notices) == 6


async def test_requests_that_nobody_has_answered_are_carried_out_once(own_server):
    heard, acks = Heard(), []
    async with (
        Client(own_server.client_url("chat", groups=["g"]), None, heard) as receiver,
        Client(own_server.client_url("chat", roles=ROLES), None, lambda _: None) as sender,
    ):
        for number in range(200):
            sender.send({"type": "sendToGroup", "group": "g", "dataType": "json", "data": number}, acks.append)
            if number % 50 == 25:
                await asyncio.sleep(0)
                sender.cut()
                receiver.cut()
        await heard.wait_for(200)
        await eventually(lambda: len(acks) == 200)

        assert heard.data == list(range(200))
        assert [refusal_of(ack) for ack in acks] == [None] * 200


async def test_more_messages_than_the_server_keeps_unacknowledged_are_heard(own_server):
    heard = Heard()
    async with Client(own_server.client_url("chat", groups=["g"]), None, heard):
        await asyncio.gather(*(own_server.send_to_group("chat", "g", "x") for _ in range(1500)))
        await heard.wait_for(1500)


async def test_a_refused_request_says_why(own_server):
    async with Client(own_server.client_url("chat"), None, lambda _: None) as client:
        with pytest.raises(Refused, match="Forbidden"):
            await client.request({"type": "joinGroup", "group": "g"})


async def test_closing_ends_the_connection_for_good(own_server):
    async with Client(own_server.client_url("chat"), None, lambda _: None):
        assert own_server.connections == 1
    await eventually(lambda: own_server.connections == 0)


async def test_what_the_receiver_raises_ends_the_client(own_server):
    def fail(frame) -> None:
        if frame["type"] == "message":
            raise BrokenPipeError

    async with Client(own_server.client_url("chat", groups=["g"]), None, fail) as client:
        await own_server.send_to_group("chat", "g", "x")
        with pytest.raises(BrokenPipeError):
            await asyncio.wait_for(client.ended, 5)


async def test_a_connection_that_cannot_be_recovered_ends(own_server):
    async with Client(own_server.client_url("chat"), None, lambda _: None) as client:
        await own_server.rest("POST", "/api/hubs/chat/:closeConnections?api-version=2024-12-01")
        ending = await asyncio.wait_for(client.ended, 5)
        assert ending.code == 1000
        with pytest.raises(ConnectionEnded):
            await client.request({"type": "joinGroup", "group": "g"})


async def test_nothing_at_the_address_is_told(unused_tcp_port):
    client = Client(f"ws://127.0.0.1:{unused_tcp_port}/client/hubs/chat", None, lambda _: None)
    with pytest.raises(Unreachable, match="nothing listens"):
        await client.connect()


async def test_another_path_is_told(own_server):
    client = Client(f"ws{own_server.endpoint.removeprefix('http')}/nowhere", None, lambda _: None)
    with pytest.raises(ToolFailed, match="404"):
        await client.connect()


def test_a_frame_is_shown_without_what_opens_its_connection():
    assert without_secrets({"type": "system", "reconnectionToken": "secret"}) == {"type": "system"}
