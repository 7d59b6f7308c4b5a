"""The parts of a parsed filter, and how each is printed in a message.

Printing follows the service: operands that are themselves operations stand in parentheses, arguments are
joined without blanks, quotes inside strings are not doubled again, booleans are `True` and `False`. The text
is for people; it is not always a filter again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Literal:
    """A value the language has: a string, a 32-bit integer, a boolean or null."""

    value: str | int | bool | None
    height: int = 1


@dataclass(frozen=True, slots=True)
class UnsupportedLiteral:
    """A literal that OData has and filters have not, such as a date; `text` as in messages."""

    text: str
    height: int = 1


@dataclass(frozen=True, slots=True)
class Identifier:
    """A name, spelled as in the filter; only evaluation knows which names exist."""

    name: str
    height: int = 1


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments."""

    name: str
    arguments: tuple[Node, ...]
    height: int


@dataclass(frozen=True, slots=True)
class Unary:
    """`not x`, or `- x`, which no filter may use."""

    operator: str
    operand: Node
    height: int


@dataclass(frozen=True, slots=True)
class Binary:
    """A comparison, or an operation of OData that no filter may use (arithmetic, `has`)."""

    operator: str
    left: Node
    right: Node
    height: int


@dataclass(frozen=True, slots=True)
class Logical:
    """A run of one operator, `a or b or c`, in which each operator takes everything before it as its left.

    A run is one part, not a chain of pairs, so that a filter of hundreds of clauses stays shallow.
    """

    operator: str
    operands: tuple[Node, ...]
    height: int
    end: int | None = None
    """Where printing stops, when the part meant is the beginning of the run."""

    def until(self, index: int) -> Logical:
        """The beginning of the run, up to the operator whose right operand is the one at `index`."""
        return Logical(self.operator, self.operands, self.height, index + 1)


@dataclass(frozen=True, slots=True)
class ItemList:
    """The list on the right of `in`, with its text as in the filter."""

    text: str
    items: tuple[Node, ...]
    height: int


@dataclass(frozen=True, slots=True)
class Membership:
    """`x in y`."""

    left: Node
    right: Node
    height: int


Node = Literal | UnsupportedLiteral | Identifier | Call | Unary | Binary | Logical | ItemList | Membership


def height_above(children: Iterable[Node]) -> int:
    """The height of a part with these children; a part without children has height 1."""
    return 1 + max((child.height for child in children), default=0)


def printed(node: Node) -> str:
    """The part as messages show it."""
    match node:
        case Literal():
            return _printed_literal(node)
        case UnsupportedLiteral() | ItemList():
            return node.text
        case Identifier():
            return node.name
        case Call():
            return f"{node.name}({','.join(map(printed, node.arguments))})"
        case Unary():
            return f"{node.operator} {_wrapped(node.operand)}"
        case Binary():
            return f"{_wrapped(node.left)} {node.operator} {_wrapped(node.right)}"
        case Logical():
            return _printed_run(node)
        case Membership():
            return f"{printed(node.left)} in {printed(node.right)}"


def _printed_literal(literal: Literal) -> str:
    match literal.value:
        case None:
            return "null"
        case str() as text:
            return f"'{text}'"
        case other:
            return str(other)


def _printed_run(run: Logical) -> str:
    first, *others = map(_wrapped, run.operands[: run.end])
    # Every operator but the last is the left operand of the next one: ((a or b) or c) or d.
    parts = [f" {run.operator} {other}" for other in others]
    return "(" * (len(parts) - 1) + first + ")".join(parts)


def _wrapped(node: Node) -> str:
    text = printed(node)
    return f"({text})" if isinstance(node, Unary | Binary | Logical | Membership) else text
