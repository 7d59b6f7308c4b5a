"""The server that commands speak to, and the running of one command."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.running_server import JSON_PROTOCOL
from tests.signing import signed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from linarite.cli.azure.entry import run

DEADLINE_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command left behind."""

    exit_code: int
    output: str
    errors: str

    @property
    def document(self) -> object:
        return json.loads(self.output)


@pytest.fixture(scope="session")
def server_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The data folder of a development server that runs, on free ports, until the tests end."""
    folder = tmp_path_factory.mktemp("server")
    command = [sys.executable, "-m", "linarite", "dev", "--port", "0", "--tls-port", "0", "--data-folder", str(folder)]
    # The server's own certificate will do for a custom one.
    command += ["--custom-certificates-folder", str(folder / "certificates")]
    # Event handlers that are not there are asked once: commands are not to wait for them.
    command += ["--upstream-validation-timeout-seconds", "0.5"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        until = time.monotonic() + DEADLINE_SECONDS
        while not (folder / "server.json").exists():
            assert server.poll() is None, "the server ended"
            assert time.monotonic() < until, "the server did not get ready"
            time.sleep(0.01)
        yield folder
        server.terminate()


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep commands away from the folders and variables of whoever runs the tests."""
    for variable in [name for name in os.environ if name.startswith("LINARITE_")]:
        monkeypatch.delenv(variable)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home" / "config"))


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Runs a command given by its words."""

    def run_command(*words: str) -> Outcome:
        capsys.readouterr()
        exit_code = run(words)
        output, errors = capsys.readouterr()
        return Outcome(exit_code, output, errors)

    return run_command


@pytest.fixture
def az(command: Callable[..., Outcome], server_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Outcome]:
    """Runs a command, given as one line without quotes, against the server."""
    monkeypatch.setenv("LINARITE_DATA_FOLDER", str(server_folder))
    return lambda line: command(*line.split())


@pytest.fixture
def connected_client() -> Callable[..., AbstractContextManager[tuple[ClientConnection, str]]]:
    """Connects a client of the JSON subprotocol to a hub, with the connection string of its resource."""

    @contextmanager
    def connected(connection_string: str, hub: str, **claims: object) -> Iterator[tuple[ClientConnection, str]]:
        parts = dict(part.split("=", 1) for part in connection_string.strip().split(";") if part)
        url = f"{parts['Endpoint']}/client/hubs/{hub}"
        token = signed(parts["AccessKey"], {"aud": url, "exp": time.time() + 60, **claims})
        address = f"ws{url.removeprefix('http')}?access_token={token}"
        with connect(address, subprotocols=[Subprotocol(JSON_PROTOCOL)]) as client:
            yield client, json.loads(client.recv(DEADLINE_SECONDS))["connectionId"]

    return connected


@pytest.fixture
def group(az: Callable[..., Outcome]) -> Iterator[str]:
    """The name of a group of the test's own, at eastus."""
    name = f"rg-{os.urandom(4).hex()}"
    assert az(f"group create -n {name} -l eastus").exit_code == 0
    yield name
    az(f"group delete -n {name} --yes")


@pytest.fixture
def resource(az: Callable[..., Outcome], group: str) -> str:
    """The options that name a Standard_S1 resource of the test's own."""
    name = f"demo-{os.urandom(4).hex()}"
    assert az(f"webpubsub create -n {name} -g {group} --sku Standard_S1 --tags key=value").exit_code == 0
    return f"-n {name} -g {group}"
