"""The official Python client for subscribers, unmodified, with the JSON protocol, in both its forms."""

import gc
import os
import subprocess
import sys

import pytest
from azure.messaging.webpubsubclient.models import (
    CallbackType,
    OpenClientError,
    SendMessageError,
    WebPubSubDataType,
    WebPubSubProtocolType,
)
from azure.messaging.webpubsubservice import WebPubSubServiceClient
from google.protobuf.any_pb2 import Any as ProtobufAny
from tests.running_server import eventually
from tests.service.python_clients import FORMS, SHORT_WAITS, python_clients

ALL_ROLES = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"]
PROTOBUF = ProtobufAny(type_url="type.googleapis.com/example.Note", value=b"\x0a\x02hi").SerializeToString()

OPTIONS = {"protocol_type": WebPubSubProtocolType.JSON, "message_retry_total": 0}

pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")


@pytest.fixture
def forgotten_sockets():
    """Collect the sockets that the synchronous client leaves open when it connects anew, while nobody minds."""
    yield
    gc.collect()


@pytest.fixture(params=FORMS)
async def open_client(request, forgotten_sockets):
    """Give a function that opens a client and returns it with its events; it is closed when the test ends."""
    async with python_clients(request.param, **OPTIONS) as open_one:
        yield open_one


@pytest.fixture
def service(server, hub):
    with WebPubSubServiceClient.from_connection_string(server.http.connection_string, hub) as client:
        yield client


def access_url(service, **claims):
    return service.get_client_access_token(**{"user_id": "anna", "roles": ALL_ROLES} | claims)["url"]


async def test_connected_event_names_connection_and_user(open_client, service):
    _, events = await open_client(access_url(service))
    connected = await events.next(CallbackType.CONNECTED)
    assert connected.user_id == "anna"
    assert service.connection_exists(connected.connection_id)


@pytest.mark.parametrize(
    ("data_type", "content"),
    [
        (WebPubSubDataType.TEXT, "grüße"),
        (WebPubSubDataType.JSON, {"a": [1, None, "é"]}),
        (WebPubSubDataType.BINARY, memoryview(b"\x00\xff")),
        (WebPubSubDataType.PROTOBUF, memoryview(PROTOBUF)),
    ],
)
async def test_group_message_arrives_as_it_was_sent(open_client, service, data_type, content):
    client, events = await open_client(access_url(service))
    await client.join_group("g/1 é")
    await client.send_to_group("g/1 é", content, data_type)
    message = await events.next(CallbackType.GROUP_MESSAGE)
    assert (message.group, message.from_user_id, message.data_type) == ("g/1 é", "anna", data_type.value)
    assert message.data == content


async def test_group_message_without_ack_arrives(open_client, service):
    client, events = await open_client(access_url(service))
    await client.join_group("g")
    await client.send_to_group("g", "hi", WebPubSubDataType.TEXT, ack=False)
    assert (await events.next(CallbackType.GROUP_MESSAGE)).data == "hi"


async def test_no_echo_reaches_the_others_only(open_client, service):
    sender, sender_events = await open_client(access_url(service, groups=["g"]))
    _, other_events = await open_client(access_url(service, groups=["g"]))
    await sender.send_to_group("g", "others", WebPubSubDataType.TEXT, no_echo=True)
    assert (await other_events.next(CallbackType.GROUP_MESSAGE)).data == "others"
    await sender.send_to_group("g", "all", WebPubSubDataType.TEXT)
    assert (await sender_events.next(CallbackType.GROUP_MESSAGE)).data == "all"


async def test_left_group_is_heard_no_more(open_client, service):
    client, events = await open_client(access_url(service, groups=["kept"]))
    await client.join_group("left")
    await client.leave_group("left")
    await client.send_to_group("left", "unheard", WebPubSubDataType.TEXT)
    await client.send_to_group("kept", "heard", WebPubSubDataType.TEXT)
    assert (await events.next(CallbackType.GROUP_MESSAGE)).data == "heard"
    assert events.queues[CallbackType.GROUP_MESSAGE].empty()


@pytest.mark.parametrize(
    ("content_type", "payload", "data_type", "data"),
    [
        ("text/plain", "grüße", "text", "grüße"),
        ("application/json", {"n": 1}, "json", {"n": 1}),
        ("application/octet-stream", b"\x00\xff", "binary", b"\x00\xff"),
    ],
)
async def test_server_message_arrives_as_it_was_sent(open_client, service, content_type, payload, data_type, data):
    _, events = await open_client(access_url(service))
    service.send_to_all(payload, content_type=content_type)
    message = await events.next(CallbackType.SERVER_MESSAGE)
    assert (message.data_type, message.data) == (data_type, data)


@pytest.mark.parametrize(
    ("action", "explanation"),
    [
        (lambda client: client.join_group("g"), "join group 'g'"),
        (lambda client: client.leave_group("g"), "leave group 'g'"),
        (lambda client: client.send_to_group("g", "hi", WebPubSubDataType.TEXT), "send to group 'g'"),
    ],
    ids=["join", "leave", "send"],
)
async def test_missing_permission_is_a_failed_ack(open_client, service, action, explanation):
    client, _ = await open_client(access_url(service, roles=[]))
    with pytest.raises(SendMessageError) as refused:
        await action(client)
    assert refused.value.error_detail.name == "Forbidden"
    assert explanation in refused.value.error_detail.message


async def test_event_without_handler_is_a_failed_ack(open_client, service):
    client, _ = await open_client(access_url(service))
    with pytest.raises(SendMessageError) as refused:
        await client.send_event("news", "hi", WebPubSubDataType.TEXT)
    assert refused.value.error_detail.name == "InternalServerError"


async def test_repeated_ack_id_is_a_success_that_sends_nothing(open_client, service):
    client, events = await open_client(access_url(service, groups=["g"]))
    for text in ("first", "repeated"):
        await client.send_to_group("g", text, WebPubSubDataType.TEXT, ack_id=7)
    await client.send_to_group("g", "last", WebPubSubDataType.TEXT)
    heard = {(await events.next(CallbackType.GROUP_MESSAGE)).data for _ in range(2)}
    assert heard == {"first", "last"}


async def test_close_by_the_service_is_reported_and_groups_are_joined_again(open_client, service):
    client, events = await open_client(access_url(service))
    first = await events.next(CallbackType.CONNECTED)
    await client.join_group("g")
    service.close_connection(first.connection_id, reason="over")
    disconnected = await events.next(CallbackType.DISCONNECTED)
    assert disconnected.connection_id == first.connection_id
    assert disconnected.message == "Application server closed the connection. Reason: over"
    second = await events.next(CallbackType.CONNECTED)

    async def joined_again():
        return [member.connection_id for member in service.list_connections(group="g")] == [second.connection_id]

    await eventually(joined_again)


async def test_closed_client_stops_and_its_connection_ends(open_client, service):
    client, events = await open_client(access_url(service))
    connected = await events.next(CallbackType.CONNECTED)
    await client.close()
    assert (await events.next(CallbackType.DISCONNECTED)).connection_id == connected.connection_id
    await events.next(CallbackType.STOPPED)

    async def gone():
        return not service.connection_exists(connected.connection_id)

    await eventually(gone)


async def test_client_with_a_wrong_token_does_not_open(open_client, service):
    with pytest.raises(OpenClientError):
        await open_client(access_url(service) + "x")


OVER_HTTPS = f"""
import asyncio, sys
from azure.messaging.webpubsubclient import WebPubSubClient
from azure.messaging.webpubsubclient.aio import WebPubSubClient as AsyncWebPubSubClient

url = sys.argv[1]
options = {{"protocol_type": "json.webpubsub.azure.v1"}} | {SHORT_WAITS}
client = WebPubSubClient(url, **options)
with client:
    client.join_group("g")

async def main():
    client = AsyncWebPubSubClient(url, **options)
    async with client:
        await client.join_group("g")

asyncio.run(main())
print("joined twice")
"""


def test_clients_trust_the_authority_that_the_environment_names(server, hub):
    """The clients take no certificate; a process of its own, for the trusted ones are read when it starts."""
    with WebPubSubServiceClient.from_connection_string(server.https.connection_string, hub) as service:
        url = access_url(service)
    assert url.startswith("wss://")
    trust = {name: str(server.https.authority) for name in ("SSL_CERT_FILE", "WEBSOCKET_CLIENT_CA_BUNDLE")}
    finished = subprocess.run(
        [sys.executable, "-c", OVER_HTTPS, url],
        env=os.environ | trust,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert finished.stdout == "joined twice\n", finished.stderr
