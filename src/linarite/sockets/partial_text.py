"""Text of which a part is here: can it still become UTF-8?

A text message may come in many frames, and a frame in many reads. RFC 6455, section 8.1, has a connection fail for text
that is not UTF-8; it need not wait for the end of the message, and does not here.
"""

from __future__ import annotations

from codecs import utf_8_decode

__all__ = ["unfinished_character"]


def unfinished_character(text: bytes) -> bytes | None:
    """The bytes at the end of `text` that begin a character, mostly none; None if no UTF-8 begins like `text`.

    They belong in front of what comes next.
    """
    try:
        _, size = utf_8_decode(text, "strict", False)
    except UnicodeDecodeError:
        return None
    rest = text[size:]
    # Python waits for the third byte of a surrogate, though the second tells it already (RFC 3629, section 3).
    return None if rest[:1] == b"\xed" and rest[1:2] >= b"\xa0" else rest
