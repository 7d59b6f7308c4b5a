"""Patterns of group names in roles (concept-wildcard-group-roles).

`?` is one character but `.`; `*` any number of them but `.`; `**` anything; `\\` escapes `\\`, `*` and `?`. The whole
name must match.

Clients choose the names, so that matching may not take longer for a name that fits badly. A regular expression tries
one way to spread a name over the wildcards after the other: `*-*-*-*-*` against a thousand dashes and a dot would take
it years. Here all ways are followed at once, each as one bit of a number, in time proportional to the name.
"""

from __future__ import annotations

import re
from functools import lru_cache

from linarite.domain.names import GROUP_NAME_LIMIT

__all__ = ["GroupPattern", "parse_group_pattern"]

# A pattern has at most five asterisks, as they are written, and five wildcards (concept-wildcard-group-roles).
_WILDCARD_LIMIT = 5
_VALID = re.compile(r"(?:[^\\]|\\[\\*?])+")
_TOKEN = re.compile(r"\\(?P<escaped>.)|(?P<one>\?)|(?P<stars>\*+)|(?P<plain>[^\\*?])")


class GroupPattern:
    """One pattern, ready to be asked.

    Bit i of a number means: the first i single characters of the pattern are matched. `_moves` tells which of these
    states a character takes one further, `_stays` in which one a wildcard swallows it.
    """

    __slots__ = ("_end", "_moves", "_moves_of_others", "_stays", "_stays_on_dot", "literal")

    literal: str | None
    """The one group that a pattern without a wildcard names."""

    def __init__(self, text: str) -> None:
        """`text` is known to be valid."""
        self._moves: dict[str, int] = {".": 0}
        self._moves_of_others = self._stays = self._stays_on_dot = 0
        plain: list[str] = []
        state = 1
        for token in _TOKEN.finditer(text):
            if token["stars"]:
                self._stays |= state
                self._stays_on_dot |= state if len(token["stars"]) > 1 else 0
                continue
            if token["one"]:
                self._moves_of_others |= state
            else:
                character = token["escaped"] or token["plain"]
                self._moves[character] = self._moves.get(character, 0) | state
                plain.append(character)
            state <<= 1
        self._end = state
        for character in self._moves.keys() - {"."}:
            self._moves[character] |= self._moves_of_others
        self.literal = None if self._stays or self._moves_of_others else "".join(plain)

    @property
    def is_everything(self) -> bool:
        """Whether any group matches."""
        return self._end == 1 and bool(self._stays_on_dot)

    def matches(self, group: str) -> bool:
        """Whether the whole name fits."""
        states = 1
        for character in group:
            stays = self._stays_on_dot if character == "." else self._stays
            states = states & stays | (states & self._moves.get(character, self._moves_of_others)) << 1
            if not states:
                return False
        return states & self._end != 0


@lru_cache(maxsize=1024)
def parse_group_pattern(text: str) -> GroupPattern | None:
    """The pattern, None for an invalid one; connections with the same roles share it."""
    if not 0 < len(text) <= GROUP_NAME_LIMIT or _VALID.fullmatch(text) is None or text.count("*") > _WILDCARD_LIMIT:
        return None
    wildcards = sum(1 for token in _TOKEN.finditer(text) if token["one"] or token["stars"])
    return GroupPattern(text) if wildcards <= _WILDCARD_LIMIT else None
