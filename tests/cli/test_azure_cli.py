"""The lines for `az`: one command each, fit for eval, and without a secret."""

from __future__ import annotations

import json
import shlex
import subprocess

import pytest

from linarite.cli.entry import main

SERVER = {"pid": 1, "http": "http://localhost:8080", "https": "https://localhost:8443", "version": "0"}


@pytest.fixture
def folder(tmp_path):
    """A data folder, with a quote and a blank in its name, of a server that runs."""
    folder = tmp_path / "it's data"
    (folder / "certificates").mkdir(parents=True)
    (folder / "certificates" / "bundle.pem").write_text("")
    (folder / "administrator-token").write_text("the-secret")
    (folder / "server.json").write_text(json.dumps(SERVER))
    return folder


def lines_of(capsys, *arguments: str) -> list[str]:
    assert main(["azure-cli", *arguments]) == 0
    return capsys.readouterr().out.splitlines()


@pytest.mark.parametrize("undo", [(), ("--undo",)])
def test_each_line_is_one_command_or_a_note(capsys, folder, undo):
    for line in lines_of(capsys, "--data-folder", str(folder), *undo):
        assert line.startswith(("# ", "export ", "az ", "unset "))
        assert "the-secret" not in line


def test_lines_name_the_server_the_client_and_the_file_of_the_secret(capsys, folder):
    notes_and_commands = lines_of(capsys, "--data-folder", str(folder))
    commands = [shlex.split(line) for line in notes_and_commands if not line.startswith("#")]
    assert commands[0] == ["export", f"REQUESTS_CA_BUNDLE={folder}/certificates/bundle.pem"]
    assert commands[1][:6] == ["az", "cloud", "register", "--name", "Linarite", "--endpoint-resource-manager"]
    assert commands[1][6] == "https://localhost:8443"
    assert commands[2][:5] == ["az", "cloud", "set", "--name", "Linarite"]
    assert commands[3][:3] == ["az", "login", "--service-principal"]
    assert f"@{folder}/administrator-token" in commands[3]


def test_shell_evaluates_them(capsys, folder):
    text = "\n".join(lines_of(capsys, "--data-folder", str(folder)))
    script = f'az() {{ printf "%s|" "$@"; echo; }}\neval {shlex.quote(text)}\necho "$REQUESTS_CA_BUNDLE"'
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    called = done.stdout.splitlines()
    assert [line.split("|")[:2] for line in called[:3]] == [
        ["cloud", "register"],
        ["cloud", "set"],
        ["login", "--service-principal"],
    ]
    assert called[3] == f"{folder}/certificates/bundle.pem"
    assert done.stderr == ""


def test_server_elsewhere_and_another_name(capsys, tmp_path):
    lines = lines_of(
        capsys, "--data-folder", str(tmp_path), "--endpoint", "https://pubsub.example.com/", "--cloud-name", "Ours"
    )
    assert "az cloud register --name Ours --endpoint-resource-manager https://pubsub.example.com --output none" in lines
    assert not any("REQUESTS_CA_BUNDLE" in line for line in lines)


@pytest.mark.parametrize(
    ("record", "arguments", "words"),
    [
        (None, (), "no server runs"),
        ({**SERVER, "https": None}, (), "does not listen for https"),
        ({}, (), "does not tell where"),
        (SERVER, ("--endpoint", "http://localhost:8080"), "expected an https address"),
    ],
)
def test_without_an_https_server_nothing_is_printed(capsys, tmp_path, record, arguments, words):
    if record is not None:
        (tmp_path / "server.json").write_text(json.dumps(record))
    assert main(["azure-cli", "--data-folder", str(tmp_path), *arguments]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert words in printed.err
