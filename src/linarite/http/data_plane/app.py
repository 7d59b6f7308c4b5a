"""The data plane as an ASGI application."""

from __future__ import annotations

import logging

from linarite.access.bearer_tokens import Bearer, KeyUnknown
from linarite.access.entrance import Entrance
from linarite.access.tokens import TokenRefused
from linarite.http.asgi import Receive, Scope, Send
from linarite.http.data_plane.errors import ApiError, plain
from linarite.http.data_plane.metering import CallMeter, CallMetering, category_of
from linarite.http.data_plane.operations import Answer, Operations
from linarite.http.data_plane.requests import ApiRequest, Limits, bearer_of_call, parse_query
from linarite.http.data_plane.routes import Unrouted, find_route
from linarite.monitoring.logs import log_event
from linarite.resources.model import Resource
from linarite.resources.network_rules import RequestType
from linarite.sockets.admission import challenge
from linarite.sockets.forwarded import RequestAddress, TrustedProxies, address_of_request

__all__ = ["SUPPORTED_API_VERSIONS", "DataPlane"]

_log = logging.getLogger(__name__)

Headers = list[tuple[bytes, bytes]]

SUPPORTED_API_VERSIONS = "2021-10-01, 2022-11-01, 2023-07-01, 2024-01-01, 2024-12-01"
"""The published versions of the REST API, oldest first."""
_SUPPORTED_VERSIONS = (b"api-supported-versions", SUPPORTED_API_VERSIONS.encode())
_STRICT_TRANSPORT = (b"strict-transport-security", b"max-age=15724800; includeSubDomains")
_EMPTY = (b"content-length", b"0")
_JSON = (b"content-type", b"application/json; charset=utf-8")


class DataPlane:
    """Answers everything under `/api`."""

    def __init__(
        self,
        entrance: Entrance,
        operations: Operations,
        proxies: TrustedProxies,
        limits: Limits,
        metering: CallMetering,
    ) -> None:
        self._entrance = entrance
        self._metering = metering
        self._operations = operations
        self._proxies = proxies
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call; a broad catch stands here, at the edge, so that a fault is one call's and is told."""
        headers: dict[bytes, bytes] = dict(scope["headers"])
        meter = self._metering.begin()
        try:
            answer = await self._answer(scope, headers, receive, meter)
            status, more, body = _success(answer)
        except ApiError as error:
            status, more, body = _failure(error, scope["method"] == "HEAD")
        except Exception as error:
            path = scope["raw_path"].decode("latin-1")
            log_event(_log, logging.ERROR, "call failed", exception=error, method=scope["method"], path=path)
            failed = plain(500, "Error.InternalServerError", "Internal server error.")
            status, more, body = _failure(failed, scope["method"] == "HEAD")
        request_id = headers.get(b"x-ms-client-request-id")
        if request_id is not None:
            more.append((b"x-ms-client-request-id", request_id))
        if scope["scheme"] == "https" and not _is_localhost(headers.get(b"host", b"")):
            more.append(_STRICT_TRANSPORT)
        await send({"type": "http.response.start", "status": status, "headers": more})
        await send({"type": "http.response.body", "body": body})
        meter.answered()

    async def _answer(self, scope: Scope, headers: dict[bytes, bytes], receive: Receive, meter: CallMeter) -> Answer:
        path: bytes = scope["raw_path"]
        peer = scope["client"]
        address = address_of_request(
            peer[0] if peer else "",
            scope["scheme"],
            headers.get(b"host", b"").decode("latin-1"),
            scope["headers"],
            self._proxies,
        )
        text_path = path.decode("latin-1")
        token = bearer_of_call(headers)
        resource = self._entrance.resource_of(address.host, token)
        self._metering.addressed(meter, resource.name)
        route = find_route(scope["method"], path)
        if isinstance(route, Unrouted):
            raise _unrouted(route.methods)
        meter.category = category_of(route.operation)
        is_bearer = False
        if not route.is_public:
            _check_open(resource, address, text_path)
            try:
                is_bearer = self._check_token(scope["method"], resource, token, address, text_path)
            except KeyUnknown:
                await self._entrance.renew_keys()
                is_bearer = self._check_token(scope["method"], resource, token, address, text_path, is_last=True)
            self._metering.admit(meter, resource.name, route.operation)
        call = ApiRequest(
            resource,
            address,
            text_path,
            route.names,
            parse_query(scope["query_string"]),
            headers,
            receive,
            self._limits,
            is_bearer=is_bearer,
        )
        call.check_version()
        try:
            return await route.operation(self._operations, call)
        finally:
            meter.took(call.body_bytes)

    def _check_token(
        self,
        method: str,
        resource: Resource,
        token: str | None,
        address: RequestAddress,
        path: str,
        *,
        is_last: bool = False,
    ) -> bool:
        """Whether a bearer token opens the call, not an access key's. Raises ApiError if neither does.

        Unless it is the last try, KeyUnknown passes: the issuer's keys may have changed.
        """
        try:
            found = self._entrance.check_call(resource, token, method, address.host, (path, address.prefix + path))
            return isinstance(found, Bearer)
        except TokenRefused as refused:
            if isinstance(refused, KeyUnknown) and not is_last:
                raise
            log_event(
                _log,
                logging.INFO,
                "call refused",
                resource=resource.name,
                path=path,
                check=refused.check,
                reason=str(refused),
            )
            status = 403 if refused.check == "role" else 401
            raise ApiError(status, headers=(("www-authenticate", challenge(refused)),)) from None


def _check_open(resource: Resource, address: RequestAddress, path: str) -> None:
    """Raise ApiError unless the resource is running and its network rules let calls from that address in."""
    if resource.is_stopped:
        raise plain(503, "Error.Resource.Stopped", f"The resource `{resource.name}` is stopped.")
    if not resource.network_rules.admits(RequestType.REST_API, address.client):
        log_event(
            _log,
            logging.INFO,
            "call refused",
            resource=resource.name,
            path=path,
            client=address.client,
            check="network",
        )
        message = f"The network rules of the resource `{resource.name}` do not let this call in."
        raise plain(403, "Error.NetworkAccess.Denied", message)


def _unrouted(methods: tuple[str, ...]) -> ApiError:
    """405 names the methods that the path has (RFC 9110, section 15.5.6)."""
    return ApiError(405, headers=(("allow", ", ".join(methods)),)) if methods else ApiError(404)


def _is_localhost(host: bytes) -> bool:
    """Whether a browser would hold every port of its own machine to https if it were told so."""
    name = host.partition(b":")[0].lower()
    return name == b"localhost" or name.endswith(b".localhost")


def _success(answer: Answer) -> tuple[int, Headers, bytes]:
    if answer.body:
        length = (b"content-length", str(len(answer.body)).encode())
        return answer.status, [length, _JSON, _SUPPORTED_VERSIONS], answer.body
    if answer.status == 204:  # RFC 9110, section 8.6: no length with a 204
        return 204, [_SUPPORTED_VERSIONS], b""
    return answer.status, [_EMPTY, _SUPPORTED_VERSIONS], b""


def _failure(error: ApiError, is_head: bool) -> tuple[int, Headers, bytes]:
    """A HEAD answer tells the length of the body that it does not carry (RFC 9110, section 9.3.2)."""
    headers: Headers = [(b"content-length", str(len(error.body)).encode())]
    if error.body:
        headers.append((b"content-type", error.content_type.encode()))
    if error.code is not None:
        headers.append((b"x-ms-error-code", error.code.encode()))
    # On what an operation answers; recorded validation errors lack it, and the others have no code.
    if error.code is not None and error.status != 400:
        headers.append(_SUPPORTED_VERSIONS)
    headers.extend((name.encode(), value.encode("latin-1")) for name, value in error.headers)
    return error.status, headers, b"" if is_head else error.body
