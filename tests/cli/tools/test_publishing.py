"""`linarite pub`: from arguments, files and standard input, to whom it is meant for, and what goes wrong."""

import json
import time

import pytest
from tests.cli.tools.processes import WRONG_KEY, running_server
from websockets.sync.client import connect
from websockets.typing import Subprotocol


@pytest.fixture
def client(tool, name):
    """Give a client of user `name` in group `name`, and the next messages that it hears."""
    url = tool("url", "--hub", "chat", "--user", name, "--group", name).output.strip()
    with connect(url, subprotocols=[Subprotocol("json.webpubsub.azure.v1")], proxy=None) as client:
        client.connection_id = json.loads(client.recv())["connectionId"]
        yield client


def heard(client, count):
    frames = [json.loads(client.recv(10)) for _ in range(count)]
    return [(frame["dataType"], frame["data"]) for frame in frames]


def test_each_argument_is_a_message(tool, client, name):
    outcome = tool("pub", "--hub", "chat", "--group", name, "one", "zwei, drei ✓")

    assert (outcome.exit_code, outcome.errors) == (0, "")
    assert outcome.output == f"published 2 messages to group {name} of hub chat\n"
    assert heard(client, 2) == [("text", "one"), ("text", "zwei, drei ✓")]


def test_each_line_of_standard_input_is_a_message(tool, client, name):
    outcome = tool("pub", "--hub", "chat", "--user", name, "--json", stdin=b"one\r\n\ntwo")

    assert [document["from"] for document in outcome.documents] == ["line 1", "line 3"]
    assert heard(client, 2) == [("text", "one"), ("text", "two")]


def test_all_of_standard_input_can_be_one_message(tool, client):
    assert tool("pub", "--hub", "chat", "--connection", client.connection_id, "--whole", stdin=b"a\nb\n").exit_code == 0
    assert heard(client, 1) == [("text", "a\nb\n")]


def test_files_are_sent_as_what_they_hold(tool, client, name, tmp_path):
    for file, content in {"a.json": b'{"a":[1]}', "b.txt": b"text", "c.bin": b"\xff\x00"}.items():
        (tmp_path / file).write_bytes(content)
    files = [word for file in ("a.json", "b.txt", "c.bin") for word in ("--file", str(tmp_path / file))]

    assert tool("pub", "--hub", "chat", "--group", name, *files).exit_code == 0
    assert heard(client, 3) == [("json", {"a": [1]}), ("text", "text"), ("binary", "/wA=")]


def test_everybody_but_the_excluded_hears_what_goes_to_the_hub(tool, client, name):
    words = ("pub", "--hub", "chat", "--filter", f"userId eq '{name}'")
    assert tool(*words, "--exclude", client.connection_id, "first").exit_code == 0
    assert tool(*words, "--metadata", "key=value", "second").exit_code == 0

    frame = json.loads(client.recv(10))
    assert (frame["data"], frame["metadata"]) == ("second", {"key": "value"})


def test_empty_input_is_told(tool):
    outcome = tool("pub", "--hub", "chat", stdin=b"\n")

    assert outcome.exit_code == 1
    assert outcome.errors == "linarite: nothing to publish: standard input is empty\n"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--type", "json", "{"), "message 1: expected a JSON value"),
        (("--file", "/nowhere"), "/nowhere cannot be read"),
        (("--group", "", "x"), "--group: expected a name"),
        (("--metadata", "x", "y"), "KEY=VALUE"),
    ],
)
def test_wrong_use_is_told(tool, words, expected):
    outcome = tool("pub", "--hub", "chat", *words)

    assert outcome.exit_code == 2
    assert expected in outcome.errors


def test_bytes_are_not_taken_for_text(tool):
    outcome = tool("pub", "--hub", "chat", stdin=b"fine\n\xff\n")

    assert outcome.exit_code == 2
    assert "line 2: expected UTF-8" in outcome.errors


def test_what_the_server_refuses_is_told_with_its_words(tool):
    outcome = tool("pub", "--hub", "chat", "--filter", "userId lt 1", "x")

    assert outcome.exit_code == 1
    assert "message 1: the endpoint did not do it: 400" in outcome.errors


def test_a_server_without_room_is_asked_again_when_it_says_so(tool, tmp_path):
    with running_server(tmp_path / "server", "--rest-calls-per-second", "1") as server:
        outcome = tool("pub", "--hub", "chat", "a", "b", "--connection-string", server.connection_string())

    assert (outcome.exit_code, outcome.errors) == (0, "")


def test_a_wrong_key_is_told_without_it(tool, server):
    outcome = tool("pub", "--hub", "chat", "x", "--connection-string", server.connection_string(key=WRONG_KEY))

    assert outcome.exit_code == 4
    assert "401" in outcome.errors
    assert "signature" in outcome.errors
    assert WRONG_KEY not in outcome.errors


def test_a_wrong_clock_is_told(tool, monkeypatch):
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() - 7200)

    outcome = tool("pub", "--hub", "chat", "x")

    assert outcome.exit_code == 4
    assert "expiry" in outcome.errors
    assert "this machine's clock is 7200 s behind" in outcome.errors.replace("7199", "7200").replace("7201", "7200")


def test_a_closed_port_is_told(tool, unused_tcp_port):
    closed = f"Endpoint=http://127.0.0.1:{unused_tcp_port};AccessKey={WRONG_KEY}"

    outcome = tool("pub", "--hub", "chat", "x", "--connection-string", closed)

    assert outcome.exit_code == 3
    assert f"nothing listens at http://127.0.0.1:{unused_tcp_port}" in outcome.errors


def test_a_host_without_an_address_is_told(tool):
    outcome = tool(
        "pub", "--hub", "chat", "x", "--connection-string", f"Endpoint=http://no.invalid;AccessKey={WRONG_KEY}"
    )

    assert outcome.exit_code == 3
    assert "the host no.invalid has no address" in outcome.errors


def test_an_untrusted_certificate_is_told_and_can_be_trusted(tool, server):
    words = ("pub", "--hub", "chat", "x", "--connection-string", server.connection_string(scheme="https"))
    authority = server.folder / "certificates" / "authority.pem"

    refused = tool(*words)

    assert refused.exit_code == 3
    assert f"the certificate of {server.https} is not trusted" in refused.errors
    assert tool(*words, "--cacert", str(authority)).exit_code == 0
    assert tool(*words, "--cacert", "/nowhere").exit_code == 2


def test_http_is_not_spoken_to_a_port_of_tls(tool, server):
    mixed = server.connection_string(scheme="https").replace("https:", "http:")

    assert tool("pub", "--hub", "chat", "x", "--connection-string", mixed).exit_code == 3
