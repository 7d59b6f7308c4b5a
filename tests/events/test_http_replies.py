"""Reading a reply: the same events however the bytes come, and a bound to everything."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linarite.events.http_replies import HttpReply, InvalidHttp, ReplyReader, ReplyTooLarge

LIMIT = 1000


def read(data: bytes, *, step: int | None = None, is_over: bool = False) -> ReplyReader:
    reader = ReplyReader(LIMIT)
    for start in range(0, len(data), step or max(len(data), 1)):
        reader.feed(data[start : start + (step or len(data))])
    if is_over:
        reader.end()
    return reader


REPLIES = {
    "length": (b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello", b"hello"),
    "chunks": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\nTrailer: x\r\n\r\n",
        b"hello",
    ),
    "nothing": (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
    "interim": (
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        b"ok",
    ),
}


@pytest.mark.parametrize("step", [None, 1, 7])
@pytest.mark.parametrize("name", REPLIES)
def test_a_reply_is_read_whole_however_its_bytes_come(name, step):
    data, body = REPLIES[name]
    reader = read(data, step=step)
    assert reader.is_complete
    assert reader.is_reusable
    assert not reader.has_excess
    assert reader.reply().body == body


def test_header_names_are_lower_case_and_repeated_values_keep_their_order():
    reply = read(b"HTTP/1.1 201 Made\r\nX-One: a\r\nx-one:  b \r\nContent-Length: 0\r\n\r\n").reply()
    assert reply.status == 201
    assert reply.is_success
    assert reply.all("x-one") == ["a", "b"]
    assert reply.last("x-one") == "b"
    assert reply.last("missing") is None


def test_headers_of_interim_replies_and_trailers_are_left_out():
    assert read(REPLIES["interim"][0]).reply().headers == (("content-length", "2"),)
    assert read(REPLIES["chunks"][0]).reply().last("trailer") is None


def test_a_reply_without_length_ends_with_its_connection():
    reader = read(b"HTTP/1.1 200 OK\r\n\r\nhello")
    assert not reader.is_complete
    reader.end()
    assert reader.reply() == HttpReply(200, (), b"hello")
    assert not reader.is_reusable


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"HTTP/1.1 200",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
        b"HTTP/1.1 100 Continue\r\n\r\n",
    ],
)
def test_a_reply_that_is_cut_short_is_none(data):
    with pytest.raises(InvalidHttp):
        read(data, is_over=True)


@pytest.mark.parametrize(
    "data",
    [
        b"hello world\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nBad Header: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: a\x00b\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_what_is_no_http_reply_is_refused(data):
    with pytest.raises(InvalidHttp):
        read(data)


def test_bytes_after_the_reply_are_noticed():
    whole = REPLIES["length"][0]
    assert read(whole + b"x").has_excess
    assert read(whole + whole).has_excess
    reader = read(whole)
    reader.feed(b"x")
    assert reader.has_excess
    assert reader.reply().body == b"hello"


@pytest.mark.parametrize("step", [None, 1, 7])
@pytest.mark.parametrize("tail", [b"\n", b"\r", b"\r\n", b"\r\n\r\n", b"\n" * 50])
@pytest.mark.parametrize("name", REPLIES)
def test_line_ends_after_the_reply_are_noticed(name, tail, step):
    """The parser passes over them on its way to a next reply: the connection was used again."""
    data, body = REPLIES[name]
    reader = read(data + tail, step=step)
    assert reader.has_excess
    assert reader.reply().body == body


def test_a_second_reply_may_be_of_any_length():
    """Its body was counted as the first one's, which was refused for it."""
    reader = read(REPLIES["length"][0] + b"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n" + b"x" * 2000)
    assert reader.has_excess
    assert reader.reply().body == b"hello"


def test_a_reply_that_closes_its_connection_is_not_reusable():
    reader = read(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
    assert reader.is_complete
    assert not reader.is_reusable


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n" + b"x" * 1001,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + (b"64\r\n" + b"x" * 100 + b"\r\n") * 11,
        b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 1001,
    ],
)
def test_a_body_over_the_limit_is_refused_with_its_status_known(data):
    reader = ReplyReader(LIMIT)

    def feed() -> None:
        for start in range(0, len(data), 100):
            reader.feed(data[start : start + 100])

    with pytest.raises(ReplyTooLarge):
        feed()
    assert reader.status == 200


def test_a_body_of_just_the_limit_is_read():
    assert len(read(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"x" * 1000, step=99).reply().body) == 1000


def endless(start: bytes, more: bytes) -> None:
    reader = ReplyReader(LIMIT)
    reader.feed(start)
    for _ in range(12_000):
        reader.feed(more)


@pytest.mark.parametrize(
    ("start", "more"),
    [
        (b"HTTP/1.1 200 OK\r\nX: ", b"x" * 100),
        (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"x" * 100),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ", b"x" * 100),
    ],
)
def test_headers_chunk_extensions_and_trailers_without_end_are_refused(start, more):
    with pytest.raises((ReplyTooLarge, InvalidHttp)):
        endless(start, more)


@given(st.binary(max_size=300), st.sampled_from(sorted(REPLIES)))
def test_any_bytes_are_a_reply_or_one_of_two_errors(noise, name):
    data, _ = REPLIES[name]
    for text in (noise, data[: len(noise)] + noise):
        try:
            reader = read(text, is_over=True)
        except (InvalidHttp, ReplyTooLarge):
            continue
        assert 200 <= reader.reply().status <= 999


@given(st.integers(1, 50), st.sampled_from(sorted(REPLIES)), st.binary(max_size=5))
def test_steps_make_no_difference(step, name, tail):
    data = REPLIES[name][0] + tail
    whole, parts = read(data), read(data, step=step)
    assert whole.reply() == parts.reply()
    assert whole.has_excess == parts.has_excess == bool(tail)
