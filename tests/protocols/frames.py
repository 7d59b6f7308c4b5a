"""Reads the frames that a server writes, by RFC 6455, section 5.2."""

from __future__ import annotations

import json
from typing import Any, NamedTuple


class Frame(NamedTuple):
    opcode: int
    payload: bytes


TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def split_frames(written: bytes) -> list[Frame]:
    """Give the frames in what was written; each must be whole, final and unmasked, its length in the shortest form."""
    frames = []
    while written:
        assert written[0] & 0xF0 == 0x80
        assert written[1] < 128
        size, start = written[1], 2
        if size == 126:
            size, start = int.from_bytes(written[2:4]), 4
            assert size > 125
        elif size == 127:
            size, start = int.from_bytes(written[2:10]), 10
            assert size > 65535
        assert len(written) >= start + size
        frames.append(Frame(written[0] & 0x0F, written[start : start + size]))
        written = written[start + size :]
    return frames


def read_json(written: bytes) -> Any:
    """Give the value in the one text frame that was written."""
    [frame] = split_frames(written)
    assert frame.opcode == TEXT
    return json.loads(frame.payload.decode())
