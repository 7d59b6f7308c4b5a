"""`linarite azure-cli`: the shell lines by which the user's own `az` works with a server, and those that undo it.

They are for `eval`: each line is one command, lines with `#` in front are for people. The credential stands in none of
them: `az` reads it from its file (a value `@FILE` is the file's text, in every command of the Azure CLI).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from shlex import quote

from linarite.access.administrator import ADMINISTRATOR_TOKEN_FILE
from linarite.access.authority import ADMINISTRATOR_CLIENT_ID, TENANT_ID
from linarite.cli.server_record import NoServer, https_endpoint
from linarite.cli.setting_arguments import add_setting_arguments, load_settings, new_parser

__all__ = ["run_azure_cli", "sign_in_lines", "undo_lines"]

_CLOUD = "Linarite"
_USUAL_CLOUD = "AzureCloud"
_ABOUT = (
    "Print the commands by which the Azure CLI works with a running server, each on a line of its own: "
    'eval "$(linarite azure-cli)". They register the server as a cloud and sign in as its administrator.'
)


def run_azure_cli(words: Sequence[str]) -> int:
    """Print the lines and return the exit code."""
    parser = new_parser("azure-cli", _ABOUT)
    parser.add_argument("--undo", action="store_true", help="print the commands that undo it")
    parser.add_argument("--endpoint", metavar="URL", help="the server's https address; default: the running one's")
    parser.add_argument("--cloud-name", metavar="NAME", default=_CLOUD, help=f"the cloud's name; default: {_CLOUD}")
    add_setting_arguments(parser, only=("data_folder",))
    parsed = parser.parse_args(words)
    folder = load_settings(parsed).settings.data_folder
    authority = folder / "certificates" / "bundle.pem"
    bundle = authority if authority.is_file() else None
    if parsed.undo:
        print("\n".join(undo_lines(parsed.cloud_name, bundle)))
        return 0
    try:
        endpoint = parsed.endpoint or https_endpoint(folder)
        if not endpoint.startswith("https://"):
            raise NoServer(f"--endpoint: expected an https address, which is all that az signs in at, got {endpoint!r}")
    except NoServer as error:
        print(f"linarite: {error}", file=sys.stderr)
        return 1
    lines = sign_in_lines(parsed.cloud_name, endpoint.rstrip("/"), folder / ADMINISTRATOR_TOKEN_FILE, bundle)
    print("\n".join(lines))
    return 0


def sign_in_lines(cloud: str, endpoint: str, credential: Path, bundle: Path | None) -> list[str]:
    """The lines that register the server as a cloud and sign in; `bundle` has authorities to trust, if need be."""
    return [
        f"# Registers {endpoint} as the cloud {cloud} of az and signs in as the server's administrator.",
        '# Undo it with: eval "$(linarite azure-cli --undo)"',
        *([] if bundle is None else [f"export REQUESTS_CA_BUNDLE={quote(str(bundle))}"]),
        f"az cloud register --name {quote(cloud)} --endpoint-resource-manager {quote(endpoint)} --output none",
        f"az cloud set --name {quote(cloud)} --output none --only-show-errors",
        f"az login --service-principal --username {ADMINISTRATOR_CLIENT_ID} --password {quote(f'@{credential}')} "
        f"--tenant {TENANT_ID} --output none",
    ]


def undo_lines(cloud: str, bundle: Path | None) -> list[str]:
    """The lines that undo the others; az then uses Microsoft's public cloud, as it does at first."""
    return [
        f"# Signs out of the cloud {cloud}, goes back to {_USUAL_CLOUD} and forgets the other.",
        f"az logout --username {ADMINISTRATOR_CLIENT_ID}",
        f"az cloud set --name {_USUAL_CLOUD} --output none --only-show-errors",
        f"az cloud unregister --name {quote(cloud)}",
        *([] if bundle is None else ["unset REQUESTS_CA_BUNDLE"]),
    ]
