"""What a shell is offered after a line: asked as the shell's script asks, of a process."""

import os
import shutil
import subprocess
import sys

import pytest

from linarite.cli.entry import main


@pytest.fixture
def offered(tmp_path):
    def ask(line):
        answer = tmp_path / "answer"
        asked = {
            **{name: value for name, value in os.environ.items() if not name.startswith("LINARITE_")},
            "HOME": str(tmp_path),
            "_ARGCOMPLETE": "1",
            "_ARGCOMPLETE_STDOUT_FILENAME": str(answer),
            "_ARGCOMPLETE_IFS": "\n",
            "COMP_LINE": line,
            "COMP_POINT": str(len(line)),
        }
        subprocess.run([sys.executable, "-m", "linarite"], env=asked, check=True, timeout=60)
        return answer.read_text().split() if answer.exists() else []

    return ask


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("linarite ", {"dev", "serve", "config", "group", "webpubsub", "monitor", "completion"}),
        ("linarite web", {"webpubsub"}),
        ("linarite config ", {"show", "check"}),
        ("linarite dev --tls-p", {"--tls-port"}),
        ("linarite completion ", {"bash", "zsh"}),
        ("linarite group ", {"create", "show", "list", "exists", "update", "delete"}),
        ("linarite webpubsub service group add", {"add-connection", "add-user"}),
        ("linarite webpubsub hub update --web", {"--websocket-keepalive"}),
        ("linarite webpubsub key regenerate --key-type ", {"primary", "secondary", "salt"}),
        ("linarite webpubsub show --ou", {"--output"}),
        ("linarite webpubsub show --output y", {"yaml", "yamlc"}),
        ("linarite nothing ", set()),
    ],
)
def test_words_that_may_follow_are_offered(offered, line, words):
    found = {word for word in offered(line) if "--" in line or not word.startswith("-")}
    assert found >= words if line == "linarite " else found == words


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_the_script_is_one_that_the_shell_reads(capsys, shell):
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert "complete -o nospace" in script
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")
    subprocess.run([program, "-n"], input=script, text=True, check=True)


def test_bash_completes_a_command():
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("bash is not installed")
    folder = os.path.dirname(sys.executable)
    script = """
    eval "$(linarite completion bash)"
    COMP_LINE="linarite webpubsub key re" COMP_POINT=25 COMP_WORDS=(linarite webpubsub key re) COMP_CWORD=3
    _python_argcomplete linarite
    printf '%s' "${COMPREPLY[@]}"
    """
    environment = {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run([bash, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "regenerate"
