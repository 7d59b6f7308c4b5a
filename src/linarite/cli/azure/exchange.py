"""One HTTP request to the server and what came back, the same for the management API and the data plane."""

from __future__ import annotations

import http.client
import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message

from knack.util import CLIError

from linarite.cli.azure.running_server import ServerAddress

__all__ = ["CallRefused", "Reply", "exchange", "trusted_authorities"]

# A change waits for the disk, and for a few seconds for event handlers; a server that takes longer is stuck.
_TIMEOUT_SECONDS = 30.0


class CallRefused(CLIError):  # type: ignore[misc]  # knack has no types
    """The server refused a call: its status, and its code and message in the lines that `az` prints."""

    def __init__(self, status: int, code: str, message: str, target: str | None = None) -> None:
        lines = [f"({code}) {message}", f"Code: {code}", f"Message: {message}"]
        super().__init__("\n".join([*lines, f"Target: {target}"] if target else lines))
        self.status = status
        self.code = code


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    status: int
    headers: Message
    content: bytes


def exchange(
    server: ServerAddress, method: str, target: str, headers: Mapping[str, str], content: bytes | None = None
) -> Reply:
    """The reply to one request. Raises CLIError with one line for a person when there is none."""
    connection = _connect(server)
    try:
        connection.request(method, server.url.path.rstrip("/") + target, content, dict(headers))
        response = connection.getresponse()
        return Reply(response.status, response.msg, response.read())
    except ssl.SSLCertVerificationError as error:
        raise CLIError(
            f"The certificate of {server.url.geturl()} is not trusted: {error.verify_message}. "
            "Set SSL_CERT_FILE or REQUESTS_CA_BUNDLE to the file of its authority."
        ) from error
    except (OSError, http.client.HTTPException) as error:
        raise CLIError(f"No server answers at {server.url.geturl()}: {error or type(error).__name__}.") from error
    finally:
        connection.close()


def trusted_authorities(server: ServerAddress) -> ssl.SSLContext:
    """Whom to trust: the system, the development authority of the data folder, and whom the environment names."""
    context = ssl.create_default_context()
    # The variable that `az` and everything else built on requests takes.
    for file in (server.authority, os.environ.get("REQUESTS_CA_BUNDLE")):
        if file:
            try:
                context.load_verify_locations(file)
            except OSError as error:
                raise CLIError(f"Certificate authorities cannot be read from {file}: {error}.") from error
    return context


def _connect(server: ServerAddress) -> http.client.HTTPConnection:
    """A connection to the server itself: proxies of the environment are for other hosts."""
    host = server.url.hostname or ""
    if server.url.scheme == "http":
        return http.client.HTTPConnection(host, server.url.port, timeout=_TIMEOUT_SECONDS)
    context = trusted_authorities(server)
    return http.client.HTTPSConnection(host, server.url.port, timeout=_TIMEOUT_SECONDS, context=context)
