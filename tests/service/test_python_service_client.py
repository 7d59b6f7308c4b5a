"""The official Python service client, unmodified: every method, its effect seen by WebSocket clients."""

import asyncio
import inspect
import io
from contextlib import AsyncExitStack

import pytest
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceNotFoundError
from azure.core.rest import HttpRequest
from azure.messaging.webpubsubservice import WebPubSubServiceClient
from azure.messaging.webpubsubservice.aio import WebPubSubServiceClient as AsyncWebPubSubServiceClient
from tests.running_server import eventually

# Content type and payload as sent; what a plain client hears; what a JSON client hears.
PAYLOADS = pytest.mark.parametrize(
    ("content_type", "payload", "plain_frame", "json_members"),
    [
        pytest.param("text/plain", "hi", "hi", {"dataType": "text", "data": "hi"}, id="text"),
        pytest.param("application/json", {"a": [1]}, '{"a": [1]}', {"dataType": "json", "data": {"a": [1]}}, id="json"),
        pytest.param(
            "application/octet-stream",
            b"\x00\xff",
            b"\x00\xff",
            {"dataType": "binary", "data": "AP8="},
            id="binary",
        ),
    ],
)


class InThread:
    """The synchronous client with every method awaitable, so that one test serves both clients."""

    def __init__(self, client):
        self.client = client

    def __getattr__(self, name):
        async def call(*arguments, **options):
            return await asyncio.to_thread(getattr(self.client, name), *arguments, **options)

        return call

    async def members(self, group, **options):
        return await asyncio.to_thread(lambda: list(self.client.list_connections(group=group, **options)))


class Asynchronous:
    """The asynchronous client, with its pager read to the end as `InThread` does."""

    def __init__(self, client):
        self.client = client

    def __getattr__(self, name):
        return getattr(self.client, name)

    async def members(self, group, **options):
        return [member async for member in self.client.list_connections(group=group, **options)]


@pytest.fixture(params=["sync", "aio"])
async def client(endpoint, hub, request):
    async with AsyncExitStack() as stack:
        if request.param == "sync":
            official = WebPubSubServiceClient.from_connection_string(
                endpoint.connection_string, hub, **endpoint.client_options
            )
            yield InThread(stack.enter_context(official))
        else:
            official = AsyncWebPubSubServiceClient.from_connection_string(
                endpoint.connection_string, hub, **endpoint.client_options
            )
            yield Asynchronous(await stack.enter_async_context(official))


def as_body(payload):
    """Give a payload in the form that the official client takes it: bytes as a stream."""
    return io.BytesIO(payload) if isinstance(payload, bytes) else payload


async def receives_nothing_before(client, *subscribers):
    """Assert that nothing waits for these clients: a message sent now is the first that they read."""
    for subscriber in subscribers:
        await client.send_to_connection(subscriber.connection_id, "marker", content_type="text/plain")
        assert await subscriber.message() == from_server(dataType="text", data="marker")


def from_server(**members):
    return {"type": "message", "from": "server", **members}


def from_group(group, **members):
    return {"type": "message", "from": "group", "group": group, **members}


def test_these_tests_know_every_public_method():
    known = {
        "add_connection_to_group",
        "add_user_to_group",
        "close",
        "close_all_connections",
        "close_connection",
        "close_group_connections",
        "close_user_connections",
        "connection_exists",
        "from_connection_string",
        "get_client_access_token",
        "grant_permission",
        "group_exists",
        "has_permission",
        "list_connections",
        "remove_connection_from_all_groups",
        "remove_connection_from_group",
        "remove_user_from_all_groups",
        "remove_user_from_group",
        "revoke_permission",
        "send_request",
        "send_to_all",
        "send_to_connection",
        "send_to_group",
        "send_to_user",
        "user_exists",
    }
    for official in (WebPubSubServiceClient, AsyncWebPubSubServiceClient):
        methods = inspect.getmembers(official, callable)
        assert {name for name, _ in methods if not name.startswith("_")} == known


async def test_client_access_token_carries_user_roles_and_groups(client, endpoint, open_websocket):
    access = await client.get_client_access_token(
        user_id="anna", roles=["webpubsub.sendToGroup.g1"], groups=["g1", "g2"], minutes_to_expire=5
    )
    websocket = await open_websocket(access["url"], endpoint)
    connection_id = websocket.connection_id
    assert websocket.connected["userId"] == "anna"
    assert [member.connection_id for member in await client.members("g1")] == [connection_id]
    assert [member.connection_id for member in await client.members("g2")] == [connection_id]
    assert await client.has_permission("sendToGroup", connection_id, target_name="g1")
    assert not await client.has_permission("sendToGroup", connection_id, target_name="g2")


@PAYLOADS
async def test_send_to_all_reaches_each_kind_of_client_in_its_form(
    client, subscriber, content_type, payload, plain_frame, json_members
):
    json_client, plain_client = await subscriber(), await subscriber(subprotocol=None)
    await client.send_to_all(as_body(payload), content_type=content_type)
    assert await json_client.message() == from_server(**json_members)
    assert await plain_client.frame() == plain_frame


@pytest.mark.parametrize("client", ["sync"], indirect=True)
async def test_text_beyond_ascii_arrives_whole(client, subscriber):
    """The asynchronous client itself cuts such text: azure-core 1.41 counts characters as Content-Length."""
    json_client = await subscriber()
    await client.send_to_all("grüße", content_type="text/plain")
    assert await json_client.message() == from_server(dataType="text", data="grüße")


async def test_send_to_all_skips_excluded_and_filtered_connections(client, subscriber):
    anna, bert, carl = [await subscriber(user_id=user) for user in ("anna", "bert", "carl")]
    await client.send_to_all("hi", content_type="text/plain", excluded=[anna.connection_id], filter="userId ne 'bert'")
    assert await carl.message() == from_server(dataType="text", data="hi")
    await receives_nothing_before(client, anna, bert)


@PAYLOADS
async def test_send_to_user_reaches_every_connection_of_the_user(
    client, subscriber, content_type, payload, plain_frame, json_members
):
    phone, laptop = await subscriber(user_id="anna"), await subscriber(user_id="anna", subprotocol=None)
    other = await subscriber(user_id="bert")
    await client.send_to_user("anna", as_body(payload), content_type=content_type)
    assert await phone.message() == from_server(**json_members)
    assert await laptop.frame() == plain_frame
    await receives_nothing_before(client, other)


async def test_send_to_user_obeys_its_filter(client, subscriber):
    inside, outside = await subscriber(user_id="anna", groups=["g"]), await subscriber(user_id="anna")
    await client.send_to_user("anna", {"n": 1}, filter="'g' in groups")
    assert await inside.message() == from_server(dataType="json", data={"n": 1})
    await receives_nothing_before(client, outside)


@PAYLOADS
async def test_send_to_connection_reaches_that_connection_only(
    client, subscriber, content_type, payload, plain_frame, json_members
):
    target, other = await subscriber(), await subscriber()
    await client.send_to_connection(target.connection_id, as_body(payload), content_type=content_type)
    assert await target.message() == from_server(**json_members)
    await receives_nothing_before(client, other)


@PAYLOADS
async def test_send_to_group_reaches_its_members(client, subscriber, content_type, payload, plain_frame, json_members):
    member, plain_member = (
        await subscriber(groups=["g/1 é"]),
        await subscriber(groups=["g/1 é"], subprotocol=None),
    )
    outsider = await subscriber(groups=["g"])
    await client.send_to_group("g/1 é", as_body(payload), content_type=content_type)
    assert await member.message() == from_group("g/1 é", **json_members)
    assert await plain_member.frame() == plain_frame
    await receives_nothing_before(client, outsider)


async def test_send_to_group_skips_excluded_and_filtered_connections(client, subscriber):
    anna, bert, carl = [await subscriber(user_id=user, groups=["g"]) for user in ("anna", "bert", "carl")]
    await client.send_to_group(
        "g", "hi", content_type="text/plain", excluded=[anna.connection_id], filter="userId ne 'bert'"
    )
    assert await carl.message() == from_group("g", dataType="text", data="hi")
    await receives_nothing_before(client, anna, bert)


async def test_sends_to_nobody_are_accepted(client):
    await client.send_to_all("hi", content_type="text/plain")
    await client.send_to_user("nobody", "hi", content_type="text/plain")
    await client.send_to_connection("nothing", "hi", content_type="text/plain")
    await client.send_to_group("empty", "hi", content_type="text/plain")


async def test_connection_user_and_group_exist_while_they_are_connected(client, subscriber):
    connected = await subscriber(user_id="a/b é", groups=["g h"])
    assert await client.connection_exists(connected.connection_id)
    assert await client.user_exists("a/b é")
    assert await client.group_exists("g h")
    assert not await client.user_exists("a")
    assert not await client.group_exists("g")
    await connected.websocket.close()

    async def gone():
        return not await client.connection_exists(connected.connection_id)

    await eventually(gone)
    assert not await client.user_exists("a/b é")
    assert not await client.group_exists("g h")


async def test_close_connection_tells_the_reason_and_closes(client, subscriber):
    target, other = await subscriber(), await subscriber()
    await client.close_connection(target.connection_id, reason="over")
    assert await target.message() == disconnected("over")
    assert await target.closed() == (1000, "")
    await receives_nothing_before(client, other)


async def test_close_user_connections_spares_the_excluded(client, subscriber):
    first, second, other = [await subscriber(user_id=user) for user in ("anna", "anna", "bert")]
    await client.close_user_connections("anna", excluded=[second.connection_id], reason="over")
    assert await first.message() == disconnected("over")
    assert await first.closed() == (1000, "")
    await receives_nothing_before(client, second, other)


async def test_close_group_connections_spares_the_excluded(client, subscriber):
    first, second, other = [await subscriber(groups=groups) for groups in (["g"], ["g"], ["h"])]
    await client.close_group_connections("g", excluded=[second.connection_id], reason="over")
    assert await first.message() == disconnected("over")
    assert await first.closed() == (1000, "")
    await receives_nothing_before(client, second, other)


async def test_close_all_connections_spares_the_excluded(client, subscriber):
    json_client, plain_client, spared = (
        await subscriber(),
        await subscriber(subprotocol=None),
        await subscriber(),
    )
    await client.close_all_connections(excluded=[spared.connection_id], reason="over")
    assert await json_client.message() == disconnected("over")
    assert await json_client.closed() == (1000, "")
    assert await plain_client.closed() == (1000, "")
    await receives_nothing_before(client, spared)


def disconnected(reason):
    message = f"Application server closed the connection. Reason: {reason}"
    return {"type": "system", "event": "disconnected", "message": message}


async def test_connection_enters_and_leaves_a_group(client, subscriber):
    connected = await subscriber()
    await client.add_connection_to_group("g", connected.connection_id)
    await client.send_to_group("g", "inside", content_type="text/plain")
    assert await connected.message() == from_group("g", dataType="text", data="inside")
    await client.remove_connection_from_group("g", connected.connection_id)
    await client.send_to_group("g", "outside", content_type="text/plain")
    await receives_nothing_before(client, connected)


async def test_unknown_connection_cannot_enter_a_group(client):
    with pytest.raises(ResourceNotFoundError) as refused:
        await client.add_connection_to_group("g", "nothing")
    assert refused.value.status_code == 404
    assert refused.value.response.headers["x-ms-error-code"] == "Error.Connection.NotExisted"


async def test_user_enters_and_leaves_a_group_with_every_connection(client, subscriber):
    phone, laptop = await subscriber(user_id="anna"), await subscriber(user_id="anna")
    await client.add_user_to_group("g", "anna")
    await client.send_to_group("g", "inside", content_type="text/plain")
    assert await phone.message() == from_group("g", dataType="text", data="inside")
    assert await laptop.message() == from_group("g", dataType="text", data="inside")
    await client.remove_user_from_group("g", "anna")
    await client.send_to_group("g", "outside", content_type="text/plain")
    await receives_nothing_before(client, phone, laptop)


async def test_user_without_connection_cannot_enter_a_group(client):
    with pytest.raises(ResourceNotFoundError) as refused:
        await client.add_user_to_group("g", "nobody")
    assert refused.value.response.headers["x-ms-error-code"] == "Warning.User.NotExisted"


async def test_connection_leaves_all_groups(client, subscriber):
    leaving, staying = await subscriber(groups=["g", "h"]), await subscriber(groups=["g", "h"])
    await client.remove_connection_from_all_groups(leaving.connection_id)
    for group in ("g", "h"):
        assert [member.connection_id for member in await client.members(group)] == [staying.connection_id]


async def test_user_leaves_all_groups(client, subscriber):
    await subscriber(user_id="anna", groups=["g"])
    await subscriber(user_id="anna", groups=["h"])
    staying = await subscriber(user_id="bert", groups=["g", "h"])
    await client.remove_user_from_all_groups("anna")
    for group in ("g", "h"):
        assert [member.connection_id for member in await client.members(group)] == [staying.connection_id]


@pytest.mark.parametrize("permission", ["joinLeaveGroup", "sendToGroup"])
async def test_permission_is_granted_checked_and_revoked(client, subscriber, permission):
    connection_id = (await subscriber()).connection_id
    assert not await client.has_permission(permission, connection_id, target_name="g")
    await client.grant_permission(permission, connection_id, target_name="g")
    assert await client.has_permission(permission, connection_id, target_name="g")
    assert not await client.has_permission(permission, connection_id, target_name="h")
    await client.revoke_permission(permission, connection_id, target_name="g")
    assert not await client.has_permission(permission, connection_id, target_name="g")


async def test_granted_permissions_let_a_client_join_and_send(client, subscriber):
    connected = await subscriber(user_id="anna")
    await connected.send_json({"type": "joinGroup", "group": "g", "ackId": 1})
    assert (await connected.message())["error"]["name"] == "Forbidden"
    await client.grant_permission("joinLeaveGroup", connected.connection_id, target_name="g")
    await client.grant_permission("sendToGroup", connected.connection_id, target_name="g")
    await connected.send_json({"type": "joinGroup", "group": "g", "ackId": 2})
    assert await connected.message() == {"type": "ack", "ackId": 2, "success": True}
    await connected.send_json({"type": "sendToGroup", "group": "g", "dataType": "text", "data": "hi"})
    assert await connected.message() == from_group("g", fromUserId="anna", dataType="text", data="hi")


async def test_permission_of_an_unknown_connection_cannot_be_granted(client):
    with pytest.raises(ResourceNotFoundError) as refused:
        await client.grant_permission("sendToGroup", "nothing", target_name="g")
    assert refused.value.response.headers["x-ms-error-code"] == "Info.Connection.NotExisted"


async def test_list_connections_gives_every_member_with_its_user(client, subscriber):
    anna, nobody = await subscriber(user_id="anna", groups=["g"]), await subscriber(groups=["g"])
    await subscriber(user_id="bert", groups=["h"])
    members = {member.connection_id: member.user_id for member in await client.members("g")}
    assert members == {anna.connection_id: "anna", nobody.connection_id: None}
    assert await client.members("empty") == []


async def test_list_connections_stops_at_top(client, subscriber):
    connected = [(await subscriber(groups=["g"])).connection_id for _ in range(3)]
    first_two = [member.connection_id for member in await client.members("g", top=2)]
    assert len(first_two) == 2
    assert set(first_two) < set(connected)


async def test_list_connections_follows_its_pages(client, subscriber):
    connected = {(await subscriber(groups=["g"])).connection_id for _ in range(5)}
    members = await client.members("g", params={"maxpagesize": "2"})
    assert len(members) == 5
    assert {member.connection_id for member in members} == connected


async def test_send_request_reaches_the_health_check(client):
    response = await client.send_request(HttpRequest("HEAD", "/api/health"))
    assert response.status_code == 200


async def test_wrong_key_is_refused(endpoint, hub):
    with (
        WebPubSubServiceClient(endpoint.url, hub, AzureKeyCredential("x" * 44), **endpoint.client_options) as stranger,
        pytest.raises(ClientAuthenticationError),
    ):
        stranger.send_to_all("hi", content_type="text/plain")


async def test_invalid_filter_is_refused_with_its_code(client):
    with pytest.raises(HttpResponseError) as refused:
        await client.send_to_all("hi", content_type="text/plain", filter="invalid filter")
    assert refused.value.status_code == 400
    assert refused.value.response.headers["x-ms-error-code"] == "Error.BadRequest"
    assert "position" in refused.value.message
