"""Settings: their sources in order, what is refused with which words, and what is warned of."""

import os
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linarite.settings import Settings, SettingsError, definitions, load
from linarite.settings.definitions import Definition

BY_NAME = {definition.name: definition for definition in definitions()}


@pytest.fixture
def toml(tmp_path):
    """Give a function that writes a TOML file and returns its path."""

    def write(text: str) -> Path:
        file = tmp_path / "linarite.toml"
        file.write_text(text, "utf-8")
        return file

    return write


def test_an_argument_wins_over_the_environment_over_the_file_over_the_default(toml):
    file = toml("port = 3\nbacklog = 3\nack_memory = 3\n")
    environment = {"LINARITE_PORT": "2", "LINARITE_BACKLOG": "2"}

    loaded = load({"port": "1"}, environment, file)

    settings = loaded.settings
    assert (settings.port, settings.backlog, settings.ack_memory, settings.filter_depth) == (1, 2, 3, 100)
    assert loaded.origins["port"] == "argument --port"
    assert loaded.origins["backlog"] == "environment variable LINARITE_BACKLOG"
    assert loaded.origins["ack_memory"] == f"file {file}"
    assert loaded.origins["filter_depth"] == "default"
    assert loaded.warnings == ()


def test_without_any_source_the_settings_are_those_of_the_class():
    assert load({}, {}, None).settings == Settings()


def test_serve_logs_json_unless_told_otherwise():
    assert load({"mode": "serve"}, {}, None).settings.log_format == "json"
    assert load({"mode": "serve", "log_format": "text"}, {}, None).settings.log_format == "text"


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("port", "0", 0),
        ("tls_port", "none", None),
        ("tls_port", "None", None),
        ("drain_seconds", "0.5", 0.5),
        ("drain_seconds", "3", 3.0),
        ("host", "localhost", "localhost"),
        ("trusted_proxies", "10.0.0.0/8, ::1", ("10.0.0.0/8", "::1")),
        ("public_endpoint", "https://pubsub.example.com:444/base", "https://pubsub.example.com:444/base"),
        ("log_level", "debug", "debug"),
        ("data_folder", "/srv/linarite", Path("/srv/linarite")),
    ],
)
def test_text_becomes_the_type_of_its_setting(name, text, value):
    loaded = load({}, {BY_NAME[name].variable: text}, None)

    assert getattr(loaded.settings, name) == value
    assert type(getattr(loaded.settings, name)) is type(value)


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("port = 0", 0),
        ('port = "none"', None),
        ("drain_seconds = 5", 5.0),
        ('trusted_proxies = ["10.0.0.1", "fd00::/8"]', ("10.0.0.1", "fd00::/8")),
        ('domain = "pubsub.example.com"', "pubsub.example.com"),
    ],
)
def test_a_file_gives_values_of_toml_types(toml, line, value):
    loaded = load({}, {}, toml(line))

    assert getattr(loaded.settings, line.split()[0]) == value


def test_relative_paths_in_a_file_start_at_its_folder(toml):
    file = toml('certificate_file = "server.pem"\ncertificate_key_file = "/keys/server.key"\n')

    settings = load({}, {}, file).settings

    assert settings.certificate_file == file.parent / "server.pem"
    assert settings.certificate_key_file == Path("/keys/server.key")


def test_relative_paths_of_arguments_start_at_the_working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert load({"data_folder": "here"}, {}, None).settings.data_folder == tmp_path / "here"


def test_a_tilde_stands_for_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))

    assert load({"data_folder": "~/data"}, {}, None).settings.data_folder == tmp_path / "data"
    assert load({}, {}, None).settings.data_folder == tmp_path / ".linarite"


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("port", "many", "an integer from 0 to 65535, or none"),
        ("port", "65536", "an integer from 0 to 65535, or none"),
        ("port", "-1", "an integer from 0 to 65535, or none"),
        ("backlog", "1.5", "an integer from 1 to 65535"),
        ("backlog", "none", "an integer from 1 to 65535"),
        ("drain_seconds", "nan", "a number from 0 to 3600"),
        ("drain_seconds", "inf", "a number from 0 to 3600"),
        ("data_folder", "~nobody-of-that-name/data", "a path"),
        ("data_folder", "a\0b", "a path"),
        ("log_level", "loud", "one of debug, info, warning, error"),
        ("domain", "-bad-.example", "a domain name such as pubsub.example.com"),
        (
            "default_resource",
            "ab-",
            "a resource name: 3 to 63 letters, digits and hyphens, a letter first, no hyphen last",
        ),
        (
            "public_endpoint",
            "https://pubsub.example.com/",
            "a URL such as https://pubsub.example.com, without a slash at its end, or none",
        ),
        (
            "public_endpoint",
            "ftp://pubsub.example.com",
            "a URL such as https://pubsub.example.com, without a slash at its end, or none",
        ),
        (
            "trusted_proxies",
            "10.0.0.1/8",
            "IP addresses or networks such as 10.0.0.0/8 (no bits set behind the prefix)",
        ),
    ],
)
def test_a_wrong_value_is_refused_by_name_expectation_value_and_source(name, text, expected):
    variable = BY_NAME[name].variable

    with pytest.raises(SettingsError) as caught:
        load({}, {variable: text}, None)

    error = caught.value
    assert (error.setting, error.expected, error.got) == (name, expected, text)
    assert error.source == f"environment variable {variable}"
    assert str(error) == f"{name}: expected {expected}, got {text!r} (environment variable {variable})"


@pytest.mark.parametrize(
    "line",
    [
        'port = "8080"',
        "port = true",
        "port = 80.0",
        "drain_seconds = true",
        f"drain_seconds = 1{'0' * 400}",
        "drain_seconds = nan",
        "host = 1",
        'host = ""',
        "trusted_proxies = [1]",
        'trusted_proxies = "10.0.0.1"',
        "data_folder = []",
        "log_level = {}",
    ],
)
def test_a_file_with_another_toml_type_is_refused(toml, line):
    file = toml(line)

    with pytest.raises(SettingsError) as caught:
        load({}, {}, file)

    assert caught.value.setting == line.split()[0]
    assert caught.value.source == f"file {file}"


def test_an_empty_argument_is_refused():
    with pytest.raises(SettingsError, match=r"^host: expected a text that is not empty, got '' \(argument --host\)$"):
        load({"host": ""}, {}, None)


def test_an_empty_variable_counts_as_not_set():
    assert load({}, {"LINARITE_PORT": "", "LINARITE_HOST": ""}, None).settings == Settings()


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(SettingsError, match=r"^config: expected a readable TOML file, got 'No such file or directory'"):
        load({}, {}, tmp_path / "absent.toml")


@pytest.mark.parametrize("content", [b"port = ", b"\xff\xfe"])
def test_a_file_that_is_not_toml_is_refused(tmp_path, content):
    file = tmp_path / "broken.toml"
    file.write_bytes(content)

    with pytest.raises(SettingsError, match=r"^config: expected a valid TOML file"):
        load({}, {}, file)


def test_unknown_keys_and_variables_are_warned_of_with_the_nearest_name(toml):
    file = toml("prot = 1\nzzz = 1\n[tls]\nport = 1\n")

    loaded = load({}, {"LINARITE_TLS_PROT": "1", "LINARITE_QQQ": "1", "OTHER_PORT": "1"}, file)

    assert loaded.settings == Settings()
    assert loaded.warnings == (
        "unknown environment variable LINARITE_QQQ",
        "unknown environment variable LINARITE_TLS_PROT; did you mean LINARITE_TLS_PORT?",
        f"unknown key prot in file {file}; did you mean port?",
        f"unknown key zzz in file {file}",
        f"unknown key tls in file {file}",
    )


def test_variables_of_the_command_line_are_known():
    assert load({}, {"LINARITE_CONFIG": "x.toml", "LINARITE_ENDPOINT": "http://localhost:1"}, None).warnings == ()


def test_the_variables_of_a_kubernetes_service_called_linarite_are_left_alone():
    environment = {
        "LINARITE_PORT": "tcp://10.0.0.11:8080",
        "LINARITE_PORT_8080_TCP": "tcp://10.0.0.11:8080",
        "LINARITE_PORT_8080_TCP_ADDR": "10.0.0.11",
        "LINARITE_SERVICE_HOST": "10.0.0.11",
        "LINARITE_SERVICE_PORT_HTTP": "8080",
    }

    loaded = load({}, environment, None)

    assert loaded.settings.port == 8080
    assert loaded.origins["port"] == "default"
    assert loaded.warnings == ()


@pytest.mark.parametrize(
    ("arguments", "setting"),
    [
        ({"certificate_file": "a.pem"}, "certificate_key_file"),
        ({"certificate_key_file": "a.key"}, "certificate_file"),
        ({"mode": "serve", "tls_port": "8443"}, "certificate_file"),
        ({"mode": "serve", "port": "none"}, "port"),
        ({"port": "none", "tls_port": "none"}, "port"),
        ({"mode": "dev", "host": "0.0.0.0"}, "host"),
        ({"mode": "dev", "host": "127.0.0.1.example.com"}, "host"),
        ({"drain_seconds": "20", "shutdown_seconds": "10"}, "shutdown_seconds"),
    ],
)
def test_settings_that_exclude_each_other_are_refused(arguments, setting):
    with pytest.raises(SettingsError) as caught:
        load(arguments, {}, None)

    assert caught.value.setting == setting


@pytest.mark.parametrize(
    ("host", "is_loopback"),
    [
        ("127.0.0.1", True),
        ("127.3.2.1", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.1.4", False),
        ("pubsub.example.com", False),
    ],
)
def test_loopback_addresses_are_told_from_others(host, is_loopback):
    assert Settings(host=host).is_loopback_only is is_loopback


def test_https_is_served_with_a_port_and_a_certificate():
    files = {"certificate_file": Path("a.pem"), "certificate_key_file": Path("a.key")}

    assert Settings().serves_tls
    assert not Settings(tls_port=None).serves_tls
    assert not Settings(mode="serve").serves_tls
    assert Settings(mode="serve", **files).serves_tls


def test_every_default_is_a_value_that_its_setting_accepts():
    for definition in definitions():
        if definition.default is not None:
            assert definition.read(definition.default, "default") == definition.default


def test_every_setting_has_one_definition_with_a_reason():
    assert [definition.name for definition in definitions()] == [field.name for field in fields(Settings)]
    for definition in definitions():
        assert definition.description.reason.endswith("."), definition.name


@given(definition=st.sampled_from(definitions()), text=st.text() | st.integers().map(str) | st.floats().map(str))
def test_any_text_gives_a_value_or_the_documented_error(definition: Definition, text: str):
    try:
        value = definition.read(text, "argument")
    except SettingsError:
        return
    assert value is None or definition.read(value, "argument") == value


def test_importing_the_settings_loads_nothing_heavy():
    heavy = "{'asyncio', 'tomllib', 'difflib', 'ssl', 'uvicorn', 'cryptography', 'msgspec'}"
    program = f"import sys, linarite.settings; print({heavy} & set(sys.modules))"

    # Measuring coverage in the process would import more.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    finished = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False
    )

    assert finished.stdout == "set()\n", finished.stderr


@pytest.mark.parametrize("origin", ["*", "https://app.example.com", "http://localhost:*", "http://[::1]:3000"])
def test_origins_of_pages_have_a_form(origin):
    assert load({"cors_allowed_origins": origin}, {}, None).settings.cors_allowed_origins == (origin,)


@pytest.mark.parametrize(
    "origin", ["app.example.com", "https://app.example.com/", "https://*.example.com", "https://a@b"]
)
def test_other_origins_are_refused_with_what_was_expected(origin):
    with pytest.raises(SettingsError, match="cors_allowed_origins: expected origins such as"):
        load({"cors_allowed_origins": origin}, {}, None)
