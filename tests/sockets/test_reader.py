"""What picows has kept for later: the reader knows it byte by byte, however it came, and leaves whole frames alone."""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from picows import WSFrame, WSListener, WSTransport, WSUpgradeResponse, WSUpgradeResponseWithListener
from tests.sockets.raw_client import BINARY, PING, TEXT, frame, head_of

from linarite.sockets.reader import Reader

LIMIT = 1_048_576
BUFFER = 2048


class Listener(WSListener):
    """Keeps the payloads of the frames that it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.payloads: list[bytes] = []

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        self.payloads.append(frame.get_payload_as_bytes())


class Transport:
    """Takes the answer to the handshake."""

    def __init__(self) -> None:
        self._socket = socket.socket()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._socket if name == "socket" else default

    def get_write_buffer_size(self) -> int:
        return 1

    def write(self, data: bytes) -> None:
        pass

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
async def opened() -> Any:
    """A reader whose handshake is done, and its listener."""
    listener, transport = Listener(), Transport()
    answer = WSUpgradeResponseWithListener(WSUpgradeResponse.create_101_response({}), listener)
    reader = Reader(lambda request: answer, LIMIT, BUFFER)
    reader.connection_made(transport)
    feed(reader, head_of("ws://localhost/"))
    yield reader, listener
    reader.connection_lost(None)
    transport.close()


def feed(reader: Reader, data: bytes, at_most: int = LIMIT) -> None:
    """Have the reader read so much, in as many reads as it takes."""
    while data:
        buffer = reader.get_buffer(65536)
        size = min(len(buffer), len(data), at_most)
        buffer[:size] = data[:size]
        data = data[size:]
        reader.buffer_updated(size)


def kept(reader: Reader) -> bytes:
    """What the reader believes that picows has kept."""
    unfinished = reader._unfinished
    return b"" if unfinished is None else reader._part(0, unfinished.bytes)


def sizes(chance: random.Random) -> Iterator[int]:
    """Payload sizes around those at which a head or picows' buffer grows."""
    while True:
        yield chance.choice((0, 1, 125, 126, 1700, 1778, 1779, 1780, 1786, 3570, 5000, 65535, 65536, 90_000))


@pytest.mark.parametrize("seed", range(30))
async def test_what_is_kept_is_what_came_of_the_unfinished_frame(opened: Any, seed: int) -> None:
    """picows' buffer shows its size only: that it had doubled was missed when a read filled it to the last byte."""
    reader, listener = opened
    chance = random.Random(seed)
    stream, ends, payloads = bytearray(), [0], []
    for size in (next(sizes(chance)) for _ in range(30)):
        payloads.append(chance.randbytes(size))
        stream += frame(chance.choice((TEXT, BINARY)), payloads[-1])
        ends.append(len(stream))
    place = 0
    while place < len(stream):
        size = chance.choice((1, 2, 5, 100, 1000, 1792, 3584, 40_000))
        buffer = reader.get_buffer(65536)
        piece = stream[place : place + min(size, len(buffer))]
        buffer[: len(piece)] = piece
        reader.buffer_updated(len(piece))
        place += len(piece)
        assert kept(reader) == stream[max(end for end in ends if end <= place) : place]
    assert listener.payloads == payloads


@pytest.mark.parametrize("size", [0, 1, 125, 1000, BUFFER - 256 - 8])
async def test_whole_frames_set_no_timer(opened: Any, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    reader, listener = opened
    monkeypatch.setattr(Reader, "_look_later", None)
    for _ in range(20):
        feed(reader, frame(TEXT, b"x" * size))
    assert len(listener.payloads) == 20


async def test_a_frame_that_grows_byte_by_byte_has_one_timer_at_a_time(
    opened: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, _ = opened
    timers: list[asyncio.TimerHandle] = []
    look_later = Reader._look_later
    monkeypatch.setattr(Reader, "_look_later", lambda self: timers.append(look_later(self)) or timers[-1])
    feed(reader, frame(BINARY, b"x" * 500), at_most=1)
    assert len(timers) == 1
    assert timers[0].cancelled()


async def test_frames_cut_by_reads_leave_no_timer_behind(opened: Any) -> None:
    reader, listener = opened
    feed(reader, frame(PING, b"?") * 100, at_most=7)
    assert len(listener.payloads) == 100
    assert reader._unfinished is None
