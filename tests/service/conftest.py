"""One real server for all service tests, and plain WebSocket clients that see what it delivers."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import ssl
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, AsyncExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from azure.core.credentials import AzureKeyCredential
from azure.messaging.webpubsubservice import WebPubSubServiceClient
from tests.running_server import DEADLINE_SECONDS, JSON_PROTOCOL, Client, production_loop
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from linarite.access.administrator import administrator_token
from linarite.resources.development import DEVELOPMENT_ACCESS_KEY

NODE_SECONDS = 100.0
JAVASCRIPT_TESTS = Path(__file__).parents[1] / "javascript"
SDK = Path(__file__).parents[2] / "sdk" / "javascript"


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Tests that run a server inside their own loop need the one that it runs on."""
    return {"production": production_loop}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One way to the running server: over http or over https with the development authority."""

    url: str
    authority: Path

    @property
    def connection_string(self) -> str:
        return f"Endpoint={self.url};AccessKey={DEVELOPMENT_ACCESS_KEY};Version=1.0;"

    @property
    def client_options(self) -> dict[str, object]:
        """What an official Python client needs besides the connection string."""
        return {"connection_verify": str(self.authority)} if self.url.startswith("https:") else {}

    @property
    def tls(self) -> ssl.SSLContext | None:
        return ssl.create_default_context(cafile=str(self.authority)) if self.url.startswith("https:") else None


@dataclass(frozen=True, slots=True)
class ServerProcess:
    """A server in a process of its own, as a user starts it."""

    http: Endpoint
    https: Endpoint


@contextmanager
def serving(data_folder: Path) -> Iterator[ServerProcess]:
    """Run a development server on free ports; it must stop cleanly when asked."""
    log = data_folder / "server.log"
    command = [sys.executable, "-m", "linarite", "dev", "--port", "0", "--tls-port", "0"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "--data-folder", str(data_folder)], stdout=output, stderr=subprocess.STDOUT
        )
    try:
        ready = wait_until_ready(process, data_folder / "server.json")
        authority = data_folder / "certificates" / "authority.pem"
        yield ServerProcess(Endpoint(ready["http"], authority), Endpoint(ready["https"], authority))
        process.send_signal(signal.SIGTERM)
        code = process.wait(DEADLINE_SECONDS)
        assert code == 0, f"the server ended with {code}"
    except (AssertionError, subprocess.TimeoutExpired) as error:
        error.add_note(log.read_text())
        raise
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Give the server that all service tests share."""
    with serving(tmp_path_factory.mktemp("linarite")) as process:
        yield process


@pytest.fixture
def own_server() -> Callable[[Path], AbstractContextManager[ServerProcess]]:
    """Give a function that runs another server, for a test that stops it."""
    return serving


def wait_until_ready(process: subprocess.Popen[bytes], ready: Path) -> dict[str, Any]:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not ready.exists():
        assert time.monotonic() < deadline, f"the server is not ready after {DEADLINE_SECONDS:.0f} s"
        try:
            code = process.wait(0.02)
        except subprocess.TimeoutExpired:
            continue
        raise AssertionError(f"the server ended with {code} before it was ready")
    return json.loads(ready.read_text())


@pytest.fixture(scope="session")
def node(server: ServerProcess) -> Callable[[str], subprocess.CompletedProcess[str]]:
    """Give a function that runs a file of tests/javascript with the server's addresses."""
    install(SDK)
    install(JAVASCRIPT_TESTS)
    environment = os.environ | {
        "LINARITE_HTTP_CONNECTION_STRING": server.http.connection_string,
        "LINARITE_HTTPS_CONNECTION_STRING": server.https.connection_string,
        "LINARITE_ADMINISTRATOR_TOKEN": administrator_token(server.http.authority.parents[1]),
        "LINARITE_PYTHON": sys.executable,
        "NODE_EXTRA_CA_CERTS": str(server.https.authority),
    }
    return lambda file: run_to_end(["node", "--test", file], JAVASCRIPT_TESTS, environment)


def install(folder: Path) -> None:
    """Install what the lock file names, unless it stands there already."""
    lock, installed = folder / "package-lock.json", folder / "node_modules" / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        finished = run_to_end(["npm", "ci", "--no-audit", "--no-fund"], folder, os.environ)
        assert finished.returncode == 0, finished.stdout


def run_to_end(command: list[str], folder: Path, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    assert shutil.which(command[0]), f"{command[0]} is missing: these tests need Node.js 20 or newer"
    return subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=NODE_SECONDS,
    )


@pytest.fixture(params=["http", "https"])
def endpoint(server: ServerProcess, request: pytest.FixtureRequest) -> Endpoint:
    """Give each of the server's endpoints in turn."""
    return {"http": server.http, "https": server.https}[request.param]


@pytest.fixture
def hub() -> str:
    """Give a hub that no other test knows."""
    return f"hub_{uuid.uuid4().hex}"


@pytest.fixture
async def open_websocket() -> AsyncIterator[Callable[..., Awaitable[Client]]]:
    """Give a function that opens a client access URL; what it opened is closed when the test ends."""
    async with AsyncExitStack() as stack:

        async def open_one(url: str, endpoint: Endpoint, subprotocol: str | None = JSON_PROTOCOL) -> Client:
            subprotocols = [Subprotocol(subprotocol)] if subprotocol else None
            websocket = await stack.enter_async_context(
                connect(url, subprotocols=subprotocols, ssl=endpoint.tls, proxy=None)
            )
            client = Client(websocket, {})
            if subprotocol:
                client.connected = await client.message()
                assert client.connected["event"] == "connected"
            return client

        yield open_one


@pytest.fixture
def subscriber(
    open_websocket: Callable[..., Awaitable[Client]], endpoint: Endpoint, hub: str
) -> Callable[..., Awaitable[Client]]:
    """Give a function that connects a WebSocket client with the given claims to this test's hub."""

    async def connect_one(subprotocol: str | None = JSON_PROTOCOL, **claims: Any) -> Client:
        return await open_websocket(client_access_url(endpoint, hub, **claims), endpoint, subprotocol)

    return connect_one


def client_access_url(endpoint: Endpoint, hub: str, **claims: Any) -> str:
    with WebPubSubServiceClient(endpoint.url, hub, AzureKeyCredential(DEVELOPMENT_ACCESS_KEY)) as signer:
        return signer.get_client_access_token(**claims)["url"]
