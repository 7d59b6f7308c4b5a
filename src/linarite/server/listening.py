"""The ports of a server, and the file that tells others where they are."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import os
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import uvicorn

from linarite import __version__
from linarite.http.application import Application
from linarite.settings import Settings, SettingsError
from linarite.sockets.http_protocol import HeadLimits, HttpProtocol
from linarite.sockets.upgrade import Doorman

__all__ = ["Listeners", "ServerFile"]

_SERVER_FILE = "server.json"

# A pooled https connection whose client is not reading leaves TLS's close_notify unanswered, for which uvloop waits
# 30 s (RFC 8446, section 6.1, asks for no such wait). One second is many round trips.
_GOODBYE_SECONDS = 1.0


class _Listener(uvicorn.Server):
    """uvicorn without its own signals: several listeners share one process, which decides when it stops."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to `_stop_on_signals`."""
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn does, but without waiting for a TLS client that does not answer the goodbye."""
        ending = asyncio.create_task(self._abort_the_silent())
        try:
            await super().shutdown(sockets)
        finally:
            ending.cancel()

    async def _abort_the_silent(self) -> None:
        while True:
            await asyncio.sleep(_GOODBYE_SECONDS)
            for connection in list(self.server_state.connections):
                if connection.transport.is_closing():
                    connection.transport.abort()


class Listeners:
    """HTTP and WebSocket on each of the server's ports."""

    def __init__(self, settings: Settings, loop: asyncio.AbstractEventLoop, doorman: Doorman) -> None:
        self._settings = settings
        self._loop = loop
        self._doorman = doorman
        self._head_limits = HeadLimits(settings.upgrade_timeout_seconds, settings.head_limit_bytes)
        self._listeners: list[_Listener] = []
        self._running: list[asyncio.Task[None]] = []
        self.endpoints: list[str] = []
        """Where clients and applications reach the server, in the order of opening."""

    async def open(self, application: Application, port: int, tls: ssl.SSLContext | None) -> None:
        """Listen on a port, 0 for any; returns when connections are accepted. Raises SettingsError."""
        settings = self._settings
        bound = _bind(settings.host, port)
        config = uvicorn.Config(
            application,
            http=functools.partial(HttpProtocol, self._doorman, self._head_limits),  # type: ignore[arg-type]
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            backlog=settings.backlog,
            timeout_graceful_shutdown=int(settings.shutdown_seconds) or None,
        )
        config.load()
        if tls is not None:
            config.ssl = tls
        listener = _Listener(config)
        self._listeners.append(listener)
        self._running.append(self._loop.create_task(listener.serve(sockets=[bound])))
        while not listener.started:
            await asyncio.sleep(0)
            if self._running[-1].done():
                await self._running[-1]
        self.endpoints.append(f"{'http' if tls is None else 'https'}://{_shown(settings)}:{bound.getsockname()[1]}")

    async def close(self) -> None:
        """End the calls under way and the listening; for how long it may take, the settings say."""
        for listener in self._listeners:
            listener.should_exit = True
        await asyncio.wait(self._running)


class ServerFile:
    """`server.json` in the data folder: where the running server is, for commands of the same machine."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / _SERVER_FILE

    def write(self, endpoints: list[str]) -> None:
        """Tell where the server is; only its owner may read it."""
        found = {endpoint.partition(":")[0]: endpoint for endpoint in endpoints}
        facts = {"pid": os.getpid(), "http": found.get("http"), "https": found.get("https"), "version": __version__}
        draft = self._path.with_suffix(".new")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(facts, file)
        draft.replace(self._path)

    def remove(self) -> None:
        """The server runs no more."""
        self._path.unlink(missing_ok=True)


def _bind(host: str, port: int) -> socket.socket:
    """A bound socket. Raises SettingsError naming the address if it cannot be had."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    bound = socket.socket(family, kind, protocol)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError as error:
        bound.close()
        raise SettingsError("port", f"a free port on {host}", port, error.strerror or str(error)) from None
    return bound


def _shown(settings: Settings) -> str:
    """The host in endpoints: `localhost` where that is what the address means, so that certificates fit."""
    return "localhost" if settings.is_loopback_only else f"[{settings.host}]" if ":" in settings.host else settings.host
