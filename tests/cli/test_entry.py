"""The command: which words do what, exit codes, and what is not imported."""

import os
import platform
import subprocess
import sys
import types
from importlib import metadata
from pathlib import Path

import pytest

import linarite
from linarite.cli.entry import main
from linarite.resources.sqlite import DATABASE_NAME, SqliteStore
from linarite.settings import Settings, definitions


@pytest.fixture(autouse=True)
def _own_data_folder(tmp_path, monkeypatch):
    """Keep the tests away from the data folder and the variables of whoever runs them."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for definition in definitions():
        monkeypatch.delenv(definition.variable, raising=False)
    monkeypatch.delenv("LINARITE_CONFIG", raising=False)


def stand_in(name: str, monkeypatch) -> list[tuple[object, ...]]:
    """Put a module in place of the one that runs a server or an Azure command; return what it is called with."""
    calls: list[tuple[object, ...]] = []
    module = types.ModuleType(name)

    def run(*arguments: object) -> int:
        calls.append(arguments)
        return 7

    module.run = run
    monkeypatch.setitem(sys.modules, name, module)
    return calls


@pytest.fixture
def server_calls(monkeypatch):
    """Give the calls that would have run a server."""
    monkeypatch.setattr("linarite.monitoring.logs.set_up_logging", lambda *_: None)
    return stand_in("linarite.server", monkeypatch)


def test_dev_runs_a_server_with_the_settings_of_its_arguments(server_calls, tmp_path):
    code = main(["dev", "--port", "0", "--tls-port", "none", "--trusted-proxies", "10.0.0.1,::1"])

    assert code == 7
    expected = Settings(port=0, tls_port=None, trusted_proxies=("10.0.0.1", "::1"), data_folder=tmp_path / ".linarite")
    assert server_calls == [(expected, (), {})]


def test_serve_runs_a_server_for_production(server_calls):
    assert main(["serve", "--host", "0.0.0.0"]) == 7

    settings, warnings, _ = server_calls[0]
    assert (settings.mode, settings.host, settings.log_format) == ("serve", "0.0.0.0", "json")
    assert warnings == ()


def test_a_server_is_told_of_unknown_settings(server_calls, monkeypatch, tmp_path):
    file = tmp_path / "linarite.toml"
    file.write_text("prot = 1\nport = 3\n")
    monkeypatch.setenv("LINARITE_CONFIG", str(file))

    main(["dev"])

    settings, warnings, _ = server_calls[0]
    assert settings.port == 3
    assert warnings == (f"unknown key prot in file {file}; did you mean port?",)


def test_the_config_argument_wins_over_the_variable(server_calls, monkeypatch, tmp_path):
    file = tmp_path / "named.toml"
    file.write_text("port = 4\n")
    monkeypatch.setenv("LINARITE_CONFIG", str(tmp_path / "absent.toml"))

    main(["dev", "--config", str(file)])

    assert server_calls[0][0].port == 4


@pytest.mark.parametrize("command", ["dev", "serve"])
def test_the_mode_is_the_command_whatever_the_environment_says(command, server_calls, monkeypatch):
    monkeypatch.setenv("LINARITE_MODE", "serve" if command == "dev" else "dev")

    main([command])

    assert server_calls[0][0].mode == command


@pytest.mark.parametrize("word", ["group", "webpubsub"])
def test_words_of_the_azure_cli_go_to_its_grammar(word, monkeypatch):
    calls = stand_in("linarite.cli.azure.entry", monkeypatch)

    assert main([word, "create", "--name", "x"]) == 7
    assert calls == [([word, "create", "--name", "x"],)]


def test_a_wrong_setting_ends_with_code_2_and_says_what_is_wrong(capsys):
    assert main(["dev", "--port", "many"]) == 2

    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == (
        "linarite: port: expected an integer from 0 to 65535, or none, got 'many' (argument --port)\n"
    )


@pytest.mark.parametrize(
    "words", [["dev", "--prt", "1"], ["dev", "extra"], ["config"], ["config", "edit"], ["ca", "--pem", "--export"]]
)
def test_wrong_arguments_end_with_code_2(words, capsys):
    with pytest.raises(SystemExit) as caught:
        main(words)

    assert caught.value.code == 2
    assert f"usage: linarite {words[0]}" in capsys.readouterr().err


def test_an_unknown_command_is_refused_with_those_that_exist(capsys):
    assert main(["devel"]) == 2

    assert capsys.readouterr().err.startswith("linarite: unknown command devel; expected one of dev, serve, config, ca")


@pytest.mark.parametrize("words", [[], ["--help"], ["-h"]])
def test_help_lists_the_commands(words, capsys):
    assert main(words) == 0

    out = capsys.readouterr().out
    for command in ("dev", "serve", "config show", "config check", "ca", "webpubsub"):
        assert f"\n  {command} " in out


def test_the_help_of_dev_has_every_setting_but_the_mode(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["dev", "--help"])

    out = capsys.readouterr().out
    assert caught.value.code == 0
    for definition in definitions():
        assert (f"  {definition.argument} " in out) is (definition.name != "mode"), definition.name


def test_version_names_the_version(capsys):
    assert main(["--version"]) == 0
    first, *others = capsys.readouterr().out.splitlines()
    assert first == f"linarite {linarite.__version__}"
    told = {line[:14].strip(): line[15:] for line in others}
    assert told["Python"].startswith(platform.python_version())
    assert "json.webpubsub.azure.v1" in told["Subprotocols"].split(", ")
    assert told["REST API"].endswith("2024-12-01")
    assert told["Management API"] == "2021-04-01-preview to 2025-12-01-preview"


def test_config_show_prints_a_file_that_gives_the_same_settings(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("LINARITE_BACKLOG", "7")
    words = ["--port", "9", "--tls-port", "none", "--trusted-proxies", "10.0.0.0/8,::1", "--data-folder", 'a "b"\\c']
    assert main(["config", "show", *words]) == 0
    shown = capsys.readouterr().out
    monkeypatch.delenv("LINARITE_BACKLOG")
    file = tmp_path / "shown.toml"
    file.write_text(shown, "utf-8")

    assert main(["config", "show", "--config", str(file)]) == 0

    again = capsys.readouterr().out
    assert [line.partition("  # ")[0] for line in again.splitlines()] == [
        line.partition("  # ")[0] for line in shown.splitlines()
    ]
    assert "port = 9  # argument --port" in shown.splitlines()
    assert "backlog = 7  # environment variable LINARITE_BACKLOG" in shown.splitlines()
    assert 'tls_port = "none"  # argument --tls-port' in shown.splitlines()
    assert 'host = "127.0.0.1"  # default' in shown.splitlines()


def test_config_check_tells_warnings_and_that_the_settings_are_valid(capsys, monkeypatch):
    monkeypatch.setenv("LINARITE_PROT", "1")

    assert main(["config", "check"]) == 0

    captured = capsys.readouterr()
    assert captured.out == "the settings are valid, with warnings\n"
    assert captured.err == "linarite: unknown environment variable LINARITE_PROT; did you mean LINARITE_PORT?\n"


def test_config_check_without_warnings(capsys):
    assert main(["config", "check", "--mode", "serve"]) == 0
    assert capsys.readouterr().out == "the settings are valid\n"


def test_config_check_finds_what_serve_would_refuse(capsys):
    assert main(["config", "check", "--mode", "serve", "--tls-port", "443"]) == 2
    assert "certificate_file: expected a path, since tls_port is set" in capsys.readouterr().err


def test_ca_makes_the_authority_and_prints_its_path(capsys, tmp_path):
    assert main(["ca", "--data-folder", str(tmp_path / "data")]) == 0

    authority = Path(capsys.readouterr().out.rstrip("\n"))
    assert authority == tmp_path / "data" / "certificates" / "authority.pem"
    assert authority.read_text().startswith("-----BEGIN CERTIFICATE-----\n")


def test_ca_pem_prints_the_certificate_only(capsys, tmp_path):
    assert main(["ca", "--pem", "--data-folder", str(tmp_path)]) == 0

    assert capsys.readouterr().out == (tmp_path / "certificates" / "authority.pem").read_text()


def test_ca_export_prints_lines_that_a_shell_takes(capsys, tmp_path):
    folder = tmp_path / "it's here"
    assert main(["ca", "--export", "--data-folder", str(folder)]) == 0
    lines = capsys.readouterr().out

    script = f'{lines}\nprintf "%s\\n" "$NODE_EXTRA_CA_CERTS" "$REQUESTS_CA_BUNDLE" "$SSL_CERT_FILE"'
    finished = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)

    certificates = folder / "certificates"
    files = [certificates / "authority.pem", certificates / "bundle.pem", certificates / "bundle.pem"]
    assert finished.stdout.splitlines() == [str(file) for file in files]


def test_the_command_is_installed_and_runs_as_a_module():
    [script] = [point for point in metadata.entry_points(group="console_scripts") if point.name == "linarite"]
    assert script.load() is main

    finished = subprocess.run(
        [sys.executable, "-m", "linarite", "--version"], capture_output=True, text=True, check=False
    )

    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.startswith(f"linarite {linarite.__version__}\n")


def test_the_entry_of_the_command_imports_nothing_heavy():
    heavy = "{'knack', 'asyncio', 'ssl', 'uvicorn', 'starlette', 'cryptography', 'msgspec', 'rich', 'sqlite3'}"
    program = f"import sys, linarite.cli.entry; print({heavy} & set(sys.modules))"
    # Measuring coverage in the process would import more.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}

    finished = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False
    )

    assert finished.stdout == "set()\n", finished.stderr


def test_a_data_folder_in_use_ends_with_code_1_and_says_so(tmp_path, capsys):
    store = SqliteStore(tmp_path / DATABASE_NAME)
    try:
        code = main(["dev", "--port", "0", "--tls-port", "none", "--data-folder", str(tmp_path)])
    finally:
        store.close()

    lines = capsys.readouterr().err.splitlines()
    assert code == 1
    assert len(lines) == 1
    assert lines[0].startswith("linarite: ")
    assert str(tmp_path) in lines[0]


def test_a_reader_who_has_seen_enough_gets_no_traceback(tmp_path):
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "linarite", "config", "show"]
    try:
        done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, cwd=tmp_path, text=True, check=False)
    finally:
        os.close(writing)

    assert done.stderr == ""
    assert done.returncode == 0


def test_hubs_of_the_settings_file_reach_the_server(server_calls, tmp_path):
    file = tmp_path / "linarite.toml"
    file.write_text('[hubs.chat]\nanonymousConnectPolicy = "allow"\n')

    main(["dev", "--config", str(file)])

    assert server_calls[0][1:] == ((), {"chat": {"anonymousConnectPolicy": "allow"}})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("hubs = 1", "hubs: expected tables [hubs.NAME], got 1"),
        ("[hubs.chat]\nanonymousConnectPolicy = 1", "anonymousConnectPolicy"),
        ("[hubs.1x]\n", "hub"),
    ],
)
def test_a_wrong_hub_of_the_settings_file_ends_with_code_2(text, told, tmp_path, capsys):
    file = tmp_path / "linarite.toml"
    file.write_text(text)
    folder = str(tmp_path / "data")

    assert main(["dev", "--config", str(file), "--port", "0", "--tls-port", "none", "--data-folder", folder]) == 2

    captured = capsys.readouterr()
    assert captured.out == ""
    assert told in captured.err


def test_config_check_looks_at_hubs_too(tmp_path, capsys):
    file = tmp_path / "linarite.toml"
    file.write_text('[[hubs.chat.eventHandlers]]\nuserEventPattern = "*"\n')

    assert main(["config", "check", "--config", str(file)]) == 2
    assert "urlTemplate" in capsys.readouterr().err
