"""`linarite pub`: messages from arguments, files or standard input, to everybody, a group, a user or a connection."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from linarite.cli.tools.arguments import add_hub_argument, context_of, new_tool_parser, target_of
from linarite.cli.tools.failures import ExitCode, ToolFailed, WrongUse
from linarite.cli.tools.output import Output
from linarite.cli.tools.rest import Rest
from linarite.cli.tools.targets import check_hub

__all__ = ["MEDIA_TYPES", "run"]

MEDIA_TYPES = {"text": "text/plain", "json": "application/json", "binary": "application/octet-stream"}
"""What a message can be, and the media type by which a REST call says so."""


@dataclass(frozen=True, slots=True)
class _Message:
    content: bytes = field(repr=False)
    kind: str
    origin: str


def run(word: str, words: Sequence[str]) -> int:
    """Publish what is given, one message after the other."""
    parser = _parser(word)
    parsed = parser.parse_args(words)
    segments, shown = _receivers(parsed)
    target = target_of(parsed)
    output = Output(is_json=parsed.json)
    query = [("filter", parsed.filter)] if parsed.filter else []
    query += [("excluded", connection_id) for connection_id in parsed.exclude]
    query += [("messageTtlSeconds", str(parsed.ttl))] if parsed.ttl is not None else []
    metadata = dict(_metadata(pair) for pair in parsed.metadata)
    published = 0
    with Rest(target, context_of(parsed, target)) as rest:
        for message in _messages(parsed):
            headers = {"Content-Type": MEDIA_TYPES[message.kind], **metadata}
            try:
                rest.do("POST", *segments, ":send", query=query, headers=headers, content=message.content)
            except ToolFailed as error:
                raise type(error)(f"{message.origin}: {error} ({published} published before)") from None
            published += 1
            if parsed.json:
                output.line({"from": message.origin, "kind": message.kind, "bytes": len(message.content)})
    if not published:
        raise ToolFailed("nothing to publish: standard input is empty")
    if not parsed.json:
        output.line({}, (f"published {published} {'message' if published == 1 else 'messages'} to {shown}", ""))
    return ExitCode.DONE


def _parser(word: str) -> argparse.ArgumentParser:
    parser = new_tool_parser(word, "Publish messages: arguments, files, or each line of standard input.")
    parser.add_argument("messages", metavar="MESSAGE", nargs="*", help="a message; none: standard input is read")
    add_hub_argument(parser)
    receivers = parser.add_mutually_exclusive_group()
    receivers.add_argument("--group", metavar="NAME", help="to a group; default: to everybody in the hub")
    receivers.add_argument("--user", metavar="ID", help="to a user")
    receivers.add_argument("--connection", metavar="ID", help="to one connection")
    parser.add_argument(
        "--file", metavar="PATH", type=Path, action="append", default=[], help="a message; several times"
    )
    parser.add_argument("--whole", action="store_true", help="standard input is one message, not one a line")
    parser.add_argument("--type", choices=MEDIA_TYPES, help="default: text; of a file what it holds")
    parser.add_argument("--filter", metavar="ODATA", help="only to connections that fit, such as \"userId eq 'ann'\"")
    parser.add_argument("--exclude", metavar="ID", action="append", default=[], help="not to that connection")
    parser.add_argument("--ttl", metavar="S", type=int, help="drop it when it has waited for a slow client that long")
    parser.add_argument("--metadata", metavar="KEY=VALUE", action="append", default=[], help="goes beside the message")
    return parser


def _receivers(parsed: argparse.Namespace) -> tuple[tuple[str, ...], str]:
    """The segments of the path that name who gets it, and the same in words."""
    hub = check_hub(parsed.hub)
    for kind in ("group", "user", "connection"):
        name = getattr(parsed, kind)
        if name is not None:
            if not name:
                raise WrongUse(f"--{kind}: expected a name, got an empty one")
            return (hub, f"{kind}s", name), f"{kind} {name} of hub {hub}"
    return (hub,), f"everybody in hub {hub}"


def _metadata(pair: str) -> tuple[str, str]:
    name, equals, value = pair.partition("=")
    if not name or not equals:
        raise WrongUse(f"--metadata: expected KEY=VALUE, got {pair!r}")
    return f"X-WebPubSub-Metadata-{name}", value


def _messages(parsed: argparse.Namespace) -> Iterator[_Message]:
    for number, text in enumerate(parsed.messages, 1):
        yield _checked(text.encode("utf-8", "surrogateescape"), parsed.type or "text", f"message {number}")
    for file in parsed.file:
        yield _of_file(file, parsed.type)
    if parsed.messages or parsed.file:
        return
    if parsed.whole:
        content = sys.stdin.buffer.read()
        if content:
            yield _checked(content, parsed.type or "text", "standard input")
        return
    for number, line in enumerate(sys.stdin.buffer, 1):
        content = line.rstrip(b"\r\n")
        if content:
            yield _checked(content, parsed.type or "text", f"line {number}")


def _of_file(file: Path, kind: str | None) -> _Message:
    try:
        content = file.expanduser().read_bytes()
    except OSError as error:
        raise WrongUse(f"--file: {file} cannot be read: {error.strerror}") from None
    if kind is None:
        kind = "json" if file.suffix == ".json" else "text" if _is_text(content) else "binary"
    return _checked(content, kind, str(file))


def _checked(content: bytes, kind: str, origin: str) -> _Message:
    """The message, if it is what it is said to be. Raises WrongUse."""
    if kind != "binary" and not _is_text(content):
        raise WrongUse(f"{origin}: expected UTF-8, got other bytes; --type binary sends any")
    if kind == "json":
        try:
            json.loads(content)
        except ValueError as error:
            raise WrongUse(f"{origin}: expected a JSON value: {error}") from None
    return _Message(content, kind, origin)


def _is_text(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True
