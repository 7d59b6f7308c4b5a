"""Writes fields of protobuf messages (https://protobuf.dev/programming-guides/encoding/).

What goes out is written field by field instead of through message objects: it takes half the time, a serialized `Any`
passes as it came, and the sequence id of a reliable message can be appended to what is the same for all its receivers.
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["bytes_field", "field_head", "map_field", "number_field", "optional_text_field", "text_field", "varint"]

_LENGTH_DELIMITED = 2
_ONE_BYTE = [bytes((value,)) for value in range(128)]


def varint(value: int) -> bytes:
    """An unsigned number, seven bits a byte, the lowest first."""
    if value < 128:
        return _ONE_BYTE[value]
    if value < 16384:
        return bytes((value & 127 | 128, value >> 7))
    groups = bytearray()
    while value > 127:
        groups.append(value & 127 | 128)
        value >>= 7
    groups.append(value)
    return bytes(groups)


def bytes_field(number: int, content: bytes) -> bytes:
    """A field of bytes, of text in UTF-8, or of a serialized message; it is there even if it is empty."""
    return field_head(number, len(content)) + content


def field_head(number: int, size: int) -> bytes:
    """What comes before that many bytes of content in such a field."""
    return _ONE_BYTE[number << 3 | _LENGTH_DELIMITED] + varint(size)


def text_field(number: int, text: str) -> bytes:
    """A field of text; it is there even if it is empty."""
    return bytes_field(number, text.encode())


def optional_text_field(number: int, text: str | None) -> bytes:
    """A field of text, or nothing."""
    return b"" if text is None else text_field(number, text)


def number_field(number: int, value: int) -> bytes:
    """A field of an unsigned number or of true as 1; it is there even if it is 0."""
    return _ONE_BYTE[number << 3] + varint(value)


def map_field(number: int, entries: Mapping[str, str]) -> bytes:
    """A map of texts: a message of key and value for each entry."""
    return b"".join(bytes_field(number, text_field(1, key) + text_field(2, value)) for key, value in entries.items())
