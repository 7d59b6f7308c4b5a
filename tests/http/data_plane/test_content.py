"""Reading media types: what is refused, and that it takes no time."""

from __future__ import annotations

import time

import pytest

from linarite.domain.messages import DataType
from linarite.http.data_plane.content import parse_content_type
from linarite.http.data_plane.errors import ApiError


@pytest.mark.parametrize("charset", ["idna", "punycode", "undefined", "utf-7", "unicode_escape", "base64", "rot13"])
def test_codecs_that_are_no_character_sets_are_refused(charset: str) -> None:
    """Python's own list of codecs was asked: some raise what others replace, and the call ended with 500."""
    with pytest.raises(ApiError) as caught:
        parse_content_type(f"text/plain; charset={charset}".encode())
    assert caught.value.status == 415


@pytest.mark.parametrize("tail", [b";   " * 7000 + b"!", b"; a=b" * 6000 + b"=", b'; a="' + b"\\a" * 15_000])
def test_long_media_type_is_refused_without_delay(tail: bytes) -> None:
    start = time.perf_counter()
    with pytest.raises(ApiError):
        parse_content_type(b"text/plain" + tail)
    assert time.perf_counter() - start < 0.5


def test_charset_of_bytes_is_not_looked_at() -> None:
    assert parse_content_type(b"application/octet-stream; charset=x").data_type is DataType.BINARY
