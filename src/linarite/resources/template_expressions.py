"""The expressions of ARM templates, as far as templates that Bicep builds need them to name and describe resources.

Text in brackets is an expression ("Syntax and expressions in Azure Resource Manager templates"): calls of functions on
texts, numbers and other calls, with `.member` and `[index]` behind them. `[[` at the start stands for a bracket itself.
Functions that ask something of Azure while it deploys, as `reference` does, are refused by name.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

__all__ = ["ExpressionError", "Scope", "evaluate"]

_TOKEN = re.compile(r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?\d+)|(?P<word>[A-Za-z_]\w*)|(?P<mark>[()\[\],.]))")
_FORMAT_PLACE = re.compile(r"\{(\d+)\}")
# More than any template has; each level is a few frames of Python.
_DEPTH_LIMIT = 50


class ExpressionError(ValueError):
    """A text that is no expression, or one that cannot be evaluated here."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What expressions may ask for: values by name in lower case, and where the template is deployed."""

    parameters: Callable[[str], object]
    variables: Callable[[str], object]
    group: str
    location: str
    subscription: str = "00000000-0000-0000-0000-000000000000"

    @property
    def group_id(self) -> str:
        """The id of the resource group."""
        return f"/subscriptions/{self.subscription}/resourceGroups/{self.group}"


def evaluate(value: object, scope: Scope) -> object:
    """The value with every expression in it, however deep, replaced by what it yields."""
    if isinstance(value, Mapping):
        return {str(evaluate(name, scope)): evaluate(member, scope) for name, member in value.items()}
    if isinstance(value, list):
        return [evaluate(item, scope) for item in value]
    if not isinstance(value, str) or not value.startswith("["):
        return value
    if value.startswith("[["):
        return value[1:]
    if not value.endswith("]"):
        return value
    return _Reader(value[1:-1], scope).whole()


class _Reader:
    """Reads one expression from left to right and evaluates it on the way."""

    def __init__(self, text: str, scope: Scope) -> None:
        self._text = text
        self._scope = scope
        self._at = 0
        self._depth = 0

    def whole(self) -> object:
        """The value of all of the text."""
        value = self._value()
        if self._text[self._at :].strip():
            raise self._unexpected("the end")
        return value

    def _value(self) -> object:
        self._depth += 1
        if self._depth > _DEPTH_LIMIT:
            raise ExpressionError(f"an expression nests deeper than {_DEPTH_LIMIT} levels")
        match = self._next("text", "number", "word")
        if match["text"] is not None:
            value: object = match["text"][1:-1].replace("''", "'")
        elif match["number"] is not None:
            value = int(match["number"])
        else:
            value = self._call(match["word"])
        while self._takes("."):
            value = _member(value, self._next("word")["word"])
        while self._takes("["):
            value = _member(value, self._value())
            self._expect("]")
            while self._takes("."):
                value = _member(value, self._next("word")["word"])
        self._depth -= 1
        return value

    def _call(self, name: str) -> object:
        function = _FUNCTIONS.get(name.lower())
        if function is None:
            known = ", ".join(sorted(_FUNCTIONS))
            raise ExpressionError(f"the function '{name}' is not known here: expected one of {known}")
        self._expect("(")
        arguments: list[object] = []
        if not self._takes(")"):
            arguments.append(self._value())
            while self._takes(","):
                arguments.append(self._value())
            self._expect(")")
        try:
            return function(self._scope, arguments)
        except ExpressionError:
            raise
        except (IndexError, TypeError, ValueError) as error:
            raise ExpressionError(f"{name}: wrong arguments: {error}") from None

    def _next(self, *kinds: str) -> re.Match[str]:
        match = _TOKEN.match(self._text, self._at)
        if match is None or all(match[kind] is None for kind in kinds):
            raise self._unexpected(" or ".join(kinds))
        self._at = match.end()
        return match

    def _takes(self, mark: str) -> bool:
        match = _TOKEN.match(self._text, self._at)
        if match is None or match["mark"] != mark:
            return False
        self._at = match.end()
        return True

    def _expect(self, mark: str) -> None:
        if not self._takes(mark):
            raise self._unexpected(mark)

    def _unexpected(self, wanted: str) -> ExpressionError:
        return ExpressionError(f"expected {wanted} at character {self._at + 1} of [{self._text}]")


def _member(value: object, name: object) -> object:
    if isinstance(value, Mapping) and isinstance(name, str):
        for key, member in value.items():
            if key.lower() == name.lower():
                return member
    if isinstance(value, list) and isinstance(name, int) and -1 < name < len(value):
        return value[name]
    raise ExpressionError(f"there is no member {name!r}")


def _text(value: object) -> str:
    """A value as the platform writes it into text."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _format(_scope: Scope, arguments: Sequence[object]) -> str:
    return _FORMAT_PLACE.sub(lambda place: _text(arguments[1 + int(place[1])]), _text(arguments[0]))


def _concat(_scope: Scope, arguments: Sequence[object]) -> object:
    if all(isinstance(one, list) for one in arguments):
        return [item for one in arguments if isinstance(one, list) for item in one]
    return "".join(map(_text, arguments))


def _unique_string(_scope: Scope, arguments: Sequence[object]) -> str:
    """13 characters that follow from the arguments. The platform's own way from one to the other is not published."""
    digest = hashlib.sha256("\n".join(map(_text, arguments)).encode()).digest()
    return base64.b32encode(digest).decode().lower()[:13]


def _resource_id(scope: Scope, arguments: Sequence[object]) -> str:
    """The id of a resource of the template's own group: type, then a name for each of its segments."""
    segments, names = _text(arguments[0]).split("/"), list(map(_text, arguments[1:]))
    pairs = (part for pair in zip(segments[1:], names, strict=False) for part in pair)
    return "/".join((scope.group_id, "providers", segments[0], *pairs))


def _group(scope: Scope, _arguments: Sequence[object]) -> object:
    return {"id": scope.group_id, "name": scope.group, "location": scope.location, "tags": {}}


def _subscription(scope: Scope, _arguments: Sequence[object]) -> object:
    return {"id": f"/subscriptions/{scope.subscription}", "subscriptionId": scope.subscription}


def _create_object(_scope: Scope, arguments: Sequence[object]) -> object:
    return {_text(arguments[at]): arguments[at + 1] for at in range(0, len(arguments), 2)}


def _is_empty(value: object) -> bool:
    return value is None or value in ("", [], {})


_FUNCTIONS: Mapping[str, Callable[[Scope, Sequence[object]], object]] = {
    "and": lambda _, values: all(values),
    "coalesce": lambda _, values: next((value for value in values if value is not None), None),
    "concat": _concat,
    "createarray": lambda _, values: list(values),
    "createobject": _create_object,
    "empty": lambda _, values: _is_empty(values[0]),
    "equals": lambda _, values: values[0] == values[1],
    "false": lambda _, values: False,
    "format": _format,
    "if": lambda _, values: values[1] if values[0] else values[2],
    "int": lambda _, values: int(_text(values[0])),
    "not": lambda _, values: not values[0],
    "null": lambda _, values: None,
    "or": lambda _, values: any(values),
    "parameters": lambda scope, values: scope.parameters(_text(values[0]).lower()),
    "resourcegroup": _group,
    "resourceid": _resource_id,
    "string": lambda _, values: _text(values[0]),
    "subscription": _subscription,
    "tolower": lambda _, values: _text(values[0]).lower(),
    "toupper": lambda _, values: _text(values[0]).upper(),
    "true": lambda _, values: True,
    "uniquestring": _unique_string,
    "variables": lambda scope, values: scope.variables(_text(values[0]).lower()),
}
