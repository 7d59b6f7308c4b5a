"""Runs one tool and turns its end into an exit code."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from importlib import import_module
from typing import Any

from linarite.cli.tools.failures import ExitCode, ToolFailed

__all__ = ["TOOLS", "run_tool", "until_interrupted"]

TOOLS: Mapping[str, str] = {
    "token": "token_tool",
    "url": "url_tool",
    "pub": "publishing",
    "sub": "listening",
    "tail": "listening",
    "check": "checking",
    "bench": "bench_tool",
    "record": "recording",
    "replay": "replaying",
}
"""Each tool and its module, which has a function `run`."""


def run_tool(word: str, words: Sequence[str]) -> int:
    """Run the tool of that name and return its exit code."""
    try:
        code: int = import_module(f"linarite.cli.tools.{TOOLS[word]}").run(word, words)
        return code
    except ToolFailed as error:
        print(f"linarite: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        # Whoever reads our output (`| head`) has seen enough; the interpreter shall not try to write the rest.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.DONE


def until_interrupted(main: Coroutine[Any, Any, int]) -> int:
    """The exit code of a tool with connections, which are closed in good order on Ctrl-C and SIGTERM as well."""
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(_until_terminated(main))


async def _until_terminated(main: Coroutine[Any, Any, int]) -> int:
    task = asyncio.current_task()
    assert task is not None
    is_terminated = False

    def terminate() -> None:
        nonlocal is_terminated
        is_terminated = True
        task.cancel()

    if os.name != "nt":
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, terminate)
    try:
        return await main
    except asyncio.CancelledError:
        if is_terminated:
            return ExitCode.TERMINATED
        raise  # by Ctrl-C: the runner makes it a KeyboardInterrupt


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:  # Windows
        return None
    return uvloop.new_event_loop
