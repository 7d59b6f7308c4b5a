"""Bodies of sends: which media types are taken, and what a client receives of them, at a real server."""

from __future__ import annotations

import asyncio
import json

import pytest
from tests.http.data_plane.conftest import Connect, Heard
from tests.http.data_plane.exchange import Api, request_bytes

pytestmark = pytest.mark.asyncio(loop_scope="module")

LIMIT_BYTES = 1_048_576
NOT_JSON = "The request body is not a valid JSON."


@pytest.mark.parametrize(
    ("content_type", "body", "received"),
    [
        ("text/plain", "héllo".encode(), "héllo"),
        ("text/plain", b"", ""),
        ("TEXT/Plain ; Charset=UTF-8", "é".encode(), "é"),
        ('text/plain; format=flowed; charset="utf-8"', "é".encode(), "é"),
        ("text/plain;;", b"x", "x"),
        ("text/plain; charset=iso-8859-1", b"\xe9", "é"),
        ("text/plain; charset=windows-1252", b"\x80", "€"),
        ("text/plain; charset=utf-16", "é".encode("utf-16"), "é"),
        ("text/plain; charset=shift_jis", "日本".encode("shift_jis"), "日本"),
        ("text/plain; charset=us-ascii", b"a\xe9", "a\ufffd"),
        ("text/plain", b"a\xff", "a\ufffd"),
        ("application/json", b' {"a" : [1, 2.50e1]}\n', ' {"a" : [1, 2.50e1]}\n'),
        ("Application/JSON; charset=utf-8", b'"\xc3\xa9"', '"é"'),
        ("application/json; charset=iso-8859-1", b'"\xe9"', '"é"'),
        ("application/octet-stream", b"\x00\xff", b"\x00\xff"),
        ("application/octet-stream; charset=nonsense", b"\xff", b"\xff"),
        ("application/octet-stream", b"", b""),
        ("", b"\x01", b"\x01"),
        (None, b"\x01", b"\x01"),
    ],
)
async def test_plain_client_receives_what_the_media_type_says(
    api: Api, connect: Connect, hub: str, content_type: str | None, body: bytes, received: str | bytes
) -> None:
    """Bytes without a media type.

    Text arrives as text, JSON as text whose bytes nobody touched, octets and what names no type as bytes.
    """
    client = await connect(subprotocol=None)
    reply = await api("POST", f"/api/hubs/{hub}/:send", body, content_type)
    assert (reply.status, reply.body) == (202, b"")
    assert await client.frame() == received


@pytest.mark.parametrize(
    "content_type",
    [
        "application/xml",
        "text/html",
        "text",
        "/",
        "text/plain/x",
        "text/plain, application/json",
        "foo; x=text/plain",
        "text/plain; charset",
        "text/plain; charset=",
        "text/plain; charset=nonsense",
        "text/plain; charset=\xe9",
        "application/json; charset=klingon",
        "application/problem+json",
        "application/json-seq",
    ],
)
async def test_other_media_type_is_answered_415_without_body(api: Api, hub: str, content_type: str) -> None:
    reply = await api("POST", f"/api/hubs/{hub}/:send", "x", content_type)
    assert (reply.status, reply.body, reply.error_code) == (415, b"", None)


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"",
        b" ",
        b"{'a':1}",
        b"[1,]",
        b"NaN",
        b"Infinity",
        b"01",
        b"1 2",
        b'"\x01"',
        b'"\xff"',
        b'"\\x"',
        b'"\\ud8"',
        b'["\\ud83d",NaN]',
        b"[" * 5000 + b"]" * 5000,
        b'"\\ud83d"' + b"[" * 5000,
    ],
)
async def test_body_that_is_not_json_is_answered_400(api: Api, hub: str, body: bytes) -> None:
    reply = await api("POST", f"/api/hubs/{hub}/:send", body, "application/json")
    assert (reply.status, reply.json()["message"]) == (400, NOT_JSON)


async def test_json_in_a_wrong_encoding_is_never_mended(api: Api, connect: Connect, hub: str, heard: Heard) -> None:
    client = await connect(subprotocol=None)
    reply = await api("POST", f"/api/hubs/{hub}/:send", b'"\xe9"', "application/json; charset=us-ascii")
    assert (reply.status, reply.json()["message"]) == (400, NOT_JSON)
    assert await heard(client) == []


@pytest.mark.parametrize("body", ["1e999", "9" * 400, '"\\ud83d"', '{"cut":"a\\ud83d","n":1e999}', "null", "false"])
async def test_every_json_value_is_passed_on_whatever_it_is_worth(
    api: Api, connect: Connect, hub: str, body: str
) -> None:
    """Numbers beyond a float's range and text cut within a pair of surrogates were refused as no JSON."""
    client = await connect()
    reply = await api("POST", f"/api/hubs/{hub}/:send", body, "application/json")
    assert reply.status == 202
    assert await client.frame() == f'{{"type":"message","from":"server","dataType":"json","data":{body}}}'


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/octet-stream", b"x" * LIMIT_BYTES),
        ("text/plain", b"x" * LIMIT_BYTES),
        ("application/json", b'"' + b"x" * (LIMIT_BYTES - 2) + b'"'),
    ],
)
async def test_message_of_exactly_the_limit_is_delivered(
    api: Api, connect: Connect, hub: str, content_type: str, body: bytes
) -> None:
    """The size that is allowed."""
    client = await connect(subprotocol=None)
    reply = await api("POST", f"/api/hubs/{hub}/:send", body, content_type)
    assert reply.status == 202
    received = await client.frame()
    assert (received.encode() if isinstance(received, str) else received) == body


@pytest.mark.parametrize("chunks", [None, [b"x" * 65_536] * 16 + [b"x"], [b"x"] * 7 + [b"y" * LIMIT_BYTES]])
async def test_message_of_one_byte_more_is_refused(
    api: Api, connect: Connect, hub: str, heard: Heard, chunks: list[bytes] | None
) -> None:
    """One byte more; a body without a length is counted while it is read."""
    client = await connect(subprotocol=None)
    body = None if chunks else b"x" * (LIMIT_BYTES + 1)
    reply = await api("POST", f"/api/hubs/{hub}/:send", body, chunks=chunks, keep_alive=True)
    assert (reply.status, reply.json()["message"]) == (400, "Invalid Content-Length header.")
    assert await heard(client) == []


async def test_chunked_body_is_taken(api: Api, connect: Connect, hub: str) -> None:
    client = await connect(subprotocol=None)
    chunks = [b'{"a"', b":", b"1", b"}"]
    reply = await api("POST", f"/api/hubs/{hub}/:send", content_type="application/json", chunks=chunks)
    assert reply.status == 202
    assert await client.frame() == '{"a":1}'


async def test_chunked_body_of_exactly_the_limit_is_taken(api: Api, connect: Connect, hub: str) -> None:
    client = await connect(subprotocol=None)
    reply = await api("POST", f"/api/hubs/{hub}/:send", chunks=[b"x" * 65_536] * 16)
    assert reply.status == 202
    assert await client.frame() == b"x" * LIMIT_BYTES


@pytest.mark.parametrize("length", ["-1", "1, 2", "x", "9" * 30])
async def test_wrong_length_never_reaches_a_client(
    api: Api, connect: Connect, hub: str, heard: Heard, length: str
) -> None:
    client = await connect(subprotocol=None)
    reply = await api("POST", f"/api/hubs/{hub}/:send", chunks=None, headers={"content-length": length})
    assert reply.status == 400
    assert await heard(client) == []


async def test_half_a_body_is_never_delivered(
    api: Api, connect: Connect, hub: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The caller goes away in the middle: nothing is sent, and nothing is logged as a fault."""
    client = await connect(subprotocol=None)
    path = f"/api/hubs/{hub}/:send"
    token = api.server.token(hub, aud=api.url(path))
    head = [("Host", f"localhost:{api.server.port}"), ("Authorization", f"Bearer {token}"), ("Content-Length", "10")]
    _, writer = await asyncio.open_connection("127.0.0.1", api.server.port)
    writer.write(request_bytes("POST", path, head, b"half!"))
    writer.close()
    await writer.wait_closed()
    await api.send_text(path, "whole")
    assert await client.frame() == "whole"
    assert caplog.records == []


# Metadata


async def test_metadata_of_headers_reaches_json_clients(api: Api, connect: Connect, hub: str) -> None:
    """Keys in lower case; of a value joined by commas the part after the last; of a header sent twice the last."""
    client = await connect()
    headers = [
        ("X-WebPubSub-Metadata-Trace-Id", "abc"),
        ("x-webpubsub-metadata-joined", "one, two ,three"),
        ("X-WEBPUBSUB-METADATA-TWICE", "first"),
        ("X-WebPubSub-Metadata-Twice", "last"),
    ]
    reply = await api("POST", f"/api/hubs/{hub}/:send", "hi", "text/plain", headers=headers)
    assert reply.status == 202
    message = await client.message()
    assert message["metadata"] == {"trace-id": "abc", "joined": "three", "twice": "last"}


@pytest.mark.parametrize(
    "headers",
    [
        [("X-WebPubSub-Metadata-", "no key")],
        [("X-WebPubSub-Metadata-a", "\xe9")],
        [("X-WebPubSub-Metadata-a", "x" * 1025)],
        [("X-WebPubSub-Metadata-" + "k" * 257, "x")],
        [(f"X-WebPubSub-Metadata-{number}", "x" * 1000) for number in range(9)],
    ],
)
async def test_invalid_metadata_is_answered_400(
    api: Api, connect: Connect, hub: str, heard: Heard, headers: list[tuple[str, str]]
) -> None:
    client = await connect()
    reply = await api("POST", f"/api/hubs/{hub}/:send", "hi", "text/plain", headers=headers)
    assert (reply.status, reply.json()["target"]) == (400, "metadata")
    assert await heard(client) == []


# The order in which a body is checked


@pytest.mark.parametrize(
    ("query", "size", "content_type", "body", "metadata", "status", "target"),
    [
        ("filter=(", LIMIT_BYTES + 1, "application/xml", b"", "\xe9", 400, "filter"),
        ("", LIMIT_BYTES + 1, "application/xml", b"", "\xe9", 400, "Content-Length"),
        ("", 1, "application/xml", b"{", "\xe9", 415, None),
        ("", 1, "application/json", b"{", "\xe9", 400, "body"),
        ("", 1, "application/json", b"1", "\xe9", 400, "metadata"),
    ],
)
async def test_first_failed_check_answers(
    api: Api,
    hub: str,
    query: str,
    size: int,
    content_type: str,
    body: bytes,
    metadata: str,
    status: int,
    target: str | None,
) -> None:
    """Filter, then length, media type, body, metadata."""
    reply = await api(
        "POST",
        f"/api/hubs/{hub}/:send?{query}",
        body.ljust(size) if body else b" " * size,
        content_type,
        headers={"X-WebPubSub-Metadata-a": metadata},
        keep_alive=True,
    )
    assert reply.status == status
    assert (json.loads(reply.body)["target"] if reply.body else None) == target
