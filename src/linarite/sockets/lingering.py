"""The end of a connection whose peer may still be sending.

A socket that is closed with bytes unread answers with a TCP reset, which takes back what was written last: the very
answer that says why (RFC 9112, section 9.6). So our side is closed first, and what comes is read and thrown away until
the peer closes, too, or has had its time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

__all__ = ["LingeringClose", "close_lingering"]


class LingeringClose(asyncio.Protocol):
    """The transport's last protocol."""

    def __init__(self, timeout: asyncio.TimerHandle, lost: Callable[[], None] | None) -> None:
        self._timeout = timeout
        self._lost = lost

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        self._timeout.cancel()
        if self._lost is not None:
            self._lost()


def close_lingering(transport: asyncio.Transport, seconds: float, lost: Callable[[], None] | None = None) -> None:
    """Close a transport after what was written to it; `lost` is called when it is closed, at most `seconds` later."""
    if transport.is_closing():
        return
    timeout = asyncio.get_running_loop().call_later(seconds, transport.abort)
    transport.set_protocol(LingeringClose(timeout, lost))
    transport.resume_reading()
    if transport.can_write_eof():
        transport.write_eof()
    else:
        transport.close()  # TLS has no half-closed state here; its goodbye must do
