"""`linarite url`: a client access URL, ready to connect with."""

from __future__ import annotations

import time
from collections.abc import Sequence

from linarite.cli.tools.arguments import add_hub_argument, new_tool_parser, positive_number, target_of
from linarite.cli.tools.failures import ExitCode
from linarite.cli.tools.output import Output
from linarite.cli.tools.targets import check_hub

__all__ = ["run"]


def run(word: str, words: Sequence[str]) -> int:
    """Print the URL."""
    parser = new_tool_parser(word, "Print a client access URL. Whoever has it can connect until its token expires.")
    add_hub_argument(parser)
    parser.add_argument("--user", metavar="ID", help="the user that the client is")
    parser.add_argument(
        "--role", metavar="ROLE", action="append", default=[], help="such as webpubsub.sendToGroup; several times"
    )
    parser.add_argument(
        "--group", metavar="NAME", action="append", default=[], help="a group that the client is in from the start"
    )
    parser.add_argument("--minutes", metavar="N", type=positive_number, default=60.0, help="default: 60")
    parsed = parser.parse_args(words)
    target = target_of(parsed)
    url = target.client_url(
        check_hub(parsed.hub),
        user=parsed.user,
        roles=parsed.role,
        groups=parsed.group,
        seconds=parsed.minutes * 60,
    )
    base_url, _, query = url.partition("?")
    document = {
        "url": url,
        "baseUrl": base_url,
        "token": query.partition("=")[2],
        "expiresAt": int(time.time() + parsed.minutes * 60),
    }
    Output(is_json=parsed.json).line(document, (url, ""))
    return ExitCode.DONE
