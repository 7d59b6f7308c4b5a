"""What a send's body is: text, JSON or bytes, by its `Content-Type`."""

from __future__ import annotations

import codecs
from email.message import Message as MediaType

import msgspec

from linarite.domain.messages import DataType
from linarite.http.data_plane.errors import ApiError, bad_request

__all__ = ["Content", "parse_content_type", "read_content", "read_json"]

_TYPES = {
    "text/plain": DataType.TEXT,
    "application/json": DataType.JSON,
    "application/octet-stream": DataType.BINARY,
}


class Content(msgspec.Struct, frozen=True):
    """A data type and, for text and JSON in another encoding than UTF-8, the encoding's name."""

    data_type: DataType
    encoding: str | None = None


_COMMON = {
    b"": Content(DataType.BINARY),
    b"text/plain": Content(DataType.TEXT),
    b"text/plain; charset=utf-8": Content(DataType.TEXT),
    b"application/json": Content(DataType.JSON),
    b"application/json; charset=utf-8": Content(DataType.JSON),
    b"application/octet-stream": Content(DataType.BINARY),
}


def parse_content_type(header: bytes | None) -> Content:
    """The content that a `Content-Type` header announces; none means bytes. Raises ApiError 415."""
    known = _COMMON.get(header or b"")
    if known is not None:
        return known
    assert header is not None
    media = MediaType()
    media["content-type"] = header.decode("latin-1")
    data_type = _TYPES.get(media.get_content_type())
    if data_type is None or media.get_content_type() not in header.decode("latin-1").lower():
        raise ApiError(415)
    if data_type is DataType.BINARY:
        return Content(data_type)
    return Content(data_type, _encoding(media.get_content_charset()))


def _encoding(charset: str | None) -> str | None:
    if charset is None:
        return None
    try:
        found = codecs.lookup(charset)
    except (LookupError, ValueError):
        raise ApiError(415) from None
    if not getattr(found, "_is_text_encoding", True):
        raise ApiError(415)
    return None if found.name == "utf-8" else found.name


def read_content(content: Content, body: bytes) -> bytes:
    """The message's data: text as UTF-8, JSON checked and otherwise left as it came. Raises ApiError 400."""
    if content.data_type is DataType.BINARY:
        return body
    if content.encoding is not None or not _is_utf8(body):
        body = body.decode(content.encoding or "utf-8", "replace").encode()
    if content.data_type is DataType.JSON:
        read_json(body, "The request body is not a valid JSON.")
    return body


def read_json(body: bytes, message: str) -> object:
    """The value of a JSON body. Raises ApiError 400 with this message."""
    try:
        return msgspec.json.decode(body)
    except (ValueError, RecursionError):
        raise bad_request("body", message) from None


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
