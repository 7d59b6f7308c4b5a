"""Builds the tree of a filter from its tokens.

From tightest to loosest: calls and parentheses; `in`; `not`; comparisons; `and`; `or`. So `not length(userId)
gt 5` reads `(not length(userId)) gt 5` ("OData filter syntax in Azure Web PubSub service", operator
precedence), while `not 'a' in groups` reads `not ('a' in groups)` (OData V4 URL conventions, operator
precedence). Operators of one level take their operands from the left.

Operators that OData has and filters have not (arithmetic, `has`, the negative sign) are parsed like the
others, so that the message can say that they are not supported. Paths and lambdas are syntax errors.

Within one pair of parentheses the operators wait on a list instead of the call stack, and both the nesting of
the text and the height of the tree are bounded. No input can exhaust the stack, here or wherever trees go.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from linarite.domain.filters import characters
from linarite.domain.filters.errors import TOO_DEEP, PartError
from linarite.domain.filters.tokens import Kind, Token, located, tokens_of
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
    height_above,
)

# A level of nesting takes at most three Python calls here and fewer elsewhere; the interpreter allows 1,000
# in all.
DEEPEST = 200

# A list is read again for every list around it, so nested lists use the allowed depth up faster than
# parentheses.
_LEVELS_OF_LIST = 10

_PREFIX_BINDING = 5
_LOGICAL = frozenset({"and", "or"})
_BINDINGS = (
    {"or": 0, "and": 1}
    | dict.fromkeys(("eq", "ne", "gt", "ge", "lt", "le"), 2)
    | dict.fromkeys(("add", "sub"), 3)
    | dict.fromkeys(("mul", "div", "mod"), 4)
    | dict.fromkeys(("in", "has"), 6)
)
# What follows the last operand takes every operator that waits.
_LOOSEST = -1

_ITEM_PIECE = re.compile(r"[^'(),]++|'[^']*+'|[(),]")


def parse(text: str, depth: int) -> Node:
    """The tree of the text, or a `PartError` where it breaks the grammar or nests deeper than `depth`."""
    return _Parser(text, min(depth, DEEPEST), 0).parsed()


@dataclass(slots=True)
class _Waiting:
    """An operator whose right operand is still to come, with the operands it has."""

    operator: str
    binding: int
    operands: list[Node]


class _Parser:
    __slots__ = ("_depth", "_level", "_next", "_text", "_token", "_tokens")

    def __init__(self, text: str, depth: int, level: int) -> None:
        self._text = text
        self._depth = depth
        self._level = level
        self._tokens = tokens_of(text)
        self._next = 0
        self._token = self._tokens[0]

    def parsed(self) -> Node:
        _check(self._token)
        node = self._expression()
        if not self._is_at(Kind.END):
            raise self._error("Syntax error", self._token.end)
        return node

    def _expression(self) -> Node:
        self._level += 1
        if self._level > self._depth:
            raise PartError(None, TOO_DEEP)
        waiting: list[_Waiting] = []
        while True:
            node = self._operand(waiting)
            operator = self._token.text if self._is_at(Kind.WORD) else ""
            binding = _BINDINGS.get(operator, _LOOSEST)
            while waiting and waiting[-1].binding >= binding and not _continues(waiting[-1], operator):
                node = self._applied(waiting.pop(), node)
            if binding == _LOOSEST:
                self._level -= 1
                return node
            self._advance()
            if waiting and _continues(waiting[-1], operator):
                waiting[-1].operands.append(node)
            else:
                waiting.append(_Waiting(operator, binding, [node]))

    def _operand(self, waiting: list[_Waiting]) -> Node:
        """The next operand; the prefixes before it join the operators that wait."""
        after_in = bool(waiting) and waiting[-1].binding > _PREFIX_BINDING
        if after_in and self._is_at(Kind.LIST):
            return self._list(self._advance())
        # What follows `in` is a single operand, so a `not` there is a name.
        while not after_in and (self._is_at(Kind.MINUS) or self._is_at_word("not")):
            waiting.append(_Waiting(self._advance().text, _PREFIX_BINDING, []))
        # OData looks one token ahead before it reads an operand, and reports what it finds there first.
        _check(self._tokens[min(self._next + 1, len(self._tokens) - 1)])
        match self._token.kind:
            case Kind.OPEN:
                return self._parenthesised()
            case Kind.WORD:
                return self._named(self._advance())
            case Kind.VALUE:
                return Literal(self._advance().value)
            case Kind.FOREIGN:
                return UnsupportedLiteral(self._advance().text)
            case _:
                raise self._error("Expression expected", self._token.start)

    def _parenthesised(self) -> Node:
        self._advance()
        node = self._expression()
        self._close("')' or operator expected")
        return node

    def _named(self, word: Token) -> Node:
        """An identifier, or a call when the parenthesis follows without a blank."""
        if not self._is_at(Kind.OPEN) or self._token.start != word.end:
            return Identifier(word.text)
        self._advance()
        arguments: list[Node] = []
        if not self._is_at(Kind.CLOSE):
            arguments.append(self._expression())
            while self._is_at(Kind.COMMA):
                self._advance()
                arguments.append(self._expression())
        self._close("')' or ',' expected")
        return self._bounded(Call(word.text, tuple(arguments), height_above(arguments)))

    def _list(self, token: Token) -> Node:
        """The items of a list, each parsed as a text of its own, from whose start messages count."""
        level = self._level + _LEVELS_OF_LIST
        items = tuple(_Parser(item, self._depth, level).parsed() for item in _items(token.text[1:-1]))
        match items:
            case (Identifier(name) as collection,) if name.lower() == "groups":
                # collection_expression ::= '(' collection_expression ')' (same page, formal grammar)
                return collection
            case _:
                return self._bounded(ItemList(token.text, items, height_above(items)))

    def _applied(self, waiting: _Waiting, right: Node) -> Node:
        operator, operands = waiting.operator, (*waiting.operands, right)
        height = height_above(operands)
        if waiting.binding == _PREFIX_BINDING:
            return self._bounded(Unary(operator, right, height))
        if operator in _LOGICAL:
            return self._bounded(Logical(operator, operands, height))
        if operator == "in":
            return self._bounded(Membership(operands[0], right, height))
        return self._bounded(Binary(operator, operands[0], right, height))

    def _bounded(self, node: Node) -> Node:
        if node.height > self._depth:
            raise PartError(None, TOO_DEEP)
        return node

    def _is_at(self, kind: Kind) -> bool:
        return self._token.kind is kind

    def _is_at_word(self, word: str) -> bool:
        return self._is_at(Kind.WORD) and self._token.text == word

    def _close(self, otherwise: str) -> None:
        if not self._is_at(Kind.CLOSE):
            raise self._error(otherwise, self._token.start)
        self._advance()

    def _advance(self) -> Token:
        """Moves on and returns the token that was current."""
        passed = self._token
        self._next += 1
        self._token = self._tokens[self._next]
        _check(self._token)
        return passed

    def _error(self, reason: str, index: int) -> PartError:
        return PartError(None, located(reason, self._text, index))


def _check(token: Token) -> None:
    if token.kind is Kind.INVALID:
        raise PartError(None, token.text)


def _continues(waiting: _Waiting, operator: str) -> bool:
    return waiting.operator == operator and operator in _LOGICAL


def _items(content: str) -> list[str]:
    """The items between commas, without blank ones; quotes and parentheses protect commas."""
    items = [""]
    depth = 0
    for piece in _ITEM_PIECE.findall(content):
        depth += (piece == "(") - (piece == ")")
        if piece == "," and depth == 0:
            items.append("")
        else:
            items[-1] += piece
    return [item for item in map(characters.trimmed, items) if item]
