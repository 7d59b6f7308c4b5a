"""Each kind of data, from each kind of sender, as each kind of client receives it."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from google.protobuf.any_pb2 import Any as ProtobufAny
from google.protobuf.wrappers_pb2 import StringValue
from tests.running_server import ALL_ROLES, RunningServer

pytestmark = pytest.mark.asyncio(loop_scope="module")

API = "api-version=2024-12-01"


def serialized_any() -> bytes:
    packed = ProtobufAny()
    packed.Pack(StringValue(value="packed"))
    return packed.SerializeToString()


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


TEXT = 'tschüß "x"\n\x00'
JSON = {"a": [1, None, "ü"]}
JSON_TEXT = '{"a":[1,null,"ü"]}'
BINARY = bytes(range(256))
ANY = serialized_any()

# What is sent, by JSON, by a plain client, by REST: what JSON clients get, and what plain ones do.
JSON_SENDS = {
    "text": ({"dataType": "text", "data": TEXT}, ("text", TEXT), TEXT),
    "json": ({"dataType": "json", "data": JSON}, ("json", JSON), None),
    "no type": ({"data": JSON}, ("json", JSON), None),
    "binary": ({"dataType": "binary", "data": base64_of(BINARY)}, ("binary", base64_of(BINARY)), BINARY),
    "empty binary": ({"dataType": "binary", "data": ""}, ("binary", ""), b""),
    "protobuf": ({"dataType": "protobuf", "data": base64_of(ANY)}, ("protobuf", base64_of(ANY)), ANY),
}
PLAIN_SENDS = {"text": (TEXT, ("text", TEXT)), "binary": (BINARY, ("binary", base64_of(BINARY)))}
REST_SENDS: dict[str, tuple[str | bytes, str, tuple[str, Any], str | bytes]] = {
    "text": (TEXT, "text/plain", ("text", TEXT), TEXT),
    "json": (JSON_TEXT, "application/json", ("json", JSON), JSON_TEXT),
    "null": ("null", "application/json", ("json", None), "null"),
    "binary": (BINARY, "application/octet-stream", ("binary", base64_of(BINARY)), BINARY),
    "empty text": ("", "text/plain", ("text", ""), ""),
}


@pytest.mark.parametrize("kind", JSON_SENDS)
async def test_from_a_json_client(server: RunningServer, hub: str, kind: str) -> None:
    frame, by_json, by_plain = JSON_SENDS[kind]
    sender = await server.connect(hub, roles=ALL_ROLES)
    reader = await server.connect(hub, groups=["g"])
    plain = await server.connect(hub, subprotocol=None, groups=["g"])
    await sender.send_json({"type": "sendToGroup", "group": "g", **frame})
    message = await reader.message()
    assert (message["dataType"], message["data"]) == by_json
    heard = await plain.frame()
    assert heard == ('{"a": [1, null, "\\u00fc"]}' if by_plain is None else by_plain)


@pytest.mark.parametrize("kind", PLAIN_SENDS)
async def test_from_a_plain_client(server: RunningServer, hub: str, kind: str) -> None:
    data, by_json = PLAIN_SENDS[kind]
    query = {"webpubsub_mode": "sendToGroup", "group": "g"}
    sender = await server.connect(hub, subprotocol=None, roles=ALL_ROLES, query=query)
    reader = await server.connect(hub, groups=["g"])
    plain = await server.connect(hub, subprotocol=None, groups=["g"])
    await sender.send(data)
    message = await reader.message()
    assert (message["dataType"], message["data"]) == by_json
    assert await plain.frame() == data


@pytest.mark.parametrize("kind", REST_SENDS)
@pytest.mark.parametrize("target", ["", "/groups/g", "/users/u"])
async def test_from_rest(server: RunningServer, hub: str, kind: str, target: str) -> None:
    body, content_type, by_json, by_plain = REST_SENDS[kind]
    reader = await server.connect(hub, user="u", groups=["g"])
    plain = await server.connect(hub, subprotocol=None, user="u", groups=["g"])
    answer = await server.rest("POST", f"/api/hubs/{hub}{target}/:send?{API}", body, content_type)
    assert answer.status == 202
    message = await reader.message()
    assert (message["from"], message["dataType"], message["data"]) == (
        "group" if "g/" in f"{target}/" else "server",
        *by_json,
    )
    assert await plain.frame() == by_plain
