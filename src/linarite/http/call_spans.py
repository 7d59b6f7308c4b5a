"""Spans of REST calls: one for each call of the data plane, in the caller's trace if it came with one.

What the call causes carries the trace on: its `traceparent` is replaced by one whose parent is this span.
"""

from __future__ import annotations

import time
from typing import Any

from linarite.http.asgi import App, Receive, Scope, Send
from linarite.http.data_plane.metering import category_of
from linarite.http.data_plane.routes import TEMPLATES, Unrouted, find_route
from linarite.monitoring.spans import Span, SpanBuffer, SpanKind

__all__ = ["CallSpans"]


_TRACEPARENT = b"traceparent"
_SERVER_ERRORS = 500


class CallSpans:
    """An ASGI application that answers what another one answers, and notes a span of it."""

    def __init__(self, app: App, spans: SpanBuffer) -> None:
        self._app = app
        self._spans = spans

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call."""
        given = dict(scope["headers"]).get(_TRACEPARENT)
        context = self._spans.begin(None if given is None else given.decode("latin-1"))
        others = [(name, value) for name, value in scope["headers"] if name != _TRACEPARENT]
        scope = {**scope, "headers": [*others, (_TRACEPARENT, context.header.encode())]}
        started, clock, status = self._spans.now(), time.perf_counter(), 0

        async def listen(message: Any) -> None:  # noqa: ANN401 - an ASGI event
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, listen)
        finally:
            error = str(status) if status >= _SERVER_ERRORS else None
            name, attributes = _facts(scope, status)
            seconds = time.perf_counter() - clock
            self._spans.end(Span(context, SpanKind.SERVER, name, started, seconds, attributes, error))


def _facts(scope: Scope, status: int) -> tuple[str, dict[str, str | int]]:
    """Name and attributes by OpenTelemetry's conventions for HTTP servers; without the query, which may hold tokens."""
    method: str = scope["method"]
    attributes: dict[str, str | int] = {"http.request.method": method, "http.response.status_code": status}
    route = find_route(method, scope["raw_path"])
    if isinstance(route, Unrouted):
        return method, attributes
    template = TEMPLATES[route.operation]
    attributes |= {"http.route": template, "webpubsub.rest.category": category_of(route.operation).value}
    if "hub" in route.names:
        attributes["webpubsub.hub"] = route.names["hub"]
    return f"{method} {template}", attributes
