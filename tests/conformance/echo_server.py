"""A server that sends each client its own messages back: Linarite as it is, its clients publishing to their own group.

`python -m tests.conformance.echo_server` prints an address for any WebSocket conformance suite and serves until it is
interrupted. One connection at a time: two would hear each other.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from tests.running_server import ALL_ROLES, production_loop, running_server

__all__ = ["MESSAGE_LIMIT_BYTES", "echo_server"]

MESSAGE_LIMIT_BYTES = 16 * 1024 * 1024  # the longest message of the Autobahn suite's cases 9


@asynccontextmanager
async def echo_server(folder: Path) -> AsyncIterator[str]:
    """Start it on a free port; what it gives is the address to connect to."""
    own = {"webpubsub_mode": "sendToGroup", "group": "own"}
    async with running_server(folder, message_limit_bytes=MESSAGE_LIMIT_BYTES) as server:
        yield server.client_url("echo", roles=ALL_ROLES, groups=["own"], query=own)


async def _serve() -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with echo_server(Path(folder)) as url:
            print(url, flush=True)
            await asyncio.Event().wait()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt), asyncio.Runner(loop_factory=production_loop) as runner:
        runner.run(_serve())
