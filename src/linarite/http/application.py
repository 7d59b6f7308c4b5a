"""Everything that answers HTTP on the one port: data plane, management plane, health."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from linarite.http.asgi import App, Receive, Scope, Send

__all__ = ["Application"]


_DATA_PLANE = "/api/"


class Application:
    """Sends a request to the part that answers it.

    Calls of the data plane are most of the traffic and go their own way, past the routing of the rest.
    """

    def __init__(
        self,
        data_plane: App,
        management: Sequence[BaseRoute],
        is_ready: Callable[[], bool],
        around: Callable[[App], App] | None = None,
    ) -> None:
        """`data_plane` answers what lies under `/api`. `is_ready` says whether the server takes new connections.

        `around` wraps everything but the data plane: the console, whose session vouches for management calls.
        """
        self._data_plane = data_plane
        self._is_ready = is_ready
        health = [
            Route("/healthz", self._health, methods=["GET"]),
            Route("/readyz", self._readiness, methods=["GET"]),
            Route("/client/{path:path}", _not_a_socket, methods=["GET"]),
            Route("/client", _not_a_socket, methods=["GET"]),
        ]
        rest: App = Starlette(routes=[*health, *management])
        self._rest = rest if around is None else around(rest)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and scope["path"].startswith(_DATA_PLANE):
            await self._data_plane(scope, receive, send)
        else:
            await self._rest(scope, receive, send)

    async def _health(self, request: Request) -> Response:
        """Whether the process works."""
        return PlainTextResponse("healthy\n")

    async def _readiness(self, request: Request) -> Response:
        """Whether new connections are taken: not while the server stops."""
        if self._is_ready():
            return PlainTextResponse("ready\n")
        return PlainTextResponse("draining\n", status_code=503, headers={"Retry-After": "1"})


async def _not_a_socket(request: Request) -> Response:
    """A client's address without a WebSocket upgrade."""
    return PlainTextResponse("Expected a WebSocket upgrade request.", status_code=400)
