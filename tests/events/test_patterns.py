"""Wildcards: compared with a slow matcher that is written as the rules are said."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linarite.events.patterns import Pattern


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("message", "message", True),
        ("message", "messages", False),
        ("MESSAGE", "message", True),
        ("room.*", "room.a", True),
        ("room.*", "room.a.b", False),
        ("room.*", "room.", True),
        ("room.**", "room.a.b", True),
        ("room.?", "room.a", True),
        ("room.?", "room..", False),
        ("a*c", "abbc", True),
        ("a*c", "ac", True),
        ("**", "a.b", True),
        ("*", "a.b", False),
        (r"a\*", "a*", True),
        (r"a\*", "ab", False),
        (r"a\\b", r"a\b", True),
        (r"\?", "?", True),
        ("", "", False),
        (r"a\b", r"a\b", False),
        ("a\\", "a", False),
        ("x" * 1025, "x" * 1025, False),
    ],
)
def test_patterns_mean_what_the_runtime_reads_in_them(pattern, name, expected):
    assert Pattern(pattern, is_case_sensitive=False).matches(name) is expected


def test_case_counts_where_it_shall():
    assert not Pattern("Room*", is_case_sensitive=True).matches("room1")
    assert Pattern("Room*", is_case_sensitive=True).matches("Room1")


def slow_match(pattern: str, name: str) -> bool:
    """The rules, one character at a time, without any thought for speed."""
    if not pattern:
        return not name
    if pattern.startswith("*"):
        rest = pattern.lstrip("*")
        is_double = len(pattern) - len(rest) > 1
        taken = 0
        while True:
            if slow_match(rest, name[taken:]):
                return True
            if taken == len(name) or (name[taken] == "." and not is_double):
                return False
            taken += 1
    if not name:
        return False
    if pattern[0] == "?":
        return name[0] != "." and slow_match(pattern[1:], name[1:])
    return pattern[0] == name[0] and slow_match(pattern[1:], name[1:])


@given(st.text("ab.*?", min_size=1, max_size=8), st.text("ab.", max_size=8))
def test_the_fast_matcher_agrees_with_the_slow_one(pattern, name):
    assert Pattern(pattern, is_case_sensitive=True).matches(name) is slow_match(pattern, name)


def test_no_pattern_takes_long():
    pattern = Pattern("*a" * 500 + "b", is_case_sensitive=True)
    start = time.process_time()
    assert not pattern.matches("a" * 1024)
    assert time.process_time() - start < 1
