import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

LIST = ("group", "list", "--query", "[].name", "-o", "tsv")


@pytest.fixture
def addresses(server_folder):
    """The running server's record of itself."""
    return json.loads((server_folder / "server.json").read_text())


@pytest.fixture
def token(server_folder):
    return (server_folder / "administrator-token").read_text().strip()


def is_done(outcome):
    return outcome.exit_code == 0 and "linarite" in outcome.output.split()


def only_line(outcome):
    """The one line by which a command says why it could not begin."""
    assert (outcome.exit_code, outcome.output) == (1, "")
    (line,) = outcome.errors.splitlines()
    assert line.startswith("ERROR: ")
    return line.removeprefix("ERROR: ")


def test_the_data_folder_is_named_by_option_variable_or_file(command, server_folder, monkeypatch, tmp_path):
    assert is_done(command(*LIST, "--data-folder", str(server_folder)))
    monkeypatch.setenv("LINARITE_DATA_FOLDER", str(server_folder))
    assert is_done(command(*LIST))
    monkeypatch.delenv("LINARITE_DATA_FOLDER")
    file = tmp_path / "linarite.toml"
    file.write_text(f"data_folder = '{server_folder}'\n")
    monkeypatch.setenv("LINARITE_CONFIG", str(file))
    assert is_done(command(*LIST))


def test_settings_of_the_server_do_not_matter_to_commands(command, server_folder, monkeypatch):
    monkeypatch.setenv("LINARITE_HOST", "0.0.0.0")
    monkeypatch.setenv("LINARITE_PORT", "no port")
    assert is_done(command(*LIST, "--data-folder", str(server_folder)))


def test_the_server_is_named_by_option_or_variable(command, addresses, token, monkeypatch):
    monkeypatch.setenv("LINARITE_ADMINISTRATOR_TOKEN", token)
    assert is_done(command(*LIST, "--endpoint", addresses["http"] + "/"))
    monkeypatch.setenv("LINARITE_ENDPOINT", addresses["http"])
    assert is_done(command(*LIST))


def test_a_server_of_this_machine_takes_the_credential_of_the_data_folder(command, addresses, server_folder):
    assert is_done(command(*LIST, "--endpoint", addresses["http"], "--data-folder", str(server_folder)))


def test_the_credential_of_the_data_folder_is_sent_to_no_other_machine(command, server_folder):
    line = only_line(command(*LIST, "--endpoint", "http://192.0.2.1", "--data-folder", str(server_folder)))
    assert line == "Set LINARITE_ADMINISTRATOR_TOKEN to the administrator's credential of http://192.0.2.1."


def test_https_trusts_the_development_authority_of_the_data_folder(command, addresses, server_folder):
    assert is_done(command(*LIST, "--endpoint", addresses["https"], "--data-folder", str(server_folder)))


def test_https_trusts_the_authorities_that_az_is_told_of(command, addresses, token, server_folder, monkeypatch):
    monkeypatch.setenv("LINARITE_ADMINISTRATOR_TOKEN", token)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(server_folder / "certificates" / "authority.pem"))
    assert is_done(command(*LIST, "--endpoint", addresses["https"]))


def test_https_without_trust_is_refused(command, addresses, token, monkeypatch, tmp_path):
    monkeypatch.setenv("LINARITE_ADMINISTRATOR_TOKEN", token)
    line = only_line(command(*LIST, "--endpoint", addresses["https"]))
    assert line.startswith(f"The certificate of {addresses['https']} is not trusted: ")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "missing.pem"))
    line = only_line(command(*LIST, "--endpoint", addresses["https"]))
    assert line.startswith(f"Certificate authorities cannot be read from {tmp_path / 'missing.pem'}: ")


def test_a_wrong_credential_is_refused_by_the_server(command, addresses, monkeypatch):
    monkeypatch.setenv("LINARITE_ADMINISTRATOR_TOKEN", "wrong")
    outcome = command(*LIST, "--endpoint", addresses["http"])
    assert outcome.exit_code == 1
    assert outcome.errors.startswith("ERROR: (AuthenticationFailed) ")


def test_without_a_server_one_line_says_how_to_start_one(command, tmp_path):
    line = only_line(command(*LIST, "--data-folder", str(tmp_path)))
    assert line == (
        f"No server runs with the data folder {tmp_path}. Start one with 'linarite dev', "
        "or name one with --endpoint or LINARITE_ENDPOINT."
    )
    assert "No server runs with the data folder" in only_line(command(*LIST)), "the default folder has no server"


def test_a_server_that_was_killed_answers_no_more(command, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        endpoint = f"http://127.0.0.1:{listener.getsockname()[1]}"
    (tmp_path / "server.json").write_text(json.dumps({"http": endpoint, "https": None}))
    (tmp_path / "administrator-token").write_text("token")
    line = only_line(command(*LIST, "--data-folder", str(tmp_path)))
    assert line.startswith(f"No server answers at {endpoint}: ")
    assert "Connection refused" in line


@pytest.mark.parametrize("record", ["", "{", "[]", "{}", '{"http": null, "https": null}', '{"http": 1}'])
def test_a_record_that_says_nothing_is_told(command, tmp_path, record):
    (tmp_path / "server.json").write_text(record)
    line = only_line(command(*LIST, "--data-folder", str(tmp_path)))
    assert line.startswith(f"{tmp_path / 'server.json'} does not tell where the server is: ")


@pytest.mark.parametrize("content", [None, " \n"])
def test_a_missing_credential_is_told(command, tmp_path, content):
    (tmp_path / "server.json").write_text('{"http": "http://127.0.0.1:1"}')
    if content is not None:
        (tmp_path / "administrator-token").write_text(content)
    line = only_line(command(*LIST, "--data-folder", str(tmp_path)))
    assert line.startswith("The administrator's credential ")
    assert str(tmp_path / "administrator-token") in line


@pytest.mark.parametrize("endpoint", ["localhost:8080", "ftp://localhost", "http://", "http://h:0", "http://h:x", "x"])
def test_an_endpoint_that_is_none_is_told(command, endpoint):
    line = only_line(command(*LIST, "--endpoint", endpoint))
    assert line.startswith("The endpoint is no address of a server: expected such as http://127.0.0.1:8080, got ")


@pytest.mark.parametrize(
    ("status", "content"), [(200, b"<html>"), (404, b"not here"), (500, b"{}"), (400, b'{"error": "x"}')]
)
def test_what_is_no_management_api_is_told(command, monkeypatch, status, content):
    class Other(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *arguments):
            pass

    monkeypatch.setenv("LINARITE_ADMINISTRATOR_TOKEN", "token")
    with HTTPServer(("127.0.0.1", 0), Other) as other:
        serving = threading.Thread(target=other.handle_request)
        serving.start()
        endpoint = f"http://127.0.0.1:{other.server_port}"
        line = only_line(command(*LIST, "--endpoint", endpoint))
        serving.join()
    assert line == f"What answers at {endpoint} is no management API of Linarite: it sent status {status}."


def test_a_toml_file_that_cannot_be_read_is_told(command, monkeypatch, tmp_path):
    monkeypatch.setenv("LINARITE_CONFIG", str(tmp_path / "missing.toml"))
    assert str(tmp_path / "missing.toml") in only_line(command(*LIST))
