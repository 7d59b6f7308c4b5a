"""The forms in which the official client libraries, and people, name the address that a token is for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linarite.access.audiences import authority_of, check_audience, split_address
from linarite.access.tokens import Claims, TokenRefused

SEND = "/api/hubs/chat/:send"
CLIENT = "/client/hubs/chat"


def claims_for(*audiences: str) -> Claims:
    return Claims(audiences, 0.0, None, None, (), (), {})


def passes(audience: str, host: str, path: str, *, ignore_case: bool = False) -> bool:
    try:
        check_audience(claims_for(audience), {authority_of(host)}, (path,), ignore_case=ignore_case)
    except TokenRefused:
        return False
    return True


@pytest.mark.parametrize(
    "audience",
    [
        "http://localhost:8080/api/hubs/chat/:send?api-version=2024-12-01&excluded=a%2Fb",  # JavaScript, Python
        "http://localhost:8080/api/hubs/chat/:send",  # the older documentation
        "http://localhost:8080/api/hubs/chat/:send?api-version=2021-10-01",  # a query of another call
        "http://localhost:8080/api/hubs/chat/:send/",
        "http://localhost:8080/api/hubs/chat/:send#part",
        "https://localhost:8080/api/hubs/chat/:send",
        "HTTP://LocalHost:8080/api/hubs/chat/:send",
        "wss://localhost:8080/api/hubs/chat/:send",
        "http://localhost:8080/api/hubs/chat/%3Asend",
    ],
)
def test_rest_audience_is_the_address_in_any_of_these_forms(audience):
    assert passes(audience, "localhost:8080", SEND)


def test_slash_at_the_end_of_the_path_means_nothing():
    assert passes(f"http://h{CLIENT}", "h", f"{CLIENT}/")


@pytest.mark.parametrize(
    "audience",
    [
        "",
        "http://localhost:8080",
        "http://localhost:8080/",
        "http://localhost:8080/api/hubs/other/:send",
        "http://localhost:8080/api/hubs/CHAT/:send",
        "http://localhost:8080/api/hubs/chat",
        "http://localhost:8080/api/hubs/chat/:send/more",
        "http://localhost:8080/client/hubs/chat",
        "http://localhost:8080?/api/hubs/chat/:send",
        "http://localhost:8080#/api/hubs/chat/:send",
        "http://localhost:8081/api/hubs/chat/:send",
        "http://localhost/api/hubs/chat/:send",
        "http://elsewhere:8080/api/hubs/chat/:send",
        "http://localhost:8080@elsewhere/api/hubs/chat/:send",
        "http://user@localhost:8080/api/hubs/chat/:send",
        "http://localhost:8080.elsewhere/api/hubs/chat/:send",
        "localhost:8080/api/hubs/chat/:send",
        "//localhost:8080/api/hubs/chat/:send",
        "ftp://localhost:8080/api/hubs/chat/:send",
        "/api/hubs/chat/:send",
        "https://webpubsub.azure.com",
    ],
)
def test_rest_audience_of_another_address_is_refused(audience):
    assert not passes(audience, "localhost:8080", SEND)


@pytest.mark.parametrize(
    "audience",
    [
        "http://localhost:8080/client/hubs/chat",
        "ws://localhost:8080/client/hubs/chat",
        "wss://localhost:8080/client/hubs/Chat?x=1",
        "https://LOCALHOST:8080/CLIENT/hubs/CHAT/",
        "http://localhost:8080/client/hubs/c%68at",
    ],
)
def test_client_audience_compares_without_case(audience):
    assert passes(audience, "localhost:8080", CLIENT, ignore_case=True)


def test_hub_is_compared_as_it_was_written_and_decoded():
    for audience in ("http://h/client/hubs/a%5Bb%5D", "http://h/client/hubs/a[b]", "http://h/client/hubs/a%5bb]"):
        assert passes(audience, "h", "/client/hubs/a[b]", ignore_case=True)
        assert passes(audience, "h", "/client/hubs/A%5Bb%5D", ignore_case=True)


def test_group_with_special_characters_is_compared_as_it_was_written_and_decoded():
    path = "/api/hubs/chat/groups/a%2Fb%20c%C3%A9/:send"
    assert passes(f"http://h{path}?api-version=2024-12-01", "h", path)
    assert passes(f"http://h{path.replace('%C3%A9', 'é')}", "h", path)
    assert passes(f"http://h{path.lower()}", "h", path)
    assert not passes(f"http://h{path.replace('%C3%A9', 'E')}", "h", path)


def test_slash_within_a_segment_is_no_slash_between_two():
    """Decoded as a whole, the address of a call on one group was that of another call on another group."""
    assert not passes("http://h/api/hubs/chat/groups/a%2Fconnections", "h", "/api/hubs/chat/groups/a/connections")
    assert not passes("http://h/api/hubs/chat/groups/a/connections", "h", "/api/hubs/chat/groups/a%2Fconnections")


@pytest.mark.parametrize("scheme", ["http", "https", "ws", "wss"])
@pytest.mark.parametrize("port", ["", ":80", ":443"])
@pytest.mark.parametrize("host", ["example.com", "EXAMPLE.com:443", "example.com:80"])
def test_default_port_is_the_same_as_none(scheme, port, host):
    """A `Host` with port 443, as some proxies write it, was taken for another address."""
    assert passes(f"{scheme}://example.com{port}/client/hubs/chat", host, CLIENT)
    assert not passes(f"{scheme}://example.com:8443/client/hubs/chat", host, CLIENT)


def test_address_of_ip_version_6():
    assert passes("http://[::1]:8080/client/hubs/chat", "[::1]:8080", CLIENT)
    assert passes("http://[::1]/client/hubs/chat", "[::1]:80", CLIENT)
    assert not passes("http://[::1]:8080/client/hubs/chat", "[::1]", CLIENT)


def test_one_good_audience_of_several_is_enough():
    check_audience(claims_for("http://other/", f"http://h{CLIENT}"), {"h"}, (CLIENT,))


def test_any_of_the_authorities_and_paths_will_do():
    for audience in ("http://inside/client/hubs/x", "https://outside/base/client/hubs/x"):
        check_audience(claims_for(audience), {"inside", "outside"}, ("/client/hubs/x", "/base/client/hubs/x"))


def test_refusal_shows_what_was_expected_and_what_came_without_the_query():
    with pytest.raises(TokenRefused) as refused:
        check_audience(claims_for("http://b/p?secret=1", "x" * 10_000), {"a", "b"}, ("/q", "/r"))
    assert str(refused.value).startswith("Expected Audiences: a/q, b/q. Actual Audiences: http://b/p, xxx")
    assert refused.value.check == "audience"
    assert "secret" not in str(refused.value)
    assert len(str(refused.value)) < 700
    with pytest.raises(TokenRefused) as refused:
        check_audience(claims_for("http://b/p"), {"a"}, ("/" + "q" * 10_000,))
    assert len(str(refused.value)) < 700
    with pytest.raises(TokenRefused, match="Actual Audiences: none"):
        check_audience(claims_for(), {"a"}, ("/q",))


@given(st.text(), st.text())
def test_any_text_is_an_authority_and_any_audience_is_answered(host, audience):
    """A `Host` such as `[` raised an error that was nobody's refusal."""
    passes(audience, host, CLIENT)
    passes(f"http://{audience}", host, CLIENT)


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("https://Pubsub.Example.com:443/base/", ("pubsub.example.com", "/base")),
        ("http://h:8080", ("h:8080", "")),
        ("http://h/", ("h", "")),
        ("http://h//a//", ("h", "//a")),
        ("no address", ("", "")),
    ],
)
def test_address_is_split_into_authority_and_path(address, parts):
    assert split_address(address) == parts
