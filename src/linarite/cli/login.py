"""`linarite login` and `linarite logout`: which server the commands of az's grammar go to, and with which credential.

On the server's own machine nothing has to be done: whoever can read the data folder is signed in, and `linarite login`
only shows it. For a server elsewhere it checks the administrator's credential and keeps it in the data folder here.
"""

from __future__ import annotations

import getpass
import http.client
import json
import os
import ssl
import sys
from collections.abc import MutableMapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from linarite.access.administrator import ADMINISTRATOR_TOKEN_FILE
from linarite.cli.azure.running_server import ENDPOINT_VARIABLE, TOKEN_VARIABLE
from linarite.cli.server_record import NoServer, read_server_record
from linarite.cli.setting_arguments import add_setting_arguments, load_settings, new_parser
from linarite.private_files import exclusive_access, make_private_folder, write_private_file
from linarite.settings import load
from linarite.settings.sources import CONFIG_VARIABLE

__all__ = ["LOGIN_FILE", "Login", "name_server", "read_login", "run_login", "run_logout"]

LOGIN_FILE = "login.json"
# Options of commands that name a server, or the data folder of one on this machine.
_NAMING_OPTIONS = ("--endpoint", "--data-folder")
_TIMEOUT_SECONDS = 30.0


class LoginFailed(Exception):
    """Nobody was signed in; the text says why and holds no credential."""


@dataclass(frozen=True, slots=True)
class Login:
    """A server and the administrator's credential there."""

    endpoint: str
    token: str = field(repr=False)


def read_login(data_folder: Path) -> Login | None:
    """What `linarite login --endpoint` has kept, None if nothing. Raises ValueError for a file that is not its."""
    file = data_folder / LOGIN_FILE
    try:
        record = json.loads(file.read_text("utf-8"))
        return Login(record["endpoint"], record["token"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{file} does not tell where to sign in: {error}") from None


def name_server(words: Sequence[str], environment: MutableMapping[str, str]) -> None:
    """Put the server that was signed in to into the environment, unless the command or the environment names one.

    `words` are those of a command of az's grammar, which may shorten its options.
    """
    options = [word.partition("=")[0] for word in words if word.startswith("--")]
    is_named = any(len(option) > 3 and named.startswith(option) for option in options for named in _NAMING_OPTIONS)
    if is_named or not environment.keys().isdisjoint((ENDPOINT_VARIABLE, TOKEN_VARIABLE)):
        return
    try:
        named = environment.get(CONFIG_VARIABLE)
        settings = load({}, environment, Path(named).expanduser() if named else None).settings
        login = read_login(settings.data_folder)
    except ValueError as error:  # the command itself says what it cannot do without it
        print(f"WARNING: {error}", file=sys.stderr)
        return
    if login is not None:
        environment[ENDPOINT_VARIABLE] = login.endpoint
        environment[TOKEN_VARIABLE] = login.token


def run_login(words: Sequence[str]) -> int:
    """Check a credential, keep it if it is for a server elsewhere, and show the subscription as `az login` does."""
    parser = new_parser("login", "Sign in to a server: the one on this machine, or with --endpoint one elsewhere.")
    parser.add_argument("--endpoint", metavar="URL", help="the server, such as https://pubsub.example.com")
    parser.add_argument("--token-file", metavar="PATH", help="file with the administrator's credential; - is stdin")
    add_setting_arguments(parser, only=("data_folder",))
    parsed = parser.parse_args(words)
    folder = load_settings(parsed).settings.data_folder
    try:
        login = _chosen_login(parsed.endpoint, parsed.token_file, folder)
        subscriptions = _check(login, folder)
    except (LoginFailed, NoServer) as error:
        print(f"linarite: {error}", file=sys.stderr)
        return 1
    if parsed.endpoint is not None:
        with exclusive_access(make_private_folder(folder)):
            content = json.dumps({"endpoint": login.endpoint, "token": login.token})
            write_private_file(folder / LOGIN_FILE, content.encode())
    print(json.dumps([_shown(subscription, login) for subscription in subscriptions], indent=2))
    return 0


def run_logout(words: Sequence[str]) -> int:
    """Forget the server that `linarite login --endpoint` has kept; commands go to the one on this machine again."""
    parser = new_parser("logout", "Forget the server that 'linarite login --endpoint' has kept.")
    add_setting_arguments(parser, only=("data_folder",))
    folder = load_settings(parser.parse_args(words)).settings.data_folder
    (folder / LOGIN_FILE).unlink(missing_ok=True)
    return 0


def _chosen_login(endpoint: str | None, token_file: str | None, folder: Path) -> Login:
    if endpoint is not None:
        return Login(endpoint.rstrip("/"), _read_token(token_file))
    try:
        kept = read_login(folder)
    except ValueError as error:
        raise LoginFailed(str(error)) from None
    if kept is not None:
        return kept
    record = read_server_record(folder)
    return Login(record.http or record.https or "", _read_token(token_file or str(folder / ADMINISTRATOR_TOKEN_FILE)))


def _read_token(file: str | None) -> str:
    try:
        if file is None:
            token = getpass.getpass("Administrator's credential: ")
        else:
            token = sys.stdin.read() if file == "-" else Path(file).expanduser().read_text("utf-8")
    except (OSError, UnicodeError, EOFError) as error:
        raise LoginFailed(f"the credential cannot be read: {error}") from None
    if not token.strip():
        raise LoginFailed("the credential is empty")
    return token.strip()


def _check(login: Login, folder: Path) -> list[dict[str, object]]:
    """The subscriptions that the credential opens. Raises LoginFailed."""
    url = urlsplit(login.endpoint)
    if url.scheme not in ("http", "https") or not url.hostname:
        raise LoginFailed(f"--endpoint: expected such as https://pubsub.example.com, got {login.endpoint!r}")
    is_local = url.hostname in ("localhost", "127.0.0.1", "::1")
    if url.scheme == "http" and not is_local:
        raise LoginFailed("--endpoint: expected https, since the credential would travel unencrypted")
    try:
        with closing(_connection(url.scheme, url.hostname, url.port, folder)) as connection:
            headers = {"Authorization": f"Bearer {login.token}"}
            connection.request("GET", f"{url.path}/subscriptions?api-version=2022-12-01", headers=headers)
            response = connection.getresponse()
            document = json.loads(response.read())
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise LoginFailed(f"no server answers at {login.endpoint}: {error or type(error).__name__}") from None
    if response.status != 200:
        raise LoginFailed(f"{login.endpoint} refused the credential: {document['error']['message']}")
    subscriptions: list[dict[str, object]] = document["value"]
    return subscriptions


def _connection(scheme: str, host: str, port: int | None, folder: Path) -> http.client.HTTPConnection:
    if scheme == "http":
        return http.client.HTTPConnection(host, port, timeout=_TIMEOUT_SECONDS)
    context = ssl.create_default_context()
    for file in (folder / "certificates" / "authority.pem", os.environ.get("REQUESTS_CA_BUNDLE")):
        if file and Path(file).is_file():
            context.load_verify_locations(file)
    return http.client.HTTPSConnection(host, port, timeout=_TIMEOUT_SECONDS, context=context)


def _shown(subscription: dict[str, object], login: Login) -> dict[str, object]:
    """A subscription with the members that `az login` prints."""
    return {
        "cloudName": "Linarite",
        "endpoint": login.endpoint,
        "homeTenantId": subscription["tenantId"],
        "id": subscription["subscriptionId"],
        "isDefault": True,
        "managedByTenants": [],
        "name": subscription["displayName"],
        "state": subscription["state"],
        "tenantId": subscription["tenantId"],
        "user": {"name": "administrator", "type": "servicePrincipal"},
    }
