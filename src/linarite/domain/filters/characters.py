"""Strings measured, cut and cased as the service does: by UTF-16 code units, with the invariant culture.

Python counts code points. The two differ only for characters outside the Basic Multilingual Plane, so every
function returns early for the ordinary case.
"""

from __future__ import annotations

# Unicode separators and the control characters of Latin-1 that .NET calls white space (Char.IsWhiteSpace).
# Unlike str.isspace() it leaves U+001C to U+001F out.
WHITE_SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)

_ENCODING = "utf-16-le"
_BYTES_PER_UNIT = 2
_LAST_OF_BASIC_PLANE = "\uffff"
# The invariant culture does not map the dotless i, which would leave the pair i/I.
_DOTLESS_I = "\u0131"


def length(text: str) -> int:
    """The number of UTF-16 code units in the text."""
    return len(text) if _is_basic(text) else len(_encoded(text)) // _BYTES_PER_UNIT


def index(text: str, part: str) -> int:
    """The position in code units where `part` first occurs, or -1."""
    found = text.find(part)
    return found if found < 1 else length(text[:found])


def cut(text: str, start: int, count: int | None) -> str | None:
    """The `count` code units from `start` (all that follow when None), or None when they lie outside."""
    size = length(text)
    if start < 0 or start > size:
        return None
    if count is None:
        count = size - start
    if count < 0 or count > size - start:
        return None
    if _is_basic(text):
        return text[start : start + count]
    units = _encoded(text)[start * _BYTES_PER_UNIT : (start + count) * _BYTES_PER_UNIT]
    return units.decode(_ENCODING, "surrogatepass")


def lowered(text: str) -> str:
    """The text in lower case, one character for each character."""
    return text.lower() if text.isascii() else "".join(_one(char, char.lower()) for char in text)


def raised(text: str) -> str:
    """The text in upper case, one character for each character."""
    return text.upper() if text.isascii() else "".join(_one(char, char.upper()) for char in text)


def trimmed(text: str) -> str:
    """The text without the white space around it."""
    return text.strip(WHITE_SPACE)


def _one(char: str, mapped: str) -> str:
    """The mapped character; the invariant culture has no mapping from one character to several."""
    return mapped if len(mapped) == 1 and char != _DOTLESS_I else char


def _is_basic(text: str) -> bool:
    return text.isascii() or max(text) <= _LAST_OF_BASIC_PLANE


def _encoded(text: str) -> bytes:
    return text.encode(_ENCODING, "surrogatepass")
