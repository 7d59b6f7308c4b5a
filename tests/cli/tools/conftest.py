"""What the tests of the tools share: one server, and tools that are run or started."""

from __future__ import annotations

import asyncio
import io
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest
from tests.cli.tools.processes import Handler, Outcome, Running, Server, running_server
from tests.running_server import production_loop

from linarite.cli.entry import main
from linarite.cli.tools.targets import CONNECTION_STRING_VARIABLES


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Run the tests of the client on the loop that servers have."""
    return {"production": production_loop}


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Give a development server on free ports."""
    folder = tmp_path_factory.mktemp("server")
    with running_server(folder) as server:
        yield server


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, server: Server) -> None:
    """Let tools find the server of the tests, and nothing of whoever runs them."""
    for variable in [name for name in os.environ if name.startswith("LINARITE_")]:
        monkeypatch.delenv(variable)
    for variable in (*CONNECTION_STRING_VARIABLES, "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv(CONNECTION_STRING_VARIABLES[0], server.connection_string())


@pytest.fixture
def tool(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Outcome]:
    """Give a function that runs a tool in this process."""

    def run(*words: str, stdin: bytes = b"") -> Outcome:
        capsys.readouterr()
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin), "utf-8"))
        exit_code = main(words)
        output, errors = capsys.readouterr()
        return Outcome(exit_code, output, errors)

    return run


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Give a function that starts a tool in a process of its own; what still runs is killed at the end."""
    started: list[Running] = []

    def start(*words: str) -> Running:
        folder = tmp_path / f"tool-{len(started)}"
        folder.mkdir()
        with (folder / "output").open("wb") as output, (folder / "errors").open("wb") as errors:
            process = subprocess.Popen(
                [sys.executable, "-m", "linarite", *words], stdin=subprocess.DEVNULL, stdout=output, stderr=errors
            )
        started.append(Running(process, folder))
        return started[-1]

    yield start
    for running in started:
        running.process.kill()
        running.process.wait()


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """Give a name of the test's own, for a group or a hub."""
    return f"n{os.urandom(6).hex()}"


@pytest.fixture
def handler() -> Iterator[ThreadingHTTPServer]:
    """Give an event handler: its `url`, and the names of the `events` that it has got."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False  # so that closing it waits for them, and for their sockets
    server.events = []
    server.url = f"http://127.0.0.1:{server.server_port}/"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()
