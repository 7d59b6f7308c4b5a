"""Frames as bytes, right and wrong ones. A wrong one ends its own connection with the right code and nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import random
import time
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from tests.running_server import ALL_ROLES, Client, RunningServer, eventually, running_server
from tests.sockets.memory import MIB, resident_bytes
from tests.sockets.raw_client import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    Frame,
    RawClient,
    close,
    fragmented,
    frame,
    raw_client,
)

from linarite.hubs.waiting_line import WaitingLine

pytestmark = pytest.mark.asyncio(loop_scope="module")

LIMIT = 1_048_576
INVALID = (1002, "The client frame is invalid.")
TOO_LARGE = (1009, "The client message is too large.")
NOT_UTF8 = (1007, "The client message is not valid UTF-8.")
TO_OWN_GROUP = {"webpubsub_mode": "sendToGroup", "group": "own"}
TO_GROUP = {"webpubsub_mode": "sendToGroup", "group": "g"}


# Right frames


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65535, 65536, 100_000, LIMIT - 1, LIMIT])
@pytest.mark.parametrize("opcode", [TEXT, BINARY])
async def test_messages_of_every_size_arrive_as_sent(echo: RawClient, opcode: int, size: int) -> None:
    payload = b"x" * size if opcode == TEXT else os.urandom(size)
    echo.send(frame(opcode, payload))
    assert await echo.frame() == Frame(opcode, payload)


@pytest.mark.parametrize(("size", "fragment"), [(100, 1), (5000, 1), (5000, 999), (LIMIT, 65536)])
async def test_a_fragmented_message_arrives_whole(echo: RawClient, size: int, fragment: int) -> None:
    payload = os.urandom(size)
    echo.send(*fragmented(BINARY, payload, fragment))
    assert await echo.frame() == Frame(BINARY, payload)


@pytest.mark.parametrize("chunk", [1, 3, 1000])
async def test_frames_may_come_in_any_pieces(echo: RawClient, chunk: int) -> None:
    text = "tschüß ✓".encode() * 40
    stream = b"".join([frame(TEXT, text), frame(PING, b"p"), *fragmented(TEXT, text, 7), frame(BINARY, b"")])
    for start in range(0, len(stream), chunk):
        echo.send(stream[start : start + chunk])
        await asyncio.sleep(0)
    frames = [await echo.frame() for _ in range(4)]
    assert [f for f in frames if f.opcode != PONG] == [Frame(TEXT, text), Frame(TEXT, text), Frame(BINARY, b"")]


async def test_pings_between_fragments_are_answered(echo: RawClient) -> None:
    echo.send(*fragmented(TEXT, b"hello", 1, between=frame(PING, b"?")))
    assert [await echo.frame() for _ in range(4)] == [Frame(PONG, b"?")] * 4
    assert await echo.frame() == Frame(TEXT, b"hello")


async def test_empty_fragments_add_nothing(echo: RawClient) -> None:
    """Each left a piece behind: a client could fill the memory with frames without content."""
    before = resident_bytes()
    empty = frame(CONTINUATION, b"", fin=False) * 10_000
    echo.send(frame(TEXT, b"a", fin=False))
    for _ in range(50):
        echo.send(empty)
        await echo.drain()
    echo.send(frame(CONTINUATION, b"z"))
    assert await echo.frame() == Frame(TEXT, b"az")
    assert resident_bytes() - before < 16 * MIB


async def test_a_character_may_be_cut_by_fragments(echo: RawClient) -> None:
    echo.send(*fragmented(TEXT, "€".encode(), 1))
    assert await echo.frame() == Frame(TEXT, "€".encode())


@pytest.mark.parametrize("payload", [b"", b"x", b"x" * 125])
async def test_a_ping_is_answered_with_its_payload(echo: RawClient, payload: bytes) -> None:
    echo.send(frame(PING, payload))
    assert await echo.frame() == Frame(PONG, payload)


async def test_pongs_that_nobody_asked_for_are_ignored(echo: RawClient) -> None:
    echo.send(frame(PONG, b"x"), frame(TEXT, b"after"))
    assert await echo.frame() == Frame(TEXT, b"after")


async def test_a_mask_of_zeros_is_a_mask(echo: RawClient) -> None:
    echo.send(b"\x81\x85\x00\x00\x00\x00hello")
    assert await echo.frame() == Frame(TEXT, b"hello")


async def test_messages_of_one_piece_keep_their_order(echo: RawClient) -> None:
    sent = [b"%d" % number for number in range(2000)]
    echo.send(*(frame(TEXT, text) for text in sent))
    assert [(await echo.frame()).payload for _ in sent] == sent


# Wrong frames


@pytest.mark.parametrize(
    "wrong",
    [
        *(frame(TEXT, b"x", rsv=rsv) for rsv in (1, 2, 4, 7)),
        frame(PING, b"x", rsv=4),
        frame(CLOSE, b"\x03\xe8", rsv=1),
        *(frame(opcode, b"x", masked=False) for opcode in (TEXT, BINARY, PING, PONG)),
        frame(TEXT, b"", masked=False),
        frame(CLOSE, b"\x03\xe8", masked=False),
        b"\x81\x7f",  # unmasked, and long: no length is waited for
        frame(TEXT, b"x", fin=False) + frame(CONTINUATION, b"y", masked=False),
        *(frame(opcode, b"x") for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)),
        frame(PING, b"x" * 126),
        frame(PONG, b"x" * 126),
        frame(CLOSE, b"\x03\xe8" + b"x" * 124),
        # Control frames of 64 KiB and of 2 ** 40 bytes: the head says enough.
        *(bytes([0x80 | opcode, 0xFF]) for opcode in (PING, PONG, CLOSE)),
        *(frame(opcode, b"\x03\xe8" + b"x" * 65536) for opcode in (PING, PONG, CLOSE)),
        b"\x89\xff" + (2**40).to_bytes(8, "big") + b"mask",
        frame(PING, b"x", fin=False),
        frame(CLOSE, b"", fin=False),
        frame(CONTINUATION, b"x"),
        frame(CONTINUATION, b"x", fin=False),
        frame(TEXT, b"x", fin=False) + frame(TEXT, b"y"),
        frame(TEXT, b"x", fin=False) + frame(BINARY, b"y", fin=False),
        b"\x81\xfe\x00\x05" + b"mask" + b"hello",  # a length that needs no second field in one
        b"\x81\xff" + b"\x00" * 7 + b"\x05" + b"mask" + b"hello",
        b"\x81\xff\x80" + b"\x00" * 7 + b"mask",  # the highest bit of a length
        frame(CLOSE, b"\x03"),
        *(close(code) for code in (0, 1, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, 65535)),
    ],
    ids=lambda wrong: wrong[:6].hex(),
)
@pytest.mark.usefixtures("bystander")
async def test_a_malformed_frame_is_1002(echo: RawClient, wrong: bytes) -> None:
    echo.send(wrong)
    assert await echo.ended() == INVALID


@pytest.mark.parametrize(
    "wrong", [frame(TEXT, b"x", rsv=4), frame(TEXT, b"x", masked=False), frame(7), frame(CONTINUATION, b"x")]
)
async def test_what_came_before_a_malformed_frame_is_answered(echo: RawClient, bystander: Client, wrong: bytes) -> None:
    echo.send(frame(TEXT, b"one"), frame(BINARY, b"two"), wrong, frame(TEXT, b"three"))
    assert [await echo.frame() for _ in range(2)] == [Frame(TEXT, b"one"), Frame(BINARY, b"two")]
    assert await echo.ended() == INVALID
    assert [(await bystander.message())["data"] for _ in range(2)] == ["one", "dHdv"]


async def test_what_comes_after_a_malformed_frame_is_not_read(echo: RawClient, bystander: Client) -> None:
    echo.send(frame(7), frame(TEXT, b"no"))
    assert (await echo.frame()).close == INVALID
    echo.send(frame(TEXT, b"neither"))
    assert await echo.rest() == b""
    await bystander.websocket.ping()


async def test_a_malformed_frame_in_pieces_is_1002_once(echo: RawClient) -> None:
    for byte in b"\xf3\xff" * 20:
        echo.send(bytes([byte]))
        await asyncio.sleep(0)
    assert await echo.ended() == INVALID


async def test_a_flood_after_a_malformed_frame_is_thrown_away(echo: RawClient, bystander: Client) -> None:
    echo.send(frame(7))
    assert (await echo.frame()).close == INVALID
    before = resident_bytes()
    for _ in range(100):
        echo.send(b"\x00" * 1_000_000)
        await echo.drain()
    assert resident_bytes() - before < 32 * MIB
    await bystander.websocket.ping()


@pytest.mark.parametrize(
    "text",
    [b"\xff", b"\xc3", b"\xc3\x28", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\xaf", b"good \xf0\x9f\x98"],
    ids=bytes.hex,
)
@pytest.mark.parametrize("size", [1, 1000])
@pytest.mark.usefixtures("bystander")
async def test_text_that_is_not_utf8_is_1007(echo: RawClient, text: bytes, size: int) -> None:
    echo.send(*fragmented(TEXT, text, size))
    assert await echo.ended() == NOT_UTF8


async def test_binary_need_not_be_utf8(echo: RawClient) -> None:
    echo.send(frame(BINARY, b"\xff\xfe"))
    assert await echo.frame() == Frame(BINARY, b"\xff\xfe")


@pytest.mark.parametrize("size", [LIMIT + 1, 2 * LIMIT, 2 * LIMIT + 1, 2**40])
@pytest.mark.parametrize("opcode", [TEXT, BINARY])
@pytest.mark.usefixtures("bystander")
async def test_a_frame_over_the_limit_is_1009(echo: RawClient, opcode: int, size: int) -> None:
    head = bytes([0x80 | opcode, 0xFF]) + size.to_bytes(8, "big") + b"mask"
    echo.send(head, b"x" * min(size, 3 * LIMIT))
    assert await echo.ended() == TOO_LARGE


@pytest.mark.parametrize("fragment", [1000, 65536, LIMIT])
@pytest.mark.usefixtures("bystander")
async def test_fragments_over_the_limit_are_1009(echo: RawClient, fragment: int) -> None:
    echo.send(*fragmented(BINARY, b"x" * (LIMIT + 1), fragment))
    assert await echo.ended() == TOO_LARGE


@pytest.mark.usefixtures("bystander")
async def test_an_endless_message_is_1009(echo: RawClient) -> None:
    piece = frame(CONTINUATION, b"x" * 65536, fin=False)
    echo.send(frame(TEXT, b"", fin=False), *itertools.repeat(piece, 40))
    assert (await echo.frame()).close == TOO_LARGE


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
async def test_a_flood_of_tiny_fragments_ends_at_the_limit(tmp_path: Path, opcode: int) -> None:
    async with (
        running_server(tmp_path, message_limit_bytes=1024) as server,
        raw_client(server, roles=ALL_ROLES, groups=["g"], query=TO_GROUP) as client,
    ):
        client.send(*fragmented(opcode, b"x" * 1024, 1, between=frame(CONTINUATION, b"", fin=False)))
        assert await client.frame() == Frame(opcode, b"x" * 1024)
        client.send(*fragmented(opcode, b"x" * 1025, 1), frame(opcode, b"never"))
        assert await client.ended() == TOO_LARGE


async def test_a_length_that_is_only_announced_takes_no_memory(server: RunningServer, hub: str) -> None:
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(raw_client(server, hub)) for _ in range(15)]
        before = resident_bytes()
        for client in clients:
            client.send(frame(TEXT, b"x" * LIMIT)[:20])
            await client.drain()
        sockets = [connection.outlet for connection in server.hub_of(hub).connections()]
        await eventually(lambda: all(one._transport.get_protocol()._unfinished is not None for one in sockets))
        assert resident_bytes() - before < 2 * MIB


async def test_a_burst_leaves_little_memory_behind(server: RunningServer, hub: str) -> None:
    """Each connection kept a buffer of 4 MB after it had once sent so many frames at a time."""
    burst = frame(BINARY, b"x" * 60_000) * 20
    async with AsyncExitStack() as stack:
        clients = [
            await stack.enter_async_context(
                raw_client(server, hub, roles=ALL_ROLES, query={"webpubsub_mode": "sendToGroup", "group": "nobody"})
            )
            for _ in range(10)
        ]
        before = resident_bytes()
        for client in clients:
            for _ in range(10):
                client.send(burst)
                await client.drain()
            client.send(frame(PING, b"done"))
            assert await client.frame() == Frame(PONG, b"done")
        assert resident_bytes() - before < len(clients) * MIB


async def test_a_close_is_answered_while_reading_waits(server: RunningServer, hub: str) -> None:
    """Reading stops while too much waits for an event; the answer to a close frame was then never read."""
    async with raw_client(server, hub, groups=["g"], user="u") as client:
        (connection,) = server.hub_of(hub).connections()
        connection.outlet.pause_reading()
        await server.rest("POST", f"/api/hubs/{hub}/users/u/:closeConnections?api-version=2024-12-01")
        assert (await client.frame()).close == (1000, "")
        client.send(close(1000))
        started = time.monotonic()
        assert await client.rest() == b""
        assert time.monotonic() - started < server.settings.close_timeout_seconds / 2


def spoiled(chance: random.Random) -> bytes:
    """Good frames with some of their bytes changed, left out, doubled or made up."""
    good = [frame(TEXT, b"text"), frame(BINARY, os.urandom(200)), frame(PING, b"?"), *fragmented(TEXT, b"hello", 2)]
    data = bytearray(b"".join(chance.sample(good, len(good))))
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(data))
        chance.choice(
            (
                lambda place=place: data.__setitem__(place, chance.randrange(256)),
                lambda place=place: data.__delitem__(slice(place, place + chance.randint(1, 5))),
                lambda place=place: data.insert(place, data[place]),
                lambda place=place: data.__setitem__(slice(place, place), chance.randbytes(5)),
            )
        )()
    return bytes(data)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.usefixtures("bystander")
async def test_spoiled_frames_end_with_a_code_for_them_or_not_at_all(
    server: RunningServer, hub: str, seed: int
) -> None:
    chance = random.Random(seed)
    for _ in range(60):
        async with raw_client(server, hub, roles=ALL_ROLES, groups=["own"], query=TO_OWN_GROUP) as client:
            client.send(spoiled(chance))
            client._writer.write_eof()
            closing = [f.close[0] for f in await frames_of(client) if f.opcode == CLOSE]
            assert closing in ([], [1002], [1007], [1009]), closing


async def frames_of(client: RawClient) -> list[Frame]:
    """All frames until the end."""
    frames = []
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            frames.append(await client.frame())
    return frames


# Closing


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (1000, b""),
        (1000, b"bye"),
        (1001, "tschüß".encode()),
        (3000, b"x" * 123),
        (4999, b"own"),
        (1011, b""),
        (1014, b""),
    ],
    ids=str,
)
async def test_a_close_is_answered_with_its_code_and_text(echo: RawClient, code: int, reason: bytes) -> None:
    echo.send(close(code, reason))
    assert await echo.ended() == (code, reason.decode())


async def test_a_close_without_a_code_is_answered_without_one(echo: RawClient) -> None:
    echo.send(close())
    assert await echo.ended() == (None, "")


@pytest.mark.usefixtures("bystander")
async def test_a_close_text_that_is_not_utf8_is_1007(echo: RawClient) -> None:
    echo.send(close(1000, b"\xff"))
    assert (await echo.frame()).close[0] == 1007
    assert await echo.rest() == b""


async def test_messages_before_a_close_are_answered(echo: RawClient) -> None:
    echo.send(frame(TEXT, b"last words"), close(1000))
    assert await echo.frame() == Frame(TEXT, b"last words")
    assert await echo.ended() == (1000, "")


@pytest.mark.parametrize(
    "more", [frame(TEXT, b"x"), frame(PING), close(1000), close(1001, b"again"), frame(7), b"\x00" * 50]
)
async def test_what_comes_after_a_close_is_ignored(echo: RawClient, bystander: Client, more: bytes) -> None:
    echo.send(close(1000, b"bye"), more)
    assert await echo.ended() == (1000, "bye")
    await bystander.websocket.ping()


async def test_a_close_that_has_to_wait_is_answered_whatever_comes_behind_it(
    server: RunningServer, hub: str, echo: RawClient
) -> None:
    """A request that waits for its event's answer stands before the close frame."""
    (connection,) = server.hub_of(hub).connections()
    socket = connection.outlet
    socket.session._waiting = WaitingLine()
    echo.send(frame(TEXT, b"waits"), close(1000, b"bye"), frame(7))
    await eventually(lambda: socket._has_said_goodbye)
    socket.session._resume()
    assert await echo.frame() == Frame(TEXT, b"waits")
    assert await echo.ended() == (1000, "bye")


async def test_a_closed_client_is_nobodys_member(server: RunningServer, hub: str, echo: RawClient) -> None:
    echo.send(close(1000))
    await echo.ended()
    await eventually(lambda: server.connected_to(hub) == 0)
    assert (await server.rest("HEAD", f"/api/hubs/{hub}/groups/g?api-version=2024-12-01")).status == 404


async def test_a_close_of_the_servers_waits_for_the_clients_answer(server: RunningServer, hub: str) -> None:
    async with raw_client(server, hub, user="u") as client:
        await server.rest("POST", f"/api/hubs/{hub}/users/u/:closeConnections?api-version=2024-12-01")
        assert (await client.frame()).close == (1000, "")
        client.send(frame(TEXT, b"still sending"), frame(PING), close(1000))
        assert await client.rest() == b""


async def test_a_client_that_does_not_answer_a_close_is_dropped(tmp_path: Path) -> None:
    async with running_server(tmp_path, close_timeout_seconds=0.1) as server, raw_client(server, user="u") as client:
        await server.rest("POST", "/api/hubs/chat/users/u/:closeConnections?api-version=2024-12-01")
        assert (await client.frame()).close == (1000, "")
        assert await client.is_dropped()


async def test_a_client_that_closes_but_does_not_read_is_dropped(tmp_path: Path) -> None:
    """Its socket was kept for ever: what waited to be written never went out."""
    async with (
        running_server(tmp_path, close_timeout_seconds=0.1) as server,
        raw_client(server, groups=["g"], receive_buffer_bytes=4096) as client,
    ):
        client._writer.transport.pause_reading()
        for _ in range(8):
            await server.send_to_group("chat", "g", "x" * LIMIT)
        client.send(close(1000))
        await eventually(lambda: server.server._reception._open_sockets == 0)
