import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.protocols.frames import BINARY, TEXT, Frame, split_frames

from linarite.domain.messages import DataType, Message
from linarite.protocols.codec import AckError
from linarite.protocols.requests import Payload, RawMessage
from linarite.protocols.simple_codec import SIMPLE


@given(st.binary())
def test_any_bytes_are_a_message_as_they_stand(payload):
    assert SIMPLE.decode(True, payload) == RawMessage(Payload(DataType.TEXT, payload))
    assert SIMPLE.decode(False, payload) == RawMessage(Payload(DataType.BINARY, payload))


@pytest.mark.parametrize(
    ("data_type", "opcode"),
    [(DataType.TEXT, TEXT), (DataType.JSON, TEXT), (DataType.BINARY, BINARY), (DataType.PROTOBUF, BINARY)],
)
def test_message_is_its_data_and_nothing_else(data_type, opcode):
    message = Message(data_type, b'{"a": 1.0}', "group", "user", {"key": "value"})
    assert split_frames(SIMPLE.encode(message)) == [Frame(opcode, b'{"a": 1.0}')]


def test_empty_text_with_metadata_is_an_empty_text_frame():
    assert split_frames(SIMPLE.encode(Message(DataType.TEXT, b"", metadata={"k": "v"}))) == [Frame(TEXT, b"")]


def test_plain_client_hears_nothing_of_the_service():
    assert SIMPLE.name is None
    assert SIMPLE.ack(1, None) is None
    assert SIMPLE.ack(1, AckError("Forbidden", "no")) is None
    assert SIMPLE.connected("c", "u", None) is None
    assert SIMPLE.disconnected("why") is None
    assert SIMPLE.pong() is None
