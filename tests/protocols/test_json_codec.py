"""The JSON codecs: the frames that are no messages, and what the reliable one adds."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.protocols.frames import TEXT, read_json, split_frames
from tests.protocols.json_frames import invoke, json_texts, publish, whole_text

from linarite.domain.messages import DataType, Message, StreamPart
from linarite.protocols.codec import AckError, InvocationAnswer
from linarite.protocols.json_codec import JSON, RELIABLE_JSON
from linarite.protocols.requests import Payload, ProtocolViolation

LARGEST = 2**64 - 1
BOTH = pytest.mark.parametrize("codec", [JSON, RELIABLE_JSON], ids=lambda codec: codec.name)


def test_names_are_the_subprotocols():
    assert (JSON.name, JSON.is_reliable) == ("json.webpubsub.azure.v1", False)
    assert (RELIABLE_JSON.name, RELIABLE_JSON.is_reliable) == ("json.reliable.webpubsub.azure.v1", True)


# What clients write


@BOTH
@given(st.binary(max_size=5))
def test_binary_message_is_refused_with_1003(codec, payload):
    with pytest.raises(ProtocolViolation, match="requires text messages") as raised:
        codec.decode(False, payload)
    assert raised.value.code == 1003


@pytest.mark.parametrize("frame", [publish(), invoke(), {"type": "ping"}, {"type": "sequenceAck", "sequenceId": 7}])
def test_both_read_the_same_frames(frame):
    text = json.dumps(frame).encode()
    assert RELIABLE_JSON.decode(True, text) == JSON.decode(True, text)


@BOTH
def test_violation_tells_the_client_little_and_the_log_what_was_wrong(codec):
    with pytest.raises(ProtocolViolation, match="sequenceId: expected 0 to") as raised:
        codec.decode(True, b'{"type":"sequenceAck","sequenceId":-1}')
    assert raised.value.code == 1007
    assert raised.value.reason == "The client message is not a valid JSON protocol message."


# Acks and system frames


@pytest.mark.parametrize("ack_id", [0, 1, LARGEST])
def test_ack_of_success(ack_id):
    [frame] = split_frames(JSON.ack(ack_id, None))
    assert frame == (TEXT, b'{"type":"ack","ackId":%d,"success":true}' % ack_id)


@given(whole_text)
def test_ack_of_failure(message):
    assert read_json(JSON.ack(LARGEST, AckError("Forbidden", message))) == {
        "type": "ack",
        "ackId": LARGEST,
        "success": False,
        "error": {"name": "Forbidden", "message": message},
    }


@given(st.none() | whole_text)
def test_connected_names_the_user_or_null(user):
    assert read_json(JSON.connected("c1", user, None)) == {
        "type": "system",
        "event": "connected",
        "userId": user,
        "connectionId": "c1",
    }


@given(whole_text)
def test_disconnected_and_pong(reason):
    assert read_json(JSON.disconnected(reason)) == {"type": "system", "event": "disconnected", "message": reason}
    assert read_json(JSON.pong()) == {"type": "pong"}


def test_connected_of_the_reliable_protocol_has_the_token_to_come_back_with():
    assert read_json(RELIABLE_JSON.connected("c1", "ann", "token")) == {
        "type": "system",
        "event": "connected",
        "userId": "ann",
        "connectionId": "c1",
        "reconnectionToken": "token",
    }


# Streams and invocations


def test_stream_ack():
    [frame] = split_frames(JSON.stream_ack("s", 2))
    assert frame == (TEXT, b'{"type":"streamAck","streamId":"s","expectedSequenceId":2}')


@given(whole_text, st.integers(1, LARGEST), whole_text)
def test_stream_nack(stream_id, expected, message):
    assert read_json(JSON.stream_nack(stream_id, expected, AckError("InvalidSequenceId", message))) == {
        "type": "streamNack",
        "streamId": stream_id,
        "expectedSequenceId": expected,
        "name": "InvalidSequenceId",
        "message": message,
    }


@given(whole_text, whole_text)
def test_stream_closed(stream_id, message):
    closed = {"type": "streamClosed", "streamId": stream_id}
    error = {"name": "IdleTimeout", "message": message}
    assert read_json(JSON.stream_closed(stream_id, None)) == closed
    assert read_json(JSON.stream_closed(stream_id, AckError(**error))) == {**closed, "error": error}


@pytest.mark.parametrize(
    ("payload", "members"),
    [
        (None, {}),
        (Payload(DataType.TEXT, b""), {"dataType": "text", "data": ""}),
        (Payload(DataType.TEXT, "é".encode()), {"dataType": "text", "data": "é"}),
        (Payload(DataType.JSON, b'{"a": 1}'), {"dataType": "json", "data": {"a": 1}}),
        (Payload(DataType.BINARY, b"\0\1"), {"dataType": "binary", "data": "AAE="}),
        (Payload(DataType.PROTOBUF, b""), {"dataType": "protobuf", "data": ""}),
    ],
)
def test_answer_to_an_invocation(payload, members):
    expected = {"type": "invokeResponse", "invocationId": "1", "success": True, **members}
    assert read_json(JSON.invoke_response("1", InvocationAnswer(payload, {}))) == expected
    answer = InvocationAnswer(payload, {"k": "v"})
    assert read_json(JSON.invoke_response("1", answer)) == {**expected, "metadata": {"k": "v"}}


@pytest.mark.parametrize("text", [b"null", b" null\n"])
def test_answer_null_is_an_empty_one(text):
    """The JavaScript client drops a response whose data is null, and would wait for it for ever."""
    answer = InvocationAnswer(Payload(DataType.JSON, text), {})
    assert read_json(JSON.invoke_response("1", answer)) == {
        "type": "invokeResponse",
        "invocationId": "1",
        "success": True,
    }


@given(whole_text, whole_text)
def test_failed_invocation(invocation_id, message):
    assert read_json(JSON.invoke_response(invocation_id, AckError("BadRequest", message))) == {
        "type": "invokeResponse",
        "invocationId": invocation_id,
        "success": False,
        "error": {"name": "BadRequest", "message": message},
    }


# Numbers


MESSAGES = st.builds(
    Message,
    st.just(DataType.JSON),
    json_texts().map(str.encode),
    st.none() | whole_text,
    st.none() | whole_text,
    st.dictionaries(whole_text, whole_text, max_size=2),
    stream=st.none() | st.builds(StreamPart, whole_text, st.integers(1, LARGEST), st.booleans()),
)


@given(MESSAGES, st.integers(1, LARGEST))
def test_reliable_message_is_the_same_with_a_number(message, sequence_id):
    numbered = read_json(RELIABLE_JSON.number(RELIABLE_JSON.encode(message), sequence_id))
    assert numbered.pop("sequenceId") == sequence_id
    assert numbered == read_json(JSON.encode(message))


@pytest.mark.parametrize("size", [0, 1, 40, 41, 42, 43, 44, 65450, 65460, 65461, 65470, 100_000, 1_000_000])
@pytest.mark.parametrize("sequence_id", [1, 9, 10, 99, LARGEST])
def test_numbered_messages_of_any_size_are_whole_frames(size, sequence_id):
    encoded = RELIABLE_JSON.encode(Message(DataType.TEXT, b"x" * size))
    frame = read_json(RELIABLE_JSON.number(encoded, sequence_id))
    assert (frame["sequenceId"], len(frame["data"])) == (sequence_id, size)


def test_one_encoding_serves_all_receivers():
    encoded = RELIABLE_JSON.encode(Message(DataType.TEXT, b"x", "g"))
    frames = [RELIABLE_JSON.number(encoded, number) for number in (1, 2, 1)]
    assert frames[0] == frames[2]
    assert [read_json(frame)["sequenceId"] for frame in frames] == [1, 2, 1]


def test_without_reliability_nothing_is_numbered():
    encoded = JSON.encode(Message(DataType.TEXT, b"x", "g"))
    assert JSON.number(encoded, 7) == encoded
    assert "sequenceId" not in read_json(encoded)
