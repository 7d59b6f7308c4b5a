"""`linarite record`: a file with every frame, and none when there is nothing to keep."""

import json
import signal
import stat

from tests.cli.tools.processes import WRONG_KEY, eventually


def lines_of(file):
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_every_frame_is_kept_with_its_time(tool, start, name, tmp_path):
    file = tmp_path / "frames.jsonl"
    record = start("record", str(file), "--hub", name, "--group", "g", "--count", "2")
    record.wait_for("listening")
    tool("pub", "--hub", name, "--group", "g", "one", "two")

    outcome = record.end()

    assert outcome.exit_code == 0
    assert outcome.output.startswith("recorded 2 messages, 4 frames, in ")
    about, *frames = lines_of(file)
    assert (about["linariteRecording"], about["hub"], about["groups"]) == (1, name, ["g"])
    assert [frame["frame"]["type"] for frame in frames] == ["system", "ack", "message", "message"]
    assert [frame["frame"]["data"] for frame in frames[2:]] == ["one", "two"]
    times = [frame["at"] for frame in frames]
    assert times == sorted(times)
    assert "reconnectionToken" not in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_ctrl_c_leaves_what_came_until_then(tool, start, server, name, tmp_path):
    file = tmp_path / "frames.jsonl"
    record = start("record", str(file), "--hub", name, "--group", "g")
    record.wait_for("listening")
    tool("pub", "--hub", name, "--group", "g", "one")
    eventually(lambda: len(lines_of(file)) == 4, "the message")

    record.signal(signal.SIGINT)
    outcome = record.end()

    assert outcome.exit_code == 130
    assert "Traceback" not in outcome.errors
    assert lines_of(file)[-1]["frame"]["data"] == "one"
    eventually(lambda: not server.has_member(name, "g"), "the end of the connection")


def test_nothing_is_left_of_a_client_that_does_not_get_in(tool, server, tmp_path):
    file = tmp_path / "frames.jsonl"

    outcome = tool("record", str(file), "--hub", "chat", "--connection-string", server.connection_string(key=WRONG_KEY))

    assert outcome.exit_code == 4
    assert not file.exists()


def test_nothing_is_left_of_a_group_that_may_not_be_joined(tool, tmp_path):
    file = tmp_path / "frames.jsonl"
    url = tool("url", "--hub", "chat").output.strip()

    outcome = tool("record", str(file), "--url", url, "--group", "g")

    assert outcome.exit_code == 4
    assert not file.exists()


def test_a_file_is_never_overwritten(tool, tmp_path):
    file = tmp_path / "frames.jsonl"
    file.write_text("mine")

    outcome = tool("record", str(file), "--hub", "chat", "--seconds", "0.1")

    assert outcome.exit_code == 2
    assert "expected a file that is not there yet" in outcome.errors
    assert file.read_text() == "mine"


def test_a_folder_that_is_not_there_is_told(tool, tmp_path):
    outcome = tool("record", str(tmp_path / "none" / "frames.jsonl"), "--hub", "chat", "--seconds", "0.1")

    assert outcome.exit_code == 2
    assert "cannot be written" in outcome.errors
