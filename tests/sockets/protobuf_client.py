"""A client of the protobuf subprotocols."""

from __future__ import annotations

from typing import Any

from tests.running_server import Client, RunningServer

from linarite.protocols.webpubsub_pb2 import DownstreamMessage, MessageData, UpstreamMessage

PROTOBUF_PROTOCOL = "protobuf.webpubsub.azure.v1"
RELIABLE_PROTOBUF_PROTOCOL = "protobuf.reliable.webpubsub.azure.v1"


class ProtobufClient:
    """Speaks by the official runtime; it has read its first message already."""

    def __init__(self, client: Client, connected: DownstreamMessage.SystemMessage.ConnectedMessage) -> None:
        self.client = client
        self.connected = connected

    async def message(self) -> DownstreamMessage:
        """The next message."""
        frame = await self.client.frame()
        assert isinstance(frame, bytes)
        return DownstreamMessage.FromString(frame)

    async def data(self) -> DownstreamMessage.DataMessage:
        """The next message, which has to carry data."""
        message = await self.message()
        assert message.WhichOneof("message") == "data_message", message
        return message.data_message

    async def ack(self) -> DownstreamMessage.AckMessage:
        """The next message, which has to be an ack."""
        message = await self.message()
        assert message.WhichOneof("message") == "ack_message", message
        return message.ack_message

    async def send(self, **message: Any) -> None:
        """Send one message, named by its field."""
        await self.client.send(UpstreamMessage(**message).SerializeToString())

    async def join(self, group: str, ack_id: int | None = None) -> None:
        await self.send(join_group_message=UpstreamMessage.JoinGroupMessage(group=group, ack_id=ack_id))

    async def publish(self, group: str, data: MessageData, **fields: Any) -> None:
        message = UpstreamMessage.SendToGroupMessage(group=group, data=data, **fields)
        await self.send(send_to_group_message=message)


async def connect_protobuf(
    server: RunningServer, hub: str, *, subprotocol: str = PROTOBUF_PROTOCOL, **access: Any
) -> ProtobufClient:
    """A client of the hub; `access` is what `client_url` takes."""
    client = await server.connect(hub, subprotocol=subprotocol, **access)
    frame = await client.frame()
    assert isinstance(frame, bytes)
    system = DownstreamMessage.FromString(frame).system_message
    assert system.WhichOneof("message") == "connected_message"
    return ProtobufClient(client, system.connected_message)
