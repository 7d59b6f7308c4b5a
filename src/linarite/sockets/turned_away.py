"""The end of a WebSocket that opens only to be told that its connection cannot be recovered.

An HTTP error would be asked again each second for half a minute by the JavaScript client; close code 1008 has the
client libraries start anew at once (client-spec.md of Azure Web PubSub, section 1.4).
"""

from __future__ import annotations

import asyncio

from picows import WSListener, WSTransport

from linarite.protocols.framing import close_frame
from linarite.sockets.lingering import close_lingering
from linarite.sockets.wire import Wire

__all__ = ["RECOVERY_REFUSED", "TurnedAway"]

_POLICY_VIOLATION = 1008
RECOVERY_REFUSED = "The connection could not be recovered."


class TurnedAway(WSListener):
    """Answers the handshake, closes, and takes nothing."""

    def __init__(self, close_timeout_seconds: float) -> None:
        super().__init__()
        self._close_timeout_seconds = close_timeout_seconds
        self.is_connected = False
        self.is_reading_stopped = False

    def on_ws_connected(self, transport: WSTransport) -> None:
        """The handshake is answered."""
        wire: Wire = transport.underlying_transport  # type: ignore[assignment]  # given to it by the upgrade
        self.is_connected = True
        wire.transport.write(close_frame(_POLICY_VIOLATION, RECOVERY_REFUSED))
        # Not at once: picows is in the middle of the handshake.
        asyncio.get_running_loop().call_soon(close_lingering, wire.transport, self._close_timeout_seconds)

    def refuse_frame(self, code: int) -> None:
        """Nothing that the client sends means anything."""
