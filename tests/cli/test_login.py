"""`linarite login` against a running server: what it checks, keeps and shows."""

from __future__ import annotations

import io
import json
import os
import stat
import subprocess
import sys

import pytest
from tests.server_process import server_process

from linarite.access.administrator import administrator_token
from linarite.cli.entry import main
from linarite.cli.login import LOGIN_FILE, name_server, read_login


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with server_process(tmp_path_factory.mktemp("login")) as server:
        yield server


@pytest.fixture
def folder(tmp_path):
    """A data folder of a machine where no server runs."""
    return tmp_path / "here"


def login(capsys, folder, *arguments: str) -> tuple[int, str, str]:
    code = main(["login", "--data-folder", str(folder), *arguments])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_on_the_servers_machine_everybody_who_reads_the_folder_is_signed_in(capsys, server):
    code, out, _ = login(capsys, server.data_folder)
    [shown] = json.loads(out)
    assert code == 0
    assert (shown["endpoint"], shown["name"], shown["isDefault"]) == (server.endpoint, "Linarite", True)
    assert not (server.data_folder / LOGIN_FILE).exists()


def test_credential_for_a_server_elsewhere_is_checked_and_kept(capsys, monkeypatch, server, folder):
    token = administrator_token(server.data_folder)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{token}\n"))
    code, out, _ = login(capsys, folder, "--endpoint", f"{server.endpoint}/", "--token-file", "-")
    assert code == 0
    assert token not in out
    assert read_login(folder).endpoint == server.endpoint
    assert read_login(folder).token == token
    assert stat.S_IMODE((folder / LOGIN_FILE).stat().st_mode) == 0o600
    assert login(capsys, folder)[0] == 0
    assert main(["logout", "--data-folder", str(folder)]) == 0
    assert read_login(folder) is None
    assert main(["logout", "--data-folder", str(folder)]) == 0


@pytest.mark.parametrize(
    ("endpoint", "token", "words"),
    [
        ("{server}", "wrong", "refused the credential"),
        ("{server}", "", "the credential is empty"),
        ("http://127.0.0.1:1", "x", "no server answers"),
        ("ftp://localhost", "x", "--endpoint: expected"),
        ("http://pubsub.example.com", "x", "unencrypted"),
    ],
)
def test_credential_that_opens_nothing_is_not_kept(capsys, tmp_path, server, folder, endpoint, token, words):
    file = tmp_path / "token"
    file.write_text(token)
    code, out, err = login(
        capsys, folder, "--endpoint", endpoint.format(server=server.endpoint), "--token-file", str(file)
    )
    assert (code, out) == (1, "")
    assert words in err
    assert not folder.exists()


def test_without_a_server_it_says_what_to_do(capsys, folder):
    code, _, err = login(capsys, folder)
    assert code == 1
    assert "no server runs" in err


def test_missing_token_file_is_told(capsys, folder):
    code, _, err = login(capsys, folder, "--endpoint", "https://localhost:1", "--token-file", str(folder / "none"))
    assert code == 1
    assert "cannot be read" in err


def test_broken_login_is_told(capsys, tmp_path):
    (tmp_path / LOGIN_FILE).write_text("{}")
    code, _, err = login(capsys, tmp_path)
    assert code == 1
    assert LOGIN_FILE in err


# Commands after a login


@pytest.fixture
def kept(folder):
    """An environment whose data folder holds a login."""
    folder.mkdir()
    (folder / LOGIN_FILE).write_text('{"endpoint": "https://pubsub.example.com", "token": "secret"}')
    return {"LINARITE_DATA_FOLDER": str(folder)}


def test_commands_go_to_the_server_that_was_signed_in_to(kept):
    name_server(["group", "list", "-o", "tsv"], kept)
    assert kept["LINARITE_ENDPOINT"] == "https://pubsub.example.com"
    assert kept["LINARITE_ADMINISTRATOR_TOKEN"] == "secret"


@pytest.mark.parametrize(
    "words",
    [
        ["group", "list", "--endpoint", "http://localhost:8080"],
        ["group", "list", "--endpoint=http://localhost:8080"],
        ["group", "list", "--end", "http://localhost:8080"],
        ["group", "list", "--data-folder", "x"],
        ["group", "list", "--data-f=x"],
    ],
)
def test_credential_goes_to_no_other_server_that_a_command_names(kept, words):
    before = dict(kept)
    name_server(words, kept)
    assert kept == before


@pytest.mark.parametrize("variable", ["LINARITE_ENDPOINT", "LINARITE_ADMINISTRATOR_TOKEN"])
def test_environment_goes_before_the_login(kept, variable):
    kept[variable] = "other"
    before = dict(kept)
    name_server(["group", "list"], kept)
    assert kept == before


@pytest.mark.parametrize("content", ["", "{}", "[]"])
def test_login_that_is_broken_is_told_and_left_alone(kept, folder, capsys, content):
    (folder / LOGIN_FILE).write_text(content)
    before = dict(kept)
    name_server(["group", "list"], kept)
    assert kept == before
    assert LOGIN_FILE in capsys.readouterr().err


def test_command_works_by_a_login(capsys, monkeypatch, server, folder):
    monkeypatch.setattr("sys.stdin", io.StringIO(administrator_token(server.data_folder)))
    assert login(capsys, folder, "--endpoint", server.endpoint, "--token-file", "-")[0] == 0
    words = ["group", "list", "--query", "[].name", "--output", "tsv"]
    environment = {**os.environ, "LINARITE_DATA_FOLDER": str(folder)}
    done = subprocess.run([sys.executable, "-m", "linarite", *words], env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "linarite\n", "")
