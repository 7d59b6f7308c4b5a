"""`linarite replay`: the same messages, in their order, at their pace or another."""

import json
import signal
import time

import pytest
from tests.cli.tools.processes import WRONG_KEY

GROUP = {"type": "message", "from": "group", "group": "g"}
MESSAGES = (
    {**GROUP, "dataType": "text", "data": "one", "metadata": {"k": "v"}, "sequenceId": 9, "fromUserId": "ann"},
    {"type": "message", "from": "server", "dataType": "json", "data": {"two": 2}},
    {**GROUP, "dataType": "binary", "data": "/wA="},
    {"type": "message", "from": "server", "dataType": "binary", "data": "/wA="},
    {**GROUP, "dataType": "json", "data": "\ud800"},
    {**GROUP, "group": "h", "dataType": "text", "data": "last"},
)


@pytest.fixture
def write(tmp_path, name):
    """Give a function that writes a recording of frames, one each so many seconds."""

    def write(*frames, every=0.0):
        file = tmp_path / "frames.jsonl"
        lines = [{"linariteRecording": 1, "hub": name, "groups": []}, {"at": 0, "frame": {"type": "ack", "ackId": 1}}]
        lines += [{"at": 100 + number * every, "frame": frame} for number, frame in enumerate(frames)]
        file.write_text("".join(json.dumps(line) + "\n" for line in lines))
        return str(file)

    return write


def test_messages_go_where_they_came_from_in_their_order(tool, start, name, write):
    sub = start("sub", "--hub", name, "--group", "g", "--group", "h", "--count", "6", "--json")
    sub.wait_for("listening")

    outcome = tool("replay", write(*MESSAGES))

    assert outcome.exit_code == 0
    assert outcome.output.startswith("replayed 6 messages of ")
    heard = sub.end().documents
    assert [frame["data"] for frame in heard] == ["one", {"two": 2}, "/wA=", "/wA=", "?", "last"]
    assert [frame.get("group") for frame in heard] == ["g", None, "g", None, "g", "h"]
    assert heard[0]["metadata"] == {"k": "v"}


def test_all_of_them_can_go_to_one_group_of_another_hub(tool, start, name, write):
    sub = start("sub", "--hub", "other", "--group", name, "--count", "6")
    sub.wait_for("listening")

    assert tool("replay", write(*MESSAGES), "--hub", "other", "--group", name).exit_code == 0
    assert sub.end().output.count("\n") == 6


@pytest.mark.parametrize(("speed", "least", "most"), [("1", 1.0, 10), ("4", 0.25, 0.95), ("max", 0, 0.95)])
def test_the_pace_is_kept_or_changed(tool, write, speed, least, most):
    file = write(*MESSAGES[:5], every=0.25)

    [document] = tool("replay", file, "--speed", speed, "--json").documents

    assert least <= document["seconds"]
    assert document["seconds"] < most
    assert document["messages"] == 5


def test_many_messages_need_not_wait_for_one_another(tool, start, name, write):
    sub = start("sub", "--hub", name, "--group", "g", "--count", "500")
    sub.wait_for("listening")
    frames = [{**GROUP, "dataType": "json", "data": number} for number in range(500)]

    assert tool("replay", write(*frames), "--speed", "max").exit_code == 0
    assert sub.end().output.split() == [str(number) for number in range(500)]


def test_what_rest_cannot_send_is_told(tool, write):
    outcome = tool("replay", write({"type": "message", "from": "server", "dataType": "protobuf", "data": ""}))

    assert outcome.exit_code == 2
    assert "protobuf" in outcome.errors


def test_a_message_that_is_refused_is_told(tool, write):
    outcome = tool("replay", write({**GROUP, "dataType": "text", "data": "x" * 2_000_000}))

    assert outcome.exit_code == 1
    assert "1009" in outcome.errors


@pytest.mark.parametrize(
    ("text", "code", "expected"),
    [
        ("", 2, "line 1: expected a JSON object"),
        ("[]\n", 2, "line 1: expected a JSON object"),
        ('{"other": 1}\n', 2, "line 1: expected a recording of version 1"),
        ('{"linariteRecording": 1, "hub": "a"}\n', 1, "nothing to replay"),
        ('{"linariteRecording": 1, "hub": "a"}\n{"at": 1}\n', 2, "line 2: expected the members at and frame"),
        ('{"linariteRecording": 1, "hub": "a"}\nnonsense\n', 2, "line 2: expected a JSON object"),
        ('{"linariteRecording": 1}\n{"at": 1, "frame": {"type": "message"}}\n', 2, "names no hub"),
    ],
)
def test_what_is_no_recording_is_told_with_its_line(tool, tmp_path, text, code, expected):
    file = tmp_path / "frames.jsonl"
    file.write_text(text)

    outcome = tool("replay", str(file))

    assert outcome.exit_code == code
    assert expected in outcome.errors


def test_a_file_that_is_not_there_or_no_text_is_told(tool, tmp_path):
    (tmp_path / "binary").write_bytes(b"\xff\xff")

    assert "cannot be read" in tool("replay", str(tmp_path / "none")).errors
    assert "expected UTF-8" in tool("replay", str(tmp_path / "binary")).errors


def test_a_wrong_key_is_told(tool, server, write):
    outcome = tool("replay", write(*MESSAGES), "--connection-string", server.connection_string(key=WRONG_KEY))

    assert outcome.exit_code == 4


def test_ctrl_c_ends_it_quietly(tool, start, name, write):
    sub = start("sub", "--hub", name, "--group", "g", "--count", "1")
    sub.wait_for("listening")
    replay = start("replay", write(MESSAGES[0], MESSAGES[2], every=600))
    assert sub.end().output == "one\n"

    begun = time.monotonic()
    replay.signal(signal.SIGINT)
    outcome = replay.end()

    assert (outcome.exit_code, outcome.output, outcome.errors) == (130, "", "")
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize("speed", ["0", "-1", "fast", "nan"])
def test_a_speed_that_is_none_is_told(tool, write, speed, capsys):
    with pytest.raises(SystemExit) as caught:
        tool("replay", write(*MESSAGES), "--speed", speed)

    assert caught.value.code == 2
