"""Finding the server that commands speak to, and the administrator's credential."""

from __future__ import annotations

import ipaddress
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from knack.util import CLIError

from linarite.access.administrator import ADMINISTRATOR_TOKEN_FILE
from linarite.settings import Settings, SettingsError, definitions
from linarite.settings.sources import CONFIG_VARIABLE, find_value, read_file

__all__ = ["ENDPOINT_VARIABLE", "TOKEN_VARIABLE", "ServerAddress", "find_server", "parse_endpoint"]

ENDPOINT_VARIABLE = "LINARITE_ENDPOINT"
TOKEN_VARIABLE = "LINARITE_ADMINISTRATOR_TOKEN"  # noqa: S105


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """Where the server is, what opens its management API, and the certificate authority to trust besides others."""

    url: SplitResult
    token: str = field(repr=False)
    authority: Path | None = None


def find_server(endpoint: str | None, data_folder: str | None, environment: Mapping[str, str]) -> ServerAddress:
    """The server at `endpoint` or LINARITE_ENDPOINT, else the one that runs with the data folder.

    The credential is LINARITE_ADMINISTRATOR_TOKEN, else that in the data folder; the latter belongs to servers of
    this machine and is sent to no other one that somebody names. Raises CLIError with one line for a person.
    """
    folder = _data_folder(data_folder, environment)
    authority = folder / "certificates" / "authority.pem"
    named = endpoint or environment.get(ENDPOINT_VARIABLE)
    url = parse_endpoint(named) if named else _running(folder)
    token = environment.get(TOKEN_VARIABLE) or _token(folder, url, is_named=bool(named))
    return ServerAddress(url, token, authority if authority.is_file() else None)


def _data_folder(argument: str | None, environment: Mapping[str, str]) -> Path:
    """The data folder by the rules of the server's own settings; the other settings are not read."""
    definition = next(one for one in definitions() if one.name == "data_folder")
    file = Path(environment[CONFIG_VARIABLE]).expanduser() if environment.get(CONFIG_VARIABLE) else None
    try:
        table = read_file(file) if file else {}
        found = find_value(definition, {"data_folder": argument}, environment, table, file)
    except SettingsError as error:
        raise CLIError(str(error)) from error
    return Path(str(found[0])) if found else Settings().data_folder


def parse_endpoint(text: str) -> SplitResult:
    """The address of a server. Raises CLIError for a text that is none."""
    url = urlsplit(text)
    try:
        is_endpoint = url.scheme in ("http", "https") and bool(url.hostname) and (url.port is None or url.port > 0)
    except ValueError:
        is_endpoint = False
    if not is_endpoint:
        raise CLIError(f"The endpoint is no address of a server: expected such as http://127.0.0.1:8080, got {text!r}.")
    return url


def _running(folder: Path) -> SplitResult:
    """The address in the file that a running server keeps in its data folder; http first: it asks for no trust."""
    file = folder / "server.json"
    try:
        record = json.loads(file.read_text("utf-8"))
        endpoint = record["http"] or record["https"]
        if not isinstance(endpoint, str):
            raise TypeError(f"expected an address under http or https, got {endpoint!r}")
        return parse_endpoint(endpoint)
    except FileNotFoundError as error:
        raise CLIError(
            f"No server runs with the data folder {folder}. Start one with 'linarite dev', "
            f"or name one with --endpoint or {ENDPOINT_VARIABLE}."
        ) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CLIError(f"{file} does not tell where the server is: {error}.") from error


def _token(folder: Path, url: SplitResult, *, is_named: bool) -> str:
    if is_named and not _is_loopback(url.hostname or ""):
        raise CLIError(f"Set {TOKEN_VARIABLE} to the administrator's credential of {url.geturl()}.")
    file = folder / ADMINISTRATOR_TOKEN_FILE
    try:
        token = file.read_text("utf-8").strip()
    except OSError as error:
        raise CLIError(
            f"The administrator's credential cannot be read from {file}: {os.strerror(error.errno or 0)}. "
            f"It is there while a server runs; or set {TOKEN_VARIABLE}."
        ) from error
    if not token:
        raise CLIError(f"The administrator's credential in {file} is empty.")
    return token


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
