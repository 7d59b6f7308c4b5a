"""JSON with whatever names clients have given themselves."""

from __future__ import annotations

import json

import msgspec
from starlette.responses import Response

__all__ = ["answer", "to_json"]

_encode = msgspec.json.Encoder().encode


def to_json(value: object) -> bytes:
    """The value in JSON; halves of surrogate pairs, which a token may hold and UTF-8 does not have, as escapes."""
    try:
        return _encode(value)
    except UnicodeEncodeError:
        return json.dumps(msgspec.to_builtins(value), ensure_ascii=True, separators=(",", ":")).encode()


def answer(value: object, status: int = 200) -> Response:
    """An answer in JSON."""
    return Response(to_json(value), status, media_type="application/json; charset=utf-8")
