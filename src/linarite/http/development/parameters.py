"""Query parameters of the endpoints for tests: what they are called, what they may be, and how they are read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from linarite.http.development.happenings import Mark

__all__ = ["InvalidParameter", "Parameter", "Parameters"]


class InvalidParameter(ValueError):
    """A parameter is missing, unknown or wrong; the text names it, what was expected and what came."""


class Parameter(NamedTuple):
    """One parameter as the OpenAPI document tells it."""

    name: str
    about: str
    kind: str = "string"
    """A type of JSON schema."""
    minimum: float | None = None
    maximum: float | None = None
    is_required: bool = False


class Parameters:
    """The parameters of one request; only those that its operation knows, each at most once."""

    def __init__(self, known: tuple[Parameter, ...], given: Mapping[str, str]) -> None:
        self._known = {parameter.name: parameter for parameter in known}
        self._given = given
        unknown = sorted(set(given) - set(self._known))
        if unknown:
            expected = ", ".join(self._known) or "no parameter"
            raise InvalidParameter(f"{unknown[0]}: expected one of {expected}")
        for name, parameter in self._known.items():
            if parameter.is_required and name not in given:
                raise InvalidParameter(f"{name}: expected a value, got none")

    def text(self, name: str) -> str | None:
        """A text, None if there is none."""
        return self._given.get(name)

    def number(self, name: str) -> float | None:
        """A number within the parameter's bounds."""
        text = self._given.get(name)
        if text is None:
            return None
        known = self._known[name]
        try:
            value = float(text) if known.kind == "number" else int(text)
        except ValueError:
            raise self._error(known, text) from None
        is_small = known.minimum is not None and value < known.minimum
        if is_small or (known.maximum is not None and value > known.maximum) or value != value:
            raise self._error(known, text)
        return value

    def whole(self, name: str) -> int | None:
        """A whole number within the parameter's bounds."""
        value = self.number(name)
        return None if value is None else int(value)

    def mark(self, name: str) -> Mark | None:
        """A mark that this server gave."""
        text = self._given.get(name)
        if text is None:
            return None
        try:
            return Mark.parse(text)
        except ValueError:
            raise InvalidParameter(f"{name}: expected a mark of this server, got {text[:64]!r}") from None

    @staticmethod
    def _error(known: Parameter, got: str) -> InvalidParameter:
        words = "a number" if known.kind == "number" else "a whole number"
        low = "" if known.minimum is None else f" from {known.minimum:g}"
        high = "" if known.maximum is None else f" to {known.maximum:g}"
        return InvalidParameter(f"{known.name}: expected {words}{low}{high}, got {got[:64]!r}")
