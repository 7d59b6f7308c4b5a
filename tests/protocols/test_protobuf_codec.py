"""What clients of the protobuf subprotocols get, read by the official runtime."""

import subprocess
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.protocols.frames import BINARY, split_frames
from tests.protocols.protobuf_frames import an_any, read_protobuf

from linarite.domain.messages import DataType, Message, StreamError, StreamPart
from linarite.protocols.codec import AckError, Codec, InvocationAnswer
from linarite.protocols.protobuf_codec import PROTOBUF, RELIABLE_PROTOBUF
from linarite.protocols.requests import Payload
from linarite.protocols.webpubsub_pb2 import DownstreamMessage, MessageData, StreamInfo

LARGEST = 2**64 - 1
D = DownstreamMessage
ANY = an_any().SerializeToString()

PAYLOADS = [
    (Payload(DataType.TEXT, "é".encode()), MessageData(text_data="é")),
    (Payload(DataType.TEXT, b""), MessageData(text_data="")),
    (Payload(DataType.JSON, b'{"a":1.0, "b" : 2}'), MessageData(json_data='{"a":1.0, "b" : 2}')),
    (Payload(DataType.BINARY, bytes(range(256))), MessageData(binary_data=bytes(range(256)))),
    (Payload(DataType.BINARY, b""), MessageData(binary_data=b"")),
    (Payload(DataType.PROTOBUF, ANY), MessageData(protobuf_data=an_any())),
]
both = pytest.mark.parametrize("codec", [PROTOBUF, RELIABLE_PROTOBUF], ids=lambda codec: codec.name)


def encoded(message: Message) -> DownstreamMessage.DataMessage:
    """Give the message as both protocols write it; they must agree but for the number."""
    plain = read_protobuf(PROTOBUF.encode(message)).data_message
    numbered = read_protobuf(RELIABLE_PROTOBUF.number(RELIABLE_PROTOBUF.encode(message), 7)).data_message
    assert not plain.HasField("sequence_id")
    assert numbered.sequence_id == 7
    numbered.ClearField("sequence_id")
    assert numbered == plain
    return plain


def data_message(**fields: object) -> DownstreamMessage.DataMessage:
    return D.DataMessage(**{"from": "server", "data": MessageData(text_data="hi"), **fields})


def test_names_and_kinds():
    assert (PROTOBUF.name, PROTOBUF.is_reliable) == ("protobuf.webpubsub.azure.v1", False)
    assert (RELIABLE_PROTOBUF.name, RELIABLE_PROTOBUF.is_reliable) == ("protobuf.reliable.webpubsub.azure.v1", True)


def test_the_runtime_is_not_loaded_before_a_client_speaks():
    """It would take a tenth of the time in which the server starts."""
    code = "import sys, linarite.protocols.negotiation; sys.exit('google.protobuf' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


# Messages


@pytest.mark.parametrize(("payload", "data"), PAYLOADS, ids=lambda value: str(value)[:40])
def test_each_kind_of_data(payload, data):
    assert encoded(Message(payload.data_type, payload.data)) == data_message(data=data)


def test_a_group_message_names_its_group_and_nobody_as_sender():
    message = Message(DataType.TEXT, b"hi", "gr\u00fcn", "ann")
    assert encoded(message) == data_message(**{"from": "group", "group": "gr\u00fcn"})
    assert not encoded(Message(DataType.TEXT, b"hi")).HasField("group")


def test_metadata():
    message = Message(DataType.TEXT, b"hi", metadata={"a": "1", "b": ""})
    assert encoded(message) == data_message(metadata={"a": "1", "b": ""})


def test_a_part_of_a_stream():
    message = Message(DataType.TEXT, b"hi", stream=StreamPart("s", 3))
    assert encoded(message) == data_message(stream=StreamInfo(stream_id="s", stream_sequence_id=3))
    assert not encoded(message).stream.HasField("end_of_stream")


def test_the_end_of_a_stream_has_an_empty_text():
    message = Message(DataType.TEXT, b"", stream=StreamPart("s", 4, end_of_stream=True))
    info = StreamInfo(stream_id="s", stream_sequence_id=4, end_of_stream=True)
    assert encoded(message) == data_message(data=MessageData(text_data=""), stream=info)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (StreamError("IdleTimeout"), {"name": "IdleTimeout"}),
        (StreamError("UserError", "m", "c"), {"name": "UserError", "message": "m", "user_error_code": "c"}),
    ],
)
def test_a_stream_that_ends_before_its_end(error, expected):
    part = encoded(Message(DataType.TEXT, b"", stream=StreamPart("s", 4, True, error))).stream
    assert part.error == StreamInfo.StreamError(**expected)


def test_any_values_pass_as_they_came():
    """Fields in another order, and one that nobody knows, are kept."""
    data = b"\x12\x01v" + b"\x0a\x01t" + b"\x7a\x01u"
    [frame] = split_frames(PROTOBUF.encode(Message(DataType.PROTOBUF, data)))
    assert data in frame.payload


@given(
    st.sampled_from(PAYLOADS) | st.binary(max_size=70_000).map(lambda data: (Payload(DataType.BINARY, data), None)),
    st.none() | st.text(max_size=300),
    st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=3),
    st.none() | st.builds(StreamPart, st.text(max_size=5), st.integers(0, LARGEST), st.booleans()),
)
def test_whatever_is_written_the_official_runtime_reads_and_would_write_alike(data, group, metadata, part):
    payload, _ = data
    message = Message(payload.data_type, payload.data, group, None, metadata, None, part)
    [frame] = split_frames(PROTOBUF.encode(message))
    parsed = D.FromString(frame.payload)
    assert D.FromString(parsed.SerializeToString()) == parsed
    assert len(parsed.SerializeToString()) == len(frame.payload) - _explicit_zeros(parsed.data_message)


def _explicit_zeros(message: DownstreamMessage.DataMessage) -> int:
    """Give how many bytes are written for empty values that the official runtime leaves out."""
    part = message.stream
    return 2 * (not part.stream_id) + 2 * (not part.stream_sequence_id) if message.HasField("stream") else 0


# Numbers of the reliable protocol


@example(126 - 2, 1)
@example(65536 - 4, 1)
@given(st.integers(0, 140) | st.integers(65_500, 65_560), st.sampled_from([1, 127, 128, 16383, 16384, 2**21, LARGEST]))
def test_a_number_is_appended_and_lengths_follow(size, sequence_id):
    message = Message(DataType.BINARY, b"x" * size, "g")
    numbered = read_protobuf(RELIABLE_PROTOBUF.number(RELIABLE_PROTOBUF.encode(message), sequence_id)).data_message
    assert (numbered.sequence_id, numbered.group) == (sequence_id, "g")
    assert numbered.data.binary_data == b"x" * size


def test_without_reliability_nothing_is_numbered():
    frame = PROTOBUF.encode(Message(DataType.TEXT, b"hi"))
    assert PROTOBUF.number(frame, 1) == frame


# Answers


@both
@pytest.mark.parametrize("ack_id", [0, 1, 300, LARGEST])
def test_acks(codec: Codec, ack_id: int) -> None:
    assert read_protobuf(codec.ack(ack_id, None) or b"") == D(ack_message=D.AckMessage(ack_id=ack_id, success=True))
    failed = read_protobuf(codec.ack(ack_id, AckError("Forbidden", "No \u00fc.")) or b"").ack_message
    error = D.AckMessage.ErrorMessage(name="Forbidden", message="No \u00fc.")
    assert failed == D.AckMessage(ack_id=ack_id, success=False, error=error)


@both
def test_connected(codec: Codec) -> None:
    def connected(*arguments: str | None) -> DownstreamMessage.SystemMessage.ConnectedMessage:
        return read_protobuf(codec.connected(*arguments) or b"").system_message.connected_message

    expected = D.SystemMessage.ConnectedMessage(connection_id="c", user_id="u", reconnection_token="t")
    assert connected("c", "u", "t") == expected
    nobody = connected("c", None, None)
    assert (nobody.connection_id, nobody.user_id) == ("c", "")
    assert not nobody.HasField("reconnection_token")


@both
def test_disconnected_and_pong(codec: Codec) -> None:
    disconnected = D.SystemMessage.DisconnectedMessage(reason="why")
    expected = D(system_message=D.SystemMessage(disconnected_message=disconnected))
    assert read_protobuf(codec.disconnected("why") or b"") == expected
    assert read_protobuf(codec.pong() or b"") == D(pong_message=D.PongMessage())


@both
def test_streams(codec: Codec) -> None:
    assert read_protobuf(codec.stream_ack("s", 2) or b"") == D(
        stream_ack_message=D.StreamAckMessage(stream_id="s", expected_sequence_id=2)
    )
    nack = D.StreamNackMessage(stream_id="s", name="InvalidSequenceId", message="m", expected_sequence_id=300)
    written = codec.stream_nack("s", 300, AckError("InvalidSequenceId", "m"))
    assert read_protobuf(written or b"") == D(stream_nack_message=nack)
    closed = read_protobuf(codec.stream_closed("s", None) or b"")
    assert closed == D(stream_closed_message=D.StreamClosedMessage(stream_id="s"))
    error = D.StreamClosedMessage.StreamClosedError(name="IdleTimeout", message="m")
    failed = read_protobuf(codec.stream_closed("s", AckError("IdleTimeout", "m")) or b"")
    assert failed == D(stream_closed_message=D.StreamClosedMessage(stream_id="s", error=error))


@both
@pytest.mark.parametrize(("payload", "data"), [*PAYLOADS, (None, None)], ids=lambda value: str(value)[:40])
def test_invoke_responses(codec: Codec, payload: Payload | None, data: MessageData | None) -> None:
    written = read_protobuf(codec.invoke_response("1", InvocationAnswer(payload, {"k": "v"})) or b"")
    response = D.InvokeResponseMessage(invocation_id="1", success=True, data=data, metadata={"k": "v"})
    assert written == D(invoke_response_message=response)


@both
def test_an_invocation_that_failed(codec: Codec) -> None:
    written = read_protobuf(codec.invoke_response("1", AckError("BadRequest", "m")) or b"").invoke_response_message
    error = D.InvokeResponseMessage.ErrorMessage(name="BadRequest", message="m")
    assert written == D.InvokeResponseMessage(invocation_id="1", success=False, error=error)
    assert not written.HasField("data")


@both
def test_everything_travels_in_binary_frames(codec: Codec) -> None:
    frames = [
        codec.ack(1, None),
        codec.connected("c", None, None),
        codec.disconnected(""),
        codec.pong(),
        codec.stream_ack("s", 1),
        codec.stream_closed("s", None),
        codec.invoke_response("1", InvocationAnswer(None, {})),
        codec.number(codec.encode(Message(DataType.TEXT, b"hi")), 1),
    ]
    assert {frame.opcode for frame in split_frames(b"".join(frame or b"" for frame in frames))} == {BINARY}
