"""What the server's own pages below `/linarite` and `/metrics` share: the administrator's credential, and JSON."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from linarite.access.management import ManagementAccess

__all__ = ["Endpoint", "error_answer", "guarded", "json_answer"]

Endpoint = Callable[[Request], Awaitable[Response]]


def guarded(access: ManagementAccess, endpoint: Endpoint) -> Endpoint:
    """The endpoint, for requests that bear the administrator's credential only."""

    async def answer(request: Request) -> Response:
        if not access.is_administrator(request.headers.get("authorization", "")):
            message = "Expected the administrator's credential as bearer token."
            refused = error_answer(401, "AuthenticationFailed", message)
            refused.headers["WWW-Authenticate"] = "Bearer"
            return refused
        return await endpoint(request)

    return answer


def json_answer(status: int, value: object) -> Response:
    """A status with a value as JSON."""
    return Response(msgspec.json.encode(value), status, media_type="application/json; charset=utf-8")


def error_answer(status: int, code: str, message: str) -> Response:
    """An error in the platform's form."""
    return json_answer(status, {"error": {"code": code, "message": message}})
