import os
import re
import shlex
import shutil
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from linarite.cli.azure.help_texts import EXAMPLES
from linarite.cli.azure.webpubsub_commands import WEBPUBSUB_COMMANDS

RESOURCE = "-n my-pubsub-demo -g rg-pubsub-demo"
# The commands as the tutorial prints them.
TUTORIAL = """
shopt -s expand_aliases
alias az=linarite
set -e
az group create --name rg-pubsub-demo --location eastus
az webpubsub create --name my-pubsub-demo --resource-group rg-pubsub-demo --location eastus --sku Free_F1
az webpubsub key show --name my-pubsub-demo --resource-group rg-pubsub-demo --query primaryConnectionString --output tsv
az webpubsub hub create --name my-pubsub-demo --resource-group rg-pubsub-demo --hub-name demo-hub \
  --event-handler url-template="https://your-server.com/api/pubsub" user-event-pattern="*" \
  system-event="connect,connected,disconnected"
az group delete --name rg-pubsub-demo --yes
"""


def test_the_tutorials_commands_run_as_printed(server_folder, tmp_path):
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("bash is not installed")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "LINARITE_DATA_FOLDER": str(server_folder)}
    done = subprocess.run(
        [bash, "-c", TUTORIAL], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    # The tutorial's server is a placeholder.
    assert re.fullmatch(r"WARNING: \S+ gets no events now: .*'https://your-server\.com/api/pubsub' .*\n", done.stderr)
    (connection_string,) = re.findall(r"^Endpoint=.*$", done.stdout, re.MULTILINE)
    assert re.fullmatch(r"Endpoint=http://localhost:\d+;AccessKey=[\w+/=]{44};Version=1\.0;", connection_string)
    assert done.stdout.count('"name": "demo-hub"') == 1


def test_every_example_of_the_help_runs(az, command, connected_client, monkeypatch):
    """They are written so that, in their order, each finds what it needs."""
    with Path(os.devnull).open() as nothing, ExitStack() as clients:
        monkeypatch.setattr("sys.stdin", nothing)
        placeholders = {}
        for name, examples in EXAMPLES.items():
            if name == "webpubsub show":
                placeholders["$RESOURCE_ID"] = az(f"webpubsub show {RESOURCE} --query id -o tsv").output.strip()
            if name == "webpubsub client start":
                string = az(f"webpubsub key show {RESOURCE} --query primaryConnectionString -o tsv").output
                client = clients.enter_context(connected_client(string, "chat", sub="anna"))
                placeholders["$CONNECTION_ID"] = client[1]
            for _, line in examples:
                run_example(command, line, placeholders)


def run_example(command, line, placeholders):
    for placeholder, meant in placeholders.items():
        line = line.replace(placeholder, meant)
    program, *words = shlex.split(line)
    assert program == "linarite"
    outcome = command(*words)
    errors = re.sub(r"^WARNING: .* gets no events now: .*\n", "", outcome.errors, flags=re.MULTILINE)
    assert (outcome.exit_code, errors) == (0, ""), line


@pytest.mark.parametrize("name", EXAMPLES)
def test_help_explains_a_command_and_shows_its_examples(command, name):
    outcome = command(*name.split(), "--help")
    assert (outcome.exit_code, outcome.errors) == (0, "")
    assert f"linarite {name} : " in outcome.output
    shown_examples = outcome.output.partition("\nExamples\n")[2]
    for title, line in EXAMPLES[name]:
        shown = shown_examples.partition(title)[2].replace("\\\n", " ")
        assert shown.split()[: len(line.split())] == line.split(), "an example can be copied as it is shown"


@pytest.mark.parametrize("name", WEBPUBSUB_COMMANDS)
def test_help_of_a_group_lists_its_commands(command, name):
    outcome = command(*name.split(), "-h")
    assert outcome.exit_code == 0
    assert f"linarite {name} : Manage " in outcome.output
    listed = outcome.output.partition("Commands:\n")[2]
    for one in WEBPUBSUB_COMMANDS[name].by_command:
        assert re.search(rf"^    {one} +: \S", listed, re.MULTILINE), one


# What these do is refused, or says that something is not there: nothing that could be shown.
WITHOUT_EXAMPLES = {
    "identity assign",
    *(f"replica {word}" for word in ("create", "delete", "restart", "show", "start", "stop", "update")),
}


def test_every_command_has_an_example():
    commands = {f"{group} {one}" for group, (_, by_command) in WEBPUBSUB_COMMANDS.items() for one in by_command}
    assert {name.removeprefix("webpubsub ") for name in commands - set(EXAMPLES)} == WITHOUT_EXAMPLES


def test_asking_for_help_writes_no_file(command, tmp_path):
    command("webpubsub", "--help")
    assert list(tmp_path.iterdir()) == []


def test_importing_the_entry_imports_no_framework():
    script = (
        "import sys, linarite.cli.azure.entry; print([m for m in ('knack', 'rich', 'yaml', 'ssl') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_persons_own_defaults_are_read_from_their_configuration(az, tmp_path):
    folder = tmp_path / "home" / "config" / "linarite"
    folder.mkdir(parents=True)
    (folder / "config").write_text("[core]\noutput = tsv\n")
    assert az("group exists -n rg-none").output == "false\n"
    assert az("group list --query [0].name").output == "linarite\n"


def test_the_module_can_be_run(server_folder):
    command = [sys.executable, "-m", "linarite.cli.azure.entry", "group", "exists", "-n", "linarite"]
    done = subprocess.run([*command, "--data-folder", str(server_folder)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "true\n", "")


@pytest.mark.parametrize("words", [["webpubsub", "create", "--help"], ["group", "list"]])
def test_a_reader_that_has_seen_enough_is_no_error(server_folder, words):
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "linarite.cli.azure.entry", *words, "--data-folder", str(server_folder)]
    with os.fdopen(writing, "w") as output:
        done = subprocess.run(command, stdout=output, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
