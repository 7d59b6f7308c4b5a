"""Reading a call: its parameters and its body."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.http.data_plane.calls import GONE, a_call

from linarite.http.data_plane.errors import ApiError
from linarite.http.data_plane.requests import parse_query


@given(body=st.binary(max_size=40), cuts=st.lists(st.integers(0, 40), max_size=6))
async def test_body_is_the_same_however_it_is_cut(body: bytes, cuts: list[int]) -> None:
    """With a limit one byte lower it is refused, however it is cut."""
    ends = [0, *sorted(min(cut, len(body)) for cut in cuts), len(body)]
    parts = [body[start:end] for start, end in pairwise(ends)]
    assert await a_call(parts=parts, limit_bytes=len(body)).body() == body
    if body:
        with pytest.raises(ApiError) as caught:
            await a_call(parts=parts, limit_bytes=len(body) - 1).body()
        assert caught.value.status == 400


async def test_body_that_is_too_large_is_not_read_to_its_end() -> None:
    parts = [b"x" * 600, b"x" * 600, b"x" * 600]
    call = a_call(parts=parts)
    with pytest.raises(ApiError):
        await call.body()
    assert (await call.receive())["more_body"] is False


@pytest.mark.parametrize("parts", [[GONE], [b"half", GONE]])
async def test_body_that_ends_too_soon_is_no_body(parts: list[bytes]) -> None:
    with pytest.raises(ApiError) as caught:
        await a_call(parts=parts).body()
    assert caught.value.status == 499


def test_parameter_compares_without_case_and_keeps_empty_values() -> None:
    assert parse_query(b"a=1&A=&b&%63=+%2B&=x") == {"a": ["1", ""], "b": [""], "c": [" +"], "": ["x"]}


def test_long_queries_are_not_remembered() -> None:
    """1,024 lists of excluded connections were kept, each with its parsed form: a hundred megabytes."""
    long, short = b"excluded=" + b"x" * 500, b"excluded=x"
    assert parse_query(long) is not parse_query(long)
    assert parse_query(short) is parse_query(short)
