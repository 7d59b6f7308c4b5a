from __future__ import annotations

import pytest

from linarite.domain.filters import characters


@pytest.mark.parametrize(("text", "expected"), [("", 0), ("abc", 3), ("éß", 2), ("😀", 2), ("a😀b", 4)])
def test_length_counts_utf_16_code_units(text, expected):
    assert characters.length(text) == expected


@pytest.mark.parametrize(
    ("text", "part", "expected"),
    [("abc", "c", 2), ("abc", "d", -1), ("abc", "", 0), ("😀b", "b", 2), ("é😀😀c", "c", 5)],
)
def test_index_counts_utf_16_code_units(text, part, expected):
    assert characters.index(text, part) == expected


@pytest.mark.parametrize(
    ("text", "start", "count", "expected"),
    [
        ("abc", 0, None, "abc"),
        ("abc", 3, None, ""),
        ("abc", 1, 1, "b"),
        ("abc", 1, 0, ""),
        ("abc", 1, 2, "bc"),
        ("a😀b", 1, 2, "😀"),
        ("a😀b", 3, None, "b"),
        ("a😀b", 1, 1, "\ud83d"),
    ],
)
def test_cut_takes_the_units_asked_for(text, start, count, expected):
    assert characters.cut(text, start, count) == expected


@pytest.mark.parametrize(
    ("start", "count"), [(-1, None), (4, None), (0, -1), (0, 4), (3, 1), (2**31 - 1, 2**31 - 1), (-(2**31), 1)]
)
def test_cut_outside_the_text_gives_nothing(start, count):
    assert characters.cut("abc", start, count) is None


@pytest.mark.parametrize(("text", "expected"), [("AbC", "abc"), ("ÉΣ", "éσ"), ("ΑΣ", "ασ"), ("İ", "İ"), ("A😀", "a😀")])
def test_lower_case_maps_each_character_alone(text, expected):
    assert characters.lowered(text) == expected


@pytest.mark.parametrize(("text", "expected"), [("AbC", "ABC"), ("éß", "Éß"), ("ı", "ı"), ("ŉ", "ŉ"), ("a😀", "A😀")])
def test_upper_case_maps_each_character_alone(text, expected):
    assert characters.raised(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [(" \t\r\na b\v\f ", "a b"), ("\xa0\u2003\u3000x\x85", "x"), ("\x1cx\u200b", "\x1cx\u200b"), ("", "")],
)
def test_trimming_takes_what_the_service_calls_white_space(text, expected):
    assert characters.trimmed(text) == expected
