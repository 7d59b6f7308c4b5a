"""The process of a server: its event loop, its signals, its open files."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import signal
import sys
from collections.abc import Sequence
from types import MappingProxyType

from linarite.monitoring.logs import log_event
from linarite.server.opening import Hubs
from linarite.server.server import Server
from linarite.settings import Settings

__all__ = ["run"]

_log = logging.getLogger(__name__)

_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def run(settings: Settings, warnings: Sequence[str] = (), hubs: Hubs = MappingProxyType({})) -> int:
    """Serve until a signal ends it; the exit code of the process.

    `hubs` are settings of the default resource's hubs, by name, in the words of the management API; they are put at
    each start. Raises ResourceError for one that is wrong, before anything is listened on.
    """
    for warning in warnings:
        log_event(_log, logging.WARNING, "setting ignored", reason=warning)
    loop_factory = None
    if sys.platform != "win32":
        import uvloop

        loop_factory = uvloop.new_event_loop
        _allow_open_files()
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        return runner.run(_serve(settings, hubs))


async def _serve(settings: Settings, hubs: Hubs) -> int:
    loop = asyncio.get_running_loop()
    async with contextlib.AsyncExitStack() as stack:
        server = Server(settings, loop, hubs)
        stack.callback(server.close)
        stopping = _stop_on_signals(loop)
        await server.start()
        _leave_garbage_alone()
        print(server.banner(), flush=True)  # noqa: T201 - what a person who starts a server is waiting for
        await stopping.wait()
        await server.stop()
    return 0


# Allocations before the youngest generation is looked through: a connection makes some hundred objects that stay, and
# Python's default of 700 has the collector look for garbage at nearly every connect. With 20,000 a connect costs 14 %
# less CPU (`make bench`, connects: 273 to 236 us).
_COLLECT_AFTER = 20_000


def _leave_garbage_alone() -> None:
    """Keep what the start has made out of the collector's sight, and have it look less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER)


def _allow_open_files() -> None:
    """Take all the open files that the process may have: each connection is one, and many shells give only 1,024."""
    import resource

    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):  # macOS names no number, and takes none that is too large
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _stop_on_signals(loop: asyncio.AbstractEventLoop) -> asyncio.Event:
    """An event that the first signal sets; the second ends the process at once."""
    stopping = asyncio.Event()

    def on_signal() -> None:
        if stopping.is_set():
            os._exit(130)  # the shell's code for a process that a signal ended; nothing more is awaited
        stopping.set()

    for number in _STOP_SIGNALS:
        loop.add_signal_handler(number, on_signal)
    return stopping
