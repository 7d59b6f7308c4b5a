"""picows' protocol, bounded in what it reads at a time, and not deaf to a frame that is slow to come.

picows hands over whole frames. A client that sends half a text frame that is no UTF-8, and then nothing or very little,
would be heard out for as long as it likes. So a frame that stays unfinished for a while is looked into. Whole frames
take no notice: after each read, the free room of picows' buffer tells that nothing was left over.
"""

from __future__ import annotations

import asyncio
import ctypes
import logging
from collections.abc import Callable
from typing import Any

from picows.picows import WSProtocol  # type: ignore[attr-defined]  # missing in its stub only

from linarite.sockets.client_socket import ClientSocket
from linarite.sockets.partial_text import unfinished_character

__all__ = ["Reader"]

# picows logs each connection and each wrong frame of a client at levels meant for a program with one peer. What an
# operator needs of them is logged by the socket.
_silent = logging.LoggerAdapter(logging.Logger("picows", logging.CRITICAL), {})

# picows doubles its buffer whenever one read fills it and never makes it smaller: 8 MB a connection stayed behind after
# a burst of long messages. With this it is little more than the longest frame takes.
_READ_BYTES = 32 * 1024
# Before an unfinished frame is looked into. Long frames of a client with a good line are complete by then, so that
# their text is checked once, as a whole; and however small the pieces, there are few looks.
_PATIENCE_SECONDS = 0.1
_INVALID_DATA = 1007

# RFC 6455, section 5.2: two bytes, up to eight of length, four of mask.
_LONGEST_HEAD_BYTES = 14
_LENGTH_BYTES = {126: 2, 127: 8}
_MASK_BYTES = 4
_RESERVED_BITS = 0x70

_get_buffer: Callable[[Any, int], memoryview] = WSProtocol.get_buffer
_buffer_updated: Callable[[Any, int], None] = WSProtocol.buffer_updated


class Reader(WSProtocol):  # type: ignore[misc]  # untyped
    """Reads one connection's frames and hands them to its socket, picows' listener."""

    __slots__ = ("_free_bytes", "_unfinished")

    def __init__(self, answer: Callable[[Any], Any], frame_limit_bytes: int, read_buffer_bytes: int) -> None:
        """`answer` is picows' listener factory. Longer frames are refused by picows, from their head on."""
        super().__init__(
            None, None, False, answer, _silent, True, None, False, 0, 0, 1, False,
            frame_limit_bytes, None, read_buffer_bytes,
        )  # fmt: skip
        # The room in picows' buffer when nothing is left over; no number while something is.
        self._free_bytes: int | None = len(_get_buffer(self, 0))
        self._unfinished: _Unfinished | None = None

    def get_buffer(self, size_hint: int) -> memoryview:
        """Where to read to."""
        buffer = _get_buffer(self, size_hint)
        return buffer if len(buffer) <= _READ_BYTES else buffer[:_READ_BYTES]

    def buffer_updated(self, nbytes: int) -> None:
        """Hand over the frames that are whole."""
        _buffer_updated(self, nbytes)
        free = len(_get_buffer(self, 0))
        if free != self._free_bytes or free == nbytes:  # the latter: the buffer was full, and is twice as large now
            self._note_rest(free, nbytes)

    def _note_rest(self, free: int, came: int) -> None:
        """Find out what picows has kept for later, if anything."""
        old = self._unfinished
        size, before = (self._free_bytes or 0, 0) if old is None else (old.buffer_bytes, old.bytes)
        filled = before + came
        if free > size or filled == size:
            size *= 2  # picows doubles a buffer that is nearly full
        rest = size - free
        if old is not None and rest == filled:
            old.bytes, old.buffer_bytes = rest, size
            if old.timer is None and old.may_be_text:
                old.timer = self._look_later()
            return
        if old is not None and old.timer is not None:
            old.timer.cancel()
        self._unfinished = _Unfinished(rest, size, self._look_later()) if rest else None
        self._free_bytes = None if rest else size

    def _look_later(self) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(_PATIENCE_SECONDS, self._look)

    def _look(self) -> None:
        """Refuse the unfinished frame if its text is wrong already."""
        unfinished, socket = self._unfinished, self.listener
        if unfinished is None or not isinstance(socket, ClientSocket):
            return
        unfinished.timer = None
        if not unfinished.is_right(socket, self._part):
            socket.refuse_frame(_INVALID_DATA)

    def _part(self, begin: int, end: int) -> bytes:
        """Bytes of the unfinished frame.

        picows keeps it at the start of its buffer, as it came, and lends only the room behind it.
        """
        assert self._unfinished is not None
        start = ctypes.addressof(ctypes.c_char.from_buffer(_get_buffer(self, 0))) - self._unfinished.bytes
        return ctypes.string_at(start + begin, end - begin)


class _Unfinished:
    """A frame of which a part is here."""

    __slots__ = ("_character", "_seen", "buffer_bytes", "bytes", "may_be_text", "timer")

    def __init__(self, size: int, buffer_bytes: int, timer: asyncio.TimerHandle) -> None:
        self.bytes = size
        """How much of it is here."""
        self.buffer_bytes = buffer_bytes
        """The size of the buffer that it lies in."""
        self.timer: asyncio.TimerHandle | None = timer
        self.may_be_text = True
        self._seen = 0
        """Bytes of the payload that have been looked at."""
        self._character = b""
        """The start of a character at the end of those."""

    def is_right(self, socket: ClientSocket, part: Callable[[int, int], bytes]) -> bool:
        """Whether what is here may become right; `part` gives its bytes from one place to another."""
        head = part(0, min(self.bytes, _LONGEST_HEAD_BYTES))
        mask_start = 2 + _LENGTH_BYTES.get(head[1] & 0x7F, 0) if len(head) > 1 else len(head)
        start = mask_start + _MASK_BYTES
        if start > len(head):
            return True
        before = socket.text_before(head[0] & 0xF)
        if before is None or head[0] & _RESERVED_BITS:
            self.may_be_text = False  # or is wrong in another way, which is told when it is whole
            return True
        piece = _unmasked(part(start + self._seen, self.bytes), head[mask_start:start], self._seen)
        rest = unfinished_character((self._character if self._seen else before) + piece)
        self._seen += len(piece)
        self._character = rest or b""
        return rest is not None


def _unmasked(data: bytes, mask: bytes, place: int) -> bytes:
    """Part of a payload, which begins at this place of it, without its mask (RFC 6455, section 5.3)."""
    turn = place % _MASK_BYTES
    repeated = ((mask[turn:] + mask[:turn]) * (len(data) // _MASK_BYTES + 1))[: len(data)]
    return (int.from_bytes(data, "little") ^ int.from_bytes(repeated, "little")).to_bytes(len(data), "little")
