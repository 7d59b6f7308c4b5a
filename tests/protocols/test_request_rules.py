import pytest

from linarite.domain.messages import DataType
from linarite.protocols.request_rules import (
    MalformedRequest,
    payload_or_empty_text,
    stream_fault,
    valid_event,
    valid_group,
    valid_ttl,
)
from linarite.protocols.requests import Payload


@pytest.mark.parametrize("group", ["g", " g ", "g" * 1024, "群", "\0"])
def test_a_group_has_1_to_1024_characters_of_any_kind(group):
    assert valid_group(group) == group


@pytest.mark.parametrize("group", ["", " ", "\t\n", "\u3000", "g" * 1025])
def test_a_group_is_not_empty_blank_or_longer(group):
    with pytest.raises(MalformedRequest, match="group: expected 1 to 1024"):
        valid_group(group)


@pytest.mark.parametrize("event", ["e", "E-1_x.y", "e" * 128])
def test_an_event_begins_with_a_letter(event):
    assert valid_event(event) == event


@pytest.mark.parametrize("event", ["", "1x", "a b", "é", "e\n", "e" * 129])
def test_other_events_are_malformed(event):
    with pytest.raises(MalformedRequest, match="event: expected a letter"):
        valid_event(event)


def test_ttl_is_0_to_300_seconds():
    assert (valid_ttl(0), valid_ttl(300)) == (0, 300)
    for seconds in (-1, 301):
        with pytest.raises(MalformedRequest, match=f"expected 0 to 300, got {seconds}"):
            valid_ttl(seconds)


def test_data_may_be_left_out_beside_metadata_only():
    payload = Payload(DataType.JSON, b"1")
    assert payload_or_empty_text(payload, {}) == payload
    assert payload_or_empty_text(payload, {"k": "v"}) == payload
    assert payload_or_empty_text(None, {"k": "v"}) == Payload(DataType.TEXT, b"")
    with pytest.raises(MalformedRequest, match="data: expected a value"):
        payload_or_empty_text(None, {})


@pytest.mark.parametrize(("stream_id", "idle"), [("s", None), ("s", 1), ("é", 2**32 - 1)])
def test_a_stream_begins_with_an_id_and_perhaps_an_idle_timeout(stream_id, idle):
    assert stream_fault(stream_id, idle, has_data=False) is None


@pytest.mark.parametrize(
    ("stream_id", "idle", "has_data", "word"),
    [
        ("", None, False, "empty"),
        ("s", 0, False, "timeout"),
        ("s", -1, False, "timeout"),
        ("s", 2**32, False, "timeout"),
        ("s", 1, True, "data"),
    ],
)
def test_why_a_stream_cannot_begin(stream_id, idle, has_data, word):
    assert word in (stream_fault(stream_id, idle, has_data) or "")
