"""The endpoints for tests: which there are, and how a request becomes an operation's parameters and its answer a reply.

`ENDPOINTS` is the one list of them; the OpenAPI document is made from it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import NamedTuple

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from linarite.access.management import ManagementAccess
from linarite.domain.faults import Fault, InvalidFault
from linarite.http.administration import error_answer, json_answer
from linarite.http.development import documents as doc
from linarite.http.development.gate import may_use
from linarite.http.development.operations import NotThere, Operations, TimeOver
from linarite.http.development.parameters import InvalidParameter, Parameter, Parameters
from linarite.http.development.pulse import WaitEnded

__all__ = ["ENDPOINTS", "PATH", "Endpoint", "Endpoints"]

PATH = "/linarite/development"
LONGEST_WAIT_SECONDS = 300
"""Shorter than what proxies and load balancers usually allow a request; whoever waits longer asks again."""
_BODY_LIMIT_BYTES = 64 * 1024
_TOO_LARGE, _GONE = 413, 499

_HUB = Parameter("hub", "Of this hub only.")
_USER = Parameter("user", "Of this user only.")
_GROUP = Parameter("group", "Of members of this group only.")
_SECONDS = Parameter(
    "seconds", "How long to wait; 10 if it is left out.", "number", minimum=0, maximum=LONGEST_WAIT_SECONDS
)
_SINCE = Parameter("since", "Count from this mark on; from now on if it is left out.")
_NUMBER = Parameter("number", "The number of a fault; all faults if it is left out.", "integer", minimum=1)


def _count(name: str, about: str) -> Parameter:
    return Parameter(name, about, "integer", minimum=0)


class Endpoint(NamedTuple):
    """One method of one path."""

    method: str
    path: str
    operation: Callable[[Operations, Parameters], Awaitable[msgspec.Struct]] | None
    """None for the one with a body."""
    about: str
    answer: type[msgspec.Struct]
    parameters: tuple[Parameter, ...] = ()
    status: int = 200
    may_time_out: bool = False


ENDPOINTS = (
    Endpoint("GET", "/state", Operations.state, "Counts by hub, and a mark to wait from.", doc.State),
    Endpoint(
        "GET",
        "/connections",
        Operations.connections,
        "Connections in the order of their ids.",
        doc.Page,
        (
            _HUB,
            _USER,
            _GROUP,
            Parameter("after", "Those whose ids come after this one."),
            Parameter("top", "So many at most; 1000 if it is left out.", "integer", minimum=1, maximum=10_000),
        ),
    ),
    Endpoint("GET", "/groups", Operations.groups, "Groups and their sizes.", doc.MemberCounts, (_HUB, _USER, _GROUP)),
    Endpoint("GET", "/users", Operations.users, "Users and their connections.", doc.MemberCounts, (_HUB, _GROUP)),
    Endpoint(
        "GET",
        "/wait/connections",
        Operations.wait_for_connections,
        "Answers when there are as many connections as wished; with both bounds, when they are between them.",
        doc.ConnectionsWaitedFor,
        (
            _HUB,
            _USER,
            _GROUP,
            _count("atLeast", "So many or more."),
            _count("atMost", "So many or fewer."),
            _SECONDS,
        ),
        may_time_out=True,
    ),
    Endpoint(
        "GET",
        "/wait/messages",
        Operations.wait_for_messages,
        "Answers when so many messages have been published, by REST or by clients.",
        doc.MessagesWaitedFor,
        (
            _HUB,
            Parameter("group", "To this group only."),
            _count("atLeast", "So many; 1 if it is left out."),
            _SINCE,
            _SECONDS,
        ),
        may_time_out=True,
    ),
    Endpoint(
        "GET",
        "/wait/events",
        Operations.wait_for_events,
        "Answers when so many events have been answered by their event handlers, with whatever status.",
        doc.EventsWaitedFor,
        (
            _HUB,
            Parameter("event", "Of this name only, such as connect or message."),
            Parameter("connection", "Of the connection with this id only."),
            _count("atLeast", "So many; 1 if it is left out."),
            _SINCE,
            _SECONDS,
        ),
        may_time_out=True,
    ),
    Endpoint(
        "POST",
        "/reset",
        Operations.reset,
        "Starts anew: closes all connections, ends all faults, forgets messages, calls and records, and gives hubs the "
        "settings that they had when the server started. Resources and keys stay.",
        doc.ResetDone,
        (_HUB,),
    ),
    Endpoint("GET", "/faults", Operations.faults, "The faults that are set.", doc.Faults),
    Endpoint("POST", "/faults", None, "Has something go wrong.", doc.FaultSeen, status=201),
    Endpoint("DELETE", "/faults", Operations.end_faults, "Ends one fault, or all.", doc.Faults, (_NUMBER,)),
    Endpoint(
        "GET", "/faults/record", Operations.records, "What faults have done, oldest first.", doc.Records, (_NUMBER,)
    ),
)
DOCUMENT_PATH = "/openapi.json"
_BY_METHOD_AND_PATH = {(endpoint.method, endpoint.path): endpoint for endpoint in ENDPOINTS}


class Endpoints:
    """Answers requests below `/linarite/development`."""

    def __init__(self, access: ManagementAccess, operations: Operations) -> None:
        self._access = access
        self._operations = operations

    async def answer(self, request: Request) -> Response:
        """The reply to one request."""
        if not may_use(self._access, request):
            message = "Expected the administrator's credential as bearer token, or a program of this machine."
            refused = error_answer(401, "AuthenticationFailed", message)
            refused.headers["WWW-Authenticate"] = "Bearer"
            return refused
        path, method = request.url.path.removeprefix(PATH), request.method
        if path == DOCUMENT_PATH and method in ("GET", "HEAD"):
            from linarite.http.development.openapi import openapi_document

            return json_answer(200, openapi_document())
        endpoint = _BY_METHOD_AND_PATH.get(("GET" if method == "HEAD" else method, path))
        if endpoint is None:
            return _not_found(path)
        return await self._answer(endpoint, request)

    async def _answer(self, endpoint: Endpoint, request: Request) -> Response:
        try:
            given = Parameters(endpoint.parameters, request.query_params)
            return json_answer(endpoint.status, await self._carry_out(endpoint, given, request))
        except InvalidParameter as error:
            return error_answer(400, "InvalidParameter", str(error))
        except InvalidFault as error:
            return error_answer(400, "InvalidFault", str(error))
        except NotThere as error:
            return error_answer(404, "NotFound", str(error))
        except TimeOver as error:
            return json_answer(504, error.so_far)
        except WaitEnded:
            return error_answer(503, "ServerStopping", "The server is stopping.")
        except _BodyTooLarge:
            return error_answer(_TOO_LARGE, "TooLarge", f"Expected at most {_BODY_LIMIT_BYTES} bytes.")
        except _Gone:
            return Response(status_code=_GONE)

    async def _carry_out(self, endpoint: Endpoint, given: Parameters, request: Request) -> msgspec.Struct:
        if endpoint.operation is None:
            return await self._operations.set_fault(given, await _body(request))
        if endpoint.may_time_out:
            return await _while_there(request, endpoint.operation(self._operations, given))
        return await endpoint.operation(self._operations, given)


class _BodyTooLarge(Exception):
    """More bytes than a fault can have."""


class _Gone(Exception):
    """Whoever asked does not wait for the answer any more."""


async def _body(request: Request) -> bytes:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _BODY_LIMIT_BYTES:
            raise _BodyTooLarge
    return body


async def _while_there(request: Request, wait: Awaitable[msgspec.Struct]) -> msgspec.Struct:
    """What was waited for; the wait ends when the client goes away."""
    waiting, leaving = asyncio.ensure_future(wait), asyncio.ensure_future(_until_gone(request))
    try:
        await asyncio.wait((waiting, leaving), return_when=asyncio.FIRST_COMPLETED)
        if waiting.done():
            return waiting.result()
        raise _Gone
    finally:
        for task in (waiting, leaving):
            task.cancel()
        await asyncio.gather(waiting, leaving, return_exceptions=True)


async def _until_gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _not_found(path: str) -> Response:
    methods = [endpoint.method for endpoint in ENDPOINTS if endpoint.path == path]
    if not methods:
        return error_answer(404, "NotFound", f"There is no {PATH}{path[:100]}; see {PATH}{DOCUMENT_PATH}.")
    refused = error_answer(405, "MethodNotAllowed", f"Expected one of {', '.join(methods)}.")
    refused.headers["Allow"] = ", ".join(methods)
    return refused


BODY = Fault
"""What is sent to set a fault."""
