"""Wildcard patterns of event handlers: which names they mean, found in time linear in the name.

`?` is one character but `.`, `*` any number of them but `.`, `**` any number of any; `\\` before `*`, `?` or `\\` takes
it as it is. The service's documents know `*` and literal names; its runtime understands the rest too.
"""

from __future__ import annotations

import re

__all__ = ["Pattern"]

# The runtime's limit; a longer pattern matches nothing.
_LENGTH_LIMIT = 1024
_SIGN = re.compile(r"\\([\\*?])|(\*+)|(\?)|([^\\*?])", re.DOTALL)


class Pattern:
    """One pattern. An invalid one matches nothing.

    A name is read character by character while a set of places in the pattern, a bit each in one integer, says how far
    into the pattern it may have got. No name makes that slow, whatever the number of wildcards; a regular expression
    with ten asterisks can be made to run for hours.
    """

    __slots__ = ("_any", "_end", "_is_case_sensitive", "_letters", "_literal", "_one", "_some")

    def __init__(self, text: str, *, is_case_sensitive: bool) -> None:
        self._is_case_sensitive = is_case_sensitive
        self._literal: str | None = None
        self._letters: dict[str, int] = {}
        self._one = self._some = self._any = 0
        self._end = -1
        signs = _signs(self._cased(text))
        if signs is None:
            return
        if all(is_literal for _, is_literal in signs):
            self._literal = "".join(sign for sign, _ in signs)
            return
        for place, (sign, is_literal) in enumerate(signs):
            bit = 1 << place
            if is_literal:
                self._letters[sign] = self._letters.get(sign, 0) | bit
            elif sign == "?":
                self._one |= bit
            elif sign == "*":
                self._some |= bit
            else:
                self._any |= bit
        self._end = 1 << len(signs)

    def matches(self, name: str) -> bool:
        """Whether the pattern means this name."""
        name = self._cased(name)
        if self._end < 0:
            return name == self._literal
        stars = self._some | self._any
        places = 1 | ((1 & stars) << 1)
        for character in name:
            letter = self._letters.get(character, 0)
            stay, step = (self._any, letter) if character == "." else (stars, letter | self._one)
            places = ((places & step) << 1) | (places & stay)
            places |= (places & stars) << 1  # an asterisk may also stand for nothing more
            if not places:
                return False
        return bool(places & self._end)

    def _cased(self, text: str) -> str:
        return text if self._is_case_sensitive else text.upper()


def _signs(text: str) -> list[tuple[str, bool]] | None:
    """The pattern's characters and wildcards in order, None if it is invalid; True says that one is literal."""
    if not 0 < len(text) <= _LENGTH_LIMIT:
        return None
    signs: list[tuple[str, bool]] = []
    position = 0
    while position < len(text):
        found = _SIGN.match(text, position)
        if found is None:
            return None
        escaped, stars, one, literal = found.groups()
        if stars:
            signs.append(("*" if len(stars) == 1 else "**", False))
        else:
            signs.append((one, False) if one else (escaped or literal, True))
        position = found.end()
    return signs
