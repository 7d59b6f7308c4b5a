"""Cuts the text of a filter into tokens, as an OData V4 expression lexer does.

The lexer never raises: text that is no token ends the sequence with one of kind INVALID that carries the
reason. The parser reports it when it gets there, so an earlier mistake is reported first.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import Enum, auto

from linarite.domain.filters import characters

SMALLEST_INTEGER = -(2**31)
LARGEST_INTEGER = 2**31 - 1


class Kind(Enum):
    """What a token is."""

    END = auto()
    OPEN = auto()
    CLOSE = auto()
    COMMA = auto()
    MINUS = auto()
    SYMBOL = auto()
    """A character that OData uses and filters do not."""
    WORD = auto()
    VALUE = auto()
    """A literal that filters have."""
    FOREIGN = auto()
    """A literal that only OData has."""
    LIST = auto()
    """Everything from the parenthesis after `in` to the one that closes it."""
    INVALID = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text from `start` up to `end`; `text` is the reason when the kind is INVALID."""

    kind: Kind
    text: str
    start: int
    end: int
    value: str | int | bool | None = None


_PUNCTUATION = {"(": Kind.OPEN, ")": Kind.CLOSE, ",": Kind.COMMA} | dict.fromkeys("=/?.*:;", Kind.SYMBOL)
_KEYWORD_VALUES = {"true": True, "false": False, "null": None}
_FOREIGN_WORDS = frozenset({"NaN", "INF"})

_BLANKS = re.compile(f"[{characters.WHITE_SPACE}]*")
_STRING = re.compile(r"'[^']*+(?:''[^']*+)*+'")
_LIST_PIECE = re.compile(r"[^'()]++|'[^']*+'|[()]")
_ASCII_WORD = re.compile(r"[A-Za-z_$][A-Za-z0-9_]*+")
# Guid, date, date with time, time of day, binary. The first four reach to a comma, a parenthesis or a blank.
_FOREIGN = re.compile(
    r"""(?:[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}
        |-?[0-9]{4,}+-[0-9]{2}-[0-9]{2}(?:T[^,)\ ]++)?
        |[0-9]{1,2}:[0-9]{2}(?::[0-9.]++)?)(?=[,)\ ]|\Z)
        |0[xX][0-9A-Fa-f]*+
        |-INF(?![A-Za-z0-9_])""",
    re.VERBOSE,
)
_NUMBER = re.compile(r"([+-]?[0-9]++)(\.[0-9]*+)?([eE][+-]?[0-9]*+)?([mMdDlLfF])?")
# A 64-bit integer has at most 19 digits. More are not converted: Python refuses thousands of them.
_MOST_DIGITS = 19

# Ll, Lu, Lt, Lo, Lm, Nl may start an identifier and these may continue one (OData CSDL 4.01, simple
# identifier).
_STARTING = frozenset({"Ll", "Lu", "Lt", "Lo", "Lm", "Nl"})
_CONTINUING = _STARTING | {"Mn", "Mc", "Nd", "Pc", "Cf"}


def tokens_of(text: str) -> list[Token]:
    """The tokens of the text; the last one is of kind END or INVALID."""
    found: list[Token] = []
    position = 0
    while True:
        position = _end_of(_BLANKS, text, position)
        after_in = bool(found) and found[-1].kind is Kind.WORD and found[-1].text == "in"
        token = _token_at(text, position, after_in=after_in)
        found.append(token)
        if token.kind in (Kind.END, Kind.INVALID):
            return found
        position = token.end


def located(reason: str, text: str, index: int) -> str:
    """The reason with the place it speaks of, which messages count in UTF-16 code units."""
    return f"{reason} at position {characters.length(text[:index])} in '{text}'."


def _token_at(text: str, start: int, *, after_in: bool) -> Token:
    if start == len(text):
        return Token(Kind.END, "", start, start)
    char = text[start]
    if char == "(" and after_in:
        return _list_at(text, start)
    if char in _PUNCTUATION:
        return Token(_PUNCTUATION[char], char, start, start + 1)
    if char == "'":
        return _string_at(text, start)
    if foreign := _FOREIGN.match(text, start):
        return Token(Kind.FOREIGN, foreign.group(), start, foreign.end())
    if number := _NUMBER.match(text, start):
        return _number(text, number)
    if char == "-":
        return Token(Kind.MINUS, char, start, start + 1)
    if char in "_$" or _category(char) in _STARTING:
        return _word_at(text, start)
    return _invalid(f"Syntax error: character '{char}' is not valid", text, start)


def _string_at(text: str, start: int) -> Token:
    string = _STRING.match(text, start)
    if string is None:
        return _invalid("There is an unterminated string literal", text, len(text))
    return Token(Kind.VALUE, string.group(), start, string.end(), string.group()[1:-1].replace("''", "'"))


def _list_at(text: str, start: int) -> Token:
    depth = 0
    end = start
    while piece := _LIST_PIECE.match(text, end):
        end = piece.end()
        depth += (piece.group() == "(") - (piece.group() == ")")
        if depth == 0:
            return Token(Kind.LIST, text[start:end], start, end)
    return Token(Kind.INVALID, "Found an unbalanced bracket expression.", start, len(text))


def _word_at(text: str, start: int) -> Token:
    end = _end_of(_ASCII_WORD, text, start)
    while end < len(text) and _continues_word(text[end]):
        end += 1
    word = text[start:end]
    if text.startswith("'", end):
        # A type before the quote: duration'PT1H', binary'AA=='.
        quoted = _STRING.match(text, end)
        if quoted is None:
            return _invalid("There is an unterminated literal", text, len(text))
        return Token(Kind.FOREIGN, text[start : quoted.end()], start, quoted.end())
    if word in _KEYWORD_VALUES:
        return Token(Kind.VALUE, word, start, end, _KEYWORD_VALUES[word])
    return Token(Kind.FOREIGN if word in _FOREIGN_WORDS else Kind.WORD, word, start, end)


def _number(text: str, number: re.Match[str]) -> Token:
    whole, fraction, exponent, suffix = number.groups()
    if fraction == ".":
        return _invalid("A digit was expected", text, number.end(2))
    if exponent is not None and not exponent[-1].isdigit():
        return _invalid("A digit was expected", text, number.end(3))
    start, end = number.span()
    digits = whole.lstrip("+-").lstrip("0") or "0"
    if fraction or exponent or suffix not in (None, "l", "L") or len(digits) > _MOST_DIGITS:
        return Token(Kind.FOREIGN, number.group(), start, end)
    value = -int(digits) if whole.startswith("-") else int(digits)
    if suffix is None and SMALLEST_INTEGER <= value <= LARGEST_INTEGER:
        return Token(Kind.VALUE, number.group(), start, end, value)
    return Token(Kind.FOREIGN, str(value), start, end)


def _invalid(reason: str, text: str, index: int) -> Token:
    return Token(Kind.INVALID, located(reason, text, index), index, len(text))


def _end_of(pattern: re.Pattern[str], text: str, start: int) -> int:
    match = pattern.match(text, start)
    return start if match is None else match.end()


def _continues_word(char: str) -> bool:
    return _category(char) in _CONTINUING


def _category(char: str) -> str:
    # The service reads UTF-16 units, and half of a surrogate pair is no letter.
    return unicodedata.category(char) if char <= "\uffff" else "Cs"
