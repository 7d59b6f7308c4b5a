"""One client's connection as a hub sees it."""

from __future__ import annotations

from collections.abc import Callable, Set
from typing import TYPE_CHECKING, Protocol

from linarite.domain.close_categories import CloseCategory, category_of_code
from linarite.domain.permissions import Permissions
from linarite.hubs.recovery import RecoveryQueue
from linarite.protocols.codec import Codec

if TYPE_CHECKING:
    from linarite.hubs.batch import Batch

__all__ = ["Connection", "Outlet"]

_NO_GROUPS: frozenset[str] = frozenset()


class Outlet(Protocol):
    """The way out to one client's socket."""

    def write(self, frames: bytes) -> None:
        """Hand complete frames to the socket at once. Called when `is_stalled` is false only."""

    def hold(self, frame: bytes, expires_at: float | None) -> None:
        """Keep a frame until the client reads again; a client that lets too much wait loses its connection."""

    def close(self, code: int, reason: str, told: str) -> None:
        """Start the closing handshake after everything written so far; `told` is what events and logs say of it."""

    def pause_reading(self) -> None:
        """Take nothing more from the client for now."""

    def resume_reading(self) -> None:
        """Take what the client sends again."""


class Connection:
    """A connection's identity, memberships and permissions, and its way out.

    Its first four attributes are what filters look at. Idle connections are many, so that what most of them lack
    (groups, things to write) takes no memory until it is needed.
    """

    __slots__ = (
        "__weakref__",
        "attached_at",
        "audience_index",
        "close_category",
        "codec",
        "connection_id",
        "descriptor",
        "direct",
        "groups",
        "is_closing",
        "is_stalled",
        "line",
        "origin",
        "outlet",
        "permissions",
        "protocol",
        "recovery",
        "tick",
        "user_id",
        "write",
    )

    def __init__(
        self,
        connection_id: str,
        user_id: str | None,
        codec: Codec,
        permissions: Permissions,
        outlet: Outlet,
        protocol: str | None = None,
        origin: str = "",
        recovery: RecoveryQueue | None = None,
    ) -> None:
        """`origin` is the host of the service as the client addressed it, without a port: events tell it upstream.

        `recovery` is for connections whose protocol is reliable, and only for them.
        """
        self.connection_id = connection_id
        self.user_id = user_id
        self.codec = codec
        self.protocol = protocol
        self.permissions = permissions
        self.outlet = outlet
        self.origin = origin
        self.recovery = recovery
        # What the way upstream keeps for this connection; None as long as none of its events went there.
        self.line: object | None = None
        self.groups: Set[str] = _NO_GROUPS
        # On the clock of `time.monotonic`; its hub sets it.
        self.attached_at = 0.0
        self.is_closing = False
        # What metrics say of its end; a client that goes by itself leaves it as it is.
        self.close_category = CloseCategory.NORMAL
        # The client is not reading just now, or has lost its socket and may come back.
        self.is_stalled = False
        # Delivery's notes about this tick: see hubs/delivery.py.
        self.write: Callable[[bytes], None] = outlet.write
        # The socket's descriptor while hubs/writing.py may use it, else None.
        self.descriptor: int | None = None
        self.tick = 0
        self.audience_index = 0
        self.direct: Batch | None = None

    def note_joined(self, group: str) -> None:
        """Remember a membership; the hub keeps the other side of it."""
        if self.groups is _NO_GROUPS:
            self.groups = {group}
        else:
            assert isinstance(self.groups, set)
            self.groups.add(group)

    def note_left(self, group: str) -> None:
        """Forget a membership."""
        if isinstance(self.groups, set):
            self.groups.discard(group)
            if not self.groups:
                self.groups = _NO_GROUPS

    def close(self, code: int, reason: str, told: str | None = None, *, category: CloseCategory | None = None) -> None:
        """Close for a reason of the service's; `told` is the text of the `disconnected` frame, None for no frame.

        Metrics count it under `category`, by default the one that most often has this code.
        """
        if self.is_closing:
            return
        self.is_closing = True
        self.close_category = category or category_of_code(code)
        if told is not None and (frame := self.codec.disconnected(told)) is not None:
            if self.is_stalled:
                self.outlet.hold(frame, None)
            else:
                self.write(frame)
        self.outlet.close(code, reason, reason if told is None else told)
