"""The types of the filter language and what a compiled part of a filter is."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from linarite.domain.filters.errors import PartError
from linarite.domain.filters.tree import Node


class Candidate(Protocol):
    """What a filter may ask of a connection."""

    @property
    def connection_id(self) -> str:
        """The connection id."""

    @property
    def user_id(self) -> str | None:
        """The user id, or None for an anonymous connection."""

    @property
    def groups(self) -> Collection[str]:
        """The groups the connection is in; a set makes `in groups` fast."""

    @property
    def protocol(self) -> str | None:
        """The subprotocol, or None for a simple client."""


@dataclass(frozen=True, slots=True)
class _EmptyModel:
    connection_id: str = ""
    user_id: str | None = None
    groups: Collection[str] = ()
    protocol: str | None = None


# The service accepts a filter after evaluating it for this connection that does not exist.
EMPTY: Final[Candidate] = _EmptyModel()


class Type(StrEnum):
    """A type, by its name in messages."""

    NULL = "null"
    BOOL = "bool"
    STRING = "string"
    INT = "int"
    COLLECTION = "collection"


Value = str | int | bool | None | Collection[str]
Run = Callable[[Candidate], Value]
Types = frozenset[Type]

NOTHING_BUT_NULL: Final = frozenset({Type.NULL})
ONLY_BOOL: Final = frozenset({Type.BOOL})
ONLY_STRING: Final = frozenset({Type.STRING})
ONLY_INT: Final = frozenset({Type.INT})
ONLY_COLLECTION: Final = frozenset({Type.COLLECTION})


@dataclass(frozen=True, slots=True)
class Compiled:
    """A part of a filter, ready to run.

    `types` are those that `run` can give. A part of type string alone may give None: `userId` and `protocol`
    stay strings when they hold null. `is_safe` promises that `run` never raises, which lets operators stop
    early."""

    run: Run
    types: Types
    is_safe: bool


def type_of(value: Value, part: Compiled) -> Type:
    """The type of a value that the part gave."""
    match value:
        case None:
            return Type.STRING if part.types == ONLY_STRING else Type.NULL
        case bool():
            return Type.BOOL
        case int():
            return Type.INT
        case str():
            return Type.STRING
        case _:
            return Type.COLLECTION


def mismatch(node: Node, actual: Type, expected: Type) -> PartError:
    """The finding that an operand of the node has the wrong type."""
    return PartError(node, f"Type '{actual}', expect '{expected}'.")


def as_string(value: Value, part: Compiled, node: Node) -> str:
    """The value where null has been ruled out and only a string will do."""
    if isinstance(value, str):
        return value
    raise mismatch(node, type_of(value, part), Type.STRING)


def as_int(value: Value, part: Compiled, node: Node) -> int:
    """The value where only an integer will do."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise mismatch(node, type_of(value, part), Type.INT)


def as_bool(value: Value, part: Compiled, node: Node) -> bool:
    """The value where only a boolean will do."""
    if isinstance(value, bool):
        return value
    raise mismatch(node, type_of(value, part), Type.BOOL)
