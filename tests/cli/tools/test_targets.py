"""Which endpoint a tool speaks to: connection strings, the environment, the server on this machine."""

import pytest
from tests.cli.tools.processes import WRONG_KEY

from linarite.cli.tools.failures import WrongUse
from linarite.cli.tools.targets import parse_connection_string

SECRET = "TheKeyThatNobodyMaySee"


@pytest.mark.parametrize(
    ("text", "endpoint"),
    [
        (
            f"Endpoint=https://demo.webpubsub.azure.com;AccessKey={SECRET};Version=1.0;",
            "https://demo.webpubsub.azure.com",
        ),
        (f"endpoint=https://demo.webpubsub.azure.com/ ; accesskey={SECRET}", "https://demo.webpubsub.azure.com"),
        (f"Endpoint=http://localhost;Port=8080;AccessKey={SECRET};Version=1.0;", "http://localhost:8080"),
        (f"Endpoint=http://localhost:1;Port=8080;AccessKey={SECRET}", "http://localhost:8080"),
        (f"Endpoint=https://proxy/pubsub/;AccessKey={SECRET}", "https://proxy/pubsub"),
    ],
)
def test_connection_strings_name_an_endpoint(text, endpoint):
    target = parse_connection_string(text, "test")

    assert target.endpoint.geturl() == endpoint
    assert target.keys == (SECRET,)
    assert SECRET not in repr(target)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "Endpoint"),
        ("nonsense", "without '='"),
        (f"AccessKey={SECRET}", "Endpoint"),
        (f"Endpoint=demo.webpubsub.azure.com;AccessKey={SECRET}", "Endpoint"),
        (f"Endpoint=ftp://demo;AccessKey={SECRET}", "Endpoint"),
        (f"Endpoint=http://demo:many;AccessKey={SECRET}", "Endpoint"),
        (f"Endpoint=http://demo;Port=many;AccessKey={SECRET}", "Endpoint"),
        (f"Endpoint=http://[demo;AccessKey={SECRET}", "Endpoint"),
        ("Endpoint=http://demo;AuthType=aad;Version=1.0", "AccessKey"),
    ],
)
def test_what_is_no_connection_string_is_told_without_its_key(text, expected):
    with pytest.raises(WrongUse) as caught:
        parse_connection_string(text, "--connection-string")

    assert expected in str(caught.value)
    assert SECRET not in str(caught.value)


def test_the_argument_comes_before_the_environment(tool, server, monkeypatch):
    monkeypatch.setenv("LINARITE_CONNECTION_STRING", server.connection_string(key=WRONG_KEY))

    assert tool("pub", "--hub", "chat", "x").exit_code == 4
    assert tool("pub", "--hub", "chat", "x", "--connection-string", server.connection_string()).exit_code == 0


def test_the_services_own_variable_is_taken(tool, server, monkeypatch):
    monkeypatch.delenv("LINARITE_CONNECTION_STRING")
    monkeypatch.setenv("WebPubSubConnectionString", server.connection_string())

    assert tool("pub", "--hub", "chat", "x").exit_code == 0


def test_the_server_on_this_machine_is_found(tool, server, monkeypatch):
    monkeypatch.delenv("LINARITE_CONNECTION_STRING")
    monkeypatch.setenv("LINARITE_DATA_FOLDER", str(server.folder))

    assert tool("pub", "--hub", "chat", "x").exit_code == 0


def test_a_resource_of_it_is_found_by_its_name(tool, server, name):
    folder = ("--data-folder", str(server.folder))
    create = ["webpubsub", "create", "-n", name, "-g", name, "--sku", "Free_F1"]
    for words in (["group", "create", "-n", name, "-l", "eastus"], create):
        assert tool(*words, *folder).exit_code == 0

    [step, *_] = tool("check", "--resource", name.upper(), *folder, "--json").documents
    missing = tool("check", "--resource", "nobody", *folder)

    assert name in step["text"]
    assert missing.exit_code == 2
    assert name in missing.errors
    assert "'nobody'" in missing.errors


def test_the_server_that_was_signed_in_to_is_found(tool, server, monkeypatch, tmp_path):
    monkeypatch.delenv("LINARITE_CONNECTION_STRING")
    monkeypatch.setenv("LINARITE_DATA_FOLDER", str(tmp_path / "elsewhere"))
    credential = str(server.folder / "administrator-token")
    assert tool("login", "--endpoint", server.http, "--token-file", credential).exit_code == 0

    [step, *_] = tool("check", "--json").documents

    assert f":{server.http.rpartition(':')[2]}" in step["text"]
    assert "the management API" in step["text"]


def test_without_a_server_it_is_said_what_to_give(tool, tmp_path, monkeypatch):
    monkeypatch.delenv("LINARITE_CONNECTION_STRING")

    outcome = tool("pub", "--hub", "chat", "x", "--data-folder", str(tmp_path / "none"))

    assert outcome.exit_code == 3
    assert "No server runs" in outcome.errors
    assert "--connection-string" in outcome.errors


def test_a_hub_that_cannot_be_is_told(tool):
    outcome = tool("url", "--hub", "1st")

    assert outcome.exit_code == 2
    assert "Invalid hub name" in outcome.errors


def test_a_resource_whose_keys_are_disabled_is_told(tool, server, name):
    folder = ("--data-folder", str(server.folder))
    tool("group", "create", "-n", name, "-l", "eastus", *folder)
    tool("webpubsub", "create", "-n", name, "-g", name, "--sku", "Free_F1", *folder)
    disabled = tool("webpubsub", "update", "-n", name, "-g", name, "--set", "disableLocalAuth=true", *folder)
    assert disabled.exit_code == 0, disabled.errors

    outcome = tool("url", "--hub", "chat", "--resource", name, *folder)

    assert outcome.exit_code == 2
    assert "disableLocalAuth" in outcome.errors
