"""Text that is wrong before it ends, and text that is only slow (RFC 6455, section 8.1).

Cases 6.4.1 to 6.4.4 of the Autobahn suite, and what lies around them.
"""

from __future__ import annotations

import itertools

import pytest
from tests.running_server import Client, RunningServer, eventually
from tests.sockets.raw_client import BINARY, CONTINUATION, TEXT, Frame, RawClient, close, fragmented, frame

pytestmark = pytest.mark.asyncio(loop_scope="module")

LIMIT = 1_048_576
NOT_UTF8 = (1007, "The client message is not valid UTF-8.")
GREEK = "κόσμε".encode()
BEYOND = b"\xf4\x90"  # the start of a code point past the last one


async def looked_into(server: RunningServer, hub: str, size: int) -> None:
    """Wait until the server has looked into a frame of which so many bytes have come."""
    connection = next(c for c in server.hub_of(hub).connections() if "g" in c.groups and c.protocol is None)
    reader = connection.outlet._transport.get_protocol()
    await eventually(
        lambda: reader._unfinished is not None and (reader._unfinished.bytes, reader._unfinished.timer) == (size, None)
    )


@pytest.mark.parametrize(
    "pieces", [[GREEK + BEYOND], [GREEK, BEYOND], [GREEK + BEYOND[:1], BEYOND[1:]], [b"", b"\xff"]]
)
@pytest.mark.usefixtures("bystander")
async def test_a_fragment_that_spoils_its_message_is_1007_before_the_last(echo: RawClient, pieces: list[bytes]) -> None:
    first, *others = pieces
    echo.send(frame(TEXT, first, fin=False), *(frame(CONTINUATION, piece, fin=False) for piece in others))
    assert await echo.ended() == NOT_UTF8


@pytest.mark.parametrize(("size", "head"), [(100, 6), (60_000, 8), (LIMIT, 14)])
@pytest.mark.parametrize("cuts", [[13], [11, 13], [12, 13], [9, 11, 12, 13]], ids=str)
@pytest.mark.usefixtures("bystander")
async def test_a_frame_that_spoils_its_text_is_1007_before_its_end(
    server: RunningServer, hub: str, echo: RawClient, cuts: list[int], size: int, head: int
) -> None:
    """A client could keep the server waiting for the rest of what was wrong already."""
    whole = frame(TEXT, (GREEK + BEYOND).ljust(size, b"x"))
    for begin, end in itertools.pairwise([-head, *cuts]):
        echo.send(whole[head + begin : head + end])
        if end < len(GREEK + BEYOND):
            await looked_into(server, hub, head + end)
    assert await echo.ended() == NOT_UTF8


@pytest.mark.usefixtures("bystander")
async def test_a_long_frame_is_1007_where_it_ceases_to_be_text(
    server: RunningServer, hub: str, echo: RawClient
) -> None:
    """Beyond the first read and the first look: the place in the payload, its mask and cut characters go on."""
    text = "€".encode() * 200_001
    whole = frame(TEXT, text + b"\xff" + text[:100])
    for start in range(0, 600_000, 150_001):
        echo.send(whole[start : start + 150_001])
        await looked_into(server, hub, min(start + 150_001, 600_004))
    echo.send(whole[600_004:-50])
    assert await echo.ended() == NOT_UTF8


@pytest.mark.parametrize("cut", [1, 3, 6, 8, 11])
async def test_a_character_may_be_cut_by_frames_and_by_reads(
    server: RunningServer, hub: str, echo: RawClient, cut: int
) -> None:
    euro = "€".encode()
    second = frame(CONTINUATION, euro[1:] + euro * 2)
    echo.send(frame(TEXT, euro[:1], fin=False), second[:cut])
    await looked_into(server, hub, cut)
    echo.send(second[cut:])
    assert await echo.frame() == Frame(TEXT, euro * 3)


async def test_a_fragment_in_pieces_goes_on_with_its_messages_character(echo: RawClient) -> None:
    echo.send(frame(TEXT, b"\xf4", fin=False), frame(CONTINUATION, b"\x90" + b"x" * 50)[:10])
    assert await echo.ended() == NOT_UTF8


@pytest.mark.parametrize("before", [b"", frame(BINARY, b"\xff", fin=False)], ids=["first", "continued"])
async def test_unfinished_binary_is_no_text(server: RunningServer, hub: str, echo: RawClient, before: bytes) -> None:
    whole = frame(CONTINUATION if before else BINARY, b"\xff" * 100)
    echo.send(before, whole[:50])
    await looked_into(server, hub, 50)
    echo.send(whole[50:])
    assert (await echo.frame()).payload == b"\xff" * (101 if before else 100)


async def test_what_came_before_wrong_text_in_pieces_is_answered(echo: RawClient, bystander: Client) -> None:
    echo.send(frame(TEXT, b"one"), frame(BINARY, b"two"), frame(TEXT, b"\xff" * 100)[:50])
    assert [await echo.frame() for _ in range(2)] == [Frame(TEXT, b"one"), Frame(BINARY, b"two")]
    assert await echo.ended() == NOT_UTF8
    assert [(await bystander.message())["data"] for _ in range(2)] == ["one", "dHdv"]


async def test_an_unfinished_frame_behind_a_close_is_ignored(echo: RawClient) -> None:
    echo.send(close(1000), frame(TEXT, b"\xff" * 100)[:50])
    assert await echo.ended() == (1000, "")


async def test_slow_text_in_tiny_pieces_arrives(
    server: RunningServer, hub: str, echo: RawClient, bystander: Client
) -> None:
    """Fragments and pieces of them, a few bytes now and then: each is waited for, and the others do not notice."""
    text = "größer als €".encode()
    stream = b"".join(fragmented(TEXT, text, 5))
    for place in range(len(stream)):
        echo.send(stream[place : place + 1])
        await echo.drain()
        if place in (3, 8, 14):  # in the middle of a head, of a payload and of the second head
            await looked_into(server, hub, place % 11 + 1)
    assert await echo.frame() == Frame(TEXT, text)
    assert (await bystander.message())["data"] == text.decode()
