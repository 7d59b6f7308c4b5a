"""Reads what a server writes to clients of the protobuf subprotocols, and writes what such clients do."""

from __future__ import annotations

from google.protobuf.any_pb2 import Any as ProtobufAny
from google.protobuf.wrappers_pb2 import StringValue
from tests.protocols.frames import BINARY, split_frames

from linarite.protocols.webpubsub_pb2 import DownstreamMessage, MessageData, UpstreamMessage


def read_protobuf(written: bytes) -> DownstreamMessage:
    """Give the message in the one binary frame that was written."""
    [frame] = split_frames(written)
    assert frame.opcode == BINARY
    return DownstreamMessage.FromString(frame.payload)


def an_any(text: str = "packed") -> ProtobufAny:
    """Give a text, packed."""
    packed = ProtobufAny()
    packed.Pack(StringValue(value=text))
    return packed


def publish(data: MessageData | None = None, group: str = "g", **fields: object) -> bytes:
    """Write a message to a group; of text, if no data are given."""
    data = MessageData(text_data="hi") if data is None else data
    return upstream(send_to_group_message=UpstreamMessage.SendToGroupMessage(group=group, data=data, **fields))


def upstream(**message: object) -> bytes:
    """Write one message of a client, named by its field."""
    return UpstreamMessage(**message).SerializeToString()
