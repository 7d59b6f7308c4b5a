"""Frames that wait for a client to read."""

from __future__ import annotations

from collections import deque

__all__ = ["Outbox"]


class Outbox:
    """Frames of one socket, oldest first."""

    __slots__ = ("bytes", "expired", "frames")

    def __init__(self) -> None:
        self.frames: deque[tuple[bytes, float | None]] = deque()
        self.bytes = 0
        self.expired = 0
        """Frames that nobody wanted any more when their turn came."""

    def add(self, frame: bytes, expires_at: float | None) -> None:
        """Append a frame that nobody wants after `expires_at`, on the event loop's clock."""
        self.frames.append((frame, expires_at))
        self.bytes += len(frame)

    def take(self, now: float) -> bytes | None:
        """The next frame that is still wanted; None when none is left."""
        while self.frames:
            frame, expires_at = self.frames.popleft()
            self.bytes -= len(frame)
            if expires_at is None or now < expires_at:
                return frame
            self.expired += 1
        return None
