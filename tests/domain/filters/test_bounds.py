"""No filter is too long or too deep for the process."""

from __future__ import annotations

from typing import Any

import pytest

from linarite.domain.filters import DEFAULT_LIMIT_BYTES, FilterError, compile_filter

TOO_DEEP = "Recursion depth exceeded allowed limit. (Parameter 'filter')"


def nested(before: str, core: str, after: str, levels: int) -> str:
    return before * levels + core + after * levels


def result_of(text: str, candidate: Any, **limits: int) -> bool | str:
    """Whether the candidate matches, or the text of the error."""
    try:
        return compile_filter(text, **limits).matches(candidate)
    except FilterError as error:
        return TOO_DEEP if str(error).endswith(TOO_DEEP) else str(error)


# Each shape nests one level for each repetition, in the text, in the tree or in both.
SHAPES = {
    "parentheses": ("(", "true", ")"),
    "not": ("not ", "true", ""),
    "calls": ("tolower(", "'a'", ")"),
    "right operands": ("false or (", "true", ")"),
    "left operands": ("(", "true", " and true)"),
    "all operators": ("false or true and true eq not (", "true", ")"),
    "comparisons": ("", "true", " eq true"),
    "lists": ("1 in (", "1", ")"),
}


def test_a_filter_of_the_largest_size_is_accepted():
    assert compile_filter("true".ljust(DEFAULT_LIMIT_BYTES))


def test_a_longer_filter_is_refused_with_both_sizes():
    with pytest.raises(FilterError) as caught:
        compile_filter("é" * 6, limit_bytes=11)
    assert str(caught.value) == "Invalid filter: 12 bytes, at most 11 are allowed. (Parameter 'filter')"


@pytest.mark.parametrize("shape", SHAPES)
def test_deeper_nesting_than_the_limit_is_refused(shape):
    before, core, after = SHAPES[shape]
    repetitions = (DEFAULT_LIMIT_BYTES - len(core)) // len(before + after)
    with pytest.raises(FilterError) as caught:
        compile_filter(nested(before, core, after, repetitions))
    assert str(caught.value).endswith(TOO_DEEP)


@pytest.mark.parametrize("shape", ["parentheses", "not", "right operands", "left operands", "comparisons"])
def test_nesting_up_to_the_limit_is_accepted(shape, connection):
    before, core, after = SHAPES[shape]
    assert compile_filter(nested(before, core, after, 8), depth=10).matches(connection()) in (True, False)
    with pytest.raises(FilterError, match="Recursion depth"):
        compile_filter(nested(before, core, after, 11), depth=10)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_limit_beyond_what_the_interpreter_can_take_is_lowered(shape, connection):
    before, core, after = SHAPES[shape]
    results = [
        result_of(nested(before, core, after, levels), connection(), depth=100_000)
        for levels in (5, 40, 80, 160, 320, 480)
    ]
    assert results[0] is not TOO_DEEP
    assert results[-1] is TOO_DEEP


def test_deep_filters_are_read_and_applied_far_from_the_bottom_of_the_stack(connection):
    texts = [nested(*shape, levels) for shape in SHAPES.values() for levels in (9, 48, 98, 110)]

    def results(levels: int) -> list[bool | str]:
        return results(levels - 1) if levels else [result_of(text, connection()) for text in texts]

    assert results(300) == results(0)


@pytest.mark.parametrize("operator", ["and", "or"])
def test_many_clauses_are_one_level(operator, connection):
    clause = "'group-1' in groups"
    text = f" {operator} ".join([clause] * 600)
    assert compile_filter(text).matches(connection(groups={"group-1"}))
    assert not compile_filter(text).matches(connection(groups={"group-2"}))


def test_many_clauses_of_both_kinds_are_few_levels(connection):
    text = " or ".join(["userId eq 'a' and 'b' in groups"] * 300)
    assert compile_filter(text, depth=5).matches(connection(user_id="a", groups={"b"}))


def test_a_mistake_at_the_end_of_many_clauses_is_reported():
    with pytest.raises(FilterError) as caught:
        compile_filter("false or " * 1000 + "userId")
    assert str(caught.value).endswith("False) or userId': Type 'string', expect 'bool'. (Parameter 'filter')")


def test_a_number_of_thousands_of_digits_is_refused():
    with pytest.raises(FilterError, match="is not supported"):
        compile_filter("1" * 9000 + " eq 1")


def test_a_number_with_thousands_of_zeros_before_it_is_that_number(connection):
    assert compile_filter("0" * 9000 + "1 eq 1").matches(connection())
