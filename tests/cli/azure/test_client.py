"""`webpubsub client start` as a process: what it prints, what it sends, and how it ends."""

import json
import os
import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue

import pytest

TIMEOUT_SECONDS = 20


class Started:
    """The command as it runs: its lines of output, and its input."""

    def __init__(self, folder, words):
        command = [sys.executable, "-m", "linarite.cli.azure.entry", *["webpubsub", "client", "start"], *words.split()]
        self.process = subprocess.Popen(
            [*command, "--data-folder", str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        self._lines = Queue()
        self._reading = threading.Thread(target=self._read)
        self._reading.start()

    def _read(self):
        for line in self.process.stdout:
            self._lines.put(line)

    def frame(self):
        return json.loads(self._lines.get(timeout=TIMEOUT_SECONDS))

    def type(self, *lines):
        self.process.stdin.writelines(f"{line}\n" for line in lines)
        self.process.stdin.flush()

    def end(self):
        """Wait until it has ended; its exit code and what it said on standard error."""
        code = self.process.wait(TIMEOUT_SECONDS)
        self._reading.join()
        errors = self.process.stderr.read()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            pipe.close()
        return code, errors


@pytest.fixture
def start(az, server_folder):
    """Starts the command on a hub of a resource."""
    started = []

    def start_client(words):
        started.append(Started(server_folder, words))
        return started[-1]

    yield start_client
    for client in started:
        if client.process.poll() is None:
            client.process.kill()
            client.end()


@pytest.fixture
def silent_handler():
    """The URL of an event handler that wants events and answers none while the test runs."""
    is_over = threading.Event()

    class Silent(BaseHTTPRequestHandler):
        def do_OPTIONS(self):
            self.send_response(200)
            self.send_header("WebHook-Allowed-Origin", "*")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_POST(self):
            is_over.wait(TIMEOUT_SECONDS)

        def log_message(self, *_):
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Silent) as server:
        serving = threading.Thread(target=server.serve_forever, args=(0.01,))
        serving.start()
        yield f"http://127.0.0.1:{server.server_port}"
        is_over.set()
        server.shutdown()
        serving.join()


def test_a_person_joins_sends_and_leaves(start, az, resource):
    client = start(f"{resource} --hub-name chat --user-id anna")
    connected = client.frame()
    assert (connected["type"], connected["event"], connected["userId"]) == ("system", "connected", "anna")
    client.type("joingroup lobby", "", "help", "nonsense", "SendToGroup lobby hello you")
    assert client.frame() == {"type": "ack", "ackId": 1, "success": True}
    frames = [client.frame(), client.frame()]
    assert {"type": "ack", "ackId": 2, "success": True} in frames
    (message,) = [frame for frame in frames if frame["type"] == "message"]
    assert (message["group"], message["dataType"], message["data"]) == ("lobby", "json", "hello you")
    az(f"webpubsub service broadcast {resource} --hub-name chat --payload all")
    assert client.frame()["data"] == "all"
    client.type("leavegroup lobby")
    assert client.frame() == {"type": "ack", "ackId": 3, "success": True}
    client.process.stdin.close()
    code, errors = client.end()
    assert code == 0
    assert "joingroup <group-name>" in errors
    assert 'Invalid input "nonsense", use help to show usage\n' in errors


def test_lines_that_are_piped_in_are_acknowledged_before_it_ends(start, resource):
    client = start(f"{resource} --hub-name chat")
    client.process.stdin.write("joingroup lobby\nsendtogroup lobby last")
    client.process.stdin.close()
    code, errors = client.end()
    assert (code, errors) == (0, "")
    frames = [client.frame() for _ in range(4)]
    assert {"type": "ack", "ackId": 2, "success": True} in frames


def test_a_file_can_be_its_input(az, server_folder, resource, tmp_path):
    file = tmp_path / "lines"
    file.write_text("joingroup lobby\n")
    words = f"webpubsub client start {resource} --hub-name chat --data-folder {server_folder}"
    with file.open() as lines:
        done = subprocess.run(
            [sys.executable, "-m", "linarite.cli.azure.entry", *words.split()],
            stdin=lines, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=True,
        )  # fmt: skip
    assert json.loads(done.stdout.splitlines()[-1]) == {"type": "ack", "ackId": 1, "success": True}


def test_long_input_is_sent_as_fast_as_it_is_acknowledged(start, resource):
    client = start(f"{resource} --hub-name chat")
    client.type("joingroup lobby", *(f"sendtogroup lobby {number}" for number in range(1000)))
    client.process.stdin.close()
    code, errors = client.end()
    assert (code, errors) == (0, "")
    frames = [client.frame() for _ in range(2002)]
    assert [frame["data"] for frame in frames if frame["type"] == "message"] == [str(number) for number in range(1000)]
    assert sum(frame["type"] == "ack" and frame["success"] for frame in frames) == 1001


def test_a_reader_that_has_seen_enough_ends_it(server_folder, resource):
    reading, writing = os.pipe()
    os.close(reading)
    words = f"webpubsub client start {resource} --hub-name chat --data-folder {server_folder}"
    with (
        os.fdopen(writing, "w") as output,
        subprocess.Popen(
            [sys.executable, "-m", "linarite.cli.azure.entry", *words.split()],
            stdin=subprocess.PIPE, stdout=output, stderr=subprocess.PIPE, text=True,
        ) as process,
    ):  # fmt: skip
        assert process.wait(TIMEOUT_SECONDS) == 0
        assert process.stderr.read() == ""


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs pseudo terminals")
def test_a_terminal_is_shown_how_to_use_it(server_folder, resource):
    terminal, shown = os.openpty()
    words = f"webpubsub client start {resource} --hub-name chat --data-folder {server_folder}"
    with subprocess.Popen(
        [sys.executable, "-m", "linarite.cli.azure.entry", *words.split()],
        stdin=shown, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert json.loads(process.stdout.readline())["event"] == "connected"
        os.write(terminal, b"joingroup lobby\n")
        assert json.loads(process.stdout.readline())["success"]
        os.write(terminal, b"\x04")  # Ctrl-D
        assert process.wait(TIMEOUT_SECONDS) == 0
        assert process.stderr.read().startswith("help ")
    os.close(terminal)
    os.close(shown)


def test_a_server_that_closes_the_connection_is_told_with_exit_code_1(start, az, resource):
    client = start(f"{resource} --hub-name chat")
    connection_id = client.frame()["connectionId"]
    az(f"webpubsub service connection close {resource} --hub-name chat --connection-id {connection_id}")
    code, errors = client.end()
    assert code == 1
    assert errors.startswith("ERROR: The server closed the connection: 1000")


def test_a_server_that_closes_before_the_last_ack_is_told(start, az, resource, silent_handler):
    handler = f"--event-handler url-template={silent_handler} user-event-pattern=*"
    az(f"webpubsub hub create {resource} --hub-name slow {handler}")
    client = start(f"{resource} --hub-name slow")
    connection_id = client.frame()["connectionId"]
    client.type("event order apples")
    client.process.stdin.close()
    az(f"webpubsub service connection close {resource} --hub-name slow --connection-id {connection_id}")
    code, errors = client.end()
    assert code == 1
    assert errors.startswith("ERROR: The server closed the connection: 1000")


def test_it_ends_with_control_c(start, resource):
    client = start(f"{resource} --hub-name chat")
    client.frame()
    os.kill(client.process.pid, signal.SIGINT)
    code, errors = client.end()
    assert (code, errors.strip()) == (0, "")


def test_a_client_that_is_refused_is_told(start, az, group):
    resource = f"-n refusing-{os.urandom(4).hex()} -g {group}"
    az(f"webpubsub create {resource} --sku Standard_S1")
    az(f"webpubsub network-rule update {resource} --public-network --deny ClientConnection")
    client = start(f"{resource} --hub-name chat")
    code, errors = client.end()
    assert code == 1
    assert errors.startswith("ERROR: The server refused the client: 403 ")
    assert "access_token" not in errors


def test_it_connects_over_tls(server_folder, start):
    address = json.loads((server_folder / "server.json").read_text())["https"]
    client = start(f"-n linarite -g linarite --hub-name chat --endpoint {address}")
    assert client.frame()["event"] == "connected"
    client.process.stdin.close()
    assert client.end() == (0, "")
