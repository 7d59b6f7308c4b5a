"""Inputs for the codecs of the protobuf subprotocols: words of the wire format, and messages of the greatest size."""

from __future__ import annotations

from linarite.protocols.protobuf_fields import bytes_field, map_field, number_field, text_field

LARGE_BYTES = 2**20 - 64
_GROUP = text_field(1, "g")
_NO_NUMBER = b"\xff" * 10

WORDS = (
    # Heads of the messages in UpstreamMessage, and of fields within them, with wire types that fit and that do not.
    *(bytes((number << 3 | 2,)) for number in range(1, 16)),
    *(bytes((number << 3,)) for number in range(1, 8)),
    *(b"\x82\x01", b"\x8a\x01", b"\x0b", b"\x0c", b"\x0d", b"\x09", b"\x07"),
    *(b"\x00", b"\x01", b"\x02", b"\x7f", b"\x80\x01", b"\xff\xff\xff\xff\x0f", _NO_NUMBER[:9] + b"\x01", _NO_NUMBER),
    *(_GROUP, text_field(1, ""), text_field(1, "e"), number_field(2, 0), number_field(2, 2**64 - 1)),
    *(bytes_field(3, text_field(1, "hi")), bytes_field(3, text_field(4, "[]")), bytes_field(2, text_field(4, "null"))),
    *(bytes_field(3, bytes_field(3, text_field(1, "t"))), bytes_field(3, b""), number_field(5, 301)),
    *(map_field(6, {"k": "v"}), map_field(4, {"k": "v"}), bytes_field(7, text_field(1, "s"))),
    *(b"\xc3\xa9", b"\xff", b"\xed\xa0\x80", b'"\\ud83d"', b"NaN"),
)


def _json(opening: str, piece: str, closing: str = "") -> bytes:
    text = opening + piece * ((LARGE_BYTES - len(opening) - len(closing)) // len(piece)) + closing
    return _publish(bytes_field(3, text_field(4, text)))


def _publish(fields: bytes) -> bytes:
    return bytes_field(1, _GROUP + fields)


def _repeated(field: bytes) -> bytes:
    return field * (LARGE_BYTES // len(field))


_DATA = bytes_field(3, text_field(1, "hi"))
LARGE = (
    _json("", "["),
    _json('["\\ud800",', "["),
    _json('"', "\\ud800", '"'),
    _json("", "1"),
    _json("[", '"a",', "1]"),
    _json('{"a":"\\ud800"', ',"a":1', "}"),
    _publish(bytes_field(3, bytes_field(1, b"a" * LARGE_BYTES))),
    _publish(bytes_field(3, bytes_field(2, bytes(LARGE_BYTES)))),
    _publish(bytes_field(3, bytes_field(3, bytes_field(2, bytes(LARGE_BYTES))))),
    _publish(bytes_field(3, _repeated(text_field(1, "")))),
    _publish(_repeated(_DATA)),
    _publish(_DATA + _repeated(map_field(6, {"k": "v"}))),
    _publish(_DATA + map_field(6, {f"{number:05}": "" for number in range(60_000)})),
    _publish(_DATA + _repeated(number_field(2, 1))),
    _publish(_DATA + _repeated(text_field(15, "unknown"))),
    _publish(_DATA + _repeated(b"\x7b\x7c")),
    bytes_field(1, text_field(1, " " * LARGE_BYTES) + _DATA),
    bytes_field(5, text_field(1, "e" * LARGE_BYTES) + bytes_field(2, text_field(1, "hi"))),
    _publish(bytes_field(7, text_field(1, "s" * LARGE_BYTES))),
    _repeated(b"\x4a\x00"),
    b"\x7b" * LARGE_BYTES,
    b"\x0a" * LARGE_BYTES,
    b"\xff" * LARGE_BYTES,
)
