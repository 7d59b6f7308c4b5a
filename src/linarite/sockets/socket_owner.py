"""What a client's socket needs of whoever makes it: limits, and somebody to tell of its life."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from linarite.hubs.session import Session
from linarite.sockets.pace import PaceLimits

if TYPE_CHECKING:
    from linarite.sockets.client_socket import ClientSocket

__all__ = ["SocketLimits", "SocketOwner"]


@dataclass(frozen=True, slots=True)
class SocketLimits:
    """Bounds of one socket; each is the setting of the same name."""

    message_limit_bytes: int
    outbox_limit_messages: int
    outbox_limit_bytes: int
    write_buffer_bytes: int
    close_timeout_seconds: float
    rate_debt_seconds: float
    pace: PaceLimits


class SocketOwner(Protocol):
    """Whoever takes a socket in when it opens and lets it go when it ends."""

    def opened(self, socket: ClientSocket) -> None:
        """The handshake is answered."""

    def detached(self, socket: ClientSocket) -> None:
        """The socket has ended, its connection may be recovered. Called at once, so that nothing is lost."""

    def ended(self, session: Session, reason: str) -> None:
        """The connection is over, for good. Called once."""

    def slowed(self, socket: ClientSocket) -> None:
        """The client sends too fast and is not read for a while."""

    def gone(self, socket: ClientSocket) -> None:
        """The transport is closed. Called once, after `opened`."""
