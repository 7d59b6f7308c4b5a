"""The transport as picows sees it: it may answer the handshake, and nothing more.

picows writes and closes by itself when it refuses a frame, past whatever waits to be written, and before it has handed
over the good frame that came in front. So it is given this in the transport's place. The close frame that it wants to
send becomes word to the socket, which ends the connection in order and in the service's words.
"""

from __future__ import annotations

import asyncio
from typing import Any, Protocol

__all__ = ["Wire"]

_CODE = slice(2, 4)  # of a close frame: two bytes of header, then the code (RFC 6455, section 5.5.1)


class FrameRefused(Protocol):
    """What is told of a frame that is not taken."""

    @property
    def is_connected(self) -> bool:
        """Whether the handshake is answered."""

    def refuse_frame(self, code: int) -> None:
        """The frame that comes next is wrong, for the reason of this close code."""


class Wire:
    """What picows calls of a transport."""

    __slots__ = ("_socket", "transport")

    def __init__(self, transport: asyncio.Transport, socket: FrameRefused) -> None:
        """`socket` is told of refused frames."""
        self.transport = transport
        self._socket = socket

    def get_extra_info(self, name: str, default: Any = None) -> Any:  # noqa: ANN401 - as in asyncio
        """The transport's own."""
        return self.transport.get_extra_info(name, default)

    def get_write_buffer_size(self) -> int:
        """More than nothing: with nothing waiting picows would write to the socket itself."""
        return 1

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Let the answer to the handshake pass; all else is a close frame."""
        if self._socket.is_connected:
            self._socket.refuse_frame(int.from_bytes(bytes(data[_CODE])))
        else:
            self.transport.write(data)

    def close(self) -> None:
        """Stay open: the socket closes when the close frame is out. (picows asks some time after it has refused.)"""
