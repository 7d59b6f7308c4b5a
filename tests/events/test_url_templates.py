"""URL templates of event handlers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linarite.events.url_templates import InvalidUrl, check_url_template, resolve_url


@pytest.mark.parametrize(
    ("template", "hub", "event", "expected"),
    [
        ("http://h/api/{hub}/{event}?code=x", "chat", "connect", "http://h/api/chat/connect?code=x"),
        ("http://h/{HUB}/{Event}", "chat", "message", "http://h/chat/message"),
        ("http://h/{event}", "chat", "a/b c", "http://h/a%2Fb%20c"),
        ("http://h/{event}?{event}", "chat", "ü~._-", "http://h/%C3%BC~._-?%C3%BC~._-"),
        ("http://h/{event}", "chat", "{hub}", "http://h/%7Bhub%7D"),
        ("http://h", "chat", "message", "http://h"),
    ],
)
def test_parameters_are_replaced_and_percent_encoded(template, hub, event, expected):
    assert resolve_url(template, hub, event) == expected


@pytest.mark.parametrize(
    "template",
    [
        "http://{hub}.com/x",
        "http://{event}/x",
        "http://h/{name}",
        "http://h/{connectionId}",
        "http://h/{}",
        "http://h/{{hub}}",
        "http://h/a{b",
        "http://h/a}b",
        "ftp://h/{event}",
        "/api/{event}",
        "",
    ],
)
def test_other_parameters_stray_braces_and_other_schemes_are_refused(template):
    with pytest.raises(InvalidUrl):
        check_url_template(template)


@pytest.mark.parametrize("template", ["http://h/%7Bname%7D", "https://h:8443/{hub}/{EVENT}?code=a&x={hub}"])
def test_a_good_template_is_let_through(template):
    check_url_template(template)


def test_the_error_repeats_no_secret():
    with pytest.raises(InvalidUrl) as caught:
        check_url_template("http://h/{name}?code=secret")
    assert "secret" not in str(caught.value)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_no_event_name_leaves_its_place_in_the_url(name):
    url = resolve_url("http://h/api/{event}?code=x", "chat", name)
    place = url.removeprefix("http://h/api/").removesuffix("?code=x")
    assert place
    assert not set(place) & set("/?#&\\ ")
