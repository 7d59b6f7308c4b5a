"""What a running server writes to its resource logs, from real clients and calls."""

import asyncio
import json

import pytest
from starlette.responses import Response
from tests.running_server import eventually, running_server
from tests.starlette_handler import event_handler
from websockets.exceptions import InvalidStatus

from linarite.monitoring.destinations import workspace_folder
from linarite.monitoring.entries import CATEGORIES
from linarite.monitoring.workspace import EntryFilter, search

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
ROLES = ("webpubsub.joinLeaveGroup", "webpubsub.sendToGroup")


class LoggedServer:
    """A server whose default resource logs to a workspace."""

    def __init__(self, server):
        self.server = server

    def log(self, *categories):
        workspace = "/subscriptions/0/resourceGroups/rg/providers/microsoft.OperationalInsights/workspaces/logs"
        logs = [{"category": category, "enabled": True} for category in categories]
        body = {"properties": {"workspaceId": workspace, "logs": logs}}
        self.server.server._logs._book.put(self.server.resource.name, "all", body)

    async def entries(self, **wanted):
        await eventually(lambda: self.server.server._logs.is_written)
        folder = workspace_folder(self.server.settings.data_folder, "logs")
        return search(folder, EntryFilter(**wanted), 1000).entries

    async def operations(self, **wanted):
        return [entry["operationName"] for entry in await self.entries(**wanted)]


@pytest.fixture
async def logged(tmp_path):
    async with running_server(
        tmp_path, resource_log_flush_seconds=0.01, free_connections=2, unit_connections=2
    ) as server:
        logged = LoggedServer(server)
        logged.log(*CATEGORIES)
        yield logged


async def test_a_connections_life_is_told_once(logged):
    client = await logged.server.connect("chat", user="anna")
    await client.close()
    await eventually(lambda: logged.server.connections == 0)
    started, ended = await logged.entries(categories=["ConnectivityLogs"], connection_id=client.connection_id)
    assert (started["operationName"], ended["operationName"]) == ("ConnectionStarted", "ConnectionEnded")
    for entry in (started, ended):
        assert entry["callerIpAddress"] == "127.0.0.1"
        assert entry["properties"]["userId"] == "anna"
        assert entry["properties"]["hub"] == "chat"
    assert logged.server.server._logs._callers == {}


async def test_a_socket_that_is_lost_is_an_abort(logged):
    client = await logged.server.connect("chat", subprotocol=None)
    client.websocket.transport.abort()
    await eventually(lambda: logged.server.connections == 0)
    (ended,) = [
        one for one in await logged.entries() if one["operationName"] in ("ConnectionEnded", "ConnectionAborted")
    ]
    assert (ended["operationName"], ended["properties"]["message"]) == ("ConnectionAborted", "Connection lost")


async def test_a_reliable_client_that_comes_back_is_told(logged):
    client = await logged.server.connect("chat", subprotocol="json.reliable.webpubsub.azure.v1")
    client.websocket.transport.abort()
    token = client.connected["reconnectionToken"]
    query = f"awps_connection_id={client.connection_id}&awps_reconnection_token={token}"
    address = f"ws{logged.server.endpoint.removeprefix('http')}/client/hubs/chat?{query}"
    back = await logged.server.connect_to(address, "json.reliable.webpubsub.azure.v1")
    assert back.connection_id == client.connection_id
    found = await logged.operations(categories=["ConnectivityLogs"])
    assert found == ["ConnectionStarted", "ConnectionRecovered"]
    requests = await logged.entries(categories=["HttpRequestLogs"])
    assert token not in json.dumps(requests)
    assert [one["properties"]["statusCode"] for one in requests if "statusCode" in one["properties"]][-1] == "101"


async def test_a_token_for_another_address_is_told_in_the_services_words(logged):
    with pytest.raises(InvalidStatus):
        await logged.server.connect("chat", aud="http://elsewhere/client/hubs/chat")
    (failed,) = await logged.entries(operation="AuthorizationFailed")
    assert failed["properties"]["collection"] == "Authorization"
    assert failed["properties"]["message"] == (
        f"Failed to validate audience. Expected Audiences: localhost:{logged.server.port}/client/hubs/chat. "
        "Actual Audiences: http://elsewhere/client/hubs/chat"
    )
    assert failed["properties"]["hub"] == "chat"
    assert failed["level"] == "Warning"


async def test_a_full_resource_is_told_in_the_services_words(logged):
    for _ in range(2):
        await logged.server.connect("chat")
    with pytest.raises(InvalidStatus):
        await logged.server.connect("chat")
    (throttled,) = await logged.entries(operation="ConnectionThrottled")
    assert throttled["properties"]["message"] == "Connection count reaches limit"
    assert throttled["properties"]["collection"] == "Throttling"


async def test_a_clients_message_is_followed_by_its_trace_id(logged):
    anna = await logged.server.connect("chat", user="anna", roles=ROLES, groups=["g"])
    ben = await logged.server.connect("chat", user="ben", groups=["g"])
    await anna.send_json({"type": "sendToGroup", "group": "g", "dataType": "text", "data": "a secret", "noEcho": True})
    await ben.message()
    received, sent = await logged.entries(categories=["MessagingLogs"])
    assert (received["operationName"], sent["operationName"]) == ("MessageReceived", "MessageSent")
    assert received["properties"]["connectionId"] == anna.connection_id
    assert sent["properties"]["connectionId"] == ben.connection_id
    assert sent["properties"]["userId"] == "ben"
    assert received["properties"]["traceId"] == sent["properties"]["traceId"]
    assert (received["properties"]["size"], received["properties"]["group"]) == (8, "g")
    assert "secret" not in json.dumps([received, sent])


async def test_a_call_and_its_message_are_found_by_the_callers_trace_id(logged):
    ben = await logged.server.connect("chat", groups=["g"])
    path = "/api/hubs/chat/groups/g/:send?api-version=2024-12-01&access_token=hidden"
    headers = {"traceparent": f"00-{TRACE_ID}-00f067aa0ba902b7-01", "x-ms-client-request-id": "my-request"}
    answer = await logged.server.rest("POST", path, "hello", "text/plain", headers=headers)
    assert answer.status == 202
    await ben.message()
    await eventually(lambda: logged.server.server._logs.is_written)
    found = {one["operationName"]: one for one in await logged.entries(trace_id=TRACE_ID)}
    assert set(found) == {"HttpRequestStarted", "MessageReceived", "MessageSent", "HttpRequestEnded"}
    started, ended = found["HttpRequestStarted"]["properties"], found["HttpRequestEnded"]["properties"]
    assert started["routeTemplate"] == "/api/hubs/{hub}/groups/{group}/:send"
    assert started["httpMethod"] == "POST"
    assert started["hub"] == "chat"
    assert started["url"].endswith("/api/hubs/chat/groups/g/:send?api-version=2024-12-01&access_token=***")
    assert started["statusCode"] is None
    assert json.loads(started["headers"])["x-ms-client-request-id"] == "my-request"
    assert ended["statusCode"] == "202"
    assert 0 <= float(ended["duration"]) < 10_000
    assert found["MessageReceived"]["callerIpAddress"] == "127.0.0.1"


async def test_a_call_that_brings_no_trace_gets_one_that_its_message_shares(logged):
    ben = await logged.server.connect("chat", groups=["g"])
    await logged.server.send_to_group("chat", "g", "hello")
    await ben.message()
    entries = [one for one in await logged.entries() if "group" in json.dumps(one) or "Message" in one["operationName"]]
    assert len({one["properties"]["traceId"] for one in entries if one["operationName"] != "ConnectionStarted"}) == 1


async def test_calls_that_fail_and_addresses_that_are_none_are_told(logged):
    await logged.server.rest("POST", "/api/hubs/chat/:send?api-version=1", "x", "text/plain")
    await logged.server.rest("GET", "/api/nothing")
    ended = await logged.entries(operation="HttpRequestEnded")
    assert [(one["level"], one["properties"]["statusCode"]) for one in ended] == [
        ("Warning", "400"),
        ("Warning", "404"),
    ]
    assert ended[1]["properties"]["routeTemplate"] is None
    assert json.loads(ended[0]["properties"]["headers"])["content-type"].startswith("application/problem+json")


async def test_what_nobody_wants_is_not_written(logged):
    logged.log("HttpRequestLogs")
    client = await logged.server.connect("chat", roles=ROLES, groups=["g"])
    await client.ask({"type": "sendToGroup", "group": "g", "dataType": "text", "data": "x", "ackId": 1})
    await client.close()
    await eventually(lambda: logged.server.connections == 0)
    assert {one["category"] for one in await logged.entries()} == {"HttpRequestLogs"}


async def test_messages_that_are_under_way_while_logs_are_turned_on_and_off_arrive(logged):
    client = await logged.server.connect("chat", roles=ROLES, groups=["g"])
    for number in range(200):
        logged.log(*(CATEGORIES if number % 2 else ("ConnectivityLogs",)))
        await client.send_json({"type": "sendToGroup", "group": "g", "dataType": "text", "data": str(number)})
        if number % 10 == 0:
            await asyncio.sleep(0)
    heard = []
    while len(heard) < 200:
        heard.append((await client.message())["data"])
    assert heard == [str(number) for number in range(200)]


async def test_calls_to_an_event_handler_are_told_and_carry_the_trace(logged):
    resource = logged.server.resource
    async with event_handler((resource.keys.primary, resource.keys.secondary)) as handler:
        url = f"{handler.url}/hook?code=hidden"
        template = {"urlTemplate": url, "userEventPattern": "*", "systemEvents": ["connect"]}
        body = {"properties": {"eventHandlers": [template]}}
        logged.server.registry.put_hub(resource.resource_group, resource.name, "chat", body)
        client = await logged.server.connect("chat", user="anna")
        handler.reply = lambda event: Response("pong", 200, media_type="text/plain")
        await client.send_json({"type": "event", "event": "ping", "dataType": "text", "data": "hello"})
        assert (await client.message())["data"] == "pong"
        handler.reply = lambda event: Response(status_code=418)
        await client.ask({"type": "event", "event": "fail", "dataType": "text", "data": "hello", "ackId": 1})

    told = await logged.entries(categories=["MessagingLogs"])
    connect, *events = told
    assert connect["operationName"] == "EventSent"
    assert "'connect' sent to http://localhost" in connect["properties"]["message"]
    assert "Status: 204." in connect["properties"]["message"]
    assert [one["operationName"] for one in events] == [
        "MessageReceived", "EventSent", "MessageSent", "MessageReceived", "EventFailed",
    ]  # fmt: skip
    assert events[-1]["level"] == "Error"
    assert "Status: 418." in events[-1]["properties"]["message"]
    assert {one["properties"]["connectionId"] for one in told} == {client.connection_id}
    assert "hidden" not in json.dumps(told)
    (ping,) = {one["properties"]["traceId"] for one in events[:3]}
    heard = await handler.heard("user.ping")
    assert heard.headers["traceparent"].split("-")[1] == ping


async def test_calls_to_an_event_handler_carry_no_trace_while_nobody_wants_it(logged):
    logged.log("ConnectivityLogs")
    resource = logged.server.resource
    async with event_handler((resource.keys.primary, resource.keys.secondary)) as handler:
        body = {"properties": {"eventHandlers": [{"urlTemplate": handler.url, "systemEvents": ["connect"]}]}}
        logged.server.registry.put_hub(resource.resource_group, resource.name, "chat", body)
        await logged.server.connect("chat")
        heard = await handler.heard("sys.connect")
    assert "traceparent" not in heard.headers
