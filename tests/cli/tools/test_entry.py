"""How tools end: their exit codes, and pipes that nobody reads."""

import signal
import subprocess
import sys

import pytest

from linarite.cli.entry import TOOL_WORDS
from linarite.cli.tools.entry import TOOLS


def test_every_tool_is_a_command():
    assert {*TOOL_WORDS, "token"} == set(TOOLS)


@pytest.mark.parametrize("words", [[word] for word in TOOL_WORDS] + [["token", "make"], ["token", "explain"]])
def test_every_tool_explains_itself(tool, words, capsys):
    with pytest.raises(SystemExit) as caught:
        tool(*words, "--help")

    assert caught.value.code == 0
    out = capsys.readouterr().out
    assert out.startswith(f"usage: linarite {' '.join(words)} ")
    assert "--connection-string" in out


@pytest.mark.parametrize(
    "words", [["url", "--hub", "chat"], ["check"], ["bench", "--seconds", "0.1"], ["token", "make", "--hub", "chat"]]
)
def test_a_pipe_that_nobody_reads_is_no_fault(words):
    tool = subprocess.Popen([sys.executable, "-m", "linarite", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    tool.stdout.close()
    with tool.stderr:
        errors = tool.stderr.read()

    assert (tool.wait(20), errors) == (0, b"")


def test_the_variable_of_the_tools_is_no_unknown_setting(tool, tmp_path):
    outcome = tool("config", "check", "--data-folder", str(tmp_path))

    assert outcome.exit_code == 0
    assert "LINARITE_CONNECTION_STRING" not in outcome.errors


def test_ctrl_c_ends_publishing_quietly():
    words = [sys.executable, "-m", "linarite", "pub", "--hub", "chat", "--json"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(words, **pipes) as tool:
        tool.stdin.write(b"typed\n")
        tool.stdin.flush()
        assert b'"line 1"' in tool.stdout.readline()

        tool.send_signal(signal.SIGINT)

        assert (tool.wait(20), tool.stderr.read()) == (130, b"")
