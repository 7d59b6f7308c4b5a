"""Patterns of group names against a reading of the rules, one way after the other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linarite.domain.group_patterns import parse_group_pattern

letters = st.text(st.sampled_from("ab.*?\\\n"), max_size=8)


def is_valid(pattern: str) -> bool:
    if not 0 < len(pattern) <= 1024 or pattern.count("*") > 5:
        return False
    wildcards, rest = 0, pattern
    while rest:
        if rest[0] == "\\":
            if rest[1:2] not in ("\\", "*", "?"):
                return False
            rest = rest[2:]
        elif rest[0] == "*":
            wildcards += 1
            rest = rest.lstrip("*")
        else:
            wildcards += rest[0] == "?"
            rest = rest[1:]
    return wildcards <= 5


def fits(pattern: str, name: str) -> bool:
    if not pattern:
        return not name
    if pattern.startswith("**"):
        return any(fits(pattern[2:], name[start:]) for start in range(len(name) + 1))
    if pattern[0] == "*":
        starts = range(len(name.partition(".")[0]) + 1)
        return any(fits(pattern[1:], name[start:]) for start in starts)
    if pattern[0] == "?":
        return name[:1] not in ("", ".") and fits(pattern[1:], name[1:])
    plain, rest = (pattern[1], pattern[2:]) if pattern[0] == "\\" else (pattern[0], pattern[1:])
    return name[:1] == plain and fits(rest, name[1:])


@given(letters, st.lists(letters, max_size=8))
def test_pattern_matches_as_the_rules_read(pattern, names):
    parsed = parse_group_pattern(pattern)
    assert (parsed is not None) == is_valid(pattern)
    if parsed is not None:
        for name in (*names, pattern, pattern.replace("*", "a"), pattern.replace("\\", "")):
            assert parsed.matches(name) == fits(pattern, name), name


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("a.*", ["a.b", "a."], ["a.b.c", "A.b", "a", "ab"]),
        ("a.**", ["a.b", "a.b.c", "a."], ["a", "ab.c"]),
        ("a\\*", ["a*"], ["ab", "a", "a\\*"]),
        ("\\\\*", ["\\", "\\x"], ["x", "\\."]),
        ("room?", ["room1", "roomé"], ["room", "room.", "room12"]),
        ("*.*.*", ["a.b.c", ".."], ["a.b", "a.b.c.d"]),
        ("[a-z]+(.)*", ["[a-z]+(.)", "[a-z]+(.)x"], ["b", "[a-z]+(x)"]),
        ("*", ["a\nb", "é"], ["a.b"]),
        ("***", ["a.b.c"], []),
    ],
)
def test_wildcards(pattern, yes, no):
    parsed = parse_group_pattern(pattern)
    assert parsed is not None
    assert [name for name in (*yes, *no) if parsed.matches(name)] == yes


@pytest.mark.parametrize("pattern", ["", "a\\", "\\a", "******", "*a*a*a*a*a*", "??????", "?" * 5 + "*", "a" * 1025])
def test_invalid_pattern_is_none(pattern):
    assert parse_group_pattern(pattern) is None


@pytest.mark.parametrize("pattern", ["*****", "**.**.*", "?????", "a" * 1023 + "*", "\\*\\*\\*\\*\\*", "\\?" * 6])
def test_pattern_at_its_limits_is_valid(pattern):
    assert parse_group_pattern(pattern) is not None


def test_pattern_without_a_wildcard_names_one_group():
    assert parse_group_pattern("a\\*.b").literal == "a*.b"
    assert parse_group_pattern("a?").literal is None
    assert parse_group_pattern("*a").literal is None


def test_only_double_asterisks_are_everything():
    assert parse_group_pattern("**").is_everything
    assert parse_group_pattern("*****").is_everything
    assert not parse_group_pattern("*").is_everything
    assert not parse_group_pattern("**a").is_everything
    assert not parse_group_pattern("a**").is_everything


@pytest.mark.timeout(10)
@pytest.mark.parametrize("pattern", ["*-*-*-*-*", "**-**-*", "*-**-*-*"])
def test_a_name_that_fits_badly_costs_no_more_than_another(pattern):
    """A regular expression tried every way to spread a thousand dashes over the wildcards, and hung the server."""
    parsed = parse_group_pattern(pattern)
    assert parsed is not None
    assert not parsed.matches("-" * 1022 + "+.")


def test_connections_with_the_same_role_share_the_pattern():
    assert parse_group_pattern("shared.*") is parse_group_pattern("shared.*")
