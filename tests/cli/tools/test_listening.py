"""`linarite sub` and `linarite tail`: what they print, how they end, and what goes wrong."""

import json
import signal
import subprocess
import sys

import pytest
from tests.cli.tools.processes import WRONG_KEY, eventually

from linarite.cli.tools.failures import ExitCode


def test_messages_of_groups_and_of_the_hub_are_printed(tool, start, name):
    sub = start("sub", "--hub", name, "--group", "a", "--group", "b", "--count", "4")
    sub.wait_for("listening")
    tool("pub", "--hub", name, "--group", "a", "to a")
    tool("pub", "--hub", name, "--group", "b", "--type", "json", '{"to": "b"}')
    tool("pub", "--hub", name, "--group", "c", "to c")
    tool("pub", "--hub", name, "to all")
    tool("pub", "--hub", name, "to all again")

    outcome = sub.end()

    assert outcome.exit_code == 0
    assert outcome.output == 'to a\n{"to": "b"}\nto all\nto all again\n'


def test_json_has_the_whole_frame_with_its_time(tool, start, name):
    sub = start("sub", "--hub", name, "--user", "ann", "--count", "1", "--json")
    sub.wait_for("listening")
    tool("pub", "--hub", name, "--user", "ann", "hi")

    [document] = sub.end().documents

    assert document.pop("time").endswith("Z")
    assert document == {"sequenceId": 1, "type": "message", "from": "server", "dataType": "text", "data": "hi"}


def test_tail_shows_every_frame_and_no_secret(tool, start, name):
    tail = start("tail", "--hub", name, "--group", "g", "--count", "1", "--json")
    tail.wait_for("listening")
    tool("pub", "--hub", name, "--group", "g", "hi")

    documents = tail.end().documents

    assert [document["type"] for document in documents] == ["system", "ack", "message"]
    assert "reconnectionToken" not in documents[0]


def test_tail_is_read_by_people_as_well(tool, start, name):
    tail = start("tail", "--hub", name, "--group", "g", "--count", "1")
    tail.wait_for("listening")
    tool("pub", "--hub", name, "--group", "g", "hi")

    lines = tail.end().output.splitlines()

    assert ' system {"event":"connected",' in lines[0]
    assert ' ack {"ackId":1,"success":true}' in lines[1]
    assert lines[2].endswith(" group g: hi")


def test_a_client_access_url_is_enough(tool, start, name, monkeypatch, tmp_path):
    url = tool("url", "--hub", name, "--role", "webpubsub.joinLeaveGroup.g").output.strip()
    monkeypatch.setenv("LINARITE_CONNECTION_STRING", "none")
    sub = start("sub", "--url", url, "--group", "g")
    sub.wait_for("listening")

    assert url not in sub.errors
    refused = tool("sub", "--url", url, "--group", "other")
    assert refused.exit_code == ExitCode.REFUSED
    assert "group other could not be joined: Forbidden" in refused.errors


def test_a_time_ends_it(tool, name):
    assert tool("sub", "--hub", name, "--seconds", "0.1").exit_code == 0


def test_too_few_messages_in_that_time_are_a_failure(tool, name):
    outcome = tool("sub", "--hub", name, "--seconds", "0.1", "--count", "2")

    assert outcome.exit_code == 1
    assert "expected 2 messages in 0.1 s, got 0" in outcome.errors


@pytest.mark.parametrize("word", ["sub", "tail"])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_quietly_and_leaves_no_connection(word, number, code, start, server, name):
    running = start(word, "--hub", name, "--group", "g")
    running.wait_for("listening")
    assert server.has_member(name, "g")

    running.signal(number)
    outcome = running.end()

    assert outcome.exit_code == code
    assert outcome.errors.splitlines() == [
        f"listening at ws{server.http.removeprefix('http')}/client/hubs/{name}, group g"
    ]
    # A reliable connection would wait half a minute for a client that has not said that it goes.
    eventually(lambda: not server.has_member(name, "g"), "the end of the connection")


def test_a_broken_pipe_ends_it_quietly(tool, start, server, name, tmp_path):
    with (tmp_path / "errors").open("wb") as errors:
        words = [sys.executable, "-m", "linarite", "sub", "--hub", name, "--group", "g"]
        sub = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=errors)
    try:
        eventually(lambda: "listening" in (tmp_path / "errors").read_text(), "the client")
        tool("pub", "--hub", name, "--group", "g", "first")
        assert sub.stdout.readline() == b"first\n"
        sub.stdout.close()
        tool("pub", "--hub", name, "--group", "g", "second")

        assert sub.wait(20) == 0
        assert (tmp_path / "errors").read_text().count("\n") == 1
        eventually(lambda: not server.has_member(name, "g"), "the end of the connection")
    finally:
        sub.kill()
        sub.wait()


def test_a_connection_that_is_closed_is_told(tool, start, server, name):
    sub = start("sub", "--hub", name)
    sub.wait_for("listening")
    assert server.status("POST", f"/api/hubs/{name}/:closeConnections?reason=enough") == 204

    outcome = sub.end()

    assert outcome.exit_code == 1
    assert "the connection ended: 1000" in outcome.errors


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), "either --hub or --url"),
        (("--hub", "a", "--url", "ws://b"), "either --hub or --url"),
        (("--url", "http://localhost/client/hubs/chat"), "expected a client access URL"),
        (("--url", "ws://localhost/client/hubs/chat", "--user", "ann"), "--user"),
    ],
)
def test_wrong_use_is_told(tool, words, expected):
    outcome = tool("sub", *words)

    assert outcome.exit_code == 2
    assert expected in outcome.errors


def test_a_wrong_key_is_told(tool, server):
    outcome = tool("tail", "--hub", "chat", "--connection-string", server.connection_string(key=WRONG_KEY))

    assert outcome.exit_code == 4
    assert "the endpoint refused the client: 401" in outcome.errors
    assert "signature" in outcome.errors


def test_a_closed_port_is_told(tool, unused_tcp_port):
    outcome = tool(
        "sub", "--hub", "c", "--connection-string", f"Endpoint=http://127.0.0.1:{unused_tcp_port};AccessKey=k"
    )

    assert outcome.exit_code == 3
    assert "nothing listens" in outcome.errors


def test_an_untrusted_certificate_is_told_and_can_be_trusted(tool, server):
    words = (
        "sub",
        "--hub",
        "chat",
        "--seconds",
        "0.1",
        "--connection-string",
        server.connection_string(scheme="https"),
    )

    refused = tool(*words)

    assert refused.exit_code == 3
    assert "is not trusted" in refused.errors
    assert tool(*words, "--cacert", str(server.folder / "certificates" / "authority.pem")).exit_code == 0


def test_hostile_text_stays_json(tool, start, name):
    sub = start("sub", "--hub", name, "--count", "1", "--json")
    sub.wait_for("listening")
    tool("pub", "--hub", name, "--type", "json", r'"\ud800\u001b[2J"')

    assert json.loads(sub.end().output)["data"] == "?\x1b[2J"
