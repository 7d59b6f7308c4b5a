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
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from azure.core.credentials import AzureKeyCredential
from azure.messaging.webpubsubservice import WebPubSubServiceClient
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from linarite.resources.development import DEVELOPMENT_ACCESS_KEY

DEADLINE_SECONDS = 10.0
NODE_SECONDS = 100.0
JAVASCRIPT_TESTS = Path(__file__).parents[1] / "javascript"
SDK = Path(__file__).parents[2] / "sdk" / "javascript"
JSON_PROTOCOL = "json.webpubsub.azure.v1"


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
class RunningServer:
    """A server that accepts connections."""

    http: Endpoint
    https: Endpoint
    data_folder: Path


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """Give a development server on free ports; it must stop cleanly when asked."""
    data_folder = tmp_path_factory.mktemp("linarite")
    log = data_folder / "server.log"
    command = [sys.executable, "-m", "linarite", "dev", "--port", "0", "--tls-port", "0"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "--data-folder", str(data_folder)], stdout=output, stderr=subprocess.STDOUT
        )
    try:
        ready = wait_until_ready(process, data_folder / "server.json")
        authority = data_folder / "certificates" / "authority.pem"
        yield RunningServer(Endpoint(ready["http"], authority), Endpoint(ready["https"], authority), data_folder)
        process.send_signal(signal.SIGTERM)
        code = process.wait(DEADLINE_SECONDS + 10)
    except AssertionError as error:
        raise AssertionError(f"{error}\n{log.read_text()}") from None
    finally:
        process.kill()
        process.wait()
    assert code == 0, log.read_text()


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
def node(server: RunningServer) -> Callable[[str], subprocess.CompletedProcess[str]]:
    """Give a function that runs a file of tests/javascript with the server's addresses."""
    install(SDK)
    install(JAVASCRIPT_TESTS)
    environment = os.environ | {
        "LINARITE_HTTP_CONNECTION_STRING": server.http.connection_string,
        "LINARITE_HTTPS_CONNECTION_STRING": server.https.connection_string,
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
def endpoint(server: RunningServer, request: pytest.FixtureRequest) -> Endpoint:
    """Give each of the server's endpoints in turn."""
    return {"http": server.http, "https": server.https}[request.param]


@pytest.fixture
def hub() -> str:
    """Give a hub that no other test knows."""
    return f"hub_{uuid.uuid4().hex}"


class WebSocketClient:
    """A plain WebSocket client of one hub; a JSON client has read its `connected` frame already."""

    def __init__(self, websocket: ClientConnection, connected: dict[str, Any]) -> None:
        self.websocket = websocket
        self.connected = connected

    @property
    def connection_id(self) -> str:
        return self.connected["connectionId"]

    async def frame(self) -> str | bytes:
        """Give the next frame as it came."""
        return await asyncio.wait_for(self.websocket.recv(), DEADLINE_SECONDS)

    async def message(self) -> dict[str, Any]:
        """Give the next frame of a JSON client."""
        return json.loads(await self.frame())

    async def send(self, frame: dict[str, Any]) -> None:
        await self.websocket.send(json.dumps(frame))

    async def closed(self) -> tuple[int | None, str | None]:
        """Give the close code and reason, once the server has closed the connection."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            with pytest.raises(ConnectionClosed):
                await self.websocket.recv()
        return self.websocket.close_code, self.websocket.close_reason


@pytest.fixture
async def open_websocket() -> AsyncIterator[Callable[..., Awaitable[WebSocketClient]]]:
    """Give a function that opens a client access URL; what it opened is closed when the test ends."""
    async with AsyncExitStack() as stack:

        async def open_one(url: str, endpoint: Endpoint, subprotocol: str | None = JSON_PROTOCOL) -> WebSocketClient:
            subprotocols = [Subprotocol(subprotocol)] if subprotocol else None
            websocket = await stack.enter_async_context(
                connect(url, subprotocols=subprotocols, ssl=endpoint.tls, proxy=None)
            )
            connected = {}
            if subprotocol:
                connected = json.loads(await asyncio.wait_for(websocket.recv(), DEADLINE_SECONDS))
                assert connected["event"] == "connected"
            return WebSocketClient(websocket, connected)

        yield open_one


@pytest.fixture
def subscriber(
    open_websocket: Callable[..., Awaitable[WebSocketClient]], endpoint: Endpoint, hub: str
) -> Callable[..., Awaitable[WebSocketClient]]:
    """Give a function that connects a WebSocket client with the given claims to this test's hub."""

    async def connect_one(subprotocol: str | None = JSON_PROTOCOL, **claims: Any) -> WebSocketClient:
        return await open_websocket(client_access_url(endpoint, hub, **claims), endpoint, subprotocol)

    return connect_one


def client_access_url(endpoint: Endpoint, hub: str, **claims: Any) -> str:
    with WebPubSubServiceClient(endpoint.url, hub, AzureKeyCredential(DEVELOPMENT_ACCESS_KEY)) as signer:
        return signer.get_client_access_token(**claims)["url"]


@pytest.fixture
def eventually() -> Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]:
    """Give a function that waits until a question is answered with yes."""

    async def wait(question: Callable[[], Awaitable[bool]]) -> None:
        async with asyncio.timeout(DEADLINE_SECONDS):
            while not await question():  # noqa: ASYNC110  the answer lies in another process
                await asyncio.sleep(0.01)

    return wait
