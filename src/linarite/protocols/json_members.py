"""Where a member stands in the text of a JSON object, for texts that msgspec does not read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import NoReturn

__all__ = ["span_of_member"]

_MARK = re.compile(r"[ \t\n\r]*([{},:])[ \t\n\r]*")


def span_of_member(text: str, name: str) -> tuple[int, int]:
    """Where the value of that member begins and ends; of a repeated member the last, as everywhere. Raises ValueError.

    The value itself is checked to be JSON (RFC 8259); around it only as much as it takes to find it.
    """
    spans = [(start, end) for found, start, end in _members(text) if found == name]
    if not spans:
        raise ValueError(f"expected a member {name}")
    return spans[-1]


def _members(text: str) -> Iterator[tuple[object, int, int]]:
    mark, position = _next_mark(text, 0)
    while mark in "{,":
        name, position = _DECODER.raw_decode(text, position)
        _, start = _next_mark(text, position)
        _, end = _DECODER.raw_decode(text, start)
        yield name, start, end
        mark, position = _next_mark(text, end)


def _next_mark(text: str, position: int) -> tuple[str, int]:
    """The next of `{},:` and the position of what follows it."""
    found = _MARK.match(text, position)
    if found is None:
        raise ValueError(f"expected one of {{}},: at position {position}")
    return found[1], found.end()


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"expected a number of JSON, got {constant}")


# The standard library reads `NaN` and its like unless it is told not to, and no whole number of any length.
_DECODER = json.JSONDecoder(parse_constant=_refuse, parse_int=str, parse_float=str)
