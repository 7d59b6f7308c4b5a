"""Clients of the protobuf subprotocol against a running server."""

from __future__ import annotations

import pytest
from tests.running_server import ALL_ROLES, RunningServer
from tests.sockets.protobuf_client import PROTOBUF_PROTOCOL, RELIABLE_PROTOBUF_PROTOCOL, connect_protobuf

from linarite.protocols.webpubsub_pb2 import DownstreamMessage, GroupStateItem, MessageData, UpstreamMessage

pytestmark = pytest.mark.asyncio(loop_scope="module")

MALFORMED = f"The client message is not a valid {PROTOBUF_PROTOCOL} protocol message."
HI = MessageData(text_data="hi")


async def test_the_first_message_names_the_connection_and_its_user(server: RunningServer, hub: str) -> None:
    ann = await connect_protobuf(server, hub, user="ann")
    assert ann.connected.user_id == "ann"
    assert ann.connected.connection_id
    assert not ann.connected.HasField("reconnection_token")
    nobody = await connect_protobuf(server, hub)
    assert nobody.connected.user_id == ""


async def test_the_protocol_is_named_as_the_client_wrote_it(server: RunningServer, hub: str) -> None:
    client = await connect_protobuf(server, hub, subprotocol=PROTOBUF_PROTOCOL.upper())
    assert client.client.websocket.subprotocol == PROTOBUF_PROTOCOL.upper()


async def test_the_vector_of_a_join_is_acked_under_id_zero(server: RunningServer, hub: str) -> None:
    client = await connect_protobuf(server, hub, roles=ALL_ROLES)
    await client.client.send(bytes.fromhex("32080A04726F6F6D1000"))
    assert await client.ack() == DownstreamMessage.AckMessage(ack_id=0, success=True)


async def test_a_sender_hears_itself_before_its_ack_and_not_at_all_without_echo(
    server: RunningServer, hub: str
) -> None:
    client = await connect_protobuf(server, hub, user="ann", roles=ALL_ROLES, groups=["g"])
    await client.publish("g", HI, ack_id=1, metadata={"k": "v"})
    message = DownstreamMessage.DataMessage(**{"from": "group", "group": "g", "data": HI, "metadata": {"k": "v"}})
    assert await client.data() == message
    assert await client.ack() == DownstreamMessage.AckMessage(ack_id=1, success=True)
    await client.publish("g", HI, ack_id=2, no_echo=True)
    assert (await client.ack()).ack_id == 2


async def test_a_failure_has_a_name_and_may_be_tried_again(server: RunningServer, hub: str) -> None:
    client = await connect_protobuf(server, hub, roles=["webpubsub.sendToGroup"])
    await client.join("g", ack_id=7)
    failed = await client.ack()
    assert (failed.success, failed.error.name) == (False, "Forbidden")
    path = f"/api/hubs/{hub}/permissions/joinLeaveGroup/connections/{client.connected.connection_id}"
    assert (await server.rest("PUT", f"{path}?targetName=g&api-version=2024-12-01")).status == 200
    await client.join("g", ack_id=7)
    assert (await client.ack()).success
    await client.join("g", ack_id=7)
    assert (await client.ack()).error.name == "Duplicate"


async def test_ping_is_answered_and_sequence_ack_means_nothing(server: RunningServer, hub: str) -> None:
    client = await connect_protobuf(server, hub)
    await client.send(sequence_ack_message=UpstreamMessage.SequenceAckMessage(sequence_id=9))
    await client.send(ping_message=UpstreamMessage.PingMessage())
    assert (await client.message()).WhichOneof("message") == "pong_message"


@pytest.mark.parametrize("hexadecimal", ["", "FF", "3200", "0A030A0167"])
async def test_malformed_messages_end_the_connection(server: RunningServer, hub: str, hexadecimal: str) -> None:
    client = await connect_protobuf(server, hub, roles=ALL_ROLES)
    await client.client.send(bytes.fromhex(hexadecimal))
    assert await client.client.closed() == (1007, MALFORMED)


async def test_a_text_message_ends_the_connection(server: RunningServer, hub: str) -> None:
    client = await connect_protobuf(server, hub)
    await client.client.send('{"type":"ping"}')
    assert await client.client.closed() == (1003, f"The {PROTOBUF_PROTOCOL} subprotocol requires binary messages.")


async def test_group_state_is_not_offered(server: RunningServer, hub: str) -> None:
    client = await connect_protobuf(server, hub, roles=ALL_ROLES)
    state = GroupStateItem.GroupState(entries={"k": "v"})
    await client.send(set_group_state_message=UpstreamMessage.SetGroupStateMessage(group="g", ack_id=1, state=state))
    assert (await client.ack()).error.name == "BadRequest"


async def test_a_stream_from_begin_to_end(server: RunningServer, hub: str) -> None:
    publisher = await connect_protobuf(server, hub, roles=ALL_ROLES)
    subscriber = await connect_protobuf(server, hub, groups=["g"])
    start = UpstreamMessage.StreamStartInfo(stream_id="s")
    await publisher.send(send_to_group_message=UpstreamMessage.SendToGroupMessage(group="g", stream=start))
    assert (await publisher.message()).stream_ack_message.expected_sequence_id == 1
    fragment = UpstreamMessage.StreamDataMessage(stream_id="s", stream_sequence_id=1, data=HI)
    await publisher.send(stream_data_message=fragment)
    heard = await subscriber.data()
    assert (heard.data, heard.stream.stream_id, heard.stream.stream_sequence_id) == (HI, "s", 1)
    assert (await publisher.message()).stream_ack_message.expected_sequence_id == 2
    await publisher.send(stream_data_message=UpstreamMessage.StreamDataMessage(stream_id="s"))
    error = UpstreamMessage.StreamEndMessage.StreamEndError(message="m", user_error_code="c")
    await publisher.send(stream_end_message=UpstreamMessage.StreamEndMessage(stream_id="s", error=error))
    end = await subscriber.data()
    assert end.data == MessageData(text_data="")
    assert (end.stream.stream_sequence_id, end.stream.end_of_stream) == (2, True)
    assert (end.stream.error.name, end.stream.error.message, end.stream.error.user_error_code) == (
        "UserError",
        "m",
        "c",
    )
    closed = (await publisher.message()).stream_closed_message
    assert closed == DownstreamMessage.StreamClosedMessage(stream_id="s")


async def test_a_stream_that_cannot_begin_is_answered(server: RunningServer, hub: str) -> None:
    publisher = await connect_protobuf(server, hub, roles=ALL_ROLES)
    start = UpstreamMessage.StreamStartInfo(stream_id="s", idle_timeout_ms=0)
    await publisher.send(send_to_group_message=UpstreamMessage.SendToGroupMessage(group="g", stream=start))
    assert (await publisher.message()).stream_closed_message.error.name == "BadRequest"


async def test_an_invocation_without_a_handler_fails(server: RunningServer, hub: str) -> None:
    client = await connect_protobuf(server, hub)
    await client.send(invoke_event_message=UpstreamMessage.InvokeEventMessage(event="e", invocation_id="1", data=HI))
    response = (await client.message()).invoke_response_message
    assert (response.invocation_id, response.success) == ("1", False)
    assert response.error.name == "InternalServerError"


async def test_a_reliable_client_recovers_what_it_has_not_acknowledged(server: RunningServer, hub: str) -> None:
    client = await connect_protobuf(server, hub, subprotocol=RELIABLE_PROTOBUF_PROTOCOL, groups=["g"])
    for number in (1, 2):
        await server.send_to_group(hub, "g", str(number))
        assert (await client.data()).sequence_id == number
    await client.send(sequence_ack_message=UpstreamMessage.SequenceAckMessage(sequence_id=1))
    await client.send(ping_message=UpstreamMessage.PingMessage())
    assert (await client.message()).WhichOneof("message") == "pong_message"
    client.client.websocket.transport.abort()
    await server.send_to_group(hub, "g", "3")

    proof = {
        "awps_connection_id": client.connected.connection_id,
        "awps_reconnection_token": client.connected.reconnection_token,
    }
    again = await connect_protobuf(server, hub, subprotocol=RELIABLE_PROTOBUF_PROTOCOL, query=proof)
    assert again.connected.connection_id == client.connected.connection_id
    assert again.connected.reconnection_token
    for number in (2, 3):
        message = await again.data()
        assert (message.sequence_id, message.data.text_data) == (number, str(number))


async def test_the_rest_api_closes_with_a_reason(server: RunningServer, hub: str) -> None:
    client = await connect_protobuf(server, hub)
    path = f"/api/hubs/{hub}/connections/{client.connected.connection_id}?reason=why&api-version=2024-12-01"
    assert (await server.rest("DELETE", path)).status == 204
    message = (await client.message()).system_message.disconnected_message
    assert message.reason == "Application server closed the connection. Reason: why"
    assert await client.client.closed() == (1000, "")
