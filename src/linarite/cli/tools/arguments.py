"""Arguments that several tools share, and what they mean."""

from __future__ import annotations

import argparse
import os
import ssl
from collections.abc import Sequence
from dataclasses import dataclass

from linarite.cli.setting_arguments import new_parser
from linarite.cli.tools.failures import WrongUse
from linarite.cli.tools.targets import (
    CONNECTION_STRING_VARIABLES,
    Target,
    check_hub,
    development_authority,
    find_target,
    parse_connection_string,
    trusted_authorities,
)

__all__ = [
    "Access",
    "add_client_arguments",
    "add_connection_arguments",
    "add_hub_argument",
    "add_json_argument",
    "client_access",
    "context_of",
    "new_tool_parser",
    "positive",
    "positive_number",
    "target_of",
]

_JOIN, _SEND = "webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"


def new_tool_parser(command: str, about: str) -> argparse.ArgumentParser:
    """A parser of a tool, with what names its endpoint."""
    parser = new_parser(command, about)
    add_connection_arguments(parser)
    add_json_argument(parser)
    return parser


def add_connection_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what names an endpoint and whom to trust."""
    group = parser.add_argument_group("endpoint")
    group.add_argument(
        "--connection-string",
        metavar="TEXT",
        help=f"of the resource; default: {' or '.join(CONNECTION_STRING_VARIABLES)} of the environment, "
        "else that of the server that runs on this machine",
    )
    group.add_argument("--resource", metavar="NAME", help="a resource of that server")
    group.add_argument("--data-folder", metavar="PATH", help="the folder of the server on this machine")
    group.add_argument("--cacert", metavar="PATH", help="file with certificate authorities to trust as well")


def add_json_argument(parser: argparse.ArgumentParser) -> None:
    """Add the choice of programs that read the output."""
    parser.add_argument("--json", action="store_true", help="print JSON, one object a line")


def add_hub_argument(parser: argparse.ArgumentParser, *, required: bool = True) -> None:
    """Add the hub."""
    parser.add_argument("--hub", metavar="NAME", required=required, help="the hub")


def add_client_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what a client listens to, and for how long."""
    parser.add_argument("--hub", metavar="NAME", help="the hub")
    parser.add_argument("--url", metavar="URL", help="a client access URL, instead of a hub and a connection string")
    parser.add_argument("--group", metavar="NAME", action="append", default=[], help="join it; may come several times")
    parser.add_argument("--user", metavar="ID", help="be a client of that user")
    parser.add_argument("--count", metavar="N", type=positive, help="end after that many messages")
    parser.add_argument("--seconds", metavar="S", type=positive_number, help="end after that time")


def target_of(parsed: argparse.Namespace) -> Target:
    """The endpoint that the arguments or the environment name. Raises WrongUse, Unreachable."""
    return find_target(parsed.connection_string, parsed.data_folder, parsed.resource, os.environ)


def context_of(parsed: argparse.Namespace, target: Target) -> ssl.SSLContext | None:
    """Whom to trust at that endpoint; None where there is no TLS. Raises WrongUse."""
    return trusted_authorities(target.authority, parsed.cacert) if target.endpoint.scheme == "https" else None


@dataclass(frozen=True, slots=True)
class Access:
    """How a client connects."""

    url: str
    context: ssl.SSLContext | None
    shown: str
    """The address without its token."""


def client_access(parsed: argparse.Namespace, roles: Sequence[str] = (_JOIN,)) -> Access:
    """The access of a client that the arguments describe. Raises WrongUse, Unreachable."""
    if (parsed.url is None) == (parsed.hub is None):
        raise WrongUse("expected either --hub or --url")
    if parsed.url is None:
        target = target_of(parsed)
        url = target.client_url(check_hub(parsed.hub), user=parsed.user, roles=roles)
        return Access(url, context_of(parsed, target), url.partition("?")[0])
    if parsed.user is not None:
        raise WrongUse("--user: expected none beside --url, whose token says who the client is")
    url = parsed.url
    scheme, colon, rest = url.partition("://")
    shown = url.partition("?")[0]
    if not colon or scheme not in ("ws", "wss"):
        raise WrongUse(f"--url: expected a client access URL such as wss://…/client/hubs/chat, got {shown[:100]!r}")
    stand_in = f"Endpoint=http{scheme.removeprefix('ws')}://{rest.partition('/')[0]};AccessKey=none"
    target = parse_connection_string(stand_in, "--url", development_authority(parsed.data_folder, os.environ))
    return Access(url, context_of(parsed, target), shown)


def positive(text: str) -> int:
    """A whole number above 0."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number above 0, got {text}")
    return number


def positive_number(text: str) -> float:
    """A number above 0."""
    number = float(text)
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a number above 0, got {text}")
    return number
