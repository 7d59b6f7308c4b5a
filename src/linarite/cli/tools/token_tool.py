"""`linarite token make` and `linarite token explain`."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

from linarite.access.token_checks import Explanation, Verdict, explain_token, meaning_of
from linarite.cli.tools.arguments import add_hub_argument, new_tool_parser, target_of
from linarite.cli.tools.failures import ExitCode, Unreachable, WrongUse
from linarite.cli.tools.output import Output
from linarite.cli.tools.targets import Target, check_hub, client_claims

__all__ = ["run"]

_SIGNS = {Verdict.GOOD: ("ok    ", "green"), Verdict.BAD: ("FAIL  ", "bold red"), Verdict.UNKNOWN: ("?     ", "yellow")}


def run(word: str, words: Sequence[str]) -> int:
    """Make or explain a token."""
    action, rest = words[0].removeprefix("--"), words[1:]
    return _explain(rest) if action == "explain" else _make(rest)


def _make(words: Sequence[str]) -> int:
    parser = new_tool_parser("token make", "Make a token: of a client of a hub, or with --audience of a REST call.")
    add_hub_argument(parser, required=False)
    parser.add_argument("--audience", metavar="URL", help="the address that the token is for, instead of a hub's")
    parser.add_argument("--user", metavar="ID", help="claim sub: the user")
    parser.add_argument("--role", metavar="ROLE", action="append", default=[], help="claim role; several times")
    parser.add_argument("--group", metavar="NAME", action="append", default=[], help="claim webpubsub.group")
    parser.add_argument(
        "--claim",
        metavar="NAME=VALUE",
        type=_claim,
        action="append",
        default=[],
        help="any claim, a JSON value or a text; wins over the others",
    )
    parser.add_argument("--minutes", metavar="N", type=float, default=60.0, help="default: 60; below 0: expired")
    parsed = parser.parse_args(words)
    if (parsed.hub is None) == (parsed.audience is None):
        raise WrongUse("expected either --hub or --audience")
    target = target_of(parsed)
    audience = parsed.audience or target.hub_address(check_hub(parsed.hub))
    now = int(time.time())
    claims = {
        **client_claims(parsed.user, parsed.role, parsed.group),
        "aud": audience,
        "iat": now,
        "exp": int(now + parsed.minutes * 60),
        **dict(parsed.claim),
    }
    token = target.signed(claims)
    Output(is_json=parsed.json).line({"token": token, "claims": claims}, (token, ""))
    return ExitCode.DONE


def _claim(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError(f"expected NAME=VALUE, got {text!r}")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def _explain(words: Sequence[str]) -> int:
    parser = new_tool_parser("token explain", "Say what a token means, and which check of a server it would fail.")
    parser.add_argument("token", nargs="?", help="a token or a client access URL; default: standard input")
    parser.add_argument("--hub", metavar="NAME", help="the hub that a client connects to with it")
    parser.add_argument("--for", dest="address", metavar="URL", help="the address that is called with it")
    parsed = parser.parse_args(words)
    token, address = _token_and_address(parsed.token or sys.stdin.read())
    target = _known_target(parsed)
    if parsed.hub is not None:
        if target is None:
            raise WrongUse("--hub: expected a connection string beside it; or give --for with the whole address")
        address = target.hub_address(check_hub(parsed.hub))
    explanation = explain_token(token, () if target is None else target.keys, parsed.address or address, time.time())
    output = Output(is_json=parsed.json)
    if parsed.json:
        output.line(_document(explanation))
    else:
        _print(output, explanation)
    return ExitCode.REFUSED if explanation.verdict is Verdict.BAD else ExitCode.DONE


def _token_and_address(text: str) -> tuple[str, str | None]:
    """The token in a text, and the address where it is used if the text is one. Raises WrongUse."""
    text = text.strip().removeprefix("Bearer ").strip()
    if not text:
        raise WrongUse("expected a token or a client access URL, got nothing")
    if "://" not in text:
        return text, None
    url = urlsplit(text)
    tokens = parse_qs(url.query).get("access_token")
    if not tokens:
        raise WrongUse("expected a client access URL with an access_token, got a URL without")
    return tokens[0], url._replace(query="").geturl()


def _known_target(parsed: argparse.Namespace) -> Target | None:
    """The target whose key may have signed it; none is no error: much can be said without."""
    try:
        return target_of(parsed)
    except Unreachable:
        return None


def _document(explanation: Explanation) -> dict[str, object]:
    return {
        "header": explanation.header,
        "claims": explanation.claims,
        "checks": [
            {"check": one.check, "verdict": one.verdict.value, "text": one.text} for one in explanation.findings
        ],
        "verdict": explanation.verdict.value,
    }


def _print(output: Output, explanation: Explanation) -> None:
    now = time.time()
    width = max((len(name) for name in explanation.claims), default=0)
    for name, value in explanation.claims.items():
        shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        output.line({}, (f"{name:{width}}  ", "bold"), (f"{shown}  ", ""), (f"({meaning_of(name, value, now)})", "dim"))
    for finding in explanation.findings:
        sign, style = _SIGNS[finding.verdict]
        output.line({}, (sign, style), (f"{finding.check:10} {finding.text}", ""))
    failed = [finding.check for finding in explanation.findings if finding.verdict is Verdict.BAD]
    match explanation.verdict:
        case Verdict.BAD:
            output.line({}, (f"A server would refuse it: {failed[0]}.", "bold red"))
        case Verdict.GOOD:
            output.line({}, ("A server would accept it.", "green"))
        case Verdict.UNKNOWN:
            output.line({}, ("What could be checked is right.", "yellow"))
