"""The `$filter` of a metrics query: which series of a metric are wanted, by its dimensions.

    ResponseTime eq '*' and (RestApiCategory eq 'SendToAll' or RestApiCategory eq 'SendToGroup')

Conditions on different dimensions are joined by `and`, several values of one dimension by `or` (Metrics - List,
2018-01-01). `*` means every value, each as a series of its own. Names and values compare without case.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

__all__ = ["ANY_VALUE", "InvalidMetricFilter", "parse_metric_filter"]

ANY_VALUE = "*"
# No query has more conditions than a metric has values; each takes some 20 characters.
_LENGTH_LIMIT = 8192
_TOKEN = re.compile(r"\s*(?:(?P<mark>[()])|'(?P<text>(?:[^']|'')*)'|(?P<word>[^\s()']+))")


class InvalidMetricFilter(ValueError):
    """The filter has another form; says what was expected and what came."""


def parse_metric_filter(text: str) -> Mapping[str, Sequence[str]]:
    """The wanted values by dimension, names in lower case. Raises InvalidMetricFilter."""
    if len(text) > _LENGTH_LIMIT:
        raise InvalidMetricFilter(f"Expected at most {_LENGTH_LIMIT} characters, got {len(text)}.")
    return _Parser(_tokens(text)).parse()


def _tokens(text: str) -> list[tuple[str, str]]:
    """Kind and text of each token."""
    found: list[tuple[str, str]] = []
    at, rest = 0, len(text.rstrip())
    while at < rest:
        match = _TOKEN.match(text, at)
        if match is None:
            raise InvalidMetricFilter(
                f"Expected a name, a text in quotes or a parenthesis, got '{text[at : at + 20]}'."
            )
        kind = match.lastgroup or ""
        found.append((kind, match[kind].replace("''", "'") if kind == "text" else match[kind]))
        at = match.end()
    return found


class _Parser:
    """Reads `name eq 'value'` joined by words, with parentheses around alternatives."""

    def __init__(self, tokens: Sequence[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._at = 0
        self._wanted: dict[str, list[str]] = {}
        self._depth = 0

    def parse(self) -> Mapping[str, Sequence[str]]:
        """All conditions."""
        previous = self._condition()
        while self._at < len(self._tokens):
            word = self._word("and", "or")
            name = self._condition()
            if word == "or" and name != previous:
                raise InvalidMetricFilter(f"Expected values of {previous} around 'or', got one of {name}.")
            previous = name
        if self._depth:
            raise InvalidMetricFilter("Expected ')', got the end.")
        return self._wanted

    def _condition(self) -> str:
        self._open()
        name = self._take("word", "a dimension's name").lower()
        self._word("eq")
        values = self._wanted.setdefault(name, [])
        values.append(self._take("text", "a value in single quotes"))
        self._close()
        return name

    def _open(self) -> None:
        while self._peek() == ("mark", "("):
            self._at += 1
            self._depth += 1

    def _close(self) -> None:
        while self._peek() == ("mark", ")"):
            if not self._depth:
                raise InvalidMetricFilter("Expected no ')' without '('.")
            self._at += 1
            self._depth -= 1

    def _word(self, *expected: str) -> str:
        word = self._take("word", " or ".join(f"'{one}'" for one in expected)).lower()
        if word not in expected:
            raise InvalidMetricFilter(f"Expected {' or '.join(repr(one) for one in expected)}, got '{word[:40]}'.")
        return word

    def _take(self, kind: str, what: str) -> str:
        found = self._peek()
        if found is None or found[0] != kind:
            got = "the end" if found is None else f"'{found[1][:40]}'"
            raise InvalidMetricFilter(f"Expected {what}, got {got}.")
        self._at += 1
        return found[1]

    def _peek(self) -> tuple[str, str] | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None
