"""One running server for all pages, and for each page a reader in an empty folder."""

import json
import os
import signal
import socket
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from tests.documents.pages import ROOT
from tests.documents.reader import DEADLINE_SECONDS, Reader, clean_environment


@pytest.fixture(scope="session")
def server_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give the data folder of a development server on free ports; it must stop cleanly when asked."""
    folder = tmp_path_factory.mktemp("documents")
    log = folder / "server.log"
    command = [sys.executable, "-m", "linarite", "dev", "--port", "0", "--tls-port", "0", "--data-folder", str(folder)]
    # Pages name a file of that folder: the server's own certificate.
    command += ["--custom-certificates-folder", str(folder / "certificates")]
    # Event handlers at hosts of no machine are asked once: readers are not to wait for them.
    command += ["--upstream-validation-timeout-seconds", "1"]
    with log.open("wb") as output:
        server = subprocess.Popen(command, env=clean_environment(), stdout=output, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not (folder / "server.json").exists():
            assert server.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.01)
        yield folder
        server.send_signal(signal.SIGTERM)
        assert server.wait(DEADLINE_SECONDS) == 0, log.read_text()
    finally:
        server.kill()
        server.wait()


@pytest.fixture(scope="session")
def replacements(server_folder: Path) -> Mapping[str, str]:
    """Give what the pages say and what it is called on this machine."""
    addresses = json.loads((server_folder / "server.json").read_text())
    return {
        **handler_ports("3000", "3001"),
        "localhost:8080": addresses["http"].partition("//")[2],
        "localhost:8443": addresses["https"].partition("//")[2],
        "~/.linarite": str(server_folder),
        "~/linarite": str(ROOT),
        "path/to/linarite": str(ROOT),
    }


def handler_ports(*written: str) -> dict[str, str]:
    """Free ports in place of those at which readers' own servers listen; none has one of the others in it."""
    found: dict[str, str] = {}
    for word in written:
        while word not in found:
            with socket.create_server(("127.0.0.1", 0)) as free:
                port = str(free.getsockname()[1])
            if port not in found.values() and not any(other in port for other in written):
                found[word] = port
    return found


@pytest.fixture
def reader(tmp_path: Path, server_folder: Path, replacements: Mapping[str, str]) -> Iterator[Reader]:
    """Give a reader of one page."""
    folder = tmp_path / "folder"
    folder.mkdir()
    environment = clean_environment() | {
        "PATH": os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]]),
        "LINARITE_DATA_FOLDER": str(server_folder),
        # `pip install` must find what it names among the packages of the tests, and may change nothing.
        "PIP_NO_INDEX": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "npm_config_prefer_offline": "true",
        "npm_config_audit": "false",
        "npm_config_fund": "false",
        "npm_config_update_notifier": "false",
    }
    reader = Reader(folder, environment, replacements)
    yield reader
    reader.leave()
