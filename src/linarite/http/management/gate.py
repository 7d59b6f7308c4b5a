"""What every management request passes: credential, role, api-version, body, operation, headers of the answer.

Each one, let in or not, leaves a line in the audit log.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import TypeAlias

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from linarite.access.audit import AuditLog
from linarite.access.management import CALLER_IN_SCOPE, Caller, ManagementAccess, ManagementRefused
from linarite.http.management.api_versions import VersionCheck
from linarite.http.management.calls import Answer, Call, Operation
from linarite.http.management.endpoint import endpoint_of
from linarite.http.management.errors import error_answer
from linarite.http.management.handler_warnings import WARNING_HEADER, HandlerCheck, HandlerWarnings
from linarite.monitoring.logs import log_event
from linarite.resources.errors import ResourceError
from linarite.resources.model import JsonObject
from linarite.resources.registry import Registry
from linarite.resources.store import StoreError
from linarite.settings import Settings
from linarite.sockets.forwarded import TrustedProxies, address_of_request

__all__ = ["Gate", "Operations"]

Operations: TypeAlias = Mapping[str, Operation]

_logger = logging.getLogger(__name__)

# "Request limits and throttling" of Azure Resource Manager: a request body of 4 MB.
_BODY_LIMIT_BYTES = 4 * 1024 * 1024
# Headers that every answer of the platform has. Strict-Transport-Security is left out: it would bind
# browsers to https for everything else on this host, which on localhost is other people's servers.
_HEADERS = {
    "Cache-Control": "no-cache",
    "Pragma": "no-cache",
    "Expires": "-1",
    "X-Content-Type-Options": "nosniff",
}


class Gate:
    """Lets requests of those who may manage the server through to operations, as ASGI endpoints."""

    def __init__(
        self,
        registry: Registry,
        settings: Settings,
        access: ManagementAccess,
        audit: AuditLog,
        check_handler: HandlerCheck,
    ) -> None:
        self._registry = registry
        self._public_endpoint = settings.public_endpoint
        self._proxies = TrustedProxies(settings.trusted_proxies)
        self._access = access
        self._audit = audit
        self._handler_warnings = HandlerWarnings(check_handler)

    def to(self, operations: Operations, check_version: VersionCheck) -> GateEndpoint:
        """An ASGI endpoint that carries out the operation of the request's method."""
        return GateEndpoint(self, operations, check_version)

    def identify(self, request: Request) -> Caller | ManagementRefused:
        """Who sent the request, or why nobody counts as its sender."""
        signed_in = request.scope.get(CALLER_IN_SCOPE)
        if isinstance(signed_in, Caller):
            return signed_in
        try:
            return self._access.identify(request.headers.get("authorization"))
        except ManagementRefused as refused:
            return refused

    async def answer(
        self,
        caller: Caller | ManagementRefused,
        request: Request,
        operations: Operations,
        check_version: VersionCheck,
    ) -> Answer:
        """What the request gets: the operation's answer, or the error that ended it."""
        if isinstance(caller, ManagementRefused):
            return self._unauthorized(caller, request)
        if not caller.may(request.method):
            refused = caller.refusal(request.method, request.scope["path"])
            return error_answer(ResourceError(refused.code, refused.message))
        try:
            api_version = request.query_params.get("api-version", "")
            check_version(api_version)
            operation = _operation(request, operations)
            body = await _body(request)
            endpoint = endpoint_of(request, self._public_endpoint, self._proxies)
            path, query = request.path_params, request.query_params
            call = Call(self._registry, endpoint, self._handler_warnings, path, body, api_version, query)
            return operation(call)
        except ResourceError as error:
            return error_answer(error)
        except StoreError as error:
            log_event(_logger, logging.ERROR, "management change not stored", reason=str(error))
            message = "The change could not be stored, so nothing was changed. The server's log says why."
            return error_answer(ResourceError("InternalServerError", message))

    def record(self, caller: Caller | ManagementRefused, request: Request, status: int, request_id: str) -> None:
        """Leave a line in the audit log. Neither query nor body is written: they may hold keys."""
        peer = request.client.host if request.client else ""
        address = address_of_request(peer, request.scope["scheme"], "", request.headers.raw, self._proxies)
        fields = {
            "caller": caller.name if isinstance(caller, Caller) else None,
            "check": caller.check if isinstance(caller, ManagementRefused) else None,
            "client": address.client,
            "method": request.method,
            "path": request.scope["path"],
            "status": status,
            "request": request_id,
        }
        self._audit.record("management call", fields, is_refused=isinstance(caller, ManagementRefused))

    def _unauthorized(self, refused: ManagementRefused, request: Request) -> Answer:
        """401 that says where tokens are to be had, as the platform does (RFC 6750, section 3, with its own member)."""
        challenge = f'error="invalid_token", error_description="{_printable(refused.message)}"'
        try:
            endpoint = endpoint_of(request, self._public_endpoint, self._proxies)
            challenge = f'authorization_uri="{endpoint.url}/adfs", {challenge}'
        except ResourceError:
            pass  # a Host that is none; the answer is 401 all the same
        answer = error_answer(ResourceError(refused.code, refused.message))
        return replace(answer, headers={"WWW-Authenticate": f"Bearer {challenge}"})


class GateEndpoint:
    """One route's end: an ASGI application."""

    def __init__(self, gate: Gate, operations: Operations, check_version: VersionCheck) -> None:
        self._gate = gate
        self._operations = operations
        self._check_version = check_version

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        request_id = str(uuid.uuid4())
        caller = self._gate.identify(request)
        status = 500  # what an operation that fails unexpectedly is answered
        try:
            answer = await self._gate.answer(caller, request, self._operations, self._check_version)
            status = answer.status
        except ClientDisconnect:
            return
        finally:
            self._gate.record(caller, request, status, request_id)
        response = _response(answer, request, request_id)
        if answer.warnings is not None:
            for warning in await answer.warnings():
                response.headers.append(WARNING_HEADER, warning)
        if answer.status == 405:
            response.headers["Allow"] = ", ".join(self._operations)
        await response(scope, receive, send)


def _operation(request: Request, operations: Operations) -> Operation:
    operation = operations.get(request.method)
    if operation is not None:
        return operation
    if not operations:
        path: str = request.scope["path"]
        raise ResourceError("NotFound", f"This server has no management operation at the path '{path[:200]}'.")
    allowed = ", ".join(operations)
    message = f"The method '{request.method}' is not allowed here: expected {allowed}."
    raise ResourceError("MethodNotAllowed", message)


async def _body(request: Request) -> JsonObject:
    """The JSON object of the request; PUT and PATCH must have one."""
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > _BODY_LIMIT_BYTES:
            message = f"The request body is longer than {_BODY_LIMIT_BYTES} bytes."
            raise ResourceError("RequestContentTooLarge", message)
    if not content and request.method not in ("PUT", "PATCH"):
        return {}
    try:
        body = msgspec.json.decode(content)
        # What cannot be written back cannot be stored either: lone halves of surrogate pairs.
        msgspec.json.encode(body)
    except (ValueError, RecursionError) as error:
        message = f"The request content was invalid and could not be deserialized: '{error}'."
        raise ResourceError("InvalidRequestContent", message) from error
    if not isinstance(body, dict):
        message = f"The request content was invalid: expected a JSON object, got {type(body).__name__}."
        raise ResourceError("InvalidRequestContent", message)
    return body


def _printable(text: str) -> str:
    """A text that can stand between quotes in a header."""
    return "".join(char if " " <= char <= "~" and char not in '"\\' else "'" for char in text)


def _response(answer: Answer, request: Request, request_id: str) -> Response:
    headers = {**_HEADERS, **answer.headers, "x-ms-request-id": request_id}
    headers["x-ms-correlation-request-id"] = headers["x-ms-request-id"]
    client_request = request.headers.get("x-ms-client-request-id")
    if client_request and request.headers.get("x-ms-return-client-request-id", "").lower() == "true":
        headers["x-ms-client-request-id"] = client_request
    if answer.body is None:
        return Response(status_code=answer.status, headers=headers)
    content = msgspec.json.encode(answer.body)
    return Response(content, answer.status, headers, "application/json; charset=utf-8")
