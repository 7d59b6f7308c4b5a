"""A message that comes in several frames (RFC 6455, section 5.4)."""

from __future__ import annotations

from linarite.sockets.partial_text import unfinished_character

__all__ = ["Fragments"]


class Fragments:
    """What has come of it: one piece, so that many tiny frames take no more memory than it."""

    __slots__ = ("character", "data", "is_text")

    def __init__(self, is_text: bool) -> None:
        self.is_text = is_text
        self.data = bytearray()
        self.character = b""
        """The start of a character at the end of what has come of a text, mostly nothing."""

    def add(self, piece: bytes, *, is_last: bool) -> bool:
        """Append a frame's payload; False if it makes a text that cannot be UTF-8. A whole text is not checked here."""
        self.data += piece
        if not self.is_text or is_last:
            return True
        rest = unfinished_character(self.character + piece)
        self.character = rest or b""
        return rest is not None
