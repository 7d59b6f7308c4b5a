from google.protobuf.any_pb2 import Any
from google.protobuf.wrappers_pb2 import StringValue
from hypothesis import given
from hypothesis import strategies as st

from linarite.protocols.protobuf_any import is_serialized_any


def test_serialized_any_is_recognized():
    packed = Any()
    packed.Pack(StringValue(value="é"))
    assert is_serialized_any(packed.SerializeToString())
    assert is_serialized_any(b"")  # every field of a proto3 message may be absent


def test_garbage_is_not():
    assert not is_serialized_any(b"\xff")
    assert not is_serialized_any(b"\x0a\x05ab")
    assert not is_serialized_any(b"\x0a\x02\xff\xfe")


@given(st.binary(max_size=40))
def test_any_bytes_get_an_answer(data):
    assert is_serialized_any(data) in (True, False)
