"""A server in a process of its own, to be stopped and killed, and the addresses that its clients use."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from linarite.access.tokens import make_token
from linarite.resources.development import DEVELOPMENT_ACCESS_KEY

__all__ = ["ServerProcess", "server_process"]

READY_SECONDS = 10.0
END_SECONDS = 30.0


class ServerProcess:
    """`linarite dev` on a free port."""

    def __init__(self, folder: Path, arguments: tuple[str, ...]) -> None:
        self.data_folder = folder / "data"
        self.log = folder / "server.log"
        command = [sys.executable, "-m", "linarite", "dev", "--port", "0", "--tls-port", "none", *arguments]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--data-folder", str(self.data_folder)], stdout=log, stderr=subprocess.STDOUT
            )
        self.endpoint: str = self._wait_until_ready()["http"]

    @property
    def server_file(self) -> Path:
        return self.data_folder / "server.json"

    def _wait_until_ready(self) -> dict[str, Any]:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            if self.server_file.exists():
                facts: dict[str, Any] = json.loads(self.server_file.read_text())
                if facts["pid"] == self.process.pid:  # not what a killed one has left
                    return facts
            time.sleep(0.01)
        self.process.kill()
        self.process.wait()
        raise AssertionError(f"the server did not become ready: {self.log.read_text()}")

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.process.pid, number)

    def end(self) -> int:
        """Wait for the end of the process; its exit code."""
        return self.process.wait(END_SECONDS)

    def client_url(self, hub: str, *, query: dict[str, str] | None = None, **claims: Any) -> str:
        """A client access URL; claims as they stand in the token."""
        standard = {"aud": f"{self.endpoint}/client/hubs/{quote(hub)}", "exp": int(time.time() + 3600)}
        parameters = {**(query or {}), "access_token": make_token(DEVELOPMENT_ACCESS_KEY, {**standard, **claims})}
        return f"ws{self.endpoint.removeprefix('http')}/client/hubs/{quote(hub)}?{urlencode(parameters)}"

    def rest_headers(self, path: str) -> dict[str, str]:
        """What authorizes a call of the data plane."""
        claims = {"aud": self.endpoint + path, "exp": int(time.time() + 3600)}
        return {"Authorization": f"Bearer {make_token(DEVELOPMENT_ACCESS_KEY, claims)}"}


@contextmanager
def server_process(folder: Path, *arguments: str) -> Iterator[ServerProcess]:
    """Start a server; it is killed at the end if it has not ended by itself."""
    server = ServerProcess(folder, arguments)
    try:
        yield server
    except BaseException as error:
        error.add_note(server.log.read_text())
        raise
    finally:
        server.process.kill()
        server.process.wait()
