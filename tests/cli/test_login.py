"""`linarite login` against a running server: what it checks, keeps and shows."""

from __future__ import annotations

import io
import json
import stat

import pytest
from tests.server_process import server_process

from linarite.access.administrator import administrator_token
from linarite.cli.entry import main
from linarite.cli.login import LOGIN_FILE, read_login


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
