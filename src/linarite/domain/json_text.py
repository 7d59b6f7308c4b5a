"""Whether bytes are one JSON value, for data that travels as its sender wrote it (RFC 8259)."""

from __future__ import annotations

import json
from typing import NoReturn

import msgspec

__all__ = ["is_json"]

_skip = msgspec.json.Decoder(msgspec.Raw).decode


def is_json(data: bytes) -> bool:
    """Whether `data` is one JSON value in UTF-8: numbers of any size, texts with halves of characters as escapes."""
    try:
        _skip(data)
        data.decode()
    except UnicodeDecodeError:
        return False
    except ValueError:
        # JavaScript cuts a text within a pair of surrogates and writes the half as an escape, which msgspec refuses.
        return b"\\u" in data and _is_json_with_halves(data)
    except RecursionError:
        return False
    return True


def _is_json_with_halves(data: bytes) -> bool:
    try:
        json.loads(data.decode(), parse_int=str, parse_float=str, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return False
    return True


def _refuse(word: str) -> NoReturn:
    """NaN and Infinity are words of Python's, not of JSON's."""
    raise ValueError(word)
