"""What every management request passes: credential, api-version, body, operation, headers of the answer."""

from __future__ import annotations

import hmac
import logging
import uuid
from collections.abc import Mapping
from typing import TypeAlias

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

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
from linarite.sockets.forwarded import TrustedProxies

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
    """Lets requests with the administrator's credential through to operations, as ASGI endpoints."""

    def __init__(self, registry: Registry, settings: Settings, credential: str, check_handler: HandlerCheck) -> None:
        if not credential:
            raise ValueError("credential: expected the administrator's credential, got empty text")
        self._registry = registry
        self._public_endpoint = settings.public_endpoint
        self._proxies = TrustedProxies(settings.trusted_proxies)
        self._credential = credential.encode()
        self._handler_warnings = HandlerWarnings(check_handler)

    def to(self, operations: Operations, check_version: VersionCheck) -> GateEndpoint:
        """An ASGI endpoint that carries out the operation of the request's method."""
        return GateEndpoint(self, operations, check_version)

    async def answer(self, request: Request, operations: Operations, check_version: VersionCheck) -> Answer:
        """What the request gets: the operation's answer, or the error that ended it."""
        try:
            self._authenticate(request.headers.get("authorization"))
            api_version = request.query_params.get("api-version", "")
            check_version(api_version)
            operation = _operation(request, operations)
            body = await _body(request)
            endpoint = endpoint_of(request, self._public_endpoint, self._proxies)
            path = request.path_params
            return operation(Call(self._registry, endpoint, self._handler_warnings, path, body, api_version))
        except ResourceError as error:
            return error_answer(error)
        except StoreError as error:
            log_event(_logger, logging.ERROR, "management change not stored", reason=str(error))
            message = "The change could not be stored, so nothing was changed. The server's log says why."
            return error_answer(ResourceError("InternalServerError", message))

    def _authenticate(self, header: str | None) -> None:
        """Raise ResourceError unless the header holds the credential; the text never repeats what it held."""
        if header is None:
            raise ResourceError("AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.")
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer":
            message = "Authentication failed. The 'Authorization' header is not of the form 'Bearer <token>'."
            raise ResourceError("AuthenticationFailed", message)
        # Header text is Latin-1 (RFC 9110 section 5.5); the comparison takes the same time wherever it
        # differs.
        if not hmac.compare_digest(token.strip().encode("latin-1", "replace"), self._credential):
            message = "Authentication failed. The token is not the administrator's credential of this server."
            raise ResourceError("AuthenticationFailed", message)


class GateEndpoint:
    """One route's end: an ASGI application."""

    def __init__(self, gate: Gate, operations: Operations, check_version: VersionCheck) -> None:
        self._gate = gate
        self._operations = operations
        self._check_version = check_version

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        try:
            answer = await self._gate.answer(request, self._operations, self._check_version)
        except ClientDisconnect:
            return
        response = _response(answer, request)
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


def _response(answer: Answer, request: Request) -> Response:
    headers = {**_HEADERS, **answer.headers, "x-ms-request-id": str(uuid.uuid4())}
    headers["x-ms-correlation-request-id"] = headers["x-ms-request-id"]
    client_request = request.headers.get("x-ms-client-request-id")
    if client_request and request.headers.get("x-ms-return-client-request-id", "").lower() == "true":
        headers["x-ms-client-request-id"] = client_request
    if answer.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="linarite", error="invalid_token"'
    if answer.body is None:
        return Response(status_code=answer.status, headers=headers)
    content = msgspec.json.encode(answer.body)
    return Response(content, answer.status, headers, "application/json; charset=utf-8")
