"""The official Python client for subscribers, unmodified, with its reliable protocol, in both its forms."""

import asyncio
import gc
import os
import signal
import sys
import uuid
from collections.abc import Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
import pytest_asyncio
from azure.core.credentials import AzureKeyCredential
from azure.core.pipeline.policies import RetryMode
from azure.messaging.webpubsubclient.models import CallbackType, OpenClientError, SendMessageError, WebPubSubDataType
from azure.messaging.webpubsubservice import WebPubSubServiceClient
from google.protobuf.any_pb2 import Any as ProtobufAny
from starlette.responses import Response
from tests.running_server import DEADLINE_SECONDS, eventually, running_server
from tests.server_process import server_process
from tests.service.fault_proxy import FaultProxy, fault_proxy
from tests.service.handled_hub import HandledHub, keys_of
from tests.service.python_clients import FORMS, SHORT_WAITS, Events, OpenClient, python_clients
from tests.starlette_handler import event_handler

from linarite.resources.development import DEVELOPMENT_ACCESS_KEY

ALL_ROLES = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"]
PROTOBUF = ProtobufAny(type_url="type.googleapis.com/example.Note", value=b"\x0a\x02hi").SerializeToString()
# Nothing but the times of repeated requests and connections: by default a second and more.
HASTY = {
    "message_retry_total": 100,
    "message_retry_backoff_factor": 0.05,
    "message_retry_mode": RetryMode.Fixed,
    "reconnect_retry_backoff_factor": 0.05,
}
CONNECTED, DISCONNECTED, STOPPED = CallbackType.CONNECTED, CallbackType.DISCONNECTED, CallbackType.STOPPED
GROUP, SERVER = CallbackType.GROUP_MESSAGE, CallbackType.SERVER_MESSAGE
REJOIN_FAILED = CallbackType.REJOIN_GROUP_FAILED
TEXT = WebPubSubDataType.TEXT

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
]


@dataclass(slots=True)
class Reach:
    """A hub, and clients that come to it by a line which a test breaks."""

    service: WebPubSubServiceClient
    signer: WebPubSubServiceClient
    line: FaultProxy
    open_client: OpenClient

    def url(self, **claims: Any) -> str:
        return self.signer.get_client_access_token(**{"user_id": "anna", "roles": ALL_ROLES} | claims)["url"]

    async def open(self, url: str | Callable[[], str] | None = None, **options: Any) -> tuple[Any, Events, str]:
        """An open client, what it reports, and its connection id."""
        client, events = await self.open_client(url or self.url(), **options)
        return client, events, (await events.next(CONNECTED)).connection_id

    async def is_gone(self, connection_id: str) -> None:
        async def gone() -> bool:
            return not self.service.connection_exists(connection_id)

        await eventually(gone)


@asynccontextmanager
async def reaching(endpoint: str, hub: str, form: str):
    """A hub of a server of this machine."""
    parts = urlsplit(endpoint)
    key = AzureKeyCredential(DEVELOPMENT_ACCESS_KEY)
    async with AsyncExitStack() as stack:
        line = await stack.enter_async_context(fault_proxy(parts.port or 0, 1))
        by_the_line = f"{parts.scheme}://localhost:{line.port}"
        service = stack.enter_context(WebPubSubServiceClient(endpoint, hub, key))
        signer = stack.enter_context(WebPubSubServiceClient(by_the_line, hub, key))
        open_client = await stack.enter_async_context(python_clients(form, **HASTY))
        yield Reach(service, signer, line, open_client)
        # Closing waits for nobody who cannot be reached.
        line.is_broken = False


@pytest_asyncio.fixture(loop_scope="module", scope="module", autouse=True)
async def at_last():
    """Give what ends when all tests have: side by side, for the asynchronous client takes a second to close.

    Then the sockets are collected that the synchronous client leaves open when it connects anew, while nobody minds.
    """
    stacks: list[AsyncExitStack] = []
    yield stacks
    await asyncio.gather(*(stack.aclose() for stack in stacks))
    stacks.clear()
    gc.collect()


@pytest_asyncio.fixture(loop_scope="module", params=FORMS)
async def reach(request, at_last, server, hub):
    stack = AsyncExitStack()
    at_last.append(stack)
    return await stack.enter_async_context(reaching(server.http.url, hub, request.param))


async def heard(events: Events, count: int, *kinds: CallbackType) -> list[tuple[int, Any]]:
    """Number and data of so many messages of each kind, by number: the synchronous client reports in no order."""
    messages = [await events.next(kind) for kind in kinds or (GROUP,) for _ in range(count)]
    return sorted((message.sequence_id, message.data) for message in messages)


# Recovery


async def test_a_cut_line_is_recovered_without_a_word(reach):
    client, events, connection_id = await reach.open(reach.url(groups=["g"]))
    reach.line.break_off()
    for number in (0, 2):
        reach.service.send_to_group("g", str(number), content_type="text/plain")
        reach.service.send_to_connection(connection_id, str(number + 1), content_type="text/plain")
    reach.line.is_broken = False
    assert await heard(events, 2, GROUP, SERVER) == [(number + 1, str(number)) for number in range(4)]
    await client.send_to_group("g", "4", TEXT)
    assert await heard(events, 1) == [(5, "4")]
    assert client.is_connected()
    assert events.heard_nothing_of(*CallbackType)


async def test_an_id_that_was_used_is_a_success_that_does_nothing_also_after_a_cut(reach):
    client, events, _ = await reach.open()
    await client.join_group("g", ack_id=5)
    await client.join_group("g", ack_id=5)
    reach.line.cut_all()
    await client.join_group("other", ack_id=5)
    assert not reach.service.group_exists("other")
    await client.leave_group("g", ack_id=6)
    assert not reach.service.group_exists("g")
    assert events.heard_nothing_of(CONNECTED, DISCONNECTED)


async def test_messages_of_every_type_arrive_numbered_from_1(reach):
    client, events, _ = await reach.open(reach.url(groups=["g"]))
    contents = [
        (TEXT, "grüße"),
        (WebPubSubDataType.JSON, {"a": [1, None, "é"]}),
        (WebPubSubDataType.BINARY, memoryview(b"\x00\xff")),
        (WebPubSubDataType.PROTOBUF, memoryview(PROTOBUF)),
    ]
    for data_type, content in contents:
        await client.send_to_group("g", content, data_type)
    reach.service.send_to_user("anna", {"n": 1}, content_type="application/json")
    messages = sorted([await events.next(GROUP) for _ in contents], key=lambda message: message.sequence_id)
    assert [(message.sequence_id, message.data_type, message.data) for message in messages] == [
        (number, data_type, content) for number, (data_type, content) in enumerate(contents, 1)
    ]
    assert {(message.group, message.from_user_id) for message in messages} == {("g", "anna")}
    assert await heard(events, 1, SERVER) == [(5, {"n": 1})]


# Requests


async def test_a_refused_join_is_carried_out_with_its_id_as_soon_as_it_is_allowed(reach):
    client, events, connection_id = await reach.open(reach.url(roles=[]))
    joining = asyncio.create_task(client.join_group("g", ack_id=50))
    one_try, _, _ = await reach.open(reach.url(roles=[]), message_retry_total=0)
    with pytest.raises(SendMessageError) as refused:
        await one_try.join_group("g", ack_id=50)
    assert refused.value.error_detail.name == "Forbidden"
    assert not joining.done()
    reach.service.grant_permission("joinLeaveGroup", connection_id, target_name="g")
    await asyncio.wait_for(joining, DEADLINE_SECONDS)
    reach.service.send_to_group("g", "in", content_type="text/plain")
    assert await heard(events, 1) == [(1, "in")]


async def test_requests_without_acks_echoes_and_listeners_do_as_they_say(reach):
    sender, sender_events, _ = await reach.open(reach.url(groups=["g"]))
    other, other_events, _ = await reach.open(reach.url(groups=["g"]))
    unheard = asyncio.Queue()
    await other.subscribe(GROUP, unheard.put_nowait)
    await other.unsubscribe(GROUP, unheard.put_nowait)
    await sender.send_to_group("g", "others", TEXT, no_echo=True)
    await sender.send_to_group("g", "all", TEXT, ack=False)
    assert await heard(other_events, 2) == [(1, "others"), (2, "all")]
    assert await heard(sender_events, 1) == [(1, "all")]
    assert unheard.empty()


async def test_events_are_carried_out_and_repeated_when_they_fail(tmp_path):
    async with AsyncExitStack() as stack:
        server = stack.enter_context(server_process(tmp_path))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        handler = await stack.enter_async_context(event_handler(await keys_of(server, session)))
        hub = HandledHub(f"hub_{uuid.uuid4().hex}", server, handler, session, stack)
        await hub.configure()
        for form in FORMS:
            reach = await stack.enter_async_context(reaching(server.endpoint, hub.name, form))
            client, events, _ = await reach.open()
            replies = iter([Response("no", 400), Response("no", 400), Response("done", media_type="text/plain")])
            handler.reply = lambda _, replies=replies: next(replies)
            await client.send_event(f"order.{form}", {"n": 1}, WebPubSubDataType.JSON, ack_id=9)
            asked = [one.json() for one in handler.events if one.kind == f"user.order.{form}"]
            assert asked == [{"n": 1}] * 3
            assert await heard(events, 1, SERVER) == [(1, "done")]
            handler.reply = lambda _: Response(status_code=204)
            await client.send_event(f"news.{form}", "hi", TEXT, ack=False)
            assert (await handler.heard(f"user.news.{form}")).body == b"hi"
            await client.close()


# What cannot be recovered


async def test_a_refused_recovery_is_a_new_connection_with_its_groups(reach):
    client, events, first = await reach.open()
    await client.join_group("kept")
    await client.join_group("left")
    await client.leave_group("left")
    reach.line.break_off()
    reach.service.close_connection(first, reason="over")
    reach.line.is_broken = False
    assert (await events.next(DISCONNECTED)).connection_id == first
    second = (await events.next(CONNECTED)).connection_id
    assert second != first

    async def joined_again() -> bool:
        return [member.connection_id for member in reach.service.list_connections(group="kept")] == [second]

    await eventually(joined_again)
    assert not reach.service.group_exists("left")
    reach.service.send_to_group("kept", "again", content_type="text/plain")
    assert await heard(events, 1) == [(1, "again")]
    assert events.heard_nothing_of(CONNECTED, DISCONNECTED, STOPPED, REJOIN_FAILED)


async def test_a_close_by_the_service_is_told_and_groups_that_may_not_be_joined_again_are_reported(reach):
    roles = ["webpubsub.joinLeaveGroup"]
    client, events, first = await reach.open(lambda: reach.url(roles=roles), message_retry_total=0)
    for group in ("open", "shut"):
        await client.join_group(group)
    roles[:] = ["webpubsub.joinLeaveGroup.open"]
    reach.service.close_connection(first, reason="over")
    told = await events.next(DISCONNECTED)
    assert told.message == "Application server closed the connection. Reason: over"
    failed = await events.next(REJOIN_FAILED)
    assert (failed.group, failed.error.error_detail.name) == ("shut", "Forbidden")

    async def joined_again() -> bool:
        return reach.service.group_exists("open")

    await eventually(joined_again)
    assert not reach.service.group_exists("shut")


async def test_a_client_that_does_not_reconnect_stops_and_can_be_opened_again(reach):
    client, events, first = await reach.open(reconnect_retry_total=0, auto_rejoin_groups=False)
    await client.join_group("g")
    with pytest.raises(OpenClientError):
        await client.open()
    reach.service.close_connection(first)
    assert (await events.next(DISCONNECTED)).connection_id == first
    await events.next(STOPPED)
    assert not client.is_connected()
    await client.open()
    assert (await events.next(CONNECTED)).connection_id != first
    assert not reach.service.group_exists("g")


async def test_a_closed_client_is_gone_for_good_and_can_be_opened_again(reach):
    client, events, first = await reach.open()
    await client.close()
    assert (await events.next(DISCONNECTED)).connection_id == first
    await events.next(STOPPED)
    await reach.is_gone(first)
    await client.open()
    assert (await events.next(CONNECTED)).connection_id != first


# The server


async def test_clients_of_a_server_that_stops_are_back_with_their_groups_when_it_is(tmp_path, hub):
    async with AsyncExitStack() as stack:
        first = stack.enter_context(server_process(tmp_path, "--drain-seconds", "0.2"))
        reached = [await stack.enter_async_context(reaching(first.endpoint, hub, form)) for form in FORMS]
        opened = [await reach.open() for reach in reached]
        for client, _, _ in opened:
            await client.join_group("g")
        first.signal(signal.SIGTERM)
        assert await asyncio.to_thread(first.end) == 0
        port = str(urlsplit(first.endpoint).port)
        stack.enter_context(server_process(tmp_path, "--port", port))
        for _, events, connection_id in opened:
            assert (await events.next(DISCONNECTED)).connection_id == connection_id
            assert (await events.next(CONNECTED)).connection_id != connection_id

        async def joined_again() -> bool:
            return len(list(reached[0].service.list_connections(group="g"))) == len(opened)

        await eventually(joined_again)
        reached[0].service.send_to_group("g", "back", content_type="text/plain")
        assert [await heard(events, 1) for _, events, _ in opened] == [[(1, "back")]] * 2
        for client, _, _ in opened:
            await client.close()


async def test_acknowledged_messages_make_room_for_more_than_are_kept(tmp_path, hub):
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(running_server(tmp_path, recovery_limit_messages=10))
        reached = [await stack.enter_async_context(reaching(server.endpoint, hub, form)) for form in FORMS]
        opened = [await reach.open(reach.url(groups=["g"])) for reach in reached]
        connections = [server.hub_of(hub).find(connection_id) for _, _, connection_id in opened]
        loop = asyncio.get_running_loop()

        def is_acknowledged() -> bool:
            return not any(list(one.recovery.unacknowledged(loop.time())) for one in connections)

        for first in (1, 9):
            said = [(number, str(number)) for number in range(first, first + 8)]
            for _, text in said:
                await server.send_to_group(hub, "g", text)
            assert [await heard(events, 8) for _, events, _ in opened] == [said, said]
            await eventually(is_acknowledged)
        assert all(events.heard_nothing_of(CONNECTED, DISCONNECTED) for _, events, _ in opened)


# TLS

OVER_HTTPS = f"""
import asyncio, sys
from azure.messaging.webpubsubclient import WebPubSubClient
from azure.messaging.webpubsubclient.aio import WebPubSubClient as AsyncWebPubSubClient

url, options = sys.argv[1], {SHORT_WAITS}

def heard(message):
    print(message.sequence_id, message.data, flush=True)

def connected(told):
    print("connected", flush=True)

async def main():
    async def heard_too(message):
        heard(message)

    client, async_client = WebPubSubClient(url, **options), AsyncWebPubSubClient(url, **options)
    for event, listener in (("group-message", heard), ("connected", connected)):
        client.subscribe(event, listener)
    await async_client.subscribe("group-message", heard_too)
    await asyncio.to_thread(client.open)
    async with async_client:
        await async_client.join_group("g")
        await asyncio.to_thread(client.join_group, "g")
        print("joined", flush=True)
        await asyncio.to_thread(sys.stdin.read)
    await asyncio.to_thread(client.close)

asyncio.run(main())
"""


async def test_a_cut_line_is_recovered_over_tls(server, hub):
    """The clients take no certificate; a process of their own, for the trusted ones are read when it starts."""
    async with reaching(server.https.url, hub, "aio") as reach:
        trust = {name: str(server.https.authority) for name in ("SSL_CERT_FILE", "WEBSOCKET_CLIENT_CA_BUNDLE")}
        pipes = {"stdin": asyncio.subprocess.PIPE, "stdout": asyncio.subprocess.PIPE}
        command = [sys.executable, "-c", OVER_HTTPS, reach.url()]
        process = await asyncio.create_subprocess_exec(*command, env=os.environ | trust, **pipes)
        try:
            lines = [await _line(process) for _ in range(2)]
            reach.line.cut_all()
            with WebPubSubServiceClient.from_connection_string(server.http.connection_string, hub) as service:
                service.send_to_group("g", "hi", content_type="text/plain")
            lines += [await _line(process) for _ in range(2)]
            process.stdin.close()
            lines.append(await _line(process))
            assert lines == ["connected", "joined", "1 hi", "1 hi", ""]
            assert await asyncio.wait_for(process.wait(), DEADLINE_SECONDS) == 0
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


async def _line(process: asyncio.subprocess.Process) -> str:
    return (await asyncio.wait_for(process.stdout.readline(), DEADLINE_SECONDS)).decode().strip()
