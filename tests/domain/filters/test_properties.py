"""Filters against a second, plain evaluation, and against any text at all."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from linarite.domain.filters import Filter, FilterError, compile_filter
from linarite.domain.filters.parser import parse
from linarite.domain.filters.tree import printed


@dataclass(frozen=True, slots=True)
class Sample:
    """A well-typed expression: its text and what it means for a connection."""

    text: str
    value: Callable[[Any], Any]
    is_operation: bool = False

    def __repr__(self) -> str:
        return self.text

    @property
    def operand(self) -> str:
        return f"({self.text})" if self.is_operation else self.text


def units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def substring(text: str | None, start: int, count: int | None) -> str | None:
    if text is None:
        return None
    encoded = text.encode("utf-16-le", "surrogatepass")
    end = len(encoded) // 2 if count is None else start + count
    if not 0 <= start <= end <= len(encoded) // 2:
        return None
    return encoded[2 * start : 2 * end].decode("utf-16-le", "surrogatepass")


def index(text: str | None, part: str | None) -> int:
    if text is None or part is None or part not in text:
        return -1
    return units(text[: text.index(part)])


def call(name: str, meaning: Callable[..., Any], *arguments: Sample) -> Sample:
    text = f"{name}({', '.join(argument.text for argument in arguments)})"
    return Sample(text, lambda c: meaning(*(argument.value(c) for argument in arguments)))


def when_present(meaning: Callable[..., Any], otherwise: Any = None) -> Callable[..., Any]:
    return lambda *values: otherwise if None in values else meaning(*values)


def literal(value: str) -> Sample:
    quoted = value.replace("'", "''")
    return Sample(f"'{quoted}'", lambda _: value)


def number(value: int) -> Sample:
    return Sample(str(value), lambda _: value)


def same(left: Any, right: Any) -> bool:
    return type(left) is type(right) and left == right


def comparison(left: Sample, right: Sample, name: str, meaning: Callable[[Any, Any], bool]) -> Sample:
    text = f"{left.operand} {name} {right.operand}"
    return Sample(text, lambda c: meaning(left.value(c), right.value(c)), True)


def logical(samples: list[Sample], name: str) -> Sample:
    combined = all if name == "and" else any
    text = f" {name} ".join(sample.operand for sample in samples)
    return Sample(text, lambda c: combined([sample.value(c) for sample in samples]), True)


def negation(sample: Sample) -> Sample:
    return Sample(f"not {sample.operand}", lambda c: not sample.value(c), True)


def in_list(left: Sample, items: list[Sample]) -> Sample:
    text = f"{left.operand} in ({','.join(item.text for item in items)})"
    return Sample(text, lambda c: any(same(left.value(c), item.value(c)) for item in items), True)


def in_groups(left: Sample) -> Sample:
    return Sample(f"{left.operand} in groups", lambda c: left.value(c) in c.groups, True)


IDENTIFIERS = [
    Sample("userId", lambda c: c.user_id),
    Sample("CONNECTIONID", lambda c: c.connection_id),
    Sample("protocol", lambda c: c.protocol),
]
NULL = Sample("null", lambda _: None)
EQUALITIES = [("eq", same), ("ne", lambda left, right: not same(left, right))]
ORDERINGS = [(name, when_present(getattr(operator, name), otherwise=False)) for name in ("gt", "ge", "lt", "le")]
LITTLE_INTEGERS = st.integers(-2, 6)


def strings(alphabet: str) -> st.SearchStrategy[Sample]:
    texts = st.text(alphabet, max_size=6)
    leaves = st.sampled_from([*IDENTIFIERS, NULL]) | texts.map(literal)

    def larger(part: st.SearchStrategy[Sample]) -> st.SearchStrategy[Sample]:
        position = LITTLE_INTEGERS.map(number) | st.builds(lambda a, b: call("indexof", index, a, b), part, part)
        return st.one_of(
            part.map(lambda a: call("tolower", when_present(str.lower), a)),
            part.map(lambda a: call("toupper", when_present(str.upper), a)),
            part.map(lambda a: call("trim", when_present(lambda text: text.strip()), a)),
            st.builds(lambda a, b: call("concat", joined, a, b), part, part),
            st.builds(lambda a, i: call("substring", lambda t, s: substring(t, s, None), a, i), part, position),
            st.builds(lambda a, i, n: call("substring", substring, a, i, n), part, position, position),
        )

    return st.recursive(leaves, larger, max_leaves=4)


def joined(left: str | None, right: str | None) -> str | None:
    return None if left is None and right is None else (left or "") + (right or "")


def integers(text: st.SearchStrategy[Sample]) -> st.SearchStrategy[Sample]:
    return st.one_of(
        st.integers(-(2**31), 2**31 - 1).map(number),
        LITTLE_INTEGERS.map(number),
        text.map(lambda a: call("length", when_present(units), a)),
        st.just(Sample("length(groups)", lambda c: len(c.groups))),
        st.builds(lambda a, b: call("indexof", index, a, b), text, text),
    )


def booleans(alphabet: str, *, with_literals: bool = True) -> st.SearchStrategy[Sample]:
    text = strings(alphabet)
    whole = integers(text)
    value = text | whole
    predicates = [
        ("contains", lambda a, b: b in a),
        ("startswith", str.startswith),
        ("endswith", str.endswith),
    ]
    clauses = [
        st.builds(lambda a, b, p: call(p[0], when_present(p[1], False), a, b), text, text, st.sampled_from(predicates)),
        st.builds(lambda a, b, o: comparison(a, b, *o), value, value, st.sampled_from(EQUALITIES)),
        st.builds(lambda a, b, o: comparison(a, b, *o), whole, whole, st.sampled_from(ORDERINGS)),
        st.builds(in_list, value, st.lists(value, max_size=4)),
        text.map(in_groups),
    ]
    if with_literals:
        clauses.append(st.sampled_from([Sample("true", lambda _: True), Sample("false", lambda _: False)]))

    def larger(part: st.SearchStrategy[Sample]) -> st.SearchStrategy[Sample]:
        return st.one_of(
            part.map(negation),
            st.builds(logical, st.lists(part, min_size=2, max_size=4), st.sampled_from(["and", "or"])),
            st.builds(lambda a, b, o: comparison(a, b, *o), part, part | value, st.sampled_from(EQUALITIES)),
        )

    return st.recursive(st.one_of(clauses), larger, max_leaves=6)


NAMES = st.text("aAbé 😀'(,", max_size=5)
ATTRIBUTES = st.fixed_dictionaries(
    {
        "connection_id": NAMES,
        "user_id": st.none() | NAMES,
        "groups": st.frozensets(NAMES, max_size=3),
        "protocol": st.none() | NAMES,
    }
)


@given(booleans("aAbé 😀'(,)"), ATTRIBUTES)
def test_a_well_typed_filter_means_what_its_parts_mean(connection, sample, attributes):
    candidate = connection(**attributes)
    assert compile_filter(sample.text).matches(candidate) is sample.value(candidate)


@given(booleans("abé 😀(,)", with_literals=False))
def test_what_is_printed_prints_as_itself_when_read_again(sample):
    shown = printed(parse(sample.text, 100))
    assert printed(parse(shown, 100)) == shown


@given(booleans("abé 😀(,)", with_literals=False), ATTRIBUTES)
def test_what_is_printed_means_the_same(connection, sample, attributes):
    candidate = connection(**attributes)
    shown = printed(parse(sample.text, 100))
    assert compile_filter(shown).matches(candidate) is compile_filter(sample.text).matches(candidate)


PIECES = st.sampled_from(
    re.findall(
        r"\S+",
        """( ) , . / - + * = ' '' 'a' 'b,c' 0 1 -5 2147483648 1.5 1e 0x 1: 2020-01-01 null true false NaN a $ _ é
        😀 \0 userId connectionId groups protocol length( substring( contains( concat( indexof( trim( foo( eq ne
        gt le and or not in in( has add INF duration'P'""",
    )
)
ANY_TEXT = st.one_of(
    st.text(),
    st.text(st.characters(exclude_categories=())),
    st.lists(PIECES, max_size=12).map("".join),
    st.lists(PIECES, max_size=12).map(" ".join),
)


def outcome(text: str) -> Filter | str:
    """The accepted filter, or the text of the error."""
    try:
        return compile_filter(text)
    except FilterError as error:
        return str(error)


def is_complete(message: str) -> bool:
    return (
        message.startswith("Invalid syntax for '")
        and message.endswith(". (Parameter 'filter')")
        and message.encode("utf-8") != b""
    )


@given(ANY_TEXT, ATTRIBUTES)
def test_any_text_is_accepted_or_refused_and_nothing_else(connection, text, attributes):
    result = outcome(text)
    if isinstance(result, Filter):
        assert result.matches(connection(**attributes)) in (True, False)
    else:
        assert is_complete(result)


@given(booleans("ab'"), st.data())
def test_a_damaged_filter_is_accepted_or_refused_and_nothing_else(connection, sample, data):
    start = data.draw(st.integers(0, len(sample.text)))
    end = data.draw(st.integers(start, len(sample.text)))
    result = outcome(sample.text[:start] + data.draw(ANY_TEXT) + sample.text[end:])
    if isinstance(result, Filter):
        assert result.matches(connection(user_id="a")) in (True, False)
    else:
        assert is_complete(result)


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=20))
def test_every_user_can_be_named(connection, name):
    quoted = name.replace("'", "''")
    assert compile_filter(f"userId eq '{quoted}'").matches(connection(user_id=name))
    assert compile_filter(f"userId in ('{quoted}')").matches(connection(user_id=name))


def test_every_beginning_of_a_filter_is_accepted_or_refused():
    text = "not (substring(userId, -1, 2) in ('a''b', 'c')) or 'é' in groups and length(groups) ge 2"
    results = [outcome(text[:end]) for end in range(len(text))]
    assert all(isinstance(result, Filter) or is_complete(result) for result in results)
    assert isinstance(outcome(text), Filter)
