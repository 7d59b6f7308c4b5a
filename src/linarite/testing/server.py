"""`linarite dev` as a process of its own, with a data folder of its own, on free ports."""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from linarite.access.administrator import administrator_token
from linarite.access.authority import ADMINISTRATOR_CLIENT_ID
from linarite.resources.development import DEVELOPMENT_ACCESS_KEY
from linarite.testing.controls import Controls

__all__ = ["DevelopmentServer", "Endpoint", "ServerFailed", "environment_of"]

_READY_SECONDS = 30.0  # a busy machine in continuous integration
_STOP_SECONDS = 10.0
_LOOK_SECONDS = 0.01
_LOG_LINES = 40
# The authority of a server signs in for one tenant, which the address of an AD FS has in the name's place.
_TENANT = "adfs"


class ServerFailed(RuntimeError):
    """The server did not start; the text has the end of its log."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address of a server."""

    url: str
    authority: Path | None = None
    """The development authority's certificate, which clients of an https address have to trust."""
    key: str = DEVELOPMENT_ACCESS_KEY

    @property
    def connection_string(self) -> str:
        """What official SDKs take."""
        return f"Endpoint={self.url};AccessKey={self.key};Version=1.0;"

    @property
    def client_options(self) -> dict[str, Any]:
        """What official Python clients of REST need besides the connection string."""
        return {} if self.authority is None else {"connection_verify": str(self.authority)}

    @property
    def tls(self) -> ssl.SSLContext | None:
        """What WebSocket clients need to trust the server; None for http."""
        return None if self.authority is None else ssl.create_default_context(cafile=str(self.authority))


class DevelopmentServer:
    """A running server. Use it as a context manager, or `stop` it."""

    def __init__(self, folder: Path, arguments: Sequence[str] = ()) -> None:
        """Start a server that keeps its data below `folder`. Raises ServerFailed.

        `arguments` are those of `linarite dev`. Variables of this process that begin with LINARITE_ do not count.
        """
        self.data_folder = folder / "data"
        self.log = folder / "server.log"
        command = [sys.executable, "-m", "linarite", "dev", "--port", "0", "--tls-port", "0", "--drain-seconds", "0"]
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("LINARITE_")}
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - ourselves, with the tester's own arguments
                [*command, *arguments, "--data-folder", str(self.data_folder)],
                env=inherited,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            facts = self._wait_until_ready()
        except BaseException:
            self._process.kill()
            self._process.wait()
            raise
        authority = self.data_folder / "certificates" / "authority.pem"
        self.http = Endpoint(facts["http"])
        self.https = Endpoint(facts["https"], authority)
        self.controls = Controls(self.http.url, administrator_token(self.data_folder))

    def __enter__(self) -> DevelopmentServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def environment(self) -> Mapping[str, str]:
        """Variables by which programs find and trust the server (docs/testing.md)."""
        bundle = self.data_folder / "certificates" / "bundle.pem"
        trusted = {
            "NODE_EXTRA_CA_CERTS": str(self.https.authority),
            "REQUESTS_CA_BUNDLE": str(bundle),
            "SSL_CERT_FILE": str(bundle),
        }
        identity = {
            "AZURE_AUTHORITY_HOST": self.https.url,
            "AZURE_TENANT_ID": _TENANT,
            "AZURE_CLIENT_ID": ADMINISTRATOR_CLIENT_ID,
            "AZURE_CLIENT_SECRET": administrator_token(self.data_folder),
        }
        return {**environment_of(self.http), "LINARITE_DATA_FOLDER": str(self.data_folder), **trusted, **identity}

    def stop(self) -> None:
        """Stop it in good order; one that does not stop is killed."""
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _wait_until_ready(self) -> Mapping[str, str]:
        file = self.data_folder / "server.json"
        deadline = time.monotonic() + _READY_SECONDS
        while not file.exists():
            code = self._process.poll()
            if code is not None:
                raise ServerFailed(f"linarite dev ended with {code} before it was ready:\n{self._last_lines()}")
            if time.monotonic() > deadline:
                raise ServerFailed(f"linarite dev is not ready after {_READY_SECONDS:g} s:\n{self._last_lines()}")
            time.sleep(_LOOK_SECONDS)
        facts: Mapping[str, str] = json.loads(file.read_text("utf-8"))
        return facts

    def _last_lines(self) -> str:
        return "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-_LOG_LINES:])


def environment_of(endpoint: Endpoint) -> Mapping[str, str]:
    """The connection string under the names that samples, bindings and `linarite`'s own tools look for."""
    names = ("WebPubSubConnectionString", "WEBPUBSUB_CONNECTION_STRING", "LINARITE_CONNECTION_STRING")
    return dict.fromkeys(names, endpoint.connection_string)
