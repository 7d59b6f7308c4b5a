"""Where a request goes, read from its URL."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linarite.events.targets import InvalidUrl, Target, parse_target


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://h/a?b=c", Target("http", "h", 80, "h", "/a?b=c")),
        ("https://H.example", Target("https", "h.example", 443, "h.example", "/")),
        ("http://h:8080/", Target("http", "h", 8080, "h:8080", "/")),
        ("https://h:443/x", Target("https", "h", 443, "h", "/x")),
        ("http://[::1]:99/x", Target("http", "::1", 99, "[::1]:99", "/x")),
        ("http://user:pw@h/x#part", Target("http", "h", 80, "h", "/x")),
        ("http://h/a%2Fb", Target("http", "h", 80, "h", "/a%2Fb")),
        (
            "http://bücher.example/ö?ü=ä",
            Target("http", "xn--bcher-kva.example", 80, "xn--bcher-kva.example", "/%C3%B6?%C3%BC=%C3%A4"),
        ),
        ('http://h/"<>', Target("http", "h", 80, "h", "/%22%3C%3E")),
    ],
)
def test_url_is_split_as_a_request_needs_it(url, expected):
    assert parse_target(url) == expected


@pytest.mark.parametrize(
    "url", ["", "h/x", "/x", "ftp://h/x", "tunnel:///x", "http://", "http:///x", "http://h:99999/", "http://h:x/",
            "http://a b/", "http://h%00/", "http://[::1/", "http://\udcff/"],
)  # fmt: skip
def test_what_is_no_absolute_http_url_is_refused(url):
    with pytest.raises(InvalidUrl):
        parse_target(url)


@given(st.text(), st.text())
def test_no_url_makes_a_line_of_its_own_in_the_request(host, rest):
    for url in (f"http://{host}/{rest}", f"http://h/{rest}", host):
        try:
            target = parse_target(url)
        except InvalidUrl:
            continue
        line = target.authority + target.path
        assert line.isascii()
        assert line.isprintable()
        assert " " not in line
