"""`linarite record`: what a client hears goes to a file, frame by frame, with its time."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

from linarite.cli.tools.arguments import Access, add_client_arguments, client_access, new_tool_parser
from linarite.cli.tools.clients import Frame
from linarite.cli.tools.entry import until_interrupted
from linarite.cli.tools.failures import ToolFailed
from linarite.cli.tools.listening import follow
from linarite.cli.tools.output import Output
from linarite.cli.tools.recordings import RecordingFile

__all__ = ["run"]


def run(word: str, words: Sequence[str]) -> int:
    """Record until the count or the time is reached, or somebody ends it."""
    parser = new_tool_parser(word, "Connect as a client, join groups, and keep every frame with its time in a file.")
    parser.add_argument("file", metavar="FILE", type=Path, help="a new file")
    add_client_arguments(parser)
    parsed = parser.parse_args(words)
    access = client_access(parsed)
    return until_interrupted(_record(parsed, access, Output(is_json=parsed.json)))


async def _record(parsed: argparse.Namespace, access: Access, output: Output) -> int:
    hub = parsed.hub or access.shown.rpartition("/")[2]
    file = RecordingFile(parsed.file, {"hub": hub, "groups": parsed.group})
    begun = time.monotonic()
    messages = 0

    def keep(frame: Frame) -> None:
        nonlocal messages
        file.write(time.monotonic() - begun, frame)
        messages += frame.get("type") == "message"

    try:
        code = await follow(parsed, access, output, keep)
    except ToolFailed:
        if not messages:
            file.discard()
        raise
    finally:
        file.close()
    seconds = time.monotonic() - begun
    output.line(
        {"file": str(parsed.file), "frames": file.frames, "messages": messages, "seconds": round(seconds, 3)},
        (f"recorded {messages} messages, {file.frames} frames, in {seconds:.1f} s to {parsed.file}", ""),
    )
    return code
