import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.protocols import frames
from tests.protocols.frames import Frame, split_frames

from linarite.protocols.framing import BINARY, PING, TEXT, close_frame, frame, pong_frame


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65535, 65536, 1_048_576])
@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_frame_has_its_length_in_the_shortest_form(opcode, size):
    assert split_frames(frame(opcode, b"x" * size)) == [Frame(opcode, b"x" * size)]


def test_opcodes_are_those_of_the_rfc():
    assert (TEXT, BINARY) == (frames.TEXT, frames.BINARY)
    assert split_frames(PING) == [Frame(frames.PING, b"")]
    assert split_frames(pong_frame(b"same")) == [Frame(frames.PONG, b"same")]


def test_close_frame_without_a_code_is_empty():
    assert split_frames(close_frame(None)) == [Frame(frames.CLOSE, b"")]


@example(1008, "a" * 123)
@example(1008, "a" * 124)
@example(1008, "a" + "€" * 60)
@example(1008, "😀" * 31)
@given(st.integers(1000, 4999), st.text(st.sampled_from("aé€😀"), max_size=130))
def test_close_reason_is_cut_between_characters_to_fit_a_control_frame(code, reason):
    [close] = split_frames(close_frame(code, reason))
    told = close.payload[2:].decode()
    assert close.opcode == frames.CLOSE
    assert int.from_bytes(close.payload[:2]) == code
    assert len(close.payload) <= 125
    assert reason.startswith(told)
    if told != reason:
        following = reason[len(told)]
        assert len(close.payload) + len(following.encode()) > 125
