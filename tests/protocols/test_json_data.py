"""The data in clients' frames, of each type, and the metadata beside it."""

import base64
import json

import pytest
from google.protobuf.any_pb2 import Any
from hypothesis import given
from hypothesis import strategies as st
from tests.protocols.json_frames import decode, json_texts, objects, publish, refused, whole_text

from linarite.domain.messages import DataType
from linarite.protocols.requests import JoinGroup, Payload, SendEvent, SendToGroup, Unsupported

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
@pytest.mark.parametrize(
    "kind",
    [
        '"sendToGroup","group":"g"',
        '"event","event":"e"',
        '"invoke","invocationId":"1","target":"event","event":"e"',
        '"streamData","streamId":"s","streamSequenceId":1,"dataType":"json"',
    ],
)
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
    assert decode('{"type":"setGroupState","data":"\\ud800","ackId":1}') == Unsupported("group state", 1)


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
