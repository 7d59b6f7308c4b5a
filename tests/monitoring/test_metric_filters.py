"""Filters of metrics queries."""

from collections.abc import Mapping, Sequence
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linarite.monitoring.metric_filters import InvalidMetricFilter, parse_metric_filter


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Status eq '*'", {"status": ["*"]}),
        ("ClientType eq 'MQTT' and Status eq '*'", {"clienttype": ["MQTT"], "status": ["*"]}),
        ("A eq 'a1' and B eq 'b1' or B eq 'b2' and C eq '*'", {"a": ["a1"], "b": ["b1", "b2"], "c": ["*"]}),
        ("A eq 'a' and (B eq 'b1' or B eq 'b2')", {"a": ["a"], "b": ["b1", "b2"]}),
        ("((Status EQ '101'))", {"status": ["101"]}),
        ("  Name eq 'it''s'  ", {"name": ["it's"]}),
    ],
)
def test_values_are_wanted_by_dimension(text: str, wanted: Mapping[str, Sequence[str]]) -> None:
    assert parse_metric_filter(text) == wanted


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "a dimension's name, got the end"),
        ("Status", "'eq', got the end"),
        ("Status ne '101'", "'eq', got 'ne'"),
        ("Status eq 101", "a value in single quotes, got '101'"),
        ("Status eq '101' xor Status eq '200'", "'and' or 'or', got 'xor'"),
        ("Status eq '101' and", "a dimension's name, got the end"),
        ("A eq 'a' or B eq 'b'", "values of a around 'or', got one of b"),
        ("(Status eq '101'", "')', got the end"),
        ("Status eq '101')", "no ')'"),
        ("Status eq '101", "a name, a text in quotes"),
        ("A eq 'a' and " * 1000, "at most 8192 characters"),
    ],
)
def test_other_forms_are_refused_with_what_was_expected(text: str, expected: str) -> None:
    with pytest.raises(InvalidMetricFilter, match="Expected ") as error:
        parse_metric_filter(text)
    assert expected in str(error.value)


@given(st.text(alphabet="abAB '()eqandor*=\t", max_size=60) | st.text(max_size=60))
def test_any_text_is_a_filter_or_refused(text: str) -> None:
    with suppress(InvalidMetricFilter):
        assert parse_metric_filter(text)
