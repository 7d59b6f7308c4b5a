"""Calls to event handlers, for people who develop one.

`/linarite/event-calls` shows what `linarite dev` has kept of the last calls, and makes one of them again, which leaves
a line in the audit log. It asks for the administrator's credential.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from linarite.access.audit import AuditLog
from linarite.access.management import ManagementAccess, ManagementRefused
from linarite.events.call_log import CallLog, CallRecord
from linarite.http.administration import Endpoint, error_answer, guarded, json_answer
from linarite.sockets.forwarded import TrustedProxies, address_of_request

__all__ = ["event_call_routes"]

Replay = Callable[[int], Awaitable[CallRecord | None]]

_CALLS = "/linarite/event-calls"


def event_call_routes(
    access: ManagementAccess, audit: AuditLog, proxies: TrustedProxies, calls: CallLog | None, replay: Replay
) -> list[BaseRoute]:
    """The routes; none without a call log, as in production."""
    if calls is None:
        return []

    async def list_calls(request: Request) -> Response:
        return json_answer(200, {"value": list(calls.records())})

    async def replay_call(request: Request) -> Response:
        record = await replay(request.path_params["number"])
        if record is None:
            return error_answer(404, "NotFound", f"The call {request.path_params['number']} is not kept any more.")
        return json_answer(200, record)

    return [
        Route(_CALLS, guarded(access, list_calls), methods=["GET"]),
        Route(
            _CALLS + "/{number:int}/replay",
            _audited(access, audit, proxies, guarded(access, replay_call)),
            methods=["POST"],
        ),
    ]


def _audited(access: ManagementAccess, audit: AuditLog, proxies: TrustedProxies, endpoint: Endpoint) -> Endpoint:
    """The endpoint, each request to which leaves a line in the audit log."""

    async def answer(request: Request) -> Response:
        caller, check = _caller(access, request)
        status = 500  # what an endpoint that fails unexpectedly is answered
        try:
            response = await endpoint(request)
            status = response.status_code
        finally:
            peer = request.client.host if request.client else ""
            address = address_of_request(peer, request.scope["scheme"], "", request.headers.raw, proxies)
            fields = {
                "caller": caller,
                "check": check,
                "client": address.client,
                "method": request.method,
                "path": request.scope["path"],
                "status": status,
            }
            audit.record("event call made again", fields, is_refused=caller is None)
        return response

    return answer


def _caller(access: ManagementAccess, request: Request) -> tuple[str | None, str | None]:
    """Who sent the request, or the check that failed."""
    try:
        return access.identify(request.headers.get("authorization")).name, None
    except ManagementRefused as refused:
        return None, refused.check
