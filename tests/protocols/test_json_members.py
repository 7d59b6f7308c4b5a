import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.protocols.json_frames import json_texts, objects

from linarite.protocols.json_members import span_of_member


@given(st.data())
def test_member_is_found_exactly_as_it_was_written(data):
    members = {name: data.draw(json_texts()) for name in ("a", "data")}
    text = data.draw(objects(members))
    for name, value in members.items():
        start, end = span_of_member(text, name)
        assert text[start:end] == value


def test_of_a_repeated_member_the_last_counts():
    text = '{"a":1,"b":{"a":2},"a":[3]}'
    start, end = span_of_member(text, "a")
    assert text[start:end] == "[3]"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        ":1}",
        '{"b":1}',
        '{"a":}',
        '{"a":NaN}',
        '{"a":-Infinity}',
        '{"a":"\t"}',
        '{"a" 1}',
        '{"a":1',
        '{"a":1]',
        '{"a":1,}',
        '{[1]:1,"a":}',
    ],
)
def test_what_is_no_object_with_that_member_raises_value_error(text):
    with pytest.raises(ValueError):
        span_of_member(text, "a")


def test_name_that_is_no_text_is_not_found_and_does_no_harm():
    start, end = span_of_member('{[1]:1,{}:2,"a":3}', "a")
    assert (start, end) == (16, 17)


@given(st.text(st.sampled_from('{}[]:,"a1\\ '), max_size=12))
def test_any_text_gives_a_span_or_value_error(text):
    try:
        start, end = span_of_member(text, "a")
    except ValueError:
        return
    assert 0 < start < end < len(text)
