"""The functions of the filter language ("OData filter syntax in Azure Web PubSub service", string functions).

A null argument never raises: the function gives null, false or -1. Arguments are evaluated from left to right
and their types are looked at afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from linarite.domain.filters import characters
from linarite.domain.filters.errors import PartError
from linarite.domain.filters.tree import Call, printed
from linarite.domain.filters.values import (
    EMPTY,
    NOTHING_BUT_NULL,
    ONLY_BOOL,
    ONLY_INT,
    ONLY_STRING,
    Candidate,
    Compiled,
    Run,
    Type,
    Types,
    Value,
    as_int,
    as_string,
)

_STRING_OR_NULL: Final = ONLY_STRING | NOTHING_BUT_NULL
_INT_OR_NULL: Final = ONLY_INT | NOTHING_BUT_NULL
_NOT_FOUND: Final = -1

Arguments = Sequence[Compiled]


@dataclass(frozen=True, slots=True)
class Function:
    """A function: how many arguments it takes, the types it gives, and how to make its call runnable."""

    counts: frozenset[int]
    types: Types
    accepts: tuple[Types, ...]
    bind: Callable[[Call, Arguments], Run]

    def compiled(self, call: Call, arguments: Arguments) -> Compiled:
        """The call, or one that refuses itself when the number of arguments is wrong."""
        if len(arguments) not in self.counts:
            return Compiled(_refusing(call), self.types, is_safe=False)
        fitting = zip(arguments, self.accepts, strict=False)
        is_safe = all(argument.is_safe and argument.types <= accepted for argument, accepted in fitting)
        return Compiled(self.bind(call, arguments), self.types, is_safe)


def _refusing(call: Call) -> Run:
    def run(_: Candidate) -> Value:
        raise _invalid_token(call)

    return run


def _invalid_token(call: Call) -> PartError:
    return PartError(call, f"Invalid token '{printed(call)}'.")


def _length(call: Call, arguments: Arguments) -> Run:
    argument = arguments[0].run

    def run(candidate: Candidate) -> Value:
        match argument(candidate):
            case None:
                return None
            case str() as text:
                return characters.length(text)
            case Collection() as collection:
                return len(collection)
            case _:
                raise _invalid_token(call)

    return run


def _mapping(mapped: Callable[[str], str]) -> Callable[[Call, Arguments], Run]:
    def bind(call: Call, arguments: Arguments) -> Run:
        part = arguments[0]
        argument = part.run

        def run(candidate: Candidate) -> Value:
            value = argument(candidate)
            return None if value is None else mapped(as_string(value, part, call))

        return run

    return bind


def _comparing(compared: Callable[[str, str], Value], *, otherwise: Value) -> Callable[[Call, Arguments], Run]:
    """A function of two strings that gives `otherwise` when one of them is null."""

    def bind(call: Call, arguments: Arguments) -> Run:
        first, second = arguments
        first_run, second_run = first.run, second.run

        def run(candidate: Candidate) -> Value:
            text, part = first_run(candidate), second_run(candidate)
            if text is None or part is None:
                return otherwise
            return compared(as_string(text, first, call), as_string(part, second, call))

        return run

    return bind


def _concat(call: Call, arguments: Arguments) -> Run:
    first, second = arguments
    first_run, second_run = first.run, second.run

    def run(candidate: Candidate) -> Value:
        left, right = first_run(candidate), second_run(candidate)
        if left is None and (right is None or isinstance(right, str)):
            return right
        if right is None and isinstance(left, str):
            return left
        # With a null beside it, a value of another type is at fault, unless the null has a type of its own.
        if left is None and first.types == ONLY_STRING:
            left = ""
        return as_string(left, first, call) + as_string(right, second, call)

    return run


def _substring(call: Call, arguments: Arguments) -> Run:
    text_part, start_part, *rest = arguments
    count_part = rest[0] if rest else None

    def run(candidate: Candidate) -> Value:
        value = text_part.run(candidate)
        start = as_int(start_part.run(candidate), start_part, call)
        count = None if count_part is None else as_int(count_part.run(candidate), count_part, call)
        if value is None:
            return None
        text = as_string(value, text_part, call)
        # Every position lies outside the empty connection id, which must not make the filter invalid.
        return "" if candidate is EMPTY else characters.cut(text, start, count)

    return run


def _function(bind: Callable[[Call, Arguments], Run], types: Types, *accepts: Types, optional: int = 0) -> Function:
    counts = frozenset(range(len(accepts) - optional, len(accepts) + 1))
    return Function(counts, types, accepts, bind)


_TEXT = _STRING_OR_NULL
_MEASURED = _TEXT | {Type.COLLECTION}

# Names are compared exactly, unlike identifiers. Comparisons of strings are ordinal.
FUNCTIONS: Final[Mapping[str, Function]] = {
    "length": _function(_length, _INT_OR_NULL, _MEASURED),
    "indexof": _function(_comparing(characters.index, otherwise=_NOT_FOUND), ONLY_INT, _TEXT, _TEXT),
    "contains": _function(_comparing(str.__contains__, otherwise=False), ONLY_BOOL, _TEXT, _TEXT),
    "startswith": _function(_comparing(str.startswith, otherwise=False), ONLY_BOOL, _TEXT, _TEXT),
    "endswith": _function(_comparing(str.endswith, otherwise=False), ONLY_BOOL, _TEXT, _TEXT),
    "tolower": _function(_mapping(characters.lowered), _STRING_OR_NULL, _TEXT),
    "toupper": _function(_mapping(characters.raised), _STRING_OR_NULL, _TEXT),
    "trim": _function(_mapping(characters.trimmed), _STRING_OR_NULL, _TEXT),
    "concat": _function(_concat, _STRING_OR_NULL, _TEXT, _TEXT),
    "substring": _function(_substring, _STRING_OR_NULL, _TEXT, ONLY_INT, ONLY_INT, optional=1),
}
