"""Text in pieces: what no UTF-8 begins with is known at the first byte that spoils it."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linarite.sockets.partial_text import unfinished_character


@pytest.mark.parametrize("text", ["", "a", "ä", "€", "😀", "end €"])
def test_whole_characters_leave_nothing(text: str) -> None:
    assert unfinished_character(text.encode()) == b""


@pytest.mark.parametrize(
    ("text", "rest"), [(b"a\xc3", b"\xc3"), (b"\xe2\x82", b"\xe2\x82"), (b"x\xf0\x9f\x98", b"\xf0\x9f\x98")]
)
def test_the_start_of_a_character_is_left(text: bytes, rest: bytes) -> None:
    assert unfinished_character(text) == rest


@pytest.mark.parametrize(
    "text",
    [b"\xff", b"a\x80", b"\xc0", b"\xc1", b"\xf5", b"\xc3\x28", b"\xe0\x80", b"\xed\xa0", b"\xf0\x80", b"\xf4\x90"],
    ids=bytes.hex,
)
def test_the_first_wrong_byte_tells(text: bytes) -> None:
    assert unfinished_character(text) is None
    assert unfinished_character(text[:-1]) is not None


@given(st.binary(max_size=12), st.lists(st.integers(0, 12)))
def test_pieces_are_judged_as_the_whole_is(text: bytes, cuts: list[int]) -> None:
    places = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    rest: bytes | None = b""
    for start, end in itertools.pairwise(places):
        if rest is not None:
            rest = unfinished_character(rest + text[start:end])
    assert rest == unfinished_character(text)


@given(st.binary(max_size=8))
def test_a_text_without_a_rest_is_utf8_and_no_other(text: bytes) -> None:
    try:
        text.decode()
    except UnicodeDecodeError:
        assert unfinished_character(text) != b""
    else:
        assert unfinished_character(text) == b""
