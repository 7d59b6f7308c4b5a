"""What handlers' replies mean."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linarite.domain.messages import DataType
from linarite.events.http_replies import HttpReply
from linarite.events.replies import (
    ConnectRefusal,
    ConnectReply,
    EventReply,
    InvalidReply,
    parse_connect_reply,
    parse_event_reply,
    refusal_of,
    reply_state,
)


@pytest.mark.parametrize("body", [b"", b"null", b"{}", b" {} ", b'{"socketio":{},"userId":null,"groups":[]}'])
def test_a_connect_reply_without_overrides_keeps_the_token(body):
    assert parse_connect_reply(body, []) == ConnectReply()


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"userId": "bob"}, ConnectReply(user_id="bob")),
        ({"userId": "", "roles": []}, ConnectReply(user_id="", roles=())),
        ({"roles": ["a", ""]}, ConnectReply(roles=("a", ""))),
        ({"groups": ["g1", "g2"]}, ConnectReply(groups=("g1", "g2"))),
        ({"subprotocol": "custom"}, ConnectReply(subprotocol="custom")),
        ({"subprotocol": ""}, ConnectReply()),
        ({"USERID": "bob", "Groups": ["g"]}, ConnectReply(user_id="bob", groups=("g",))),
    ],
)
def test_a_connect_reply_overrides_what_it_names(document, expected):
    assert parse_connect_reply(json.dumps(document).encode(), ["json.webpubsub.azure.v1", "custom"]) == expected


@pytest.mark.parametrize(
    "body",
    [
        b"not-json",
        b"[]",
        b'"text"',
        b"1",
        b"{",
        b"\xff",
        b'{"userId":1}',
        b'{"roles":"a"}',
        b'{"roles":[null]}',
        b'{"groups":[null]}',
        b'{"groups":[" "]}',
        b'{"groups":[""]}',
        b'{"groups":["' + b"g" * 1025 + b'"]}',
        b'{"subprotocol":"other"}',
        b'{"subprotocol":["custom"]}',
        b"[" * 100_000,
    ],
)
def test_a_connect_reply_that_means_nothing_is_refused(body):
    with pytest.raises(InvalidReply, match="connect reply"):
        parse_connect_reply(body, ["custom"])


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (HttpReply(401, (("content-type", "text/plain"),), b"denied"), ConnectRefusal(401, b"denied", "text/plain")),
        (HttpReply(429), ConnectRefusal(429)),
        (HttpReply(503, (("content-type", "text/plain"),), b"secret"), ConnectRefusal(503)),
        (HttpReply(301, (("location", "/x"),), b"moved"), ConnectRefusal(301)),
        (HttpReply(400, (), b"x" * 70_000), ConnectRefusal(400)),
    ],
)
def test_a_refused_client_gets_the_status_and_the_body_of_a_4xx(reply, expected):
    assert refusal_of(reply) == expected


def reply(body: bytes, content_type: str | None = None, **headers: str) -> HttpReply:
    pairs = [(name.replace("_", "-"), value) for name, value in headers.items()]
    if content_type is not None:
        pairs.append(("content-type", content_type))
    return HttpReply(200, tuple(pairs), body)


@pytest.mark.parametrize(
    ("content_type", "body", "data_type"),
    [
        ("text/plain", "grüße".encode(), DataType.TEXT),
        ("Text/Plain; charset=utf-8", b"hi", DataType.TEXT),
        ("application/json;charset=utf-8", b'{"a": 1}', DataType.JSON),
        ("application/octet-stream", b"\xff", DataType.BINARY),
        (None, b"\xff", DataType.BINARY),
    ],
)
def test_a_reply_with_a_body_is_a_message_of_its_type(content_type, body, data_type):
    assert parse_event_reply(reply(body, content_type)) == EventReply(data_type, body)


@pytest.mark.parametrize("content_type", [None, "application/octet-stream", "text/html", ""])
def test_a_reply_without_body_is_nothing_whatever_its_type(content_type):
    assert parse_event_reply(reply(b"", content_type)) == EventReply()


def test_metadata_alone_is_an_empty_text():
    expected = EventReply(DataType.TEXT, b"", {"trace": "1"})
    assert parse_event_reply(reply(b"", x_webpubsub_metadata_trace="1")) == expected


def test_the_last_value_of_a_metadata_key_counts():
    headers = (
        ("x-webpubsub-metadata-a", "1"),
        ("x-webpubsub-metadata-a", "2, 3 "),
        ("x-webpubsub-metadata-", "no key"),
        ("x-other", "x"),
    )
    assert parse_event_reply(HttpReply(200, headers, b"x")).metadata == {"a": "3"}


@pytest.mark.parametrize("value", ["x" * 1025, "ü"])
def test_metadata_that_breaks_a_rule_fails_the_event(value):
    with pytest.raises(InvalidReply, match="metadata"):
        parse_event_reply(reply(b"x", x_webpubsub_metadata_a=value))


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("text/html", b"x"),
        ("", b"x"),
        ("application/x-protobuf", b"x"),
        ("text/plain", b"\xff"),
        ("application/json", b"{"),
        ("application/json", b"\xff"),
        ("application/json", b'"a\xffb"'),
        ("application/json", b"NaN"),
        ("application/json", b'["\\ud83d", NaN]'),
        ("application/json", b'["\\ud83d"'),
        ("application/json", b"[" * 100_000),
    ],
)
def test_a_body_that_is_not_what_its_type_says_fails_the_event(content_type, body):
    with pytest.raises(InvalidReply, match="event reply"):
        parse_event_reply(reply(body, content_type))


def test_a_json_text_with_half_a_character_is_taken_as_it_is():
    """Node.js writes such halves when it cuts a text in two."""
    assert parse_event_reply(reply(b'"\\ud83d"', "application/json")).data == b'"\\ud83d"'


def test_protobuf_is_for_protobuf_clients():
    sent = reply(b"\x0a\x01t", "application/x-protobuf")
    assert parse_event_reply(sent, accepts_protobuf=True).data_type is DataType.PROTOBUF


def test_protobuf_that_is_no_any_is_refused():
    """A client could not read the message that it stands in."""
    with pytest.raises(InvalidReply, match="Any"):
        parse_event_reply(reply(b"\xff", "application/x-protobuf"), accepts_protobuf=True)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ((), None),
        ((("ce-connectionstate", "a"),), "a"),
        ((("ce-connectionstate", ""),), ""),
        ((("ce-connectionstate", "a"), ("ce-connectionstate", "b")), "b"),
    ],
)
def test_the_last_state_header_is_the_new_state(headers, expected):
    assert reply_state(HttpReply(200, headers)) == expected


@given(st.binary(max_size=200) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["userId", "roles", "groups", "subprotocol", "x"]), inner, max_size=4),
).map(lambda value: json.dumps(value).encode()))  # fmt: skip
def test_any_connect_reply_is_taken_or_refused(body):
    try:
        parsed = parse_connect_reply(body, ["custom"])
    except InvalidReply:
        return
    assert parsed.subprotocol in (None, "custom")
    assert parsed.groups != ()


@given(st.binary(max_size=50), st.text(max_size=30), st.dictionaries(st.text(max_size=5), st.text(max_size=5)))
def test_any_event_reply_is_taken_or_refused(body, content_type, metadata):
    headers = [("content-type", content_type), *((f"x-webpubsub-metadata-{k}", v) for k, v in metadata.items())]
    try:
        parse_event_reply(HttpReply(200, tuple(headers), body))
    except InvalidReply:
        return
