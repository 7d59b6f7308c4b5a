"""Looks at a server's start at the files that its way upstream reads at the first event, when nobody could be told."""

from __future__ import annotations

import ssl

from linarite.settings import Settings, SettingsError

__all__ = ["check_upstream_files"]


def check_upstream_files(settings: Settings) -> None:
    """Raise SettingsError for files and credentials that the first event would fail at."""
    _check_authorities(settings)
    _check_credentials(settings)


def _check_authorities(settings: Settings) -> None:
    file = settings.upstream_ca_file
    if file is None:
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(file)
    except OSError as error:  # ssl.SSLError is one
        expected = "a PEM file of certificate authorities"
        raise SettingsError("upstream_ca_file", expected, str(file), error.strerror or str(error)) from None


def _check_credentials(settings: Settings) -> None:
    if settings.upstream_token_endpoint is None:
        return
    if settings.upstream_client_id is None:
        expected = "the client that asks upstream_token_endpoint for tokens"
        raise SettingsError("upstream_client_id", expected, None, "settings")
    file = settings.upstream_client_secret_file
    expected, why = "a file with the secret of upstream_client_id", "settings"
    try:
        if file is not None and file.read_text(encoding="utf-8").strip():
            return
        why = why if file is None else "the file is empty"
    except OSError as error:
        why = error.strerror or str(error)
    except UnicodeDecodeError:
        why = "not UTF-8"
    raise SettingsError("upstream_client_secret_file", expected, None if file is None else str(file), why)
