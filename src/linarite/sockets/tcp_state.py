"""What the operating system knows of a TCP connection and nobody else does."""

from __future__ import annotations

import math
import socket
import sys

__all__ = ["seconds_since_data"]

# tcp(7), `struct tcp_info`: eight bytes, then 32-bit numbers; the twelfth is tcpi_last_data_recv in milliseconds.
_LAST_DATA = slice(52, 56)


def seconds_since_data(connection: socket.socket) -> float:
    """How long ago data came in last; infinitely long where the system does not say (it does on Linux)."""
    if sys.platform != "linux":
        return math.inf
    try:
        state = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _LAST_DATA.stop)
    except OSError:
        return math.inf
    return int.from_bytes(state[_LAST_DATA], sys.byteorder) / 1000
