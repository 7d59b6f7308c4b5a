"""WebSocket frames from the server: built once, written to many (RFC 6455, section 5.2)."""

from __future__ import annotations

import struct

__all__ = ["BINARY", "PING", "TEXT", "close_frame", "frame", "pong_frame"]

TEXT = 0x1
BINARY = 0x2
_CLOSE = 0x8
_PING = 0x9
_PONG = 0xA
_FINAL = 0x80
# RFC 6455, section 5.5: the payload of a control frame has at most 125 bytes; two of a close frame's are its code.
_CLOSE_REASON_LIMIT = 123


def frame(opcode: int, payload: bytes) -> bytes:
    """One unmasked, unfragmented frame, header and payload in one piece."""
    size = len(payload)
    if size < 126:
        return bytes((_FINAL | opcode, size)) + payload
    if size < 65536:
        return struct.pack("!BBH", _FINAL | opcode, 126, size) + payload
    return struct.pack("!BBQ", _FINAL | opcode, 127, size) + payload


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
