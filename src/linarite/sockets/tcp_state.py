"""What the operating system knows of a TCP connection and nobody else does."""

from __future__ import annotations

import math
import socket
import sys

from linarite.domain.inspection import Traffic

__all__ = ["seconds_since_data", "traffic_of"]

# tcp(7), `struct tcp_info`: eight bytes, then 32-bit numbers; the twelfth is tcpi_last_data_recv in milliseconds.
_LAST_DATA = slice(52, 56)
# From byte 120 on, since Linux 4.1: tcpi_bytes_acked, what has reached the peer, and tcpi_bytes_received.
_BYTES_ACKED = slice(120, 128)
_BYTES_RECEIVED = slice(128, 136)


def seconds_since_data(connection: socket.socket) -> float:
    """How long ago data came in last; infinitely long where the system does not say (it does on Linux)."""
    if sys.platform != "linux":
        return math.inf
    try:
        state = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _LAST_DATA.stop)
    except OSError:
        return math.inf
    return int.from_bytes(state[_LAST_DATA], sys.byteorder) / 1000


def traffic_of(connection: socket.socket) -> Traffic | None:
    """The bytes that came in and that reached the peer; None where the system does not say (Linux does)."""
    if sys.platform != "linux":
        return None
    try:
        state = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _BYTES_RECEIVED.stop)
    except OSError:
        return None
    if len(state) < _BYTES_RECEIVED.stop:
        return None
    received, sent = (int.from_bytes(state[place], sys.byteorder) for place in (_BYTES_RECEIVED, _BYTES_ACKED))
    return Traffic(received, sent)
