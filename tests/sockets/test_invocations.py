"""Invocations over real sockets and a real event handler: one answer each, or none for those who no longer wait."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from tests.events.hostile_upstream import HostileUpstream, hostile_upstream, reply
from tests.running_server import ALL_ROLES, JSON_PROTOCOL, RunningServer, eventually
from tests.sockets.reliable_client import REFUSED, RELIABLE, refusal, reliable

pytestmark = pytest.mark.asyncio(loop_scope="module")

PING, PONG = {"type": "ping"}, {"type": "pong"}
FAILED = {"name": "InternalServerError", "message": "Internal server error"}


@pytest_asyncio.fixture(loop_scope="module")
async def upstream(server: RunningServer, hub: str) -> AsyncIterator[HostileUpstream]:
    """An event handler for every user event of the hub; the event's name says how it behaves."""
    async with hostile_upstream() as upstream:
        handler = {"urlTemplate": f"{upstream.url}/{{event}}", "userEventPattern": "*", "systemEvents": []}
        resource = server.resource
        server.registry.put_hub(
            resource.resource_group, resource.name, hub, {"properties": {"eventHandlers": [handler]}}
        )
        yield upstream


def invoke(event: str, invocation_id: str = "1", data_type: str = "text", data: object = "hi") -> dict[str, Any]:
    content = {"dataType": data_type, "data": data}
    return {"type": "invoke", "invocationId": invocation_id, "target": "event", "event": event, **content}


def cancel(invocation_id: str = "1") -> dict[str, Any]:
    return {"type": "cancelInvocation", "invocationId": invocation_id}


def response(invocation_id: str = "1", **members: Any) -> dict[str, Any]:
    return {"type": "invokeResponse", "invocationId": invocation_id, "success": "error" not in members, **members}


# Answers


@pytest.mark.parametrize("subprotocol", [JSON_PROTOCOL, RELIABLE])
@pytest.mark.parametrize(("data_type", "data"), [("text", "grüße"), ("json", {"a": [1, None]}), ("binary", "AP8=")])
async def test_answer_comes_back_in_its_type(server, hub, upstream, subprotocol, data_type, data):
    client = await server.connect(hub, user="ann", subprotocol=subprotocol)
    assert await client.ask(invoke("echo", "a b", data_type, data)) == response("a b", dataType=data_type, data=data)
    [one] = upstream.posts()
    assert (one.event, one.header("ce-type"), one.header("ce-userId")) == ("echo", "azure.webpubsub.user.echo", "ann")


async def test_empty_answer_has_no_data(server, hub, upstream):
    client = await server.connect(hub)
    assert await client.ask(invoke("nothing")) == response()


@pytest.mark.parametrize("behaviour", ["refusing", "bad-type"])
async def test_failure_is_an_error_and_the_connection_stays(server, hub, upstream, behaviour):
    upstream.answers["/refusing"] = reply(404, b"no", "Content-Type: text/plain")
    upstream.answers["/bad-type"] = reply(200, b"x", "Content-Type: image/png")
    client = await server.connect(hub)
    assert await client.ask(invoke(behaviour)) == response(error=FAILED)
    assert await client.ask(invoke("echo")) == response(dataType="text", data="hi")


async def test_without_a_handler_it_is_an_error(server, hub):
    client = await server.connect(hub)
    assert await client.ask(invoke("echo")) == response(error=FAILED)


async def test_other_targets_are_a_bad_request(server, hub, upstream):
    client = await server.connect(hub)
    told = await client.ask(invoke("echo") | {"target": "group"})
    assert (told["success"], told["error"]["name"]) == (False, "BadRequest")
    assert upstream.posts() == []


async def test_no_role_is_needed_and_no_message_comes(server, hub, upstream):
    client = await server.connect(hub, roles=())
    assert await client.ask(invoke("echo")) == response(dataType="text", data="hi")
    assert await client.ask(PING) == PONG


# Waiting


async def test_others_wait_but_not_pings_and_a_pending_id_is_refused(server, hub, upstream):
    client = await server.connect(hub)
    await client.send_json(invoke("gate"))
    await client.send_json(invoke("echo", "2"))
    assert await client.ask(PING) == PONG
    told = await client.ask(invoke("echo"))
    assert (told["invocationId"], told["error"]["name"]) == ("1", "BadRequest")
    await upstream.until(lambda: len(upstream.posts()) == 1)
    upstream.gate.set()
    assert await client.message() == response("1", dataType="text", data="hi")
    assert await client.message() == response("2", dataType="text", data="hi")


# Giving up


async def test_cancelled_call_is_ended_and_nothing_comes_of_it(server, hub, upstream):
    client = await server.connect(hub)
    await client.send_json(invoke("silent"))
    await client.send_json(invoke("echo", "2"))
    await client.send_json(invoke("echo", "3"))
    await upstream.until(lambda: len(upstream.posts("silent")) == 1)
    await client.send_json(cancel("2"))
    await client.send_json(cancel("1"))
    await client.send_json(cancel("unknown"))
    assert await client.message() == response("3", dataType="text", data="hi")
    await upstream.until(lambda: upstream.left == 1)
    assert await client.ask(PING) == PONG
    assert len(upstream.posts("echo")) == 1


@pytest.mark.parametrize("how", ["lost", "closed"])
async def test_call_is_ended_when_its_client_is_gone(server, hub, upstream, how):
    client = await server.connect(hub)
    await client.send_json(invoke("silent"))
    await upstream.until(lambda: len(upstream.posts()) == 1)
    if how == "lost":
        client.websocket.transport.abort()
    else:
        await client.close()
    await upstream.until(lambda: upstream.left == 1)
    await eventually(lambda: server.connected_to(hub) == 0)


async def test_recovered_client_is_not_held_up_by_what_it_gave_up(server, hub, upstream):
    client = await reliable(server, hub)
    await client.client.send_json(invoke("silent", "1"))
    await client.client.send_json(invoke("echo", "2"))
    await upstream.until(lambda: len(upstream.posts()) == 1)
    await client.lose()
    await upstream.until(lambda: upstream.left == 1)
    await client.recover()
    assert await client.client.ask(invoke("echo", "2")) == response("2", dataType="text", data="hi")
    assert [one.event for one in upstream.posts()] == ["silent", "echo"]


async def test_what_waited_behind_a_given_up_call_comes_behind_the_replay(server, hub, upstream):
    client = await reliable(server, hub, roles=ALL_ROLES, groups=["g"])
    await server.send_to_group(hub, "g", "old")
    assert await client.messages(1) == [(1, "old")]
    await client.client.send_json(invoke("silent"))
    await client.client.send_json({"type": "sendToGroup", "group": "g", "data": "new"})
    await client.client.send_json({"type": "leaveGroup", "group": "g", "ackId": 1})
    await upstream.until(lambda: len(upstream.posts("silent")) == 1)
    assert await client.client.ask(PING) == PONG
    await client.recover()  # the old socket is still open
    assert await client.messages(2) == [(1, "old"), (2, "new")]
    assert await client.client.message() == {"type": "ack", "ackId": 1, "success": True}


async def test_a_client_that_said_it_leaves_cannot_come_back_while_its_last_event_is_answered(server, hub, upstream):
    client = await reliable(server, hub)
    await client.client.send_json({"type": "event", "event": "gate", "dataType": "text", "data": "last"})
    await upstream.until(lambda: len(upstream.posts("gate")) == 1)
    goodbye = asyncio.ensure_future(client.client.close())
    [connection] = server.hub_of(hub).connections()
    await eventually(lambda: connection.outlet.is_leaving)
    assert await refusal(server, client.url()) == REFUSED
    upstream.gate.set()
    await goodbye
    await eventually(lambda: server.connected_to(hub) == 0)
