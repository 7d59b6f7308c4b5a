"""Forwarded headers: who is believed, how far, and what is refused."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linarite.sockets.forwarded import RequestAddress, TrustedProxies, address_of_request

FORWARDED = r'(for=("?[\[\]0-9a-f:.]{1,12}"?|unknown)(;proto=https?)?(;host=[a-z.]{1,9})?[,; ]{0,2}){1,4}'
PROXIES = TrustedProxies(["10.0.0.0/8", "fd00::/8", "192.0.2.7"])
DIRECT = RequestAddress("http", "server:8080", "10.0.0.1")


def seen(*headers: tuple[str, str], peer: str = "10.0.0.1", proxies: TrustedProxies = PROXIES) -> RequestAddress:
    """Return what becomes of a plain http request that a peer sent with these headers."""
    encoded = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]
    return address_of_request(peer, "http", "server:8080", encoded, proxies)


@pytest.mark.parametrize("peer", ["203.0.113.5", "2001:db8::1", "", "unix"])
def test_headers_of_a_peer_that_is_no_trusted_proxy_are_ignored(peer):
    address = seen(
        ("X-Forwarded-For", "1.1.1.1"),
        ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-Host", "evil.example"),
        ("Forwarded", "for=1.1.1.1;proto=https;host=evil.example"),
        peer=peer,
    )

    assert address == RequestAddress("http", "server:8080", peer, "")


def test_without_trusted_proxies_nobody_is_believed():
    address = seen(("X-Forwarded-Host", "evil.example"), proxies=TrustedProxies([]))

    assert address == DIRECT


def test_without_forwarded_headers_a_trusted_proxy_is_the_client():
    assert seen(("Host", "server:8080"), ("Accept", "*/*")) == DIRECT


@pytest.mark.parametrize("peer", ["10.0.0.1", "::ffff:10.0.0.1", "fd00::5", "192.0.2.7"])
def test_each_form_of_a_trusted_address_is_recognised(peer):
    assert seen(("X-Forwarded-For", "203.0.113.9"), peer=peer).client == "203.0.113.9"


def test_a_trusted_proxy_names_scheme_host_client_and_prefix():
    address = seen(
        ("X-Forwarded-For", "203.0.113.9"),
        ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-Host", "pubsub.example.com:8443"),
        ("X-Forwarded-Prefix", "/base/path/"),
    )

    assert address == RequestAddress("https", "pubsub.example.com:8443", "203.0.113.9", "/base/path")


@pytest.mark.parametrize(
    ("chain", "client"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("9.9.9.9, 203.0.113.9", "203.0.113.9"),
        ("9.9.9.9, 203.0.113.9, 10.1.1.1", "203.0.113.9"),
        ("9.9.9.9,203.0.113.9,10.1.1.1,10.2.2.2", "203.0.113.9"),
        ("10.9.9.9, 10.1.1.1", "10.9.9.9"),
        ("203.0.113.9:51234", "203.0.113.9"),
        ("[2001:db8::7]:51234", "2001:db8::7"),
        ("2001:db8::7", "2001:db8::7"),
        ("unknown", "10.0.0.1"),
        ("9.9.9.9, _hidden", "10.0.0.1"),
        ("", "10.0.0.1"),
        (" , ", "10.0.0.1"),
    ],
)
def test_the_client_is_the_first_address_from_the_right_that_is_no_trusted_proxy(chain, client):
    assert seen(("X-Forwarded-For", chain)).client == client


def test_repeated_headers_are_one_list():
    address = seen(("X-Forwarded-For", "9.9.9.9"), ("X-Forwarded-For", "203.0.113.9, 10.1.1.1"))

    assert address.client == "203.0.113.9"


def test_scheme_and_host_are_those_that_the_proxy_next_to_the_client_saw():
    address = seen(
        ("X-Forwarded-For", "9.9.9.9, 203.0.113.9, 10.1.1.1"),
        ("X-Forwarded-Proto", "http, https, http"),
        ("X-Forwarded-Host", "evil.example, pubsub.example.com, inner:81"),
    )

    assert (address.scheme, address.host) == ("https", "pubsub.example.com")


def test_a_single_scheme_and_host_hold_for_a_chain_of_proxies():
    address = seen(
        ("X-Forwarded-For", "203.0.113.9, 10.1.1.1, 10.2.2.2"),
        ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-Host", "pubsub.example.com"),
    )

    assert (address.scheme, address.host) == ("https", "pubsub.example.com")


def test_what_a_client_claims_left_of_its_own_address_counts_for_nothing():
    address = seen(("X-Forwarded-For", "9.9.9.9, 203.0.113.9"), ("X-Forwarded-Proto", "https, http"))

    assert (address.client, address.scheme) == ("203.0.113.9", "http")


@pytest.mark.parametrize(
    ("named", "scheme"), [("wss", "https"), ("ws", "http"), ("HTTPS", "https"), ("gopher", "http")]
)
def test_schemes_of_websockets_are_those_of_http_and_others_are_ignored(named, scheme):
    assert seen(("X-Forwarded-Proto", named)).scheme == scheme


@pytest.mark.parametrize(
    "host", ["evil.example/path", "a b", "user@evil.example", "h:port", "h\r\nx: y", '"h"', "h?q", ""]
)
def test_a_host_that_could_not_stand_in_a_url_is_ignored(host):
    assert seen(("X-Forwarded-Host", host)).host == "server:8080"


@pytest.mark.parametrize(
    "prefix", ["//evil.example", "base", "/a//b", "/a?b", "/a b", "/", "/a#b", "https://evil.example"]
)
def test_a_prefix_that_is_no_plain_path_is_ignored(prefix):
    assert seen(("X-Forwarded-Prefix", prefix)).prefix == ""


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("for=203.0.113.9;proto=https;host=pubsub.example.com", ("https", "pubsub.example.com", "203.0.113.9")),
        ('For="[2001:db8::7]:4711"; Proto=HTTPS', ("https", "server:8080", "2001:db8::7")),
        ('host="pubsub.example.com:8443"', ("http", "pubsub.example.com:8443", "10.0.0.1")),
        ("for=9.9.9.9;host=evil.example, for=203.0.113.9;host=good.example", ("http", "good.example", "203.0.113.9")),
        (
            "for=203.0.113.9;proto=https;host=good.example, for=10.1.1.1;proto=http;host=inner",
            ("https", "good.example", "203.0.113.9"),
        ),
        ("for=unknown;proto=https", ("https", "server:8080", "10.0.0.1")),
        (r'for="203.0.113\.9"', ("http", "server:8080", "203.0.113.9")),
        ('for=", for=203.0.113.9;proto=https', ("https", "server:8080", "203.0.113.9")),
        ("for=203.0.113.9;proto", ("http", "server:8080", "10.0.0.1")),
        ("", ("http", "server:8080", "10.0.0.1")),
    ],
)
def test_the_forwarded_header_of_rfc_7239_is_read(header, expected):
    assert seen(("Forwarded", header)) == RequestAddress(*expected)


def test_x_forwarded_headers_win_over_a_forwarded_header_that_was_passed_through():
    """nginx and others set X-Forwarded-… and pass a client's own Forwarded header on."""
    address = seen(("Forwarded", "for=1.1.1.1;proto=https;host=evil.example"), ("X-Forwarded-For", "203.0.113.9"))

    assert address == RequestAddress("http", "server:8080", "203.0.113.9")


def test_many_peers_do_not_fill_the_memory_of_verdicts():
    proxies = TrustedProxies(["10.0.0.0/8"])

    verdicts = [f"172.16.{number // 256}.{number % 256}" in proxies for number in range(5000)]

    assert not any(verdicts)
    assert "10.1.2.3" in proxies
    assert len(proxies._verdicts) < 2000


@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                ["forwarded", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-prefix"]
            ),
            st.text(st.characters(codec="latin-1"), max_size=60) | st.from_regex(FORWARDED, fullmatch=True),
        ),
        max_size=5,
    )
)
def test_any_headers_give_an_address_that_can_be_used(headers):
    address = seen(*headers)

    assert address.scheme in ("http", "https")
    assert address.client
    assert re.fullmatch(r"[^\s/@?#\"\\]+", address.host)
    assert re.fullmatch(r"(/[^\s/?#\"\\]+)*", address.prefix)
