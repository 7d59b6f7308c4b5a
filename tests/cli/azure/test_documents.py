import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from linarite.cli.azure.help_texts import EXAMPLES
from linarite.cli.azure.webpubsub_commands import WEBPUBSUB_COMMANDS

REFERENCE = Path(__file__).parents[3] / "docs" / "reference"


def test_every_command_of_the_reference_page_is_an_example_that_runs():
    page = (REFERENCE / "command-line.md").read_text("utf-8")
    blocks = re.findall(r"^```console\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    written = {tuple(shlex.split(line.removeprefix("$ "))) for line in lines}
    assert written
    assert written <= {tuple(shlex.split(line)) for examples in EXAMPLES.values() for _, line in examples}


def test_the_reference_page_names_every_command_and_no_other():
    page = (REFERENCE / "command-line.md").read_text("utf-8")
    rows = re.findall(r"^\| `((?:group|webpubsub)[^`]*)` \| (`.*`) \|$", page, re.MULTILINE)
    named = {(group, command) for group, commands in rows for command in re.findall(r"`([^`]+)`", commands)}
    webpubsub = {(group, command) for group, (_, by_command) in WEBPUBSUB_COMMANDS.items() for command in by_command}
    assert {one for one in named if one[0] != "group"} == webpubsub
    assert {command for group, command in named if group == "group"} == {
        "create", "show", "list", "exists", "update", "delete",
    }  # fmt: skip


def test_the_call_on_the_management_page_runs(server_folder):
    bash = shutil.which("bash")
    if bash is None or shutil.which("curl") is None:
        pytest.skip("bash or curl is not installed")
    page = (REFERENCE / "management.md").read_text("utf-8")
    (script,) = re.findall(r"^```sh\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    address = json.loads((server_folder / "server.json").read_text())["http"]
    script = script.replace("~/.linarite", str(server_folder)).replace("http://localhost:8080", address)
    done = subprocess.run([bash, "-c", script], capture_output=True, text=True, check=True)
    assert "linarite" in [group["name"] for group in json.loads(done.stdout)["value"]]
