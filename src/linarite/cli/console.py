"""`linarite console`: an address that signs a browser in at the console of the server on this machine."""

from __future__ import annotations

import json
import ssl
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import HTTPSHandler, ProxyHandler, Request, build_opener

from linarite.access.administrator import administrator_token
from linarite.cli.server_record import NoServer, read_server_record
from linarite.cli.setting_arguments import add_setting_arguments, load_settings, new_parser

__all__ = ["run_console"]

_ABOUT = (
    "Print an address that opens the console of the server that runs with the data folder. It signs in the first "
    "browser that opens it, within ten minutes."
)
_LINKS = "/linarite/console/links"
_TIMEOUT_SECONDS = 10.0
_NO_SUCH_PAGE = 404


def run_console(words: Sequence[str]) -> int:
    """Print the address and return the exit code."""
    parser = new_parser("console", _ABOUT)
    add_setting_arguments(parser, only=("data_folder",))
    folder = load_settings(parser.parse_args(words)).settings.data_folder
    try:
        print(_link(folder))
    except (NoServer, ValueError) as error:
        print(f"linarite: {error}", file=sys.stderr)
        return 1
    return 0


def _link(folder: Path) -> str:
    """The address. Raises NoServer, ValueError for a credential that cannot be read."""
    record = read_server_record(folder)
    endpoint = record.http or record.https
    if endpoint is None:
        raise NoServer(f"the server with the data folder {folder} listens nowhere")
    headers = {"Authorization": f"Bearer {administrator_token(folder)}"}
    request = Request(endpoint + _LINKS, method="POST", headers=headers)  # noqa: S310 - from the server's own record
    # Past any proxy: the server is on this machine.
    opener = build_opener(ProxyHandler({}), HTTPSHandler(context=_context(folder)))
    try:
        with opener.open(request, timeout=_TIMEOUT_SECONDS) as response:
            path: str = json.load(response)["path"]
    except HTTPError as error:
        error.close()
        if error.code == _NO_SUCH_PAGE:
            raise NoServer("the server has no console: see the setting console") from None
        raise NoServer(f"{endpoint} answered {error.code}") from None
    except (URLError, OSError, ValueError, KeyError) as error:
        raise NoServer(f"{endpoint} gives no address: {getattr(error, 'reason', error)}") from None
    return endpoint + path


def _context(folder: Path) -> ssl.SSLContext:
    """What trusts the development authority, too, if there is one."""
    context = ssl.create_default_context()
    bundle = folder / "certificates" / "bundle.pem"
    if bundle.is_file():
        context.load_verify_locations(bundle)
    return context
