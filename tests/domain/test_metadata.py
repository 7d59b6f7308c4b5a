"""Metadata: keys once, token characters, ASCII values, 8 KiB in all."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linarite.domain.messages import NO_METADATA
from linarite.domain.metadata import InvalidMetadata, parse_metadata

# RFC 9110, section 5.6.2
TOKEN = string.ascii_letters + string.digits + "!#$%&'*+-.^_`|~"
keys = st.text(st.sampled_from(TOKEN), min_size=1, max_size=20)
values = st.text(st.characters(max_codepoint=127), max_size=20)


@given(st.dictionaries(keys, values, max_size=10))
def test_valid_metadata_is_kept_in_its_order(metadata):
    assert list(parse_metadata(metadata.items()).items()) == list(metadata.items())


@given(st.text(min_size=1, max_size=3))
def test_a_key_consists_of_token_characters(key):
    if set(key) <= set(TOKEN):
        assert parse_metadata([(key, "v")]) == {key: "v"}
    else:
        with pytest.raises(InvalidMetadata):
            parse_metadata([(key, "v")])


@pytest.mark.parametrize(
    "pairs",
    [
        [("k", "a"), ("k", "a")],
        [("", "v")],
        [("k\n", "v")],
        [("k" * 257, "v")],
        [("k", "v" * 1025)],
        [("k", "é")],
        [("k", 1)],
        [("k", None)],
        [("k", ["v"])],
    ],
)
def test_metadata_that_breaks_a_rule_is_refused(pairs):
    with pytest.raises(InvalidMetadata, match="metadata: expected"):
        parse_metadata(pairs)


def test_keys_compare_with_case():
    assert parse_metadata([("k", "1"), ("K", "2")]) == {"k": "1", "K": "2"}


def test_longest_key_and_value_are_accepted():
    assert parse_metadata([("k" * 256, "v" * 1024)])


def test_keys_and_values_together_have_8_kib():
    whole = [(f"{number}", "v" * 1023) for number in range(8)]
    assert parse_metadata(whole)
    with pytest.raises(InvalidMetadata, match="at most 8192 bytes in all, got 8193"):
        parse_metadata([*whole, ("9", "")])


def test_no_metadata_is_the_shared_empty_value():
    assert parse_metadata([]) is NO_METADATA
