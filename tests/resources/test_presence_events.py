"""Which presence events a handler wants."""

import pytest

from linarite.resources.errors import ResourceError
from linarite.resources.presence_events import PresenceEvents, parse_presence_events


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (None, PresenceEvents()),
        ({}, PresenceEvents()),
        ({"eventNames": None, "groupFilters": None}, PresenceEvents()),
        (
            {"eventNames": ["Joined", "left"], "groupFilters": ["Room-*"]},
            PresenceEvents(("joined", "left"), ("Room-*",)),
        ),
    ],
)
def test_names_are_read_without_case_and_groups_with_it(value, wanted):
    assert parse_presence_events(value) == wanted


@pytest.mark.parametrize(
    ("value", "target", "words"),
    [
        ([], "x", "expected an object with eventNames and groupFilters, got []"),
        ("joined", "x", "got 'joined'"),
        ({"eventNames": "joined"}, "x.eventNames", "expected a list of texts, got 'joined'"),
        ({"eventNames": [1]}, "x.eventNames", "got 1"),
        ({"eventNames": ["moved"]}, "x.eventNames", "expected joined or left, got 'moved'"),
        ({"groupFilters": {}}, "x.groupFilters", "got {}"),
        ({"groupFilters": [None]}, "x.groupFilters", "got None"),
    ],
)
def test_a_wrong_part_is_named(value, target, words):
    with pytest.raises(ResourceError) as caught:
        parse_presence_events(value, "x")
    assert caught.value.target == target
    assert caught.value.message.startswith(f"{target}: ")
    assert words in caught.value.message
