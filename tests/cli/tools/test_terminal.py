"""Tools on a terminal: colours, a progress bar, and nothing that strangers could do to it."""

import os
import pty
import subprocess
import sys
from contextlib import contextmanager

import pytest
from tests.cli.tools.processes import eventually

RED, CYAN = "\x1b[1;31m", "\x1b[36m"


class Screen:
    """What a tool writes to its terminal."""

    def __init__(self, process, descriptor):
        self.process = process
        self._descriptor = descriptor
        self.text = ""

    def read(self):
        """Take what is there now or next; False at the end."""
        try:
            data = os.read(self._descriptor, 65536)
        except OSError:  # Linux' word for the end of a terminal
            return False
        self.text += data.decode()
        return bool(data)

    def wait_for(self, text):
        eventually(lambda: text in self.text or not self.read() or text in self.text, text)
        assert text in self.text

    def end(self):
        while self.read():
            pass
        return self.process.wait(20)


@pytest.fixture
def on_terminal():
    @contextmanager
    def run(*words):
        ours, theirs = pty.openpty()
        environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "120"}
        command = [sys.executable, "-m", "linarite", *words]
        process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment)
        os.close(theirs)
        try:
            yield Screen(process, ours)
        finally:
            process.kill()
            process.wait()
            os.close(ours)

    return run


def test_a_load_test_shows_how_far_it_is_and_then_its_results(on_terminal):
    with on_terminal("bench", "--seconds", "0.7", "--rate", "100") as screen:
        assert screen.end() == 0

    assert "publishing" in screen.text
    assert "received" in screen.text
    assert "\x1b[?25h" in screen.text, "the cursor is back"
    assert "latency" in screen.text


def test_a_message_cannot_change_the_terminal(on_terminal, tool, name):
    with on_terminal("sub", "--hub", name, "--group", "g", "--count", "1") as screen:
        screen.wait_for("listening")
        tool("pub", "--hub", name, "--group", "g", "\x1b]0;title\x07[red]text[/red]")
        assert screen.end() == 0

    assert "\\x1b]0;title\\x07[red]text[/red]" in screen.text
    assert f"{CYAN}group g:" in screen.text


def test_a_step_that_fails_is_seen(on_terminal, server):
    with on_terminal("check", "--connection-string", server.connection_string(key="x" * 40)) as screen:
        assert screen.end() == 4

    assert f"{RED}FAIL" in screen.text
