"""WebSocket frames from the server: built once, written to many (RFC 6455, section 5.2)."""

from __future__ import annotations

import struct

__all__ = ["BINARY", "PING", "TEXT", "close_frame", "frame", "frame_header", "pong_frame"]

TEXT = 0x1
BINARY = 0x2
_CLOSE = 0x8
_PING = 0x9
_PONG = 0xA
_FINAL = 0x80
# RFC 6455, section 5.5: the payload of a control frame has at most 125 bytes; two of a close frame's are its code.
_CLOSE_REASON_LIMIT = 123


# Looked up, a short header takes half the time of making it; a reliable message needs one for each receiver.
_SHORT_HEADERS = {opcode: [bytes((_FINAL | opcode, size)) for size in range(126)] for opcode in range(16)}
_pack_medium = struct.Struct("!BBH").pack
_pack_long = struct.Struct("!BBQ").pack


def frame_header(opcode: int, size: int) -> bytes:
    """What stands before a payload of `size` bytes in an unmasked, unfragmented frame."""
    if size < 126:
        return _SHORT_HEADERS[opcode][size]
    if size < 65536:
        return _pack_medium(_FINAL | opcode, 126, size)
    return _pack_long(_FINAL | opcode, 127, size)


def frame(opcode: int, payload: bytes) -> bytes:
    """One unmasked, unfragmented frame, header and payload in one piece."""
    return frame_header(opcode, len(payload)) + payload


PING = frame(_PING, b"")


def pong_frame(payload: bytes) -> bytes:
    """The answer to a ping: a pong with the same payload (RFC 6455, section 5.5.3)."""
    return frame(_PONG, payload)


def close_frame(code: int | None, reason: str = "") -> bytes:
    """A close frame; without a code it is empty. A reason too long for a control frame is cut between characters."""
    if code is None:
        return frame(_CLOSE, b"")
    text = reason.encode()[:_CLOSE_REASON_LIMIT].decode(errors="ignore").encode()
    return frame(_CLOSE, struct.pack("!H", code) + text)
