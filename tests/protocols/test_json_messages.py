"""Messages as clients of the JSON subprotocols get them."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.protocols.frames import read_json, split_frames
from tests.protocols.json_frames import any_text, json_texts, whole_text

from linarite.domain.messages import DataType, Message, StreamError, StreamPart
from linarite.protocols.json_codec import JSON


@given(whole_text, whole_text)
def test_group_message(group, user):
    message = Message(DataType.TEXT, b"x", group, user)
    assert read_json(JSON.encode(message)) == {
        "type": "message",
        "from": "group",
        "group": group,
        "fromUserId": user,
        "dataType": "text",
        "data": "x",
    }


def test_user_and_metadata_are_left_out_where_there_are_none():
    assert list(read_json(JSON.encode(Message(DataType.TEXT, b"", "g")))) == [
        "type",
        "from",
        "group",
        "dataType",
        "data",
    ]


@given(st.dictionaries(whole_text, whole_text, min_size=1))
def test_server_message_with_metadata(metadata):
    message = Message(DataType.TEXT, b"x", metadata=metadata)
    assert read_json(JSON.encode(message)) == {
        "type": "message",
        "from": "server",
        "metadata": metadata,
        "dataType": "text",
        "data": "x",
    }


@given(whole_text)
def test_text_reaches_the_client_as_it_was_sent(text):
    assert read_json(JSON.encode(Message(DataType.TEXT, text.encode())))["data"] == text


@given(json_texts(any_text))
def test_json_stands_in_the_frame_as_it_was_sent(text):
    written = JSON.encode(Message(DataType.JSON, text.encode()))
    assert read_json(written)["data"] == json.loads(text)
    assert split_frames(written)[0].payload.endswith(f'"dataType":"json","data":{text}}}'.encode())


@pytest.mark.parametrize("data_type", [DataType.BINARY, DataType.PROTOBUF])
@given(data=st.binary())
def test_bytes_travel_as_base64(data_type, data):
    frame = read_json(JSON.encode(Message(data_type, data)))
    assert frame["dataType"] == data_type.value
    assert base64.b64decode(frame["data"], validate=True) == data


# Streams


def part_of(message: Message) -> object:
    return read_json(JSON.encode(message))["stream"]


def test_fragment_is_a_group_message_that_tells_its_place():
    message = Message(DataType.JSON, b"[1]", "g", "ann", {"k": "v"}, stream=StreamPart("s", 2))
    assert read_json(JSON.encode(message)) == {
        "type": "message",
        "from": "group",
        "group": "g",
        "fromUserId": "ann",
        "metadata": {"k": "v"},
        "stream": {"streamId": "s", "streamSequenceId": 2},
        "dataType": "json",
        "data": [1],
    }


@pytest.mark.parametrize("data_type", DataType)
def test_last_part_is_an_empty_text_whatever_the_fragments_were(data_type):
    """The JavaScript client drops a frame without these members, and its reader waits for ever."""
    frame = read_json(JSON.encode(Message(data_type, b"", "g", stream=StreamPart("s", 3, True))))
    assert (frame["dataType"], frame["data"]) == ("text", "")
    assert frame["stream"] == {"streamId": "s", "streamSequenceId": 3, "endOfStream": True}


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (StreamError("IdleTimeout"), {"name": "IdleTimeout"}),
        (StreamError("Forbidden", "m"), {"name": "Forbidden", "message": "m"}),
        (StreamError("UserError", None, "c"), {"name": "UserError", "userErrorCode": "c"}),
        (StreamError("UserError", "", ""), {"name": "UserError", "message": "", "userErrorCode": ""}),
    ],
)
def test_last_part_tells_why_the_stream_did_not_end_well(error, expected):
    part = part_of(Message(DataType.TEXT, b"", "g", stream=StreamPart("s", 1, True, error)))
    assert part == {"streamId": "s", "streamSequenceId": 1, "endOfStream": True, "error": expected}


@given(whole_text, st.integers(1, 2**64 - 1), whole_text, whole_text)
def test_any_words_of_a_publisher_arrive(stream_id, sequence_id, words, code):
    part = StreamPart(stream_id, sequence_id, True, StreamError("UserError", words, code))
    assert part_of(Message(DataType.TEXT, b"", "g", stream=part)) == {
        "streamId": stream_id,
        "streamSequenceId": sequence_id,
        "endOfStream": True,
        "error": {"name": "UserError", "message": words, "userErrorCode": code},
    }
