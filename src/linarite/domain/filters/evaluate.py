"""Turns the tree of a filter into one closure that tells whether a connection matches.

Types are those of values, not of expressions: what an operand gave is checked when the operator runs. What
can be known beforehand decides only which closure is made, so that ordinary filters run without checks and
stop early.

- `eq` and `ne` compare any two values; values of different types are unequal, strings are compared ordinally.
- `gt`, `ge`, `lt`, `le` want two integers; next to null they are false.
- `and` and `or` evaluate both sides. The right one may be of any type when the left one decides.
- `in` stops at the first item that is equal.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Mapping
from typing import Final, cast

from linarite.domain.filters.errors import PartError
from linarite.domain.filters.functions import FUNCTIONS
from linarite.domain.filters.tree import (
    Binary,
    Call,
    Identifier,
    ItemList,
    Literal,
    Logical,
    Membership,
    Node,
    Unary,
    UnsupportedLiteral,
    printed,
)
from linarite.domain.filters.values import (
    NOTHING_BUT_NULL,
    ONLY_BOOL,
    ONLY_COLLECTION,
    ONLY_INT,
    ONLY_STRING,
    Candidate,
    Compiled,
    Run,
    Type,
    Types,
    Value,
    as_bool,
    as_int,
    mismatch,
    type_of,
)

# Identifiers are compared without regard to case. `protocol` is not in the documented grammar; the service
# has it.
_IDENTIFIERS: Final[Mapping[str, tuple[str, Types]]] = {
    "connectionid": ("connection_id", ONLY_STRING),
    "userid": ("user_id", ONLY_STRING),
    "protocol": ("protocol", ONLY_STRING),
    "groups": ("groups", ONLY_COLLECTION),
}
_ORDERINGS: Final[Mapping[str, Callable[[int, int], bool]]] = {
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}
_INT_OR_NULL: Final = ONLY_INT | NOTHING_BUT_NULL
_ANYTHING: Final[Types] = frozenset(Type)


def compiled(node: Node, around: Node | None = None) -> Compiled:
    """The runnable form of the node.

    Running it raises `PartError` on what filters cannot do. The message names the nearest operation or call
    around the unsupported part, `around`, and the whole text when there is none.
    """
    match node:
        case Literal():
            return _literal(node)
        case UnsupportedLiteral():
            return _unsupported(around, node.text)
        case Identifier():
            return _identifier(node, around)
        case Call():
            return _call(node)
        case Unary():
            return _unary(node, around)
        case Binary():
            return _binary(node)
        case Logical():
            return _logical(node)
        case Membership():
            return _membership(node)
        case ItemList():
            raise AssertionError("a list stands only on the right of in")


def _unsupported(part: Node | None, token: str) -> Compiled:
    def run(_: Candidate) -> Value:
        raise PartError(part, f"Token '{token}' is not supported.")

    return Compiled(run, _ANYTHING, is_safe=False)


def _literal(literal: Literal) -> Compiled:
    value = literal.value
    part = Compiled(lambda _: value, _ANYTHING, is_safe=True)
    return Compiled(part.run, frozenset({type_of(value, part)}), is_safe=True)


def _identifier(identifier: Identifier, around: Node | None) -> Compiled:
    known = _IDENTIFIERS.get(identifier.name.lower())
    if known is None:
        return _unsupported(around, identifier.name)
    attribute, types = known
    return Compiled(operator.attrgetter(attribute), types, is_safe=True)


def _call(call: Call) -> Compiled:
    function = FUNCTIONS.get(call.name)
    if function is None:
        return _unsupported(call, printed(call))
    return function.compiled(call, [compiled(argument, call) for argument in call.arguments])


def _unary(node: Unary, around: Node | None) -> Compiled:
    if node.operator != "not":
        return _unsupported(None, "UnaryOperator")
    operand = compiled(node.operand, around)
    operand_run = operand.run

    def run(candidate: Candidate) -> Value:
        return not operand_run(candidate)

    def checked(candidate: Candidate) -> Value:
        return not as_bool(operand_run(candidate), operand, node)

    is_bool = operand.types == ONLY_BOOL
    return Compiled(run if is_bool else checked, ONLY_BOOL, is_bool and operand.is_safe)


def _binary(node: Binary) -> Compiled:
    ordering = _ORDERINGS.get(node.operator)
    if ordering is None and node.operator not in ("eq", "ne"):
        return _unsupported(None, "BinaryOperator")
    left, right = compiled(node.left, node), compiled(node.right, node)
    if ordering is not None:
        return _ordering(node, left, right, ordering)
    return Compiled(_equality(node, left, right), ONLY_BOOL, left.is_safe and right.is_safe)


def _equality(node: Binary, left: Compiled, right: Compiled) -> Run:
    wanted = node.operator == "eq"
    left_run, right_run = left.run, right.run
    if {Type.BOOL, Type.INT} <= left.types | right.types:
        return lambda candidate: _equal(left_run(candidate), right_run(candidate)) is wanted
    compare = operator.eq if wanted else operator.ne
    if isinstance(node.right, Literal):
        constant = node.right.value
        return lambda candidate: compare(left_run(candidate), constant)
    return lambda candidate: compare(left_run(candidate), right_run(candidate))


def _equal(left: Value, right: Value) -> bool:
    """Equality for values that may be both bool and int, which Python would take for equal."""
    return left == right and isinstance(left, bool) is isinstance(right, bool)


def _ordering(node: Binary, left: Compiled, right: Compiled, ordering: Callable[[int, int], bool]) -> Compiled:
    left_run, right_run = left.run, right.run

    def run(candidate: Candidate) -> Value:
        first, second = left_run(candidate), right_run(candidate)
        if first is None or second is None:
            return False
        return ordering(cast("int", first), cast("int", second))

    def checked(candidate: Candidate) -> Value:
        first, second = left_run(candidate), right_run(candidate)
        if type_of(first, left) is Type.NULL or type_of(second, right) is Type.NULL:
            return False
        return ordering(as_int(first, left, node), as_int(second, right, node))

    is_int = left.types | right.types <= _INT_OR_NULL
    return Compiled(run if is_int else checked, ONLY_BOOL, is_int and left.is_safe and right.is_safe)


def _logical(node: Logical) -> Compiled:
    # Each operand belongs to the operator before it, the first one to the first operator.
    parts = [compiled(part, node.until(max(index, 1))) for index, part in enumerate(node.operands)]
    is_bool = all(part.types == ONLY_BOOL for part in parts)
    if is_bool and all(part.is_safe for part in parts):
        run = _stopping_early([part.run for part in parts], decisive=node.operator == "or")
        return Compiled(run, ONLY_BOOL, is_safe=True)
    return Compiled(_evaluating_all(node, parts), ONLY_BOOL, is_safe=False)


def _stopping_early(runs: list[Run], *, decisive: bool) -> Run:
    """The operator for operands that are booleans and never raise: nobody can tell that it stops early."""
    if len(runs) == 2:
        first, second = runs
        if decisive:
            return lambda candidate: first(candidate) or second(candidate)
        return lambda candidate: first(candidate) and second(candidate)

    def run(candidate: Candidate) -> Value:
        for operand in runs:
            if operand(candidate) is decisive:
                return decisive
        return not decisive

    return run


def _evaluating_all(node: Logical, parts: list[Compiled]) -> Run:
    decisive = node.operator == "or"
    first, *others = parts

    def run(candidate: Candidate) -> Value:
        result = first.run(candidate)
        for index, right in enumerate(others, start=1):
            value = right.run(candidate)
            result = as_bool(result, first, node.until(index))
            if result is not decisive:
                result = as_bool(value, right, node.until(index))
        return result

    return run


def _membership(node: Membership) -> Compiled:
    left = compiled(node.left, node)
    if isinstance(node.right, ItemList):
        return _in_items(left, node.right, node)
    right = compiled(node.right, node)
    if right.types != ONLY_COLLECTION:
        return Compiled(_refusing_right(node, left, right), ONLY_BOOL, is_safe=False)
    if left.types == ONLY_COLLECTION:
        # No collection holds a collection; asking a set whether it does would raise.
        return Compiled(lambda _: False, ONLY_BOOL, left.is_safe)
    return Compiled(_in_collection(left.run, right.run), ONLY_BOOL, left.is_safe)


def _in_collection(left: Run, right: Run) -> Run:
    def run(candidate: Candidate) -> Value:
        return left(candidate) in cast("Collection[Value]", right(candidate))

    return run


def _refusing_right(node: Membership, left: Compiled, right: Compiled) -> Run:
    def run(candidate: Candidate) -> Value:
        left.run(candidate)
        raise mismatch(node, type_of(right.run(candidate), right), Type.COLLECTION)

    return run


def _in_items(left: Compiled, right: ItemList, node: Membership) -> Compiled:
    left_run = left.run
    constants = {item.value for item in right.items if isinstance(item, Literal)}
    # Strings and null cannot be mistaken for a value of another type, as True and 1 can.
    is_plain = all(isinstance(item, Literal) and not isinstance(item.value, int) for item in right.items)
    if is_plain and left.types != ONLY_COLLECTION:
        return Compiled(lambda candidate: left_run(candidate) in constants, ONLY_BOOL, left.is_safe)
    items = [compiled(item, node) for item in right.items]

    def run(candidate: Candidate) -> Value:
        value = left_run(candidate)
        return any(_equal(item.run(candidate), value) for item in items)

    return Compiled(run, ONLY_BOOL, left.is_safe and all(item.is_safe for item in items))
