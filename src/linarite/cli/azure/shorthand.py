"""Lists and objects as options of `az` take them: JSON, the shorthand of its newer commands, or a file with either.

The shorthand (azure-cli, doc/shorthand_syntax.md) leaves out quotes: `[{category:ConnectivityLogs,enabled:true}]`. A
value with a separator in it stands in single quotes, in which `'/` is a quote.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from knack.util import CLIError

__all__ = ["parse_value"]

_BARE = re.compile(r"[^\s,:{}\[\]']+")
_QUOTED = re.compile(r"'((?:[^']|'/)*)'(?!/)")
_WORDS: dict[str, Any] = {"true": True, "false": False, "null": None}


def parse_value(option: str, text: str) -> Any:  # noqa: ANN401 - whatever the text says
    """The value of an option; `@file` takes the file's text. Raises CLIError."""
    if text.startswith("@"):
        text = _file(option, text[1:])
    try:
        return json.loads(text)
    except ValueError:
        pass
    reader = _Reader(option, text)
    value = reader.value()
    reader.end()
    return value


def _file(option: str, name: str) -> str:
    try:
        return Path(name).expanduser().read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CLIError(f"{option}: the file {name} cannot be read: {error}") from error


class _Reader:
    """Reads a text from its beginning to its end."""

    def __init__(self, option: str, text: str) -> None:
        self._option = option
        self._text = text
        self._at = 0

    def value(self) -> Any:  # noqa: ANN401
        """An object, a list or a single value."""
        match self._next():
            case "{":
                return self._object()
            case "[":
                return self._list()
            case _:
                return self._single()

    def end(self) -> None:
        """Nothing may follow."""
        if self._next():
            raise self._error("the end")

    def _object(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        self._take("{")
        while self._next() != "}":
            name = str(self._single())
            self._take(":")
            found[name] = self.value()
            if self._next() != "}":
                self._take(",")
        self._take("}")
        return found

    def _list(self) -> list[Any]:
        found: list[Any] = []
        self._take("[")
        while self._next() != "]":
            found.append(self.value())
            if self._next() != "]":
                self._take(",")
        self._take("]")
        return found

    def _single(self) -> Any:  # noqa: ANN401
        self._next()
        quoted = _QUOTED.match(self._text, self._at)
        if quoted is not None:
            self._at = quoted.end()
            return quoted[1].replace("'/", "'")
        bare = _BARE.match(self._text, self._at)
        if bare is None:
            raise self._error("a value")
        self._at = bare.end()
        text = bare[0]
        if text.lower() in _WORDS:
            return _WORDS[text.lower()]
        return int(text) if text.isascii() and text.isdecimal() else text

    def _next(self) -> str:
        """The next character that is no blank; empty at the end."""
        while self._text[self._at : self._at + 1].isspace():
            self._at += 1
        return self._text[self._at : self._at + 1]

    def _take(self, character: str) -> None:
        if self._next() != character:
            raise self._error(f"'{character}'")
        self._at += 1

    def _error(self, wanted: str) -> CLIError:
        rest = self._text[self._at : self._at + 20]
        came = f"'{rest}'" if rest else "the end"
        return CLIError(f"{self._option}: expected {wanted} at character {self._at + 1}, got {came}.")
