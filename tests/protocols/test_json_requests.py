"""What clients of the JSON subprotocols write: each kind of frame, and each way in which one can be wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.protocols.json_frames import decode, invoke, json_texts, objects, publish, refused, whole_text

from linarite.domain.messages import DataType
from linarite.protocols.requests import (
    CancelInvocation,
    EndStream,
    Invoke,
    JoinGroup,
    KeepStreamAlive,
    LeaveGroup,
    Payload,
    Ping,
    SendEvent,
    SendToGroup,
    SequenceAck,
    StartStream,
    StreamData,
    Unsupported,
    UserError,
)

LARGEST = 2**64 - 1


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


@pytest.mark.parametrize("kind", ["setGroupState", "subscribeGroupState", "unsubscribeGroupState"])
def test_group_state_is_not_offered_but_well_formed_and_keeps_its_ack_id(kind):
    assert decode({"type": kind, "group": "g", "ackId": 5}) == Unsupported("group state", 5)


def test_words_compare_without_case_as_the_dotnet_client_writes_them():
    assert decode({"type": "JOINGROUP", "group": "g"}) == JoinGroup("g")
    assert decode(publish(dataType="Text", data="a")).payload == Payload(DataType.TEXT, b"a")
    assert decode(publish(dataType="JSON")).payload == Payload(DataType.JSON, b"1")
    assert isinstance(decode({"type": "CancelInvocation", "invocationId": "1"}), CancelInvocation)
    assert decode(invoke(target="Event", dataType="Json")).fault is None


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
        '{"type":"setGroupState","ackId":N}',
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


# Streams


def start(stream, **members):
    return {"type": "sendToGroup", "group": "g", "stream": stream, **members}


def fragment(**members):
    return {"type": "streamData", "streamId": "s", "streamSequenceId": 1, "dataType": "text", "data": "a", **members}


def test_stream_starts_in_the_place_of_a_publish():
    assert decode(start({"streamId": "s"})) == StartStream("s", "g")
    everything = start({"streamId": "s", "idleTimeoutMs": 500, "other": 1}, noEcho=True)
    assert decode(everything) == StartStream("s", "g", True, 500)


def test_null_counts_as_no_stream_and_as_no_idle_time():
    assert isinstance(decode(publish(stream=None)), SendToGroup)
    assert decode(start({"streamId": "s", "idleTimeoutMs": None})) == StartStream("s", "g")


def test_ack_id_of_a_start_is_not_looked_at():
    """Stream frames answer it (client-spec, section 3.6.1: a start should have none)."""
    assert decode(start({"streamId": "s"}, ackId=1)) == StartStream("s", "g")


@pytest.mark.parametrize(
    ("stream", "members", "word"),
    [
        ({"streamId": ""}, {}, "stream id"),
        ({"streamId": "s", "idleTimeoutMs": 0}, {}, "idle timeout"),
        ({"streamId": "s", "idleTimeoutMs": -1}, {}, "idle timeout"),
        ({"streamId": "s", "idleTimeoutMs": 2**32}, {}, "idle timeout"),
        ({"streamId": "s", "idleTimeoutMs": 1.5}, {}, "idle timeout"),
        ({"streamId": "s", "idleTimeoutMs": "500"}, {}, "idle timeout"),
        ({"streamId": "s", "idleTimeoutMs": True}, {}, "idle timeout"),
        ({"streamId": "s", "idleTimeoutMs": [1]}, {}, "idle timeout"),
        ({"streamId": "s"}, {"data": 1}, "data"),
        ({"streamId": "s"}, {"data": None}, "data"),
        ({"streamId": "s"}, {"dataType": "text"}, "data"),
        ({"streamId": "s"}, {"dataType": "xml", "data": "a"}, "data"),
    ],
)
def test_wrong_start_is_answered_under_its_id(stream, members, word):
    request = decode(start(stream, **members))
    assert isinstance(request, StartStream)
    assert (request.stream_id, request.group) == (stream["streamId"], "g")
    assert word in (request.fault or "")


@pytest.mark.parametrize("digits", ["1" * 5000, "1E400", "-0.0"])
def test_odd_numbers_are_a_fault_of_the_start(digits):
    frame = '{"type":"sendToGroup","group":"g","stream":{"streamId":"s","idleTimeoutMs":N}}'.replace("N", digits)
    assert "idle timeout" in (decode(frame).fault or "")


def test_start_with_half_a_surrogate_pair_as_data_is_a_fault_too():
    frame = '{"type":"sendToGroup","group":"g","stream":{"streamId":"s"},"data":"\\ud800"}'
    assert "data" in (decode(frame).fault or "")


@pytest.mark.parametrize("stream", [{}, {"streamId": None}, {"streamId": 1}, "s", 1, True, [], ["s"]])
def test_start_that_cannot_be_named_is_malformed(stream):
    refused(start(stream))


@pytest.mark.parametrize("members", [{"group": ""}, {"group": None}, {"noEcho": 1}, {"ackId": "1"}, {"ttlSeconds": ""}])
def test_members_around_a_start_keep_their_rules(members):
    refused(start({"streamId": "s"}, **members))


def test_fragment():
    assert decode(fragment()) == StreamData("s", 1, Payload(DataType.TEXT, b"a"))
    frame = (
        '{"type":"streamData","streamId":"s","streamSequenceId":18446744073709551615,"dataType":"Json","data":[1.0 ]}'
    )
    assert decode(frame) == StreamData("s", LARGEST, Payload(DataType.JSON, b"[1.0 ]"))
    binary = fragment(streamSequenceId=2, dataType="binary", data="AAE=")
    assert decode(binary) == StreamData("s", 2, Payload(DataType.BINARY, b"\0\1"))


def test_half_a_surrogate_pair_in_a_fragment_is_kept_as_it_was_written():
    frame = '{"type":"streamData","streamId":"s","streamSequenceId":1,"dataType":"json","data":"\\ud83d"}'
    assert decode(frame) == StreamData("s", 1, Payload(DataType.JSON, b'"\\ud83d"'))


@pytest.mark.parametrize("extra", [{}, {"streamSequenceId": None, "dataType": None}, {"other": 1}])
def test_only_the_id_keeps_the_stream_alive(extra):
    assert decode({"type": "streamData", "streamId": "s", **extra}) == KeepStreamAlive("s")


def test_a_session_knows_which_ids_are_active_whatever_they_look_like():
    assert decode({"type": "streamData", "streamId": ""}) == KeepStreamAlive("")
    assert decode({"type": "streamEnd", "streamId": "s" * 300}) == EndStream("s" * 300)


COMPLETE = {"streamSequenceId": 1, "dataType": "text", "data": "a"}


@pytest.mark.parametrize("there", [("streamSequenceId",), ("dataType",), ("data",)])
@pytest.mark.parametrize("value", ["absent", None])
def test_fragment_that_lacks_a_member_is_malformed(there, value):
    lacking = {name: value for name in there if value is None}
    refused({"type": "streamData", "streamId": "s", **{k: v for k, v in COMPLETE.items() if k not in there}, **lacking})
    refused({"type": "streamData", "streamId": "s", **{name: COMPLETE[name] for name in there}})


@pytest.mark.parametrize(
    "members",
    [
        {"streamId": None},
        {"streamId": 1},
        {"streamSequenceId": 0},
        {"streamSequenceId": -1},
        {"streamSequenceId": LARGEST + 1},
        {"streamSequenceId": "1"},
        {"streamSequenceId": 1.0},
        {"streamSequenceId": True},
        {"dataType": "xml"},
        {"data": 1},
        {"dataType": "json", "data": None},
        {"dataType": "binary", "data": "é"},
        {"dataType": "protobuf", "data": "/w=="},
    ],
)
def test_malformed_fragment(members):
    refused(fragment(**members))


def test_data_without_a_type_is_no_fragment():
    """Where a publish would take it for JSON, a fragment has to say so (client-spec, section 3.6.2)."""
    refused({"type": "streamData", "streamId": "s", "streamSequenceId": 1, "data": 1})


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (None, None),
        ({}, UserError()),
        ({"message": "m"}, UserError("m")),
        ({"userErrorCode": "c", "name": "ignored"}, UserError(None, "c")),
        ({"message": "m", "userErrorCode": "c"}, UserError("m", "c")),
        ({"message": None, "userErrorCode": None}, UserError()),
    ],
)
def test_stream_ends_well_or_with_words_of_its_publisher(error, expected):
    assert decode({"type": "streamEnd", "streamId": "s", "error": error}) == EndStream("s", expected)
    assert decode({"type": "streamEnd", "streamId": "s"}) == EndStream("s")


@pytest.mark.parametrize("error", ["e", 1, [], False, {"message": 1}, {"userErrorCode": 7}, {"message": ["m"]}])
def test_malformed_error_of_a_stream(error):
    refused({"type": "streamEnd", "streamId": "s", "error": error})


@pytest.mark.parametrize("kind", ["streamData", "streamEnd"])
def test_stream_has_an_id(kind):
    refused({"type": kind})
    refused({"type": kind, "streamId": None})


@given(whole_text, st.integers(1, LARGEST), whole_text)
def test_fragments_come_through_as_they_were_written(stream_id, sequence_id, text):
    frame = fragment(streamId=stream_id, streamSequenceId=sequence_id, data=text)
    assert decode(frame) == StreamData(stream_id, sequence_id, Payload(DataType.TEXT, text.encode()))


# Invocations


def test_invocation_with_everything():
    frame = invoke(dataType="text", data="hi", metadata={"k": "v"})
    assert decode(frame) == Invoke("1", "e", Payload(DataType.TEXT, b"hi"), {"k": "v"})


def test_invocation_without_data_is_an_empty_text():
    assert decode(invoke()) == Invoke("1", "e", Payload(DataType.TEXT, b""))
    assert decode(invoke(dataType="json")) == Invoke("1", "e", Payload(DataType.TEXT, b""))


@pytest.mark.parametrize(
    ("members", "word"),
    [
        ({"target": "group"}, "target"),
        ({"target": ""}, "target"),
        ({"target": None}, "target"),
        ({"target": "upstream", "event": None}, "target"),
        ({"target": "upstream", "event": "1x", "dataType": "xml", "data": 1}, "target"),
        ({"invocationId": ""}, "invocation id"),
    ],
)
def test_wrong_invocation_is_answered_under_its_id(members, word):
    request = decode(invoke(**members))
    assert isinstance(request, Invoke)
    assert request.invocation_id == members.get("invocationId", "1")
    assert word in (request.fault or "")


def test_invocation_without_a_target_is_answered_too():
    assert "target" in (decode({"type": "invoke", "invocationId": "1", "event": "e"}).fault or "")


@pytest.mark.parametrize(
    "members",
    [
        {"invocationId": None},
        {"invocationId": 1},
        {"target": 1},
        {"event": None},
        {"event": ""},
        {"event": "1x"},
        {"event": "e" * 129},
        {"event": 1},
        {"data": None},
        {"dataType": "text", "data": 1},
        {"dataType": "xml", "data": ""},
        {"dataType": 1},
        {"metadata": {"k": 1}},
        {"metadata": []},
    ],
)
def test_malformed_invocation(members):
    refused(invoke(**members))


def test_invocation_has_an_id():
    refused({"type": "invoke", "target": "event", "event": "e"})


@pytest.mark.parametrize("invocation_id", ["1", "", "é"])
def test_cancel(invocation_id):
    assert decode({"type": "cancelInvocation", "invocationId": invocation_id}) == CancelInvocation(invocation_id)


@pytest.mark.parametrize("members", [{}, {"invocationId": None}, {"invocationId": 1}])
def test_malformed_cancel(members):
    refused({"type": "cancelInvocation", **members})


# Whole frames


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "null",
        "1",
        '"ping"',
        "[]",
        "{}",
        '[{"type":"ping"}]',
        '{"type":null}',
        '{"type":1}',
        '{"type":""}',
        '{"type":"pong"}',
        '{"type":"pi ng"}',
        '{"type":"streamAck","streamId":"s","expectedSequenceId":1}',
        '{"type":"ping"',
        '{"type":"ping"}}',
        '{"type":"ping"}{"type":"ping"}',
        "{'type':'ping'}",
        '\ufeff{"type":"ping"}',
        '{"type":"ping",}',
        '{type:"ping"}',
    ],
)
def test_what_is_no_frame_is_refused(frame):
    refused(frame)
