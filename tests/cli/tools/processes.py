"""A server for tools to speak to, tools in processes of their own, and what they leave behind."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit
from urllib.request import Request, urlopen

from tests.signing import signed

from linarite.resources.development import DEVELOPMENT_ACCESS_KEY

DEADLINE_SECONDS = 20.0
WRONG_KEY = "AnotherAccessKeyThatNoServerHasEverSeen"


@dataclass(frozen=True, slots=True)
class Server:
    """A development server that runs."""

    folder: Path
    http: str
    https: str

    def connection_string(self, *, scheme: str = "http", key: str = DEVELOPMENT_ACCESS_KEY) -> str:
        return f"Endpoint={getattr(self, scheme)};AccessKey={key};Version=1.0;"

    def status(self, method: str, path: str) -> int:
        """The status of a REST call, made with another client than that of the tools."""
        url = self.http + path
        token = signed(DEVELOPMENT_ACCESS_KEY, {"aud": url, "exp": time.time() + 60})
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=DEADLINE_SECONDS)
        try:
            connection.request(method, path, headers={"Authorization": f"Bearer {token}"})
            return connection.getresponse().status
        finally:
            connection.close()

    def connections(self) -> int:
        """How many connections there are, by the metrics for Prometheus."""
        token = (self.folder / "administrator-token").read_text().strip()
        request = Request(f"{self.http}/metrics", headers={"Authorization": f"Bearer {token}"})
        with urlopen(request, timeout=DEADLINE_SECONDS) as response:
            lines = [line.partition("{") for line in response.read().decode().splitlines()]
        count = {"webpubsub_connection_open_total": 1, "webpubsub_connection_close_total": -1}
        return round(sum(count.get(name, 0) * float(rest.rpartition(" ")[2] or 0) for name, _, rest in lines))

    def has_member(self, hub: str, group: str) -> bool:
        return self.status("HEAD", f"/api/hubs/{hub}/groups/{quote(group, safe='')}") == 200


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a tool left behind."""

    exit_code: int
    output: str
    errors: str

    @property
    def documents(self) -> list[Any]:
        return [json.loads(line) for line in self.output.splitlines()]


def eventually(question: Callable[[], bool], what: str) -> None:
    """Wait until the answer is yes."""
    until = time.monotonic() + DEADLINE_SECONDS
    while not question():
        assert time.monotonic() < until, f"waited in vain for {what}"
        time.sleep(0.01)


class Running:
    """A tool in a process of its own."""

    def __init__(self, process: subprocess.Popen[bytes], folder: Path) -> None:
        self.process = process
        self._folder = folder

    @property
    def output(self) -> str:
        return (self._folder / "output").read_text()

    @property
    def errors(self) -> str:
        return (self._folder / "errors").read_text()

    def wait_for(self, text: str) -> None:
        """Wait until the tool has told something on standard error."""

        def is_told() -> bool:
            assert self.process.poll() is None or text in self.errors, self.errors
            return text in self.errors

        eventually(is_told, f"{text!r} in {self.errors!r}")

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def end(self) -> Outcome:
        """Wait for its end."""
        return Outcome(self.process.wait(DEADLINE_SECONDS), self.output, self.errors)


@contextmanager
def running_server(folder: Path, *arguments: str) -> Iterator[Server]:
    command = [sys.executable, "-m", "linarite", "dev", "--port", "0", "--tls-port", "0", "--data-folder", str(folder)]
    folder.mkdir(exist_ok=True)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([*command, *arguments], stdout=log, stderr=subprocess.STDOUT)
    try:
        eventually(lambda: (folder / "server.json").exists() or process.poll() is not None, "the server")
        addresses = json.loads((folder / "server.json").read_text())
        yield Server(folder, addresses["http"], addresses["https"])
    finally:
        process.terminate()
        process.wait(DEADLINE_SECONDS)


class Handler(BaseHTTPRequestHandler):
    """An event handler that takes everything."""

    def do_OPTIONS(self) -> None:
        self._answer(200, {"WebHook-Allowed-Origin": "*"})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", "0")))
        self.server.events.append(self.headers["ce-eventName"])
        self._answer(204, {})

    def log_message(self, *_arguments: object) -> None:
        """Print nothing."""

    def _answer(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
