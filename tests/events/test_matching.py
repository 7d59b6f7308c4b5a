"""Who gets an event."""

import pytest

from linarite.events.matching import HandlerTable
from linarite.resources.model import EventHandler, HubSettings


def handler(name: str, *, events: str | None = None, system: tuple[str, ...] = (), presence=None) -> EventHandler:
    return EventHandler(f"http://h/{name}", events, system, properties={"groupPresenceEvents": presence})


def table(*handlers: EventHandler) -> HandlerTable:
    return HandlerTable(HubSettings("chat", event_handlers=handlers))


def test_the_first_handler_that_accepts_gets_the_event():
    one, two, three = handler("1", events="other"), handler("2", events="*"), handler("3", events="message")
    assert table(one, two, three).for_user_event("message") is two
    assert table(one, three, two).for_user_event("message") is three


def test_system_events_compare_without_case():
    one = handler("1", system=("CONNECTED",))
    assert table(one).for_system_event("connected") is one
    assert table(one).for_system_event("connect") is None


def test_a_pattern_gets_no_system_event_and_a_system_event_no_user_event_of_its_name():
    by_pattern, by_name = handler("1", events="*"), handler("2", system=("connected",))
    assert table(by_pattern, by_name).for_system_event("connected") is by_name
    assert table(by_name, by_pattern).for_user_event("connected") is by_pattern
    assert table(by_name).for_user_event("connected") is None


@pytest.mark.parametrize(
    ("pattern", "name", "is_matched"),
    [
        ("join, MESSAGE", "message", True),
        ("join,message", "leave", False),
        ("*", "a.b.c", True),
        ("x, *", "a.b", True),
        ("room.*", "room.a", True),
        ("room.*", "room.a.b", False),
        (None, "message", False),
        ("", "message", False),
        (" , ", "message", False),
    ],
)
def test_user_event_patterns_are_lists_of_names_and_wildcards(pattern, name, is_matched):
    assert (table(handler("1", events=pattern)).for_user_event(name) is not None) is is_matched


def test_remembered_names_are_bounded_and_still_right():
    hub = table(handler("1", events="x*"))
    for number in range(3000):
        assert (hub.for_user_event(f"x{number}") is None) is False
        assert hub.for_user_event(f"y{number}") is None
    assert len(hub._user_events) <= 1024


@pytest.mark.parametrize(
    ("presence", "name", "group", "is_matched"),
    [
        (None, "joined", "room-1", False),
        ({"eventNames": None}, "joined", "room-1", False),
        ({"eventNames": []}, "joined", "room-1", False),
        ({"eventNames": ["joined"]}, "joined", "anything at all", True),
        ({"eventNames": ["joined"]}, "left", "room-1", False),
        ({"eventNames": ["LEFT"]}, "left", "room-1", True),
        ({"eventNames": ["joined"], "groupFilters": []}, "joined", "room-1", True),
        ({"eventNames": ["joined"], "groupFilters": ["a", "room-*"]}, "joined", "room-1", True),
        ({"eventNames": ["joined"], "groupFilters": ["room-*"]}, "joined", "Room-1", False),
        ({"eventNames": ["joined"], "groupFilters": ["room-*"]}, "joined", "hall-1", False),
    ],
)
def test_presence_events_are_found_by_name_and_group(presence, name, group, is_matched):
    assert (table(handler("1", presence=presence)).for_presence_event(name, group) is not None) is is_matched
