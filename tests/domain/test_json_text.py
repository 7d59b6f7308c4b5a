import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linarite.domain.json_text import is_json


@pytest.mark.parametrize(
    "text", ["null", " 1 ", "-0", "1e400", "1" * 5000, '"é"', '"\\ud83d\\ude00"', '"\\ud83d"', '{"a":1,"a":[]}']
)
def test_one_value_with_blanks_around_it_is_json(text):
    assert is_json(text.encode())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" ",
        b"1 2",
        b"01",
        b"+1",
        b".5",
        b"NaN",
        b"Infinity",
        b"'a'",
        b"[1,]",
        b'{"a"}',
        b'"\x01"',
        b'"\\x"',
        b'"\xff"',
        b"\xef\xbb\xbf1",
        b"\xa01",
        b'["\\ud83d",NaN]',
        b'"\\ud83d" \xff',
    ],
)
def test_anything_else_is_not(data):
    assert not is_json(data)


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'["\\ud83d",'])
def test_a_tower_of_brackets_is_refused_without_harm(opening):
    assert not is_json(opening * 100_000)


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(_values)
def test_what_is_written_as_json_is_json(value):
    assert is_json(json.dumps(value).encode())


@given(st.text() | st.text('[]{},:"\\ud0-1.eE \n\t', max_size=12))
def test_the_standard_library_agrees_about_any_text(text):
    try:
        json.loads(text, parse_constant=_refuse)
        expected = True
    except ValueError:
        expected = False

    assert is_json(text.encode()) == expected


def _refuse(word: str) -> None:
    raise ValueError(word)
