"""`linarite sub` prints the messages that a client hears, `linarite tail` every frame with its time."""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from linarite.cli.tools.arguments import (
    Access,
    add_client_arguments,
    client_access,
    new_tool_parser,
)
from linarite.cli.tools.clients import Client, ConnectionEnded, Frame, compact, without_secrets
from linarite.cli.tools.entry import until_interrupted
from linarite.cli.tools.failures import ExitCode, ToolFailed
from linarite.cli.tools.output import Output

__all__ = ["follow", "run"]


def run(word: str, words: Sequence[str]) -> int:
    """Listen until the count or the time is reached, or somebody ends it."""
    about = {
        "sub": "Connect as a client, join groups, and print each message that comes.",
        "tail": "Connect as a client, join groups, and print every frame that comes, system frames and acks as well.",
    }
    parser = new_tool_parser(word, about[word])
    add_client_arguments(parser)
    parsed = parser.parse_args(words)
    output = Output(is_json=parsed.json)
    access = client_access(parsed)
    show = _show_message if word == "sub" else _show_frame
    return until_interrupted(follow(parsed, access, output, lambda frame: show(output, frame)))


async def follow(parsed: argparse.Namespace, access: Access, output: Output, show: Callable[[Frame], None]) -> int:
    """Show the frames of one client until it is enough. Raises ToolFailed."""
    listener = _Listener(parsed.count, show)
    client = Client(access.url, access.context, listener.receive, output.note)
    async with client:
        for group in parsed.group:
            try:
                await client.request({"type": "joinGroup", "group": group})
            except ToolFailed as error:
                raise type(error)(f"group {group} could not be joined: {error}") from None
        output.note(f"listening at {access.shown}{''.join(f', group {group}' for group in parsed.group)}")
        wanted = (listener.is_enough, client.ended)
        await asyncio.wait(wanted, timeout=parsed.seconds, return_when=asyncio.FIRST_COMPLETED)
        if not listener.is_enough.done() and client.ended.done():
            raise ConnectionEnded(f"the connection ended: {client.ended.result()}")
    if parsed.count is not None and listener.messages < parsed.count:
        raise ToolFailed(f"expected {parsed.count} messages in {parsed.seconds:g} s, got {listener.messages}")
    return ExitCode.DONE


class _Listener:
    """Counts messages, and shows no frame after the last one that is wanted."""

    def __init__(self, count: int | None, show: Callable[[Frame], None]) -> None:
        self.messages = 0
        self.is_enough: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._count = count
        self._show = show

    def receive(self, frame: Frame) -> None:
        if self.is_enough.done():
            return
        self._show(frame)
        if frame.get("type") == "message":
            self.messages += 1
            if self.messages == self._count:
                self.is_enough.set_result(None)


def _show_message(output: Output, frame: Frame) -> None:
    if frame.get("type") != "message":
        return
    if output.is_terminal:
        output.line(_timed(frame), (f"{_clock()} ", "dim"), (f"{_origin(frame)} ", "cyan"), (_data(frame), ""))
    else:
        output.line(_timed(frame), (_data(frame), ""))


def _show_frame(output: Output, frame: Frame) -> None:
    kind = str(frame.get("type"))
    if kind == "message":
        parts = (f"{_origin(frame)} ", "cyan"), (_data(frame), "")
    else:
        rest = {name: value for name, value in without_secrets(frame).items() if name != "type"}
        parts = (f"{kind} ", "magenta"), (compact(rest), "dim")
    output.line(_timed(frame), (f"{_clock()} ", "dim"), *parts)


def _timed(frame: Frame) -> Frame:
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"time": now, **without_secrets(frame)}


def _clock() -> str:
    now = time.time()
    return f"{time.strftime('%H:%M:%S', time.localtime(now))}.{int(now * 1000) % 1000:03}"


def _origin(frame: Frame) -> str:
    """Where a message comes from, in words."""
    origin = f"group {frame['group']}" if frame.get("from") == "group" else str(frame.get("from"))
    return f"{origin}, user {frame['fromUserId']}:" if frame.get("fromUserId") else f"{origin}:"


def _data(frame: Frame) -> str:
    """A message as one line: text as it is, anything else as JSON; binary data is base64, as it came."""
    data = frame.get("data")
    return data if isinstance(data, str) and frame.get("dataType") != "json" else json.dumps(data, ensure_ascii=False)
