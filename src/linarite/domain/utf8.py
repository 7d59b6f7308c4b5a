"""Whether bytes are text."""

from __future__ import annotations

__all__ = ["is_utf8"]


def is_utf8(data: bytes) -> bool:
    """Whether `data` is UTF-8 from its first byte to its last (RFC 3629)."""
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
