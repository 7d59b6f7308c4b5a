"""HttpRequestLogs of the data plane: an entry when a call arrives, and one when it has been answered.

It stands around the data plane and costs it one look while no resource wants these logs. A call that brings no
`traceparent` gets one here, so that its message and everything that follows are found by the same trace id.
"""

from __future__ import annotations

import time
from typing import Any

import msgspec

from linarite.access.entrance import Entrance
from linarite.http.asgi import App, Receive, Scope, Send
from linarite.http.data_plane.requests import bearer_of_call
from linarite.http.data_plane.routes import TEMPLATES, Route, find_route
from linarite.monitoring.entries import HttpFacts
from linarite.monitoring.resource_logs import ResourceLogs
from linarite.monitoring.trace_context import trace_id_of, traceparent
from linarite.monitoring.urls import logged_url
from linarite.sockets.forwarded import TrustedProxies, address_of_request

__all__ = ["RequestLog"]


# "The additional information passed by the client and the server with an HTTP request or response": what helps to find
# a caller again. Credentials and cookies are not among them.
_TOLD_HEADERS = (b"user-agent", b"content-type", b"content-length", b"x-ms-client-request-id", b"x-ms-error-code")
_ABORTED = 499  # nginx's status for a caller that went away before the answer


class RequestLog:
    """Answers what the data plane answers, and tells the resource logs of it."""

    def __init__(self, app: App, logs: ResourceLogs, entrance: Entrance, proxies: TrustedProxies) -> None:
        self._app = app
        self._logs = logs
        self._entrance = entrance
        self._proxies = proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call."""
        if self._logs.http_requests:
            await self._answer(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers: dict[bytes, bytes] = dict(scope["headers"])
        peer = scope["client"]
        host = headers.get(b"host", b"").decode("latin-1")
        address = address_of_request(peer[0] if peer else "", scope["scheme"], host, scope["headers"], self._proxies)
        resource = self._entrance.resource_of(address.host, bearer_of_call(headers)).name.lower()
        if resource not in self._logs.http_requests:
            await self._app(scope, receive, send)
            return
        given = headers.get(b"traceparent")
        trace_id = trace_id_of(None if given is None else given.decode("latin-1"))
        if given is None:
            scope = {**scope, "headers": [*scope["headers"], (b"traceparent", traceparent(trace_id).encode())]}
        path: str = scope["raw_path"].decode("latin-1")
        route = find_route(scope["method"], scope["raw_path"])
        facts = HttpFacts(
            "HTTP request received",
            route.names.get("hub") if isinstance(route, Route) else None,
            TEMPLATES[route.operation] if isinstance(route, Route) else None,
            scope["method"],
            logged_url(address.scheme, address.host, address.prefix + path, scope["query_string"].decode("latin-1")),
            trace_id,
            headers=_told(headers),
        )
        self._logs.request_started(resource, address.client, facts)
        started = time.perf_counter()
        status, told = _ABORTED, None

        async def listen(event: Any) -> None:  # noqa: ANN401 - an ASGI event
            nonlocal status, told
            if event["type"] == "http.response.start":
                status, told = event["status"], _told(dict(event["headers"]))
            await send(event)

        try:
            await self._app(scope, receive, listen)
        finally:
            ended = msgspec.structs.replace(
                facts,
                message="HTTP request completed",
                status_code=str(status),
                duration=f"{(time.perf_counter() - started) * 1000:.3f}",
                headers=told,
            )
            self._logs.request_ended(resource, address.client, status, ended)


def _told(headers: dict[bytes, bytes]) -> str | None:
    """The headers that entries tell, as a JSON object in a text: a table's column is one."""
    found = {name.decode(): headers[name].decode("latin-1") for name in _TOLD_HEADERS if name in headers}
    return msgspec.json.encode(found).decode() if found else None
