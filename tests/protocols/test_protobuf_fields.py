from google.protobuf.wrappers_pb2 import BoolValue, BytesValue, StringValue, UInt64Value
from hypothesis import example, given
from hypothesis import strategies as st

from linarite.protocols.protobuf_fields import (
    bytes_field,
    field_head,
    map_field,
    number_field,
    optional_text_field,
    text_field,
    varint,
)
from linarite.protocols.webpubsub_pb2 import GroupStateItem


@example(127)
@example(128)
@example(16383)
@example(16384)
@example(2**64 - 1)
@given(st.integers(0, 2**64 - 1) | st.integers(0, 2**22))
def test_numbers_are_written_as_the_runtime_writes_them(value):
    assert UInt64Value.FromString(number_field(1, value)).value == value
    if value:
        assert UInt64Value(value=value).SerializeToString() == number_field(1, value)
    assert number_field(1, value)[1:] == varint(value)


@given(st.binary(max_size=400))
def test_bytes_are_written_as_the_runtime_writes_them(content):
    written = bytes_field(1, content)
    assert BytesValue.FromString(written).value == content
    assert written == field_head(1, len(content)) + content
    if content:
        assert BytesValue(value=content).SerializeToString() == written


@given(st.text())
def test_text_is_utf8(text):
    assert StringValue.FromString(text_field(1, text)).value == text
    assert optional_text_field(1, text) == text_field(1, text)


def test_what_is_empty_is_there_and_what_is_none_is_not():
    assert text_field(1, "") == b"\x0a\x00"
    assert number_field(2, 0) == b"\x10\x00"
    assert optional_text_field(1, None) == b""
    assert map_field(1, {}) == b""


def test_true_is_one():
    assert BoolValue.FromString(number_field(1, 1)).value is True


@given(st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=4))
def test_a_map_comes_back(entries):
    assert dict(GroupStateItem.GroupState.FromString(map_field(1, entries)).entries) == entries
