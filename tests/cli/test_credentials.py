"""`linarite token` and `linarite application` on the files of a data folder."""

from __future__ import annotations

import json
import shlex

import pytest

from linarite.access.applications import Applications
from linarite.access.roles import Assignment, Role
from linarite.access.signing_key import SigningKeys
from linarite.cli.entry import main


@pytest.fixture
def run(capsys, tmp_path):
    """Give a function that runs a command on an own data folder and returns exit code, output and errors."""

    def run(*words: str) -> tuple[int, str, str]:
        code = main([*words, "--data-folder", str(tmp_path / "data")])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "data"


def test_credential_is_shown_and_rotated(run, folder):
    _, first, _ = run("token", "show")
    assert run("token", "show") == (0, first, "")
    code, second, _ = run("token", "rotate")
    assert code == 0
    assert second != first
    assert run("token", "show")[1] == second == (folder / "administrator-token").read_text() + "\n"


def test_signing_key_is_rotated_on_request(run, folder):
    run("token", "show")
    key_id = SigningKeys(folder).ensure().key_id
    run("token", "rotate")
    assert SigningKeys(folder).current.key_id == key_id
    run("token", "rotate", "--signing-key")
    assert SigningKeys(folder).current.key_id != key_id


def test_empty_credential_is_told(run, folder):
    run("token", "show")
    (folder / "administrator-token").write_text("")
    code, out, err = run("token", "show")
    assert (code, out) == (1, "")
    assert "empty file" in err


def test_application_is_made_listed_renewed_and_deleted(run, folder):
    code, out, _ = run("application", "create", "--name", "chat", "--resource", "demo")
    made = json.loads(out)
    assert code == 0
    assert made.keys() == {"appId", "displayName", "password", "tenant"}
    assert Applications(folder).get(made["appId"]).assignments == (Assignment(Role.SERVICE_OWNER, "demo"),)
    [listed] = json.loads(run("application", "list")[1])
    assert listed["appId"] == made["appId"]
    assert listed["roles"] == [{"resource": "demo", "role": "Web PubSub Service Owner"}]
    renewed = json.loads(run("application", "reset", "-n", "chat")[1])
    assert renewed["appId"] == made["appId"]
    assert Applications(folder).get(made["appId"]).has_secret(renewed["password"])
    assert run("application", "delete", "--name", made["appId"]) == (0, "", "")
    assert json.loads(run("application", "list")[1]) == []


def test_several_roles_in_any_case(run, folder):
    run("application", "create", "-n", "all", "--role", "contributor", "--role", "web pubsub service reader")
    assert [each.role for each in Applications(folder).all()[0].assignments] == [Role.CONTRIBUTOR, Role.SERVICE_READER]


def test_lines_for_the_environment(run, folder):
    folder.mkdir()
    (folder / "server.json").write_text('{"http": null, "https": "https://localhost:8443"}')
    _, out, _ = run("application", "create", "-n", "chat", "--export")
    words = [shlex.split(line) for line in out.splitlines()]
    assert all(word == "export" for word, _ in words)
    values = dict(value.split("=", 1) for _, value in words)
    assert values["AZURE_AUTHORITY_HOST"] == "https://localhost:8443"
    assert values["AZURE_TENANT_ID"] == "adfs"
    assert Applications(folder).get(values["AZURE_CLIENT_ID"]).has_secret(values["AZURE_CLIENT_SECRET"])


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("create", "--name", "taken"), "no application has"),
        (("create", "--name", " "), "printable"),
        (("create", "--name", "x", "--role", "Boss"), "expected one of Owner"),
        (("create", "--name", "x", "--role", "Reader", "--resource", "demo"), "expected a role on resources"),
        (("create", "--name", "x", "--export"), "no server runs"),
        (("reset", "--name", "nobody"), "name or client id"),
        (("delete", "--name", "nobody"), "name or client id"),
    ],
)
def test_what_cannot_be_done_is_told_and_changes_nothing(run, folder, words, error):
    run("application", "create", "--name", "taken")
    before = (folder / "applications.json").read_bytes()
    code, out, err = run("application", *words)
    assert (code, out) == (1, "")
    assert error in err
    assert (folder / "applications.json").read_bytes() == before


def test_list_makes_no_folder(run, folder):
    assert run("application", "list") == (0, "[]\n", "")
    assert not folder.exists()


def test_missing_name_is_wrong_use(run):
    with pytest.raises(SystemExit) as ended:
        run("application", "create")
    assert ended.value.code == 2
