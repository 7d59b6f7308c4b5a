"""Names are accepted exactly by the service's patterns."""

import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from linarite.domain.names import InvalidName, is_valid_event_name, is_valid_group_name, parse_hub_name

HUB_REST = set(string.ascii_letters + string.digits + "_`,.[]-")
EVENT_REST = set(string.ascii_letters + string.digits + "_.-")

near_names = st.text(st.sampled_from("aZ0_`,.[]-é \n/ｅ²"), max_size=130) | st.text(max_size=10)
long_names = st.builds(lambda length: "h" * length, st.integers(126, 130))


def is_name(text: str, rest: set[str]) -> bool:
    return 1 <= len(text) <= 128 and text[0] in string.ascii_letters and set(text) <= rest


@given(near_names | long_names)
@example("chat\n")
@example("")
def test_hub_name_is_a_letter_and_up_to_127_characters_of_the_pattern(text):
    if is_name(text, HUB_REST):
        assert parse_hub_name(text) == text.lower()
    else:
        with pytest.raises(InvalidName):
            parse_hub_name(text)


def test_hub_names_compare_without_case():
    assert parse_hub_name("Chat") == parse_hub_name("CHAT") == "chat"


def test_invalid_hub_name_is_shown_but_not_at_any_length():
    with pytest.raises(InvalidName, match="got '1x'"):
        parse_hub_name("1x")
    with pytest.raises(InvalidName) as refused:
        parse_hub_name("x" * 100_000)
    assert len(str(refused.value)) < 300


@given(near_names | long_names)
@example("event\n")
def test_event_name_is_a_letter_and_up_to_127_characters_of_the_pattern(text):
    assert is_valid_event_name(text) == is_name(text, EVENT_REST)


@pytest.mark.parametrize(
    ("name", "is_valid"),
    [
        ("", False),
        (" ", False),
        (" \t\n\u2003", False),
        (" g ", True),
        ("g/é\n😀\0", True),
        ("g" * 1024, True),
        ("g" * 1025, False),
    ],
)
def test_group_name_is_1_to_1024_characters_and_not_only_white_space(name, is_valid):
    assert is_valid_group_name(name) is is_valid


@given(st.text(st.sampled_from(" \t\u00a0a"), max_size=6))
def test_white_space_in_a_group_name_counts_as_it_stands(name):
    assert is_valid_group_name(name) == bool(name.strip())
