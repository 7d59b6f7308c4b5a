"""The servers under load: Linarite and its peers, each a process on the server's core while a case lasts."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.building import CannotBuildError, build_node_peer
from bench.dialects import HUB_NAME, Dialect, LinariteLoads, peer_dialect
from bench.pinning import GENERATOR_CORE, SERVER_CORE, pinned

LINARITE = "linarite"
LIMIT = "limit"
NGINX = "nginx+nchan"
NODE = "node ws"

# Where Debian's libnginx-mod-nchan puts the module.
NCHAN_MODULE = Path("/usr/lib/nginx/modules/ngx_nchan_module.so")

READY_LIMIT_SECONDS = 20
STOP_LIMIT_SECONDS = 15
# Between two attempts to connect to a server that starts: what a start can be measured to.
RETRY_SECONDS = 0.001


class ServerError(Exception):
    """A server cannot be started; the text says which, and the end of what it printed."""


@dataclass(frozen=True, slots=True)
class Running:
    """A server that accepts WebSockets."""

    name: str
    port: int
    pid: int
    dialect: Dialect
    ready_seconds: float


class Server(ABC):
    """One kind of server: how it is started and spoken to."""

    name: str

    @abstractmethod
    def command(self, port: int, folder: Path) -> list[str]:
        """Return the command that serves on 127.0.0.1:port and keeps its files in the folder."""

    @abstractmethod
    def dialect(self, port: int) -> Dialect:
        """Return how the generator loads it."""

    def missing(self) -> str | None:
        """Return what is not installed, or None when the server can be started."""
        return None

    def serving_process(self, started: int) -> int:
        """Return the process that does the work, which is the started one unless it has workers."""
        return started

    @contextmanager
    def run(self, folder: Path | None = None) -> Iterator[Running]:
        """Start the server, in a folder of its own unless one is given, and stop it at the end."""
        with tempfile.TemporaryDirectory(prefix="bench-") as own:
            place = folder or Path(own)
            port = _free_port()
            command = self.command(port, place)
            with (place / "output.log").open("w") as log:
                began = time.perf_counter()
                process = subprocess.Popen(
                    pinned(command, SERVER_CORE), stdout=log, stderr=log, env=_environment(), cwd=place
                )
            try:
                dialect = self.dialect(port)
                _wait_until_ready(self.name, process, port, dialect.connect[1], place)
                ready = time.perf_counter() - began
                yield Running(self.name, port, self.serving_process(process.pid), dialect, ready)
            finally:
                _stop(process)


class Linarite(Server):
    """The server in this source tree, as `linarite dev` starts it."""

    name = LINARITE

    def __init__(self, *options: str) -> None:
        """`options` are arguments of `linarite dev`: settings other than the default ones."""
        self._options = options

    def command(self, port: int, folder: Path) -> list[str]:
        """Return the command of a development server, whose access key is known."""
        options = ["--port", str(port), "--tls-port", "0", "--data-folder", str(folder / "data")]
        return [sys.executable, "-m", "linarite", "dev", *options, *self._options]

    def dialect(self, port: int) -> Dialect:
        """Return the loads with tokens signed by the development key."""
        return self.loads(port).dialect()

    def loads(self, port: int) -> LinariteLoads:
        """Return every load that Linarite has, those included that no peer has."""
        from linarite.resources.development import DEVELOPMENT_ACCESS_KEY

        return LinariteLoads(port, DEVELOPMENT_ACCESS_KEY)

    @contextmanager
    def run_with_handler(self, url: str) -> Iterator[Running]:
        """Run it with an event handler at this URL, which decides about clients and gets all their events."""
        with tempfile.TemporaryDirectory(prefix="bench-") as folder, self.run(Path(folder)) as running:
            handler = (f"url-template={url}", "user-event-pattern=*", "system-event=connect,connected,disconnected")
            names = ("--name", LINARITE, "--resource-group", LINARITE, "--hub-name", HUB_NAME)
            command = [
                sys.executable,
                "-m",
                "linarite",
                "webpubsub",
                "hub",
                "create",
                *names,
                "--event-handler",
                *handler,
            ]
            result = subprocess.run(
                [*command, "--data-folder", str(Path(folder) / "data")],
                env=_environment(),
                capture_output=True,
                text=True,
                check=False,
            )
            if result.returncode:
                raise ServerError(f"no event handler could be set: {result.stderr.strip()}")
            yield running


class Limit(Server):
    """limit.c: bare sockets and nothing else, what the kernel allows; `batch` frames leave in one send."""

    name = LIMIT

    def __init__(self, program: Path, batch: int = 1) -> None:
        self._program = program
        self._batch = batch

    def command(self, port: int, folder: Path) -> list[str]:
        """Return the command of the limit."""
        return [str(self._program), "-p", str(port), "-b", str(self._batch)]

    def dialect(self, port: int) -> Dialect:
        """Return the bare loads."""
        return peer_dialect("/", "/", clients_publish=True)

    @contextmanager
    def answering_events(self) -> Iterator[str]:
        """Run it as an application server, on the generator's core, that sends each event back; give its URL."""
        port = _free_port()
        command = pinned([str(self._program), "-p", str(port), "-w"], GENERATOR_CORE)
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            yield f"http://127.0.0.1:{port}/{{event}}"
        finally:
            _stop(process)


class Nginx(Server):
    """nginx with the nchan module, from Debian's packages; it publishes by POST only."""

    name = NGINX

    def command(self, port: int, folder: Path) -> list[str]:
        """Write the settings into the folder and return the command of one worker."""
        template = (Path(__file__).parent / "peers" / "nginx.conf").read_text()
        settings = template.replace("@MODULE@", str(NCHAN_MODULE)).replace("@PORT@", str(port))
        (folder / "nginx.conf").write_text(settings)
        return ["nginx", "-p", str(folder), "-c", "nginx.conf", "-e", "stderr"]

    def dialect(self, port: int) -> Dialect:
        """Return the bare loads; the settings have one path to listen at and one to publish."""
        return peer_dialect("/sub", "/pub", clients_publish=False)

    def missing(self) -> str | None:
        """Return what Debian packages to install where nginx or its module is absent."""
        if shutil.which("nginx") and NCHAN_MODULE.exists():
            return None
        return "not installed (Debian: apt-get install nginx libnginx-mod-nchan)"

    def serving_process(self, started: int) -> int:
        """Return the master's one worker."""
        return int(Path(f"/proc/{started}/task/{started}/children").read_text().split()[0])


class Node(Server):
    """node with the package `ws`, the usual choice there."""

    name = NODE

    def command(self, port: int, folder: Path) -> list[str]:
        """Return the command of the small server beside this file."""
        return ["node", str(build_node_peer()), str(port)]

    def dialect(self, port: int) -> Dialect:
        """Return the bare loads."""
        return peer_dialect("/", "/", clients_publish=True)

    def missing(self) -> str | None:
        """Return what to install where node or npm is absent, or why the package cannot be installed."""
        if not (shutil.which("node") and shutil.which("npm")):
            return "not installed (node and npm)"
        try:
            build_node_peer()
        except CannotBuildError as error:
            return str(error)
        return None


def _environment() -> dict[str, str]:
    """The caller's environment without settings that would change the server under test."""
    return {name: value for name, value in os.environ.items() if not name.startswith("LINARITE_")}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_ready(name: str, process: "subprocess.Popen[bytes]", port: int, path: str, folder: Path) -> None:
    deadline = time.monotonic() + READY_LIMIT_SECONDS
    while not _accepts_websocket(port, path):
        if process.poll() is not None or time.monotonic() > deadline:
            printed = (folder / "output.log").read_text(errors="replace").strip().splitlines()[-15:]
            raise ServerError("\n".join([f"{name} accepts no WebSocket; it printed:", *printed]))
        time.sleep(RETRY_SECONDS)


def _accepts_websocket(port: int, path: str) -> bool:
    """Whether a WebSocket handshake at this path is answered 101."""
    request = (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=READY_LIMIT_SECONDS) as connection:
            connection.sendall(request.encode())
            return connection.recv(64).startswith(b"HTTP/1.1 101")
    except OSError:
        return False


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(STOP_LIMIT_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
