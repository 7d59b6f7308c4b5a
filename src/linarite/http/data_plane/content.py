"""What a send's body is: text, JSON or bytes, by its `Content-Type`."""

from __future__ import annotations

import re

import msgspec

from linarite.domain.json_text import is_json
from linarite.domain.messages import DataType
from linarite.domain.utf8 import is_utf8
from linarite.http.data_plane.errors import ApiError, bad_request

__all__ = ["Content", "parse_content_type", "read_content", "read_json"]

_TYPES = {
    "text/plain": DataType.TEXT,
    "application/json": DataType.JSON,
    "application/octet-stream": DataType.BINARY,
}
# RFC 9110, section 8.3.1: a type, and parameters whose values are tokens or quoted.
_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105 - a grammar's word
_PARAMETER = rf'({_TOKEN})=(?:({_TOKEN})|"((?:[^"\\]|\\.)*)")'
_MEDIA_TYPE = re.compile(rf"({_TOKEN}/{_TOKEN})((?:[ \t]*;(?:[ \t]*{_PARAMETER})?)*)[ \t]*")
_PARAMETERS = re.compile(_PARAMETER)
# Names by which IANA knows them. Python's own list is not asked: it has codecs that are no character sets, some of
# which raise what others replace, and it remembers every unknown name for good.
_CHARSETS = {
    **dict.fromkeys(("utf-8", "utf8"), "utf-8"),
    **{name: name for name in ("utf-16", "utf-16le", "utf-16be", "utf-32", "utf-32le", "utf-32be")},
    **dict.fromkeys(("us-ascii", "ascii"), "ascii"),
    **dict.fromkeys(("iso-8859-1", "latin1"), "iso8859-1"),
    **{f"iso-8859-{part}": f"iso8859-{part}" for part in (*range(2, 12), *range(13, 17))},
    **{f"windows-{page}": f"cp{page}" for page in (874, *range(1250, 1259))},
    **{name: name for name in ("koi8-r", "koi8-u", "gb2312", "gbk", "gb18030", "big5", "euc-kr", "euc-jp")},
    **{name: name for name in ("shift_jis", "iso-2022-jp")},
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
    parsed = _MEDIA_TYPE.fullmatch(header.decode("latin-1").strip())
    data_type = None if parsed is None else _TYPES.get(parsed[1].lower())
    if parsed is None or data_type is None:
        raise ApiError(415)
    return Content(data_type, None if data_type is DataType.BINARY else _encoding(parsed[2]))


def _encoding(parameters: str) -> str | None:
    for name, token, quoted in _PARAMETERS.findall(parameters):
        if name.lower() == "charset":
            found = _CHARSETS.get((token or quoted).lower())
            if found is None:
                raise ApiError(415)
            return None if found == "utf-8" else found
    return None


def read_content(content: Content, body: bytes) -> bytes:
    """The message's data: text as UTF-8, JSON checked and otherwise left as it came. Raises ApiError 400."""
    if content.data_type is DataType.TEXT and (content.encoding is not None or not is_utf8(body)):
        return body.decode(content.encoding or "utf-8", "replace").encode()
    if content.data_type is DataType.JSON:
        message = "The request body is not a valid JSON."
        body = _as_utf8(content, body, message)
        if not is_json(body):
            raise bad_request("body", message)
    return body


def read_json(content: Content, body: bytes, message: str) -> object:
    """The value of a JSON body. Raises ApiError 400 with this message."""
    try:
        return msgspec.json.decode(_as_utf8(content, body, message))
    except (ValueError, RecursionError):
        raise bad_request("body", message) from None


def _as_utf8(content: Content, body: bytes, message: str) -> bytes:
    """JSON is never mended: a wrong byte in it is an error (RFC 8259, section 8.1)."""
    try:
        text = body.decode(content.encoding or "utf-8")
    except UnicodeDecodeError:
        raise bad_request("body", message) from None
    return body if content.encoding is None else text.encode()
