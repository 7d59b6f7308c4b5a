"""Each kind of data, from each kind of sender, as each kind of client receives it: one group, all five protocols."""

from __future__ import annotations

import base64
import json
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import pytest
from tests.protocols.protobuf_frames import an_any
from tests.running_server import ALL_ROLES, JSON_PROTOCOL, Client, RunningServer
from tests.sockets.protobuf_client import (
    PROTOBUF_PROTOCOL,
    RELIABLE_PROTOBUF_PROTOCOL,
    ProtobufClient,
    connect_protobuf,
)

from linarite.protocols.webpubsub_pb2 import DownstreamMessage, MessageData, UpstreamMessage

pytestmark = pytest.mark.asyncio(loop_scope="module")

API = "api-version=2024-12-01"
RELIABLE_JSON_PROTOCOL = "json.reliable.webpubsub.azure.v1"
BINARY = bytes(range(256))
ANY = an_any().SerializeToString()


class Data(NamedTuple):
    """One value, as senders of each family write it and receivers of each family get it."""

    json_frame: dict[str, Any] | None
    """`dataType` and `data` as JSON clients send them; None if they cannot."""
    by_json: tuple[str, Any]
    plain: str | bytes
    protobuf: MessageData
    rest: tuple[str, str | bytes] | None
    """Content type and body; None if REST has no way to send it."""
    is_plain_sender: bool = True
    """Whether plain clients can send it: they know text and binary only."""


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


def text(value: str) -> Data:
    frame = {"dataType": "text", "data": value}
    return Data(frame, ("text", value), value, MessageData(text_data=value), ("text/plain", value))


def binary(value: bytes) -> Data:
    encoded = base64_of(value)
    frame = {"dataType": "binary", "data": encoded}
    message = MessageData(binary_data=value)
    return Data(frame, ("binary", encoded), value, message, ("application/octet-stream", value))


def json_value(value: Any) -> Data:
    """As `json.dumps` writes it, which is how the JSON clients of these tests write their frames."""
    written = json.dumps(value)
    frame = {"dataType": "json", "data": value}
    message = MessageData(json_data=written)
    return Data(frame, ("json", value), written, message, ("application/json", written), is_plain_sender=False)


def packed(value: bytes) -> Data:
    message = MessageData()
    message.protobuf_data.MergeFromString(value)
    # An empty Any is one, too.
    message.protobuf_data.SetInParent()
    encoded = base64_of(value)
    frame = {"dataType": "protobuf", "data": encoded}
    return Data(frame, ("protobuf", encoded), value, message, None, is_plain_sender=False)


KINDS = {
    "text": text('tschüß "x"\n\x00'),
    "empty text": text(""),
    "long text": text("ü" * 40_000),
    "json": json_value({"a": [1.0, None, "ü"], "b": 10**30}),
    "json scalar": json_value("text"),
    "json without a type": json_value([])._replace(json_frame={"data": []}),
    "json null": json_value(None)._replace(json_frame=None),
    "binary": binary(BINARY),
    "empty binary": binary(b""),
    "protobuf": packed(ANY),
    "empty protobuf": packed(b""),
}


class House(NamedTuple):
    """One client of each protocol in group `g`."""

    plain: Client
    json: Client
    reliable_json: Client
    protobuf: ProtobufClient
    reliable_protobuf: ProtobufClient

    async def hear(self, data: Data, sender: str, group: str | None = "g") -> None:
        """Check that each of them gets that data, and what it is told about the sender."""
        assert await self.plain.frame() == data.plain
        origin = {"from": "server"} if group is None else {"from": "group", "group": group}
        user = {"fromUserId": sender} if sender else {}
        kind, value = data.by_json
        frame = {"type": "message", **origin, **user, "dataType": kind, "data": value}
        assert await self.json.message() == frame
        assert await self.reliable_json.message() == frame | {"sequenceId": 1}
        assert await self.protobuf.data() == DownstreamMessage.DataMessage(**origin, data=data.protobuf)
        numbered = DownstreamMessage.DataMessage(**origin, data=data.protobuf, sequence_id=1)
        assert await self.reliable_protobuf.data() == numbered


async def settle(server: RunningServer, hub: str) -> House:
    async def client(subprotocol: str | None) -> Client:
        return await server.connect(hub, subprotocol=subprotocol, groups=["g"])

    async def protobuf(subprotocol: str) -> ProtobufClient:
        return await connect_protobuf(server, hub, subprotocol=subprotocol, groups=["g"])

    return House(
        await client(None),
        await client(JSON_PROTOCOL),
        await client(RELIABLE_JSON_PROTOCOL),
        await protobuf(PROTOBUF_PROTOCOL),
        await protobuf(RELIABLE_PROTOBUF_PROTOCOL),
    )


Send = Callable[[RunningServer, str, Data], Awaitable[None]]


def by_json(subprotocol: str) -> Send:
    async def send(server: RunningServer, hub: str, data: Data) -> None:
        client = await server.connect(hub, subprotocol=subprotocol, user="ann", roles=ALL_ROLES)
        await client.send_json({"type": "sendToGroup", "group": "g", **(data.json_frame or {})})

    return send


def by_protobuf(subprotocol: str) -> Send:
    async def send(server: RunningServer, hub: str, data: Data) -> None:
        client = await connect_protobuf(server, hub, subprotocol=subprotocol, user="ann", roles=ALL_ROLES)
        message = UpstreamMessage.SendToGroupMessage(group="g", data=data.protobuf)
        await client.send(send_to_group_message=message)

    return send


async def by_plain(server: RunningServer, hub: str, data: Data) -> None:
    query = {"webpubsub_mode": "sendToGroup", "group": "g"}
    client = await server.connect(hub, subprotocol=None, user="ann", roles=ALL_ROLES, query=query)
    await client.send(data.plain)


def by_rest(target: str) -> Send:
    async def send(server: RunningServer, hub: str, data: Data) -> None:
        assert data.rest is not None
        content_type, body = data.rest
        answer = await server.rest("POST", f"/api/hubs/{hub}{target}/:send?{API}", body, content_type)
        assert answer.status == 202

    return send


SENDERS: dict[str, tuple[Send, Callable[[Data], bool]]] = {
    "plain": (by_plain, lambda data: data.is_plain_sender),
    JSON_PROTOCOL: (by_json(JSON_PROTOCOL), lambda data: data.json_frame is not None),
    RELIABLE_JSON_PROTOCOL: (by_json(RELIABLE_JSON_PROTOCOL), lambda data: data.json_frame is not None),
    PROTOBUF_PROTOCOL: (by_protobuf(PROTOBUF_PROTOCOL), lambda data: True),
    RELIABLE_PROTOBUF_PROTOCOL: (by_protobuf(RELIABLE_PROTOBUF_PROTOCOL), lambda data: True),
}


@pytest.mark.parametrize(
    ("sender", "kind"), [(name, kind) for name, (_, can) in SENDERS.items() for kind in KINDS if can(KINDS[kind])]
)
async def test_from_a_client(server: RunningServer, hub: str, sender: str, kind: str) -> None:
    house = await settle(server, hub)
    send, _ = SENDERS[sender]
    await send(server, hub, KINDS[kind])
    await house.hear(KINDS[kind], "ann")


@pytest.mark.parametrize("kind", [kind for kind, data in KINDS.items() if data.rest is not None])
@pytest.mark.parametrize("target", ["", "/groups/g"])
async def test_from_rest(server: RunningServer, hub: str, kind: str, target: str) -> None:
    house = await settle(server, hub)
    await by_rest(target)(server, hub, KINDS[kind])
    await house.hear(KINDS[kind], "", "g" if target else None)


async def test_from_rest_to_a_user(server: RunningServer, hub: str) -> None:
    reader = await connect_protobuf(server, hub, user="u")
    await by_rest("/users/u")(server, hub, KINDS["json"])
    expected = DownstreamMessage.DataMessage(**{"from": "server", "data": KINDS["json"].protobuf})
    assert await reader.data() == expected


async def test_metadata_reaches_all_but_plain_clients(server: RunningServer, hub: str) -> None:
    house = await settle(server, hub)
    sender = await connect_protobuf(server, hub, roles=ALL_ROLES)
    await sender.publish("g", MessageData(), metadata={"k": "v"})
    assert await house.plain.frame() == ""
    assert (await house.json.message())["metadata"] == {"k": "v"}
    assert (await house.reliable_json.message())["metadata"] == {"k": "v"}
    for reader in (house.protobuf, house.reliable_protobuf):
        message = await reader.data()
        assert (dict(message.metadata), message.data) == ({"k": "v"}, MessageData(text_data=""))
