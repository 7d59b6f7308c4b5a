"""Cookies of handlers, by RFC 6265."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linarite.events.cookies import CookieJar, InvalidCookie

NOW = 1_000_000.0


def jar_of(*lines: str, host: str = "h.example", path: str = "/api/chat") -> CookieJar:
    jar = CookieJar()
    for line in lines:
        jar.store(line, host, path, NOW)
    return jar


def sent(jar: CookieJar, host: str = "h.example", path: str = "/api/chat", is_secure: bool = False, now: float = NOW):
    return jar.header(host, path, is_secure, now)


def test_cookies_come_back_to_where_they_were_set():
    assert sent(jar_of("affinity=a; HttpOnly", "b=2")) == "affinity=a; b=2"


def test_a_cookie_set_again_is_replaced():
    assert sent(jar_of("a=1", "a=2")) == "a=2"


@pytest.mark.parametrize(
    ("line", "host", "is_sent"),
    [
        ("a=1", "other.example", False),
        ("a=1", "sub.h.example", False),
        ("a=1; Domain=h.example", "sub.h.example", True),
        ("a=1; Domain=.example.org", "x.example.org", False),
    ],
)
def test_a_cookie_goes_to_its_host_or_domain(line, host, is_sent):
    try:
        jar = jar_of(line)
    except InvalidCookie:
        jar = CookieJar()
    assert (sent(jar, host) is not None) is is_sent


@pytest.mark.parametrize("line", ["a=1; Domain=other.example", "a=1; Domain=example", "a=1; Domain=xh.example"])
def test_a_domain_that_the_host_does_not_belong_to_is_refused(line):
    with pytest.raises(InvalidCookie):
        jar_of(line)


def test_no_domain_holds_more_than_one_address():
    with pytest.raises(InvalidCookie):
        jar_of("a=1; Domain=0.0.1", host="127.0.0.1")


@pytest.mark.parametrize(
    ("line", "path", "is_sent"),
    [
        ("a=1", "/api/other", True),
        ("a=1", "/apix", False),
        ("a=1; Path=/", "/x", True),
        ("a=1; Path=/api", "/api/x/y", True),
        ("a=1; Path=/api/", "/api", False),
        ("a=1; Path=api", "/api/x", True),
    ],
)
def test_a_cookie_goes_to_its_path_and_below(line, path, is_sent):
    assert (sent(jar_of(line), path=path) is not None) is is_sent


def test_longer_paths_come_first():
    assert sent(jar_of("a=1; Path=/", "b=2; Path=/api")) == "b=2; a=1"


def test_a_secure_cookie_goes_over_tls_only():
    jar = jar_of("a=1; Secure")
    assert sent(jar) is None
    assert sent(jar, is_secure=True) == "a=1"


def test_cookies_end_at_their_time_and_max_age_has_precedence():
    jar = jar_of("a=1; Max-Age=10; Expires=Thu, 01-Jan-1970 00:00:00 GMT", "b=2; Expires=Mon, 12 Jan 1970 13:46:50 GMT")
    assert sent(jar) == "a=1; b=2"
    assert sent(jar, now=NOW + 10) is None


def test_a_time_that_nobody_can_read_is_none():
    assert sent(jar_of("a=1; Expires=soon; Max-Age=x"), now=NOW + 10**9) == "a=1"


def test_a_cookie_that_has_ended_removes_the_one_before():
    assert sent(jar_of("a=1", "a=; Max-Age=0")) is None


@pytest.mark.parametrize("line", ["", "a", "=1", "a b=1", "a=ö", "a=1\r\nX: y", "a=" + "x" * 5000])
def test_a_cookie_that_no_header_can_carry_is_refused(line):
    with pytest.raises(InvalidCookie):
        jar_of(line)


def test_one_connection_keeps_twenty_cookies_the_newest():
    assert sent(jar_of(*(f"c{number}=1" for number in range(30)))) == "; ".join(f"c{n}=1" for n in range(10, 30))


@given(st.text())
def test_any_line_is_kept_or_refused_and_breaks_no_header(line):
    jar = CookieJar()
    try:
        jar.store(line, "h.example", "/", NOW)
    except InvalidCookie:
        return
    header = sent(jar, path="/", is_secure=True)
    assert header is None or (header.isascii() and header.isprintable())
