"""Calls to the management API of the running server."""

from __future__ import annotations

import http.client
import json
import os
import ssl
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias
from urllib.parse import quote, urlencode

from knack.log import get_logger
from knack.util import CLIError

from linarite.cli.azure.running_server import ServerAddress

__all__ = ["Document", "Management", "ManagementError"]

_logger = get_logger(__name__)

# JSON as the server sent it. What commands do with it is mostly to print it.
Document: TypeAlias = Any

# A change waits for the disk, and for a few seconds for event handlers; a server that takes longer is stuck.
_TIMEOUT_SECONDS = 30.0
_WEB_PUB_SUB_VERSION = "2024-03-01"
_GROUP_VERSION = "2024-11-01"
# What was done, but may not be what was meant: shown on standard error.
_WARNING_HEADER = "x-linarite-warning"


class ManagementError(CLIError):  # type: ignore[misc]  # knack has no types
    """The server refused a call: its status, and the platform's code and message in the lines that `az` prints."""

    def __init__(self, status: int, code: str, message: str, target: str | None) -> None:
        lines = [f"({code}) {message}", f"Code: {code}", f"Message: {message}"]
        super().__init__("\n".join([*lines, f"Target: {target}"] if target else lines))
        self.status = status


class Management:
    """The management API as commands use it. The server is looked for when the first call is made."""

    def __init__(self, find: Callable[[], ServerAddress], subscription: str) -> None:
        self._find = find
        self._subscription = subscription

    def group(self, method: str, name: str = "", body: Mapping[str, object] | None = None) -> Document:
        """The answer of a call about one resource group, or about all of them when no name is given."""
        tail = f"/{quote(name, safe='')}" if name else ""
        return self._call(method, f"/resourcegroups{tail}", _GROUP_VERSION, body)

    def resource(
        self, method: str, group: str | None, *names: str, body: Mapping[str, object] | None = None
    ) -> Document:
        """The answer of a call about Web PubSub resources; `names` are what follows their kind in the path."""
        scope = f"/resourceGroups/{quote(group, safe='')}" if group else ""
        path = "/".join(["/providers/Microsoft.SignalRService/webPubSub", *(quote(name, safe="") for name in names)])
        return self._call(method, scope + path, _WEB_PUB_SUB_VERSION, body)

    def at(
        self,
        method: str,
        path: str,
        version: str,
        query: Mapping[str, str | None] | None = None,
        body: Mapping[str, object] | None = None,
    ) -> Document:
        """The answer of a call to a path: one that begins with a subscription, or else within this one."""
        return self._call(method, path, version, body, query)

    def own(self, method: str, path: str, query: Mapping[str, object] | None = None) -> Document:
        """The answer of a call to a page of Linarite's own, which has no versions; lists are repeated parameters."""
        return self._send(method, f"{path}?{urlencode(query or {}, doseq=True)}", None)

    @property
    def subscription(self) -> str:
        """The subscription that paths name."""
        return self._subscription

    def _call(
        self,
        method: str,
        path: str,
        version: str,
        body: Mapping[str, object] | None,
        query: Mapping[str, str | None] | None = None,
    ) -> Document:
        if not path.lower().startswith("/subscriptions/"):
            path = f"/subscriptions/{quote(self._subscription, safe='')}{path}"
        given = {name: text for name, text in (query or {}).items() if text is not None}
        return self._send(method, f"{path}?{urlencode({**given, 'api-version': version})}", body)

    def _send(self, method: str, target: str, body: Mapping[str, object] | None) -> Document:
        server = self._find()
        headers = {"Authorization": f"Bearer {server.token}", "Accept": "application/json"}
        content = None
        if body is not None:
            content = json.dumps(body)
            headers["Content-Type"] = "application/json"
        connection = _connect(server)
        try:
            connection.request(method, server.url.path.rstrip("/") + target, content, headers)
            response = connection.getresponse()
            for warning in response.msg.get_all(_WARNING_HEADER, ()):
                _logger.warning("%s", warning)
            return _answer(response.status, response.read(), server)
        except ssl.SSLCertVerificationError as error:
            raise CLIError(
                f"The certificate of {server.url.geturl()} is not trusted: {error.verify_message}. "
                "Set SSL_CERT_FILE or REQUESTS_CA_BUNDLE to the file of its authority."
            ) from error
        except (OSError, http.client.HTTPException) as error:
            raise CLIError(f"No server answers at {server.url.geturl()}: {error or type(error).__name__}.") from error
        finally:
            connection.close()


def _connect(server: ServerAddress) -> http.client.HTTPConnection:
    """A connection to the server itself: proxies of the environment are for other hosts."""
    host = server.url.hostname or ""
    if server.url.scheme == "http":
        return http.client.HTTPConnection(host, server.url.port, timeout=_TIMEOUT_SECONDS)
    context = ssl.create_default_context()
    # The variable that `az` and everything else built on requests takes.
    for file in (server.authority, os.environ.get("REQUESTS_CA_BUNDLE")):
        if file:
            try:
                context.load_verify_locations(file)
            except OSError as error:
                raise CLIError(f"Certificate authorities cannot be read from {file}: {error}.") from error
    return http.client.HTTPSConnection(host, server.url.port, timeout=_TIMEOUT_SECONDS, context=context)


def _answer(status: int, content: bytes, server: ServerAddress) -> Document:
    try:
        document: Document = json.loads(content) if content else None
        if status < 400:
            return document
        refusal = document["error"]
        raise ManagementError(status, refusal["code"], refusal["message"], refusal.get("target"))
    except (ValueError, KeyError, TypeError) as error:
        raise CLIError(
            f"What answers at {server.url.geturl()} is no management API of Linarite: it sent status {status}."
        ) from error
