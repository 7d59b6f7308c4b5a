"""Calls to the management API of the running server."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeAlias
from urllib.parse import quote, urlencode, urlsplit

from knack.log import get_logger
from knack.util import CLIError

from linarite.cli.azure.exchange import CallRefused, Reply, exchange
from linarite.cli.azure.running_server import ServerAddress, parse_endpoint

__all__ = ["LOCAL_SUBSCRIPTION", "Document", "Management", "ManagementError"]

_logger = get_logger(__name__)

# JSON as the server sent it. What commands do with it is mostly to print it.
Document: TypeAlias = Any

LOCAL_SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
"""The one subscription of a server; others are taken as well."""

_WEB_PUB_SUB_VERSION = "2024-03-01"
_GROUP_VERSION = "2024-11-01"
# What was done, but may not be what was meant: shown on standard error.
_WARNING_HEADER = "x-linarite-warning"
# "Track asynchronous Azure operations": where to ask whether a change is done, and when to ask again.
_OPERATION_HEADER = "azure-asyncoperation"
_UNDER_WAY = ("Running", "Creating", "Updating", "Deleting")
_OPERATION_SECONDS = 600.0


class ManagementError(CallRefused):
    """The management API refused a call."""


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

    def location(self, name: str, segment: str) -> Document:
        """The answer of a call about a location, such as its `usages`."""
        path = f"/providers/Microsoft.SignalRService/locations/{quote(name, safe='')}/{segment}"
        return self._call("GET", path, _WEB_PUB_SUB_VERSION, None)

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

    def at_endpoint(self, endpoint: str) -> ServerAddress:
        """The server under an address that it has told of itself, with the authorities that are trusted for it."""
        return replace(self._find(), url=parse_endpoint(endpoint))

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
        reply = _exchange(server, method, target, body)
        for warning in reply.headers.get_all(_WARNING_HEADER, ()):
            _logger.warning("%s", warning)
        document = _answer(reply, server)
        operation = reply.headers.get(_OPERATION_HEADER)
        if operation is None:
            return document
        _wait(server, operation)
        # What was put is asked for again, as the platform's clients do: until now it has said that it is not done.
        return self._send("GET", target, None) if method in ("PUT", "PATCH") else document


def _exchange(server: ServerAddress, method: str, target: str, body: Mapping[str, object] | None) -> Reply:
    headers = {"Authorization": f"Bearer {server.token}", "Accept": "application/json"}
    if body is None:
        return exchange(server, method, target, headers)
    headers["Content-Type"] = "application/json"
    return exchange(server, method, target, headers, json.dumps(body).encode())


def _wait(server: ServerAddress, operation: str) -> None:
    """Return when the operation at that address is done. Raises CLIError when it has failed or takes too long."""
    address = urlsplit(operation)
    target = f"{address.path.removeprefix(server.url.path.rstrip('/'))}?{address.query}"
    until = time.monotonic() + _OPERATION_SECONDS
    while time.monotonic() < until:
        reply = _exchange(server, "GET", target, None)
        document = _answer(reply, server) or {}
        status = document.get("status")
        if status == "Succeeded":
            return
        if status not in _UNDER_WAY:
            refusal = document.get("error") or {}
            raise ManagementError(409, refusal.get("code", str(status)), refusal.get("message", "The change failed."))
        time.sleep(float(reply.headers.get("retry-after", "1")))
    raise CLIError(f"The operation is not done after {_OPERATION_SECONDS:.0f} seconds; look again later.")


def _answer(reply: Reply, server: ServerAddress) -> Document:
    try:
        document: Document = json.loads(reply.content) if reply.content else None
        if reply.status < 400:
            return document
        refusal = document["error"]
        raise ManagementError(reply.status, refusal["code"], refusal["message"], refusal.get("target"))
    except (ValueError, KeyError, TypeError) as error:
        raise CLIError(
            f"What answers at {server.url.geturl()} is no management API of Linarite: it sent status {reply.status}."
        ) from error
