"""Calls to event handlers, for people who develop one.

`/linarite/event-calls` shows what `linarite dev` has kept of the last calls, and makes one of them again. It asks for
the administrator's credential.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from linarite.access.management import ManagementAccess
from linarite.events.call_log import CallLog, CallRecord
from linarite.http.administration import error_answer, guarded, json_answer

__all__ = ["event_call_routes"]

Replay = Callable[[int], Awaitable[CallRecord | None]]

_CALLS = "/linarite/event-calls"


def event_call_routes(access: ManagementAccess, calls: CallLog | None, replay: Replay) -> list[BaseRoute]:
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
        Route(_CALLS + "/{number:int}/replay", guarded(access, replay_call), methods=["POST"]),
    ]
