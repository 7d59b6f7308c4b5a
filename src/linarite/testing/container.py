"""A Testcontainers module: `linarite dev` in a container that is removed after the tests.

What it relies on is the contract of the process, which is tested against the process itself: the line that says that it
is ready, its ports, its variables, and the commands that show its key and its credential.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from linarite.testing.controls import Controls
from linarite.testing.hub import TestingHub
from linarite.testing.server import Endpoint, environment_of

if TYPE_CHECKING:
    from testcontainers.core.container import DockerContainer

__all__ = [
    "COMMAND",
    "CREDENTIAL_COMMAND",
    "HTTP_PORT",
    "IMAGE",
    "KEY_COMMAND",
    "READY_LINE",
    "VARIABLES",
    "LinariteContainer",
]

IMAGE = "linarite"
"""The name that deploy/container/compose.yaml gives the image."""
HTTP_PORT = 8080
COMMAND = ("dev",)
VARIABLES: Mapping[str, str] = {"LINARITE_DEVELOPMENT_NETWORK": "any", "LINARITE_DRAIN_SECONDS": "0"}
READY_LINE = r"Linarite \S+ \(dev\) is ready"
"""A regular expression for the log."""
KEY_COMMAND = (
    *("linarite", "webpubsub", "key", "show", "--name", "linarite", "--resource-group", "linarite"),
    *("--query", "primaryKey", "--output", "tsv"),
)
CREDENTIAL_COMMAND = ("linarite", "token", "show")
_READY_SECONDS = 60
_INSTALL = 'LinariteContainer needs testcontainers: pip install "linarite[testcontainers]"'


class LinariteContainer:
    """A development server in a container. Use it as a context manager, or `start` and `stop` it.

    It is reached over http: its certificate is for names inside the container. For https use `DevelopmentServer`.
    """

    def __init__(self, image: str = IMAGE, *arguments: str, **options: Any) -> None:  # noqa: ANN401 - testcontainers'
        """`arguments` are those of `linarite dev`, `options` those of testcontainers' DockerContainer.

        Raises ImportError, which says what to install, if testcontainers is missing.
        """
        try:
            from testcontainers.core.container import DockerContainer
            from testcontainers.core.wait_strategies import LogMessageWaitStrategy
        except ImportError as error:
            raise ImportError(_INSTALL) from error
        container = DockerContainer(image, **options)
        container.with_command([*COMMAND, *arguments])
        container.with_exposed_ports(HTTP_PORT)
        for name, value in VARIABLES.items():
            container.with_env(name, value)
        container.waiting_for(LogMessageWaitStrategy(re.compile(READY_LINE)).with_startup_timeout(_READY_SECONDS))
        self.container: DockerContainer = container
        self._http: Endpoint | None = None
        self._controls: Controls | None = None

    def __enter__(self) -> LinariteContainer:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> LinariteContainer:
        """Return when clients may come."""
        try:
            self.container.start()
            host, port = self.container.get_container_host_ip(), self.container.get_exposed_port(HTTP_PORT)
            url = f"http://{host}:{port}"
            self._http = Endpoint(url, key=self._ask(*KEY_COMMAND))
            self._controls = Controls(url, self._ask(*CREDENTIAL_COMMAND))
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Remove the container."""
        self.container.stop()

    @property
    def http(self) -> Endpoint:
        """Where the server is."""
        assert self._http is not None, "start the container first"
        return self._http

    @property
    def controls(self) -> Controls:
        """Looking, waiting, reset and faults."""
        assert self._controls is not None, "start the container first"
        return self._controls

    def hub(self) -> TestingHub:
        """A hub that nobody else has."""
        return TestingHub(self.http, self.http, self.controls)

    def environment(self) -> Mapping[str, str]:
        """Variables by which programs find the server."""
        return environment_of(self.http)

    def _ask(self, *command: str) -> str:
        """What a command prints in the container."""
        code, output = self.container.exec(list(command))
        text: str = output.decode("utf-8", "replace").strip()
        if code != 0:
            raise RuntimeError(f"{' '.join(command)} failed in the container with {code}: {text}")
        return text
