"""What clients of the protobuf subprotocols ask, and that no bytes do harm."""

import pytest
from google.protobuf.any_pb2 import Any as ProtobufAny
from google.protobuf.message import DecodeError
from hypothesis import example, given
from hypothesis import strategies as st
from tests.protocols.json_frames import json_texts
from tests.protocols.protobuf_frames import an_any, publish, upstream

from linarite.domain.messages import DataType
from linarite.protocols.protobuf_codec import PROTOBUF, RELIABLE_PROTOBUF, ProtobufCodec
from linarite.protocols.protobuf_fields import bytes_field, map_field, number_field, text_field
from linarite.protocols.requests import (
    CancelInvocation,
    EndStream,
    Invoke,
    JoinGroup,
    KeepStreamAlive,
    LeaveGroup,
    Payload,
    Ping,
    ProtocolViolation,
    Request,
    SendEvent,
    SendToGroup,
    SequenceAck,
    StartStream,
    StreamData,
    Unsupported,
    UserError,
)
from linarite.protocols.webpubsub_pb2 import GroupStateItem, MessageData, UpstreamMessage

LARGEST = 2**64 - 1
EMPTY = Payload(DataType.TEXT, b"")
HI = Payload(DataType.TEXT, b"hi")
U = UpstreamMessage


def decode(message: bytes) -> Request:
    return PROTOBUF.decode(False, message)


def refused(message: bytes) -> ProtocolViolation:
    with pytest.raises(ProtocolViolation) as raised:
        decode(message)
    assert raised.value.code == 1007
    assert raised.value.reason == "The client message is not a valid protobuf.webpubsub.azure.v1 protocol message."
    return raised.value


def join(**fields: object) -> bytes:
    return upstream(join_group_message=U.JoinGroupMessage(**fields))


def event(**fields: object) -> bytes:
    return upstream(event_message=U.EventMessage(**{"event": "e", "data": MessageData(text_data="hi"), **fields}))


def invoke(**fields: object) -> bytes:
    return upstream(
        invoke_event_message=U.InvokeEventMessage(
            **{"event": "e", "invocation_id": "1", "data": MessageData(text_data="hi"), **fields}
        )
    )


def stream(group: str = "g", **fields: object) -> bytes:
    return upstream(send_to_group_message=U.SendToGroupMessage(group=group, stream=U.StreamStartInfo(**fields)))


def stream_data(**fields: object) -> bytes:
    return upstream(stream_data_message=U.StreamDataMessage(**{"stream_id": "s", **fields}))


# Requests


def test_the_vector_of_a_join_with_an_ack_id_of_zero():
    assert decode(bytes.fromhex("32080A04726F6F6D1000")) == JoinGroup("room", 0)


def test_join_and_leave():
    assert decode(join(group="g", ack_id=1)) == JoinGroup("g", 1)
    assert decode(upstream(leave_group_message=U.LeaveGroupMessage(group="g"))) == LeaveGroup("g")


def test_publish_with_everything():
    message = publish(ack_id=3, no_echo=True, ttl_seconds=300, metadata={"k": "v"})
    assert decode(message) == SendToGroup("g", HI, 3, True, 300, {"k": "v"})


def test_publish_with_least():
    assert decode(publish()) == SendToGroup("g", HI)


def test_event_with_everything_and_with_least():
    assert decode(event(ack_id=4, metadata={"k": "v"})) == SendEvent("e", HI, 4, {"k": "v"})
    assert decode(event()) == SendEvent("e", HI)


def test_ping_and_sequence_ack():
    assert decode(upstream(ping_message=U.PingMessage())) == Ping()
    assert decode(b"\x4a\x00") == Ping()
    assert decode(upstream(sequence_ack_message=U.SequenceAckMessage(sequence_id=LARGEST))) == SequenceAck(LARGEST)
    assert decode(b"\x42\x00") == SequenceAck(0)


def test_invocation_with_everything_and_with_least():
    assert decode(invoke(metadata={"k": "v"})) == Invoke("1", "e", HI, {"k": "v"})
    assert decode(upstream(invoke_event_message=U.InvokeEventMessage(event="e", invocation_id="1"))) == Invoke(
        "1", "e", EMPTY
    )
    cancel = upstream(cancel_invocation_message=U.CancelInvocationMessage(invocation_id="1"))
    assert decode(cancel) == CancelInvocation("1")


def test_an_invocation_that_cannot_be_is_answered():
    assert "empty" in (decode(invoke(invocation_id="")).fault or "")
    assert "Streams" in (decode(invoke(stream=U.StreamStartInfo(stream_id="s"))).fault or "")
    assert decode(invoke(invocation_id="", event="1x")).fault


def test_a_stream_from_begin_to_end():
    assert decode(stream(stream_id="s")) == StartStream("s", "g")
    assert decode(stream(stream_id="s", idle_timeout_ms=500)) == StartStream("s", "g", False, 500)
    assert decode(stream_data(stream_sequence_id=1, data=MessageData(text_data="hi"))) == StreamData("s", 1, HI)
    assert decode(stream_data()) == KeepStreamAlive("s")
    assert decode(upstream(stream_end_message=U.StreamEndMessage(stream_id="s"))) == EndStream("s")


def test_a_stream_without_echo():
    start = U.SendToGroupMessage(group="g", no_echo=True, stream=U.StreamStartInfo(stream_id="s"))
    assert decode(upstream(send_to_group_message=start)) == StartStream("s", "g", no_echo=True)


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({}, UserError()),
        ({"message": "m"}, UserError("m", None)),
        ({"message": "", "user_error_code": "c"}, UserError("", "c")),
    ],
)
def test_a_stream_that_is_given_up(fields, error):
    end = U.StreamEndMessage(stream_id="s", error=U.StreamEndMessage.StreamEndError(**fields))
    assert decode(upstream(stream_end_message=end)) == EndStream("s", error)


@pytest.mark.parametrize(
    "message",
    [
        stream(stream_id=""),
        stream(stream_id="s", idle_timeout_ms=0),
        publish(stream=U.StreamStartInfo(stream_id="s")),
        publish(MessageData(), stream=U.StreamStartInfo(stream_id="s")),
    ],
    ids=["no id", "no time", "with data", "with empty data"],
)
def test_a_stream_that_cannot_begin_is_answered(message):
    request = decode(message)
    assert isinstance(request, StartStream)
    assert request.fault


def test_a_stream_into_no_group_ends_the_connection():
    refused(stream(group="", stream_id="s"))


def test_a_fragment_is_whole_or_a_sign_of_life():
    refused(stream_data(stream_sequence_id=1))
    refused(stream_data(stream_sequence_id=0))
    refused(stream_data(stream_sequence_id=0, data=MessageData(text_data="hi")))
    refused(stream_data(data=MessageData(text_data="hi")))
    refused(stream_data(data=MessageData()))
    refused(stream_data(stream_sequence_id=1, data=MessageData()))
    assert decode(stream_data(stream_sequence_id=1, data=MessageData(text_data=""))) == StreamData("s", 1, EMPTY)


@pytest.mark.parametrize(
    "message",
    [
        {"set_group_state_message": U.SetGroupStateMessage(ack_id=5, state=GroupStateItem.GroupState())},
        {"subscribe_group_state_message": U.SubscribeGroupStateMessage(group="g", ack_id=5)},
        {"unsubscribe_group_state_message": U.UnsubscribeGroupStateMessage(group="g", ack_id=5)},
        {"event_message": U.EventMessage(event="e", ack_id=5, stream=U.StreamStartInfo(stream_id="s"))},
    ],
    ids=lambda message: next(iter(message)),
)
def test_parts_of_the_protocol_that_are_not_offered_are_well_formed_and_keep_their_ack_id(message):
    request = decode(upstream(**message))
    assert isinstance(request, Unsupported)
    assert request.ack_id == 5


@pytest.mark.parametrize("ack_id", [None, 0, 1, 2**31, LARGEST])
def test_an_ack_id_of_zero_is_one_and_its_absence_is_none(ack_id):
    assert decode(join(group="g", ack_id=ack_id)).ack_id == ack_id
    assert decode(publish(ack_id=ack_id)).ack_id == ack_id
    assert decode(event(ack_id=ack_id)).ack_id == ack_id


def test_an_ack_id_of_the_schema_of_2021_is_the_same_on_the_wire():
    """An int32 is written as the varint that a uint64 is."""
    assert decode(bytes_field(6, text_field(1, "g") + number_field(2, 2**31 - 1))) == JoinGroup("g", 2**31 - 1)


# Data


@pytest.mark.parametrize(
    ("data", "payload"),
    [
        (MessageData(text_data="é\0"), Payload(DataType.TEXT, "é\0".encode())),
        (MessageData(text_data=""), EMPTY),
        (MessageData(binary_data=b"\0\xff"), Payload(DataType.BINARY, b"\0\xff")),
        (MessageData(binary_data=b""), Payload(DataType.BINARY, b"")),
        (MessageData(json_data='{"a":1.0, "b" : 2}'), Payload(DataType.JSON, b'{"a":1.0, "b" : 2}')),
        (MessageData(json_data="null"), Payload(DataType.JSON, b"null")),
        (MessageData(json_data='"\\ud83d"'), Payload(DataType.JSON, b'"\\ud83d"')),
        (MessageData(protobuf_data=an_any()), Payload(DataType.PROTOBUF, an_any().SerializeToString())),
        (MessageData(protobuf_data=ProtobufAny()), Payload(DataType.PROTOBUF, b"")),
    ],
    ids=lambda value: str(value)[:30] if isinstance(value, MessageData) else "",
)
def test_each_kind_of_data(data, payload):
    assert decode(publish(data)).payload == payload
    assert decode(event(data=data)).payload == payload
    assert decode(invoke(data=data)).payload == payload
    assert decode(stream_data(stream_sequence_id=1, data=data)).payload == payload


def test_no_data_beside_metadata_is_an_empty_text():
    message = U.SendToGroupMessage(group="g", metadata={"k": "v"})
    assert decode(upstream(send_to_group_message=message)).payload == EMPTY
    assert decode(publish(MessageData(), metadata={"k": "v"})).payload == EMPTY
    assert decode(upstream(event_message=U.EventMessage(event="e", metadata={"k": "v"}))).payload == EMPTY


@given(json_texts())
def test_json_data_stay_as_their_sender_wrote_them(text):
    assert decode(publish(MessageData(json_data=text))).payload == Payload(DataType.JSON, text.encode())


# What ends a connection

GROUPS = ["", " \t", "g" * 1025]
EVENTS = ["", "1x", "e f", "é", "e" * 129]
METADATA = [
    {"": "v"},
    {"a b": "v"},
    {"k": "é"},
    {"k": "v" * 1025},
    {"k" * 257: "v"},
    {f"k{n}": "v" * 1024 for n in range(8)},
]
NO_JSON = ["", " ", "{", "{a:1}", "NaN", "1 2", "'a'", "\ufeff1", '"\n"']

MALFORMED = {
    "empty message": b"",
    "no protobuf": b"\xff",
    "join without a group": bytes.fromhex("3200"),
    "cut": bytes.fromhex("32080A04726F6F"),
    "cut in a number": b"\x32\x05\x0a\x01g\x10\x80",
    "a number of eleven bytes": bytes_field(6, text_field(1, "g") + b"\x10" + b"\xff" * 10 + b"\x01"),
    "group that is no UTF-8": bytes_field(6, bytes_field(1, b"\xff")),
    "text that is no UTF-8": bytes_field(1, text_field(1, "g") + bytes_field(3, bytes_field(1, b"\xff"))),
    "Any that is none": bytes_field(1, text_field(1, "g") + bytes_field(3, bytes_field(3, b"\xff"))),
    "unknown message only": bytes_field(2, text_field(1, "g")),
    "reserved field number": b"\x02\x00",
    "publish without data": upstream(send_to_group_message=U.SendToGroupMessage(group="g")),
    "publish of empty data": publish(MessageData()),
    "event without data": upstream(event_message=U.EventMessage(event="e")),
    "event of empty data": event(data=MessageData()),
    "301 seconds": publish(ttl_seconds=301),
    "many seconds": publish(ttl_seconds=2**32 - 1),
    "text that is a JSON frame": b'{"type":"ping"}',
    "deep": b"\x0a" * 100_000,
    **{f"join group {len(name)}": join(group=name) for name in GROUPS},
    **{f"leave group {len(name)}": upstream(leave_group_message=U.LeaveGroupMessage(group=name)) for name in GROUPS},
    **{f"publish group {len(name)}": publish(group=name) for name in GROUPS},
    **{f"event {name[:4]}": event(event=name) for name in EVENTS},
    **{f"invoke {name[:4]}": invoke(event=name) for name in EVENTS},
    **{f"publish metadata {n}": publish(metadata=value) for n, value in enumerate(METADATA)},
    **{f"event metadata {n}": event(metadata=value) for n, value in enumerate(METADATA)},
    **{f"invoke metadata {n}": invoke(metadata=value) for n, value in enumerate(METADATA)},
    **{f"json {text!r}": publish(MessageData(json_data=text)) for text in NO_JSON},
}


@pytest.mark.parametrize("message", MALFORMED.values(), ids=MALFORMED.keys())
def test_malformed_messages_end_the_connection(message):
    refused(message)


@pytest.mark.parametrize("codec", [PROTOBUF, RELIABLE_PROTOBUF], ids=lambda codec: codec.name)
def test_a_text_message_is_the_wrong_kind_and_the_protocol_is_named(codec: ProtobufCodec) -> None:
    with pytest.raises(ProtocolViolation) as raised:
        codec.decode(True, b"\x4a\x00")
    assert raised.value.code == 1003
    assert raised.value.reason == f"The {codec.name} subprotocol requires binary messages."
    with pytest.raises(ProtocolViolation, match=f"not a valid {codec.name} protocol message"):
        codec.decode(False, b"")


def test_the_reliable_protocol_reads_the_same_messages():
    assert RELIABLE_PROTOBUF.decode(False, publish(ack_id=1)) == decode(publish(ack_id=1))


def test_unknown_fields_do_not_matter():
    assert decode(join(group="g") + bytes_field(12, b"x")) == JoinGroup("g")
    assert decode(bytes_field(6, text_field(1, "g") + text_field(15, "x"))) == JoinGroup("g")


def test_of_several_messages_the_last_counts():
    assert decode(publish() + join(group="g")) == JoinGroup("g")


def test_of_a_repeated_field_the_last_counts():
    message = bytes_field(6, text_field(1, "a") + number_field(2, 1) + text_field(1, "b") + number_field(2, 0))
    assert decode(message) == JoinGroup("b", 0)


def test_of_a_repeated_key_of_metadata_the_last_counts():
    fields = text_field(1, "g") + map_field(6, {"k": "a"}) + map_field(6, {"k": "b"})
    assert decode(bytes_field(1, fields)).metadata == {"k": "b"}


@example(bytes.fromhex("32080A04726F6F6D1000"))
@given(st.binary(max_size=60) | st.binary(max_size=30).map(lambda data: bytes_field(1, text_field(1, "g") + data)))
def test_any_bytes_are_a_request_or_a_violation(data):
    try:
        decode(data)
    except ProtocolViolation:
        refused(data)
    else:
        U.FromString(data)


@given(st.data())
def test_what_the_runtime_refuses_is_refused(data):
    whole = publish(MessageData(binary_data=b"0123456789"), ack_id=7, metadata={"k": "v"})
    position = data.draw(st.integers(0, len(whole) - 1))
    changed = whole[:position] + data.draw(st.binary(min_size=1, max_size=3)) + whole[position + 1 :]
    try:
        U.FromString(changed)
    except DecodeError:
        refused(changed)


whole_texts = st.text(min_size=1, max_size=12)
payloads = st.one_of(
    st.text().map(lambda text: (MessageData(text_data=text), Payload(DataType.TEXT, text.encode()))),
    st.binary().map(lambda data: (MessageData(binary_data=data), Payload(DataType.BINARY, data))),
    json_texts().map(lambda text: (MessageData(json_data=text), Payload(DataType.JSON, text.encode()))),
    st.text().map(
        lambda text: (
            MessageData(protobuf_data=an_any(text)),
            Payload(DataType.PROTOBUF, an_any(text).SerializeToString()),
        )
    ),
)


@given(
    whole_texts.filter(lambda name: not name.isspace()),
    payloads,
    st.none() | st.integers(0, LARGEST),
    st.booleans(),
    st.integers(0, 300),
    st.dictionaries(st.from_regex(r"[a-z]{1,4}", fullmatch=True), st.text(st.characters(codec="ascii"), max_size=5)),
)
def test_what_the_official_runtime_writes_is_read(group, data, ack_id, no_echo, ttl, metadata):
    written, payload = data
    message = publish(written, group, ack_id=ack_id, no_echo=no_echo, ttl_seconds=ttl, metadata=metadata)
    assert decode(message) == SendToGroup(group, payload, ack_id, no_echo, ttl, metadata)
