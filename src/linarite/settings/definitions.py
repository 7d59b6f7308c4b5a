"""What one setting is: how it is described, named in each source, and read from text or TOML.

A setting is declared once, as a field of a class of this package. Its command-line argument, environment
variable, TOML key, help text and reference page all derive from that declaration through `Definition`.
"""

import math
import re
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin

__all__ = [
    "ENVIRONMENT_PREFIX",
    "Definition",
    "Description",
    "SettingsError",
    "described",
    "read_definitions",
    "setting",
]

ENVIRONMENT_PREFIX = "LINARITE_"

T = TypeVar("T")


class SettingsError(ValueError):
    """A setting has a value that it may not have; says which, what was expected, what came and from where."""

    def __init__(self, setting: str, expected: str, got: object, source: str) -> None:
        super().__init__(f"{setting}: expected {expected}, got {got!r} ({source})")
        self.setting = setting
        self.expected = expected
        self.got = got
        self.source = source


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What a declaration says of its setting beside name, type and default."""

    section: str
    reason: str
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    pattern: str | None = None
    pattern_words: str = ""
    default_words: str | None = None
    serve_default: object = None
    """The default under `linarite serve`, where it differs; None: the same."""


def described(description: Description) -> Mapping[str, Description]:
    """Return field metadata that carries a description."""
    return {"description": description}


def setting(default: T, **description: Any) -> T:  # noqa: ANN401 - Description checks them
    """Declare a field of `Settings` with its default; the other arguments are those of `Description`."""
    return field(default=default, metadata=described(Description(**description)))


@dataclass(frozen=True, slots=True)
class Kind:
    """How values of one Python type are named and read."""

    words: str
    placeholder: str
    from_text: Callable[[str], object]
    accepts: Callable[[object], bool]


def split_texts(text: str) -> tuple[str, ...]:
    """Return the comma-separated items of a text without the blanks around them."""
    return tuple(item.strip() for item in text.split(",") if item.strip())


def is_number(value: object) -> bool:
    """Tell whether a value is a finite number; TOML and `float` also know nan and inf."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


KINDS: Mapping[object, Kind] = {
    int: Kind("an integer", "NUMBER", int, lambda value: type(value) is int),
    float: Kind("a number", "NUMBER", float, is_number),
    str: Kind("a text that is not empty", "TEXT", str, lambda value: isinstance(value, str) and value != ""),
    Path: Kind("a path", "PATH", Path, lambda value: isinstance(value, Path) and "\0" not in str(value)),
    tuple[str, ...]: Kind(
        "a list of texts",
        "TEXT[,TEXT…]",
        split_texts,
        lambda value: isinstance(value, tuple) and all(isinstance(item, str) and item for item in value),
    ),
}


@dataclass(frozen=True, slots=True)
class Definition:
    """One setting with everything that its sources, its help text and its reference page need."""

    name: str
    kind: Kind
    is_optional: bool
    choices: tuple[str, ...]
    default: object
    description: Description

    @property
    def argument(self) -> str:
        """The command-line argument, such as `--tls-port`."""
        return "--" + self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        """The environment variable, such as `LINARITE_TLS_PORT`."""
        return ENVIRONMENT_PREFIX + self.name.upper()

    @property
    def placeholder(self) -> str:
        """The word that stands for the value in a usage line."""
        return "{" + ",".join(self.choices) + "}" if self.choices else self.kind.placeholder

    @property
    def expected(self) -> str:
        """What a valid value is, as error messages and the reference page say it."""
        return self._expected_value() + (", or none" if self.is_optional else "")

    def _expected_value(self) -> str:
        if self.choices:
            return "one of " + ", ".join(self.choices)
        if self.description.pattern is not None:
            return self.description.pattern_words
        low, high = self.description.minimum, self.description.maximum
        if low is not None and high is not None:
            return f"{self.kind.words} from {low:g} to {high:.12g}"
        return f"{self.kind.words} of at least {low:g}" if low is not None else self.kind.words

    @property
    def default_text(self) -> str:
        """The default as people write it."""
        shown = f"{self.default:g}" if isinstance(self.default, float) else str(self.default)
        words = self.description.default_words or shown
        if self.description.serve_default is not None:
            words += f" ({self.description.serve_default} under `linarite serve`)"
        return words

    def read(self, value: object, source: str, *, folder: Path | None = None) -> object:
        """Return a value of this setting's type from what a source says; `folder` is the TOML file's or None.

        Text is converted only where everything is text, and relative paths in a file start at its folder.
        """
        try:
            converted = self._convert(value, folder)
        except (ValueError, OverflowError, RuntimeError):  # RuntimeError: the home folder of nobody, `~nobody/x`
            raise self.error(value, source) from None
        if converted is None and self.is_optional:
            return None
        if not self.kind.accepts(converted) or not self._is_in_range(converted):
            raise self.error(value, source)
        return converted

    def error(self, got: object, source: str) -> SettingsError:
        """Return the error that says this setting cannot have that value."""
        return SettingsError(self.name, self.expected, got, source)

    def _convert(self, value: object, folder: Path | None) -> object:
        if isinstance(value, str) and self.is_optional and value.lower() == "none":
            return None
        if isinstance(value, list):
            value = tuple(value)
        if isinstance(value, str) and (folder is None or self.kind is KINDS[Path]):
            value = self.kind.from_text(value) if value else value
        if isinstance(value, Path):
            return (folder or Path()).joinpath(value.expanduser()).absolute()
        if isinstance(value, int) and self.kind is KINDS[float] and not isinstance(value, bool):
            return float(value)
        return value

    def _is_in_range(self, value: object) -> bool:
        if self.choices:
            return value in self.choices
        if self.description.pattern is not None:
            return re.fullmatch(self.description.pattern, str(value)) is not None
        low, high = self.description.minimum, self.description.maximum
        return (low is None or cast(float, value) >= low) and (high is None or cast(float, value) <= high)


def read_definitions(declared_by: type) -> tuple[Definition, ...]:
    """Return the definitions of a dataclass whose fields were declared with `setting` or `described`."""
    return tuple(
        Definition(
            declared.name,
            *_read_type(declared.type),
            default=None if declared.default_factory is not _MISSING else declared.default,
            description=declared.metadata["description"],
        )
        for declared in fields(declared_by)
    )


_MISSING = field().default_factory


def _read_type(annotation: object) -> tuple[Kind, bool, tuple[str, ...]]:
    is_optional = False
    if get_origin(annotation) in (types.UnionType, Union):
        (annotation,) = (member for member in get_args(annotation) if member is not types.NoneType)
        is_optional = True
    if get_origin(annotation) is Literal:
        return KINDS[str], is_optional, get_args(annotation)
    return KINDS[annotation], is_optional, ()
