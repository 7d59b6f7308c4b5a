"""The JSON subprotocol: what clients write, what they get, and that no bytes do harm."""

import base64
import json

import pytest
from google.protobuf.any_pb2 import Any
from hypothesis import example, given
from hypothesis import strategies as st
from tests.protocols.frames import TEXT, read_json, split_frames
from tests.protocols.json_frames import any_text, json_texts, objects, whole_text

from linarite.domain.messages import DataType, Message
from linarite.protocols.codec import AckError
from linarite.protocols.json_codec import JSON
from linarite.protocols.requests import (
    JoinGroup,
    LeaveGroup,
    Payload,
    Ping,
    ProtocolViolation,
    Request,
    SendEvent,
    SendToGroup,
    SequenceAck,
    Unsupported,
)

LARGEST = 2**64 - 1


def decode(frame: object) -> Request:
    """Decode a frame, given as its text or as the value to write."""
    text = frame if isinstance(frame, str) else json.dumps(frame)
    return JSON.decode(True, text.encode())


def refused(frame: object) -> ProtocolViolation:
    with pytest.raises(ProtocolViolation) as raised:
        decode(frame)
    assert raised.value.code == 1007
    assert raised.value.reason == "The client message is not a valid JSON protocol message."
    return raised.value


def publish(**members: object) -> dict[str, object]:
    return {"type": "sendToGroup", "group": "g", "data": 1, **members}


# Requests


def test_join_and_leave():
    assert decode({"type": "joinGroup", "group": "g", "ackId": 1}) == JoinGroup("g", 1)
    assert decode({"type": "leaveGroup", "group": "g"}) == LeaveGroup("g")


def test_publish_with_everything():
    frame = publish(ackId=3, noEcho=True, dataType="text", data="hi", metadata={"k": "v"}, ttlSeconds=300)
    assert decode(frame) == SendToGroup("g", Payload(DataType.TEXT, b"hi"), 3, True, 300, {"k": "v"})


def test_publish_with_least():
    assert decode(publish()) == SendToGroup("g", Payload(DataType.JSON, b"1"))


def test_event_with_everything():
    frame = {"type": "event", "event": "e-1", "ackId": 4, "dataType": "text", "data": "", "metadata": {"k": "v"}}
    assert decode(frame) == SendEvent("e-1", Payload(DataType.TEXT, b""), 4, {"k": "v"})


def test_ping_and_sequence_ack():
    assert decode({"type": "ping"}) == Ping()
    assert decode({"type": "sequenceAck", "sequenceId": 7}) == SequenceAck(7)


@pytest.mark.parametrize(
    "kind",
    [
        "streamData",
        "streamEnd",
        "invoke",
        "cancelInvocation",
        "setGroupState",
        "subscribeGroupState",
        "unsubscribeGroupState",
    ],
)
def test_parts_of_the_protocol_that_are_not_offered_are_well_formed_and_keep_their_ack_id(kind):
    request = decode({"type": kind, "group": "g", "ackId": 5, "streamId": "s", "invocationId": "1"})
    assert isinstance(request, Unsupported)
    assert request.ack_id == 5


def test_stream_start_is_not_offered():
    frame = {"type": "sendToGroup", "group": "g", "ackId": 6, "stream": {"streamId": "s"}}
    assert decode(frame) == Unsupported("streams in groups", 6)
    assert isinstance(decode(publish(stream=None)), SendToGroup)


def test_words_compare_without_case_as_the_dotnet_client_writes_them():
    assert decode({"type": "JOINGROUP", "group": "g"}) == JoinGroup("g")
    assert decode(publish(dataType="Text", data="a")).payload == Payload(DataType.TEXT, b"a")
    assert decode(publish(dataType="JSON")).payload == Payload(DataType.JSON, b"1")


def test_member_names_compare_with_case():
    refused({"Type": "ping"})
    assert decode({"type": "joinGroup", "group": "g", "ackid": 1}) == JoinGroup("g", None)


@given(st.data())
def test_order_blanks_and_unknown_members_do_not_matter(data):
    members = {"type": '"joinGroup"', "group": '"g"', "ackId": "1", "other": data.draw(json_texts(whole_text))}
    assert decode(data.draw(objects(members))) == JoinGroup("g", 1)


# Ack ids and other numbers


@pytest.mark.parametrize(("text", "ack_id"), [("0", 0), ("1", 1), (str(LARGEST), LARGEST), ("null", None)])
def test_ack_id_is_an_unsigned_number_of_64_bits(text, ack_id):
    assert decode(f'{{"type":"joinGroup","group":"g","ackId":{text}}}').ack_id == ack_id


NO_NUMBERS = ["-1", str(LARGEST + 1), "1.0", "1e0", "1.5", "true", '"1"', "[]", "{}", "1E400", "1" * 5000, "01", "NaN"]


@pytest.mark.parametrize("text", NO_NUMBERS)
@pytest.mark.parametrize(
    "frame",
    [
        '{"type":"joinGroup","group":"g","ackId":N}',
        '{"type":"leaveGroup","group":"g","ackId":N}',
        '{"type":"sendToGroup","group":"g","data":1,"ackId":N}',
        '{"type":"sendToGroup","group":"g","data":1,"ttlSeconds":N}',
        '{"type":"event","event":"e","data":1,"ackId":N}',
        '{"type":"invoke","ackId":N}',
        '{"type":"sequenceAck","sequenceId":N}',
    ],
)
def test_anything_else_is_no_number(frame, text):
    refused(frame.replace("N", text, 1) if text != "NaN" else frame.replace("N}", "NaN}"))


@pytest.mark.parametrize(("seconds", "is_valid"), [(0, True), (300, True), (301, False), (-1, False)])
def test_ttl_is_at_most_300_seconds(seconds, is_valid):
    if is_valid:
        assert decode(publish(ttlSeconds=seconds)).ttl_seconds == seconds
    else:
        refused(publish(ttlSeconds=seconds))


@pytest.mark.parametrize("value", [1, 0, "true", None, []])
def test_no_echo_is_a_boolean(value):
    refused(publish(noEcho=value))


# Names


@pytest.mark.parametrize("group", ["", " \t", "g" * 1025, None, 1, ["g"]])
@pytest.mark.parametrize("kind", ["joinGroup", "leaveGroup", "sendToGroup"])
def test_invalid_group_is_refused(kind, group):
    refused(publish(type=kind, group=group))


@pytest.mark.parametrize("event", ["", "1x", "e" * 129, "e e", None])
def test_invalid_event_is_refused(event):
    refused({"type": "event", "event": event, "data": 1})


@given(whole_text)
def test_group_comes_through_as_it_was_written(group):
    if group.strip():
        assert decode({"type": "joinGroup", "group": group}).group == group


def test_name_with_half_a_surrogate_pair_is_refused():
    refused('{"type":"joinGroup","group":"\\ud800"}')


# Data


@given(st.data())
def test_json_data_is_kept_byte_for_byte(data):
    text = data.draw(json_texts())
    members = {"type": '"sendToGroup"', "group": '"g\\ud83d\\ude00"', "data": text, "ackId": "9"}
    if data.draw(st.booleans()):
        members["dataType"] = '"json"'
    request = decode(data.draw(objects(members)))
    assert request == SendToGroup("g😀", Payload(DataType.JSON, text.encode()), 9)
    json.loads(request.payload.data)


@pytest.mark.parametrize(
    "data",
    [
        '{"a":}',
        '{"a":1,}',
        "[1,]",
        "[,]",
        "{1:2}",
        '{"a" 1}',
        "[1 2]",
        "NaN",
        "-Infinity",
        "[Infinity]",
        "01",
        "+1",
        ".5",
        "1.",
        "1e",
        "tru",
        "'a'",
        '"\t"',
        '"\0"',
        '"\\x"',
        '"\\u12"',
        '"\\ud800\t"',
        '["\\ud800",NaN]',
        '{"\\ud800":}',
        "1 2",
        "1}}",
        "/**/1",
        "",
        "null",
        "\ufeff1",
        "[" * 100_000 + "]" * 100_000,
        '["\\ud800",' + "[" * 100_000 + "]" * 100_000 + "]",
    ],
)
@pytest.mark.parametrize("kind", ['"sendToGroup","group":"g"', '"event","event":"e"'])
def test_data_that_is_not_json_is_refused(kind, data):
    refused(f'{{"type":{kind},"data":{data}}}')


@pytest.mark.parametrize(
    "data",
    ['"\\ud800"', '"\\uDBFF"', '{"\\uDFFF": ["\\ud83d", 1.0]}', '"cut \\ud83d"', '["\\ud800", ' + "1" * 5000 + "]"],
)
def test_half_a_surrogate_pair_in_json_data_is_kept_as_it_was_written(data):
    """JavaScript writes a text so that was cut within an emoji; such a frame ended the connection."""
    frame = f'{{"type":"event","event":"e", "metadata":{{"data":"x"}}, "data": {data} , "ackId":1}}'
    assert decode(frame) == SendEvent("e", Payload(DataType.JSON, data.encode()), 1, {"data": "x"})


def test_half_a_surrogate_pair_is_no_text():
    refused('{"type":"event","event":"e","dataType":"text","data":"\\ud800"}')
    refused('{"type":"event","event":"e","data":"\\ud800","other":"\\ud800"}')
    assert decode('{"type":"invoke","data":"\\ud800","ackId":1}') == Unsupported("invocation", 1)


def test_of_a_repeated_member_the_last_counts():
    assert decode('{"type":"ping","type":"joinGroup","group":"g","group":"h"}') == JoinGroup("h")


@given(whole_text)
def test_text_data_is_utf_8(text):
    assert decode(publish(dataType="text", data=text)).payload == Payload(DataType.TEXT, text.encode())


@given(st.binary())
def test_binary_data_is_base64(data):
    frame = publish(dataType="binary", data=base64.b64encode(data).decode())
    assert decode(frame).payload == Payload(DataType.BINARY, data)


@pytest.mark.parametrize("data", ["AA", "A", "A-_A", "é", "====", "AA==AA==", "AAA==", 1, None, []])
@pytest.mark.parametrize("kind", ["binary", "protobuf"])
def test_what_is_not_base64_is_refused(kind, data):
    refused(publish(dataType=kind, data=data))


def test_protobuf_data_is_a_serialized_any():
    packed = Any(type_url="t/x", value=b"\x01").SerializeToString()
    frame = publish(dataType="protobuf", data=base64.b64encode(packed).decode())
    assert decode(frame).payload == Payload(DataType.PROTOBUF, packed)
    refused(publish(dataType="protobuf", data=base64.b64encode(b"\xff").decode()))


@pytest.mark.parametrize("data", [1, None, True, {}, []])
def test_text_data_is_a_string(data):
    refused(publish(dataType="text", data=data))


@pytest.mark.parametrize("kind", ["xml", "", "json ", 1, []])
def test_unknown_data_type_is_refused(kind):
    refused(publish(dataType=kind))


def test_data_may_be_absent_only_with_metadata():
    frame = {"type": "sendToGroup", "group": "g", "metadata": {"k": "v"}}
    assert decode(frame).payload == Payload(DataType.TEXT, b"")
    refused({"type": "sendToGroup", "group": "g"})
    refused({"type": "sendToGroup", "group": "g", "metadata": {}})
    refused({"type": "sendToGroup", "group": "g", "metadata": None})
    refused({"type": "event", "event": "e"})


# Metadata


@pytest.mark.parametrize(
    "metadata",
    [
        '{"k":1}',
        '{"k":null}',
        '{"k":{}}',
        '{"é":"v"}',
        '{"k":"é"}',
        '{"k":"v","k":"v"}',
        "[]",
        '[["k","v"]]',
        '"k"',
        "1",
        '{"k":NaN}',
        '{"k":"\\ud800"}',
        '{"k":' + "[" * 900 + "]" * 900 + "}",
    ],
)
def test_invalid_metadata_is_refused(metadata):
    refused(f'{{"type":"sendToGroup","group":"g","data":1,"metadata":{metadata}}}')


def test_null_counts_as_no_metadata():
    assert decode(publish(metadata=None)).metadata == {}


# No bytes do harm

FRAMES = [
    b'{"type":"joinGroup","group":"g","ackId":1}',
    b'{"type":"sendToGroup","group":"g","ackId":3,"noEcho":false,"dataType":"json","data":{"a":[1,"\\ud800"]}}',
    b'{"type":"sendToGroup","group":"g","dataType":"binary","data":"AAE=","metadata":{"k":"v"},"ttlSeconds":1}',
    b'{"type":"event","event":"e","dataType":"protobuf","data":""}',
    b'{"type":"sequenceAck","sequenceId":7}',
]


@st.composite
def damaged_frames(draw):
    frame = bytearray(draw(st.sampled_from(FRAMES)))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(frame)))
        replacement = draw(st.binary(max_size=3) | st.sampled_from([b'"', b"\\ud800", b"{", b"]", b",", b":", b"null"]))
        frame[at : at + draw(st.integers(0, 3))] = replacement
    return bytes(frame)


@given(st.binary() | damaged_frames())
@example(b"")
@example(b"[]")
@example(b'[{"type":"ping"}]')
@example(b'{"type":null}')
@example(b'{"type":"ping"}x')
@example(b"\xef\xbb\xbf{}")
@example(b'{[1]:"\\ud800","data":1}')
def test_any_bytes_are_a_request_or_a_violation(payload):
    try:
        request = JSON.decode(True, payload)
    except ProtocolViolation as raised:
        violation = raised
    else:
        violation = None
    if violation is not None:
        assert violation.code == 1007
        return
    assert isinstance(request, Request)
    data = getattr(request, "payload", None)
    if data is not None and data.data_type is DataType.JSON and is_utf8(payload):
        json.loads(data.data, parse_constant=pytest.fail)
        assert data.data in payload


def is_utf8(payload: bytes) -> bool:
    try:
        payload.decode()
    except UnicodeDecodeError:
        return False
    return True


@given(st.binary(max_size=5))
def test_binary_message_is_refused_with_1003(payload):
    with pytest.raises(ProtocolViolation, match="requires text messages") as raised:
        JSON.decode(False, payload)
    assert raised.value.code == 1003


# What clients get


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


def test_name_is_the_subprotocol():
    assert JSON.name == "json.webpubsub.azure.v1"
