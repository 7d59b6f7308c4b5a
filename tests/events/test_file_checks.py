"""Files that the way upstream reads are looked at when the server starts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from linarite.events.file_checks import check_upstream_files
from linarite.settings import Settings, SettingsError

ENDPOINT = {"upstream_token_endpoint": "https://login.example/token"}
CLIENT = ENDPOINT | {"upstream_client_id": "linarite"}


def test_nothing_is_expected_of_a_server_without_such_settings() -> None:
    check_upstream_files(Settings())


def test_good_files_pass(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s\n")
    check_upstream_files(Settings(**CLIENT, upstream_client_secret_file=secret))


@pytest.mark.parametrize("text", [None, "", "junk", "-----BEGIN CERTIFICATE-----\njunk\n-----END CERTIFICATE-----\n"])
def test_a_file_without_authorities_is_refused(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "authority.pem"
    if text is not None:
        file.write_text(text)
    with pytest.raises(SettingsError, match=r"^upstream_ca_file: expected a PEM file of certificate authorities, got "):
        check_upstream_files(Settings(upstream_ca_file=file))


@pytest.mark.parametrize("data", [None, b"", b" \n", b"\xff"])
def test_a_file_without_a_secret_is_refused(tmp_path: Path, data: bytes | None) -> None:
    file = tmp_path / "secret"
    if data is not None:
        file.write_bytes(data)
    with pytest.raises(SettingsError, match=r"^upstream_client_secret_file: expected a file with the secret"):
        check_upstream_files(Settings(**CLIENT, upstream_client_secret_file=file))


@pytest.mark.parametrize(
    ("settings", "missing"), [(ENDPOINT, "upstream_client_id"), (CLIENT, "upstream_client_secret_file")]
)
def test_credentials_are_expected_where_there_is_a_token_endpoint(settings: dict[str, Any], missing: str) -> None:
    with pytest.raises(SettingsError) as refused:
        check_upstream_files(Settings(**settings))
    assert refused.value.setting == missing
