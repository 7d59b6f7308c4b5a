"""The table of what the authority and `az` around it are answered."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from linarite.access.assembly import Access
from linarite.access.authority import TENANT_ID, SignInRefused
from linarite.access.signing_key import SigningKey
from linarite.http.administration import json_answer
from linarite.http.authority import resource_list, subscriptions
from linarite.http.authority.discovery import discovery_document, key_set
from linarite.http.authority.metadata import metadata_document
from linarite.http.authority.token_endpoint import TokenRequestRefused, parse_token_request
from linarite.http.management.api_versions import any_version
from linarite.http.management.endpoint import endpoint_of
from linarite.http.management.gate import Gate, Operations
from linarite.http.management.handler_warnings import HandlerCheck
from linarite.http.management.routes import CaselessRoute
from linarite.monitoring.logs import log_event
from linarite.resources.errors import ResourceError
from linarite.resources.registry import Registry
from linarite.settings import Settings
from linarite.sockets.forwarded import TrustedProxies, address_of_request

__all__ = ["authority_routes"]

_log = logging.getLogger(__name__)

Endpoint = Callable[[Request], Awaitable[Response]]

# A form of id, secret and scope has a few hundred bytes; MSAL adds less than that.
_FORM_LIMIT_BYTES = 16 * 1024
# RFC 6749, section 5.1: nobody may keep an answer that holds a token.
_NOT_STORED = {"Cache-Control": "no-store", "Pragma": "no-cache"}
# What clients put where Entra has the tenant. `common` and its like are for users, who may be in any tenant.
_TENANTS = (TENANT_ID, "adfs", "common", "organizations")

_MANAGEMENT: Mapping[str, Operations] = {
    "/tenants": {"GET": subscriptions.list_tenants},
    "/subscriptions": {"GET": subscriptions.list_subscriptions},
    "/subscriptions/{subscription}": {"GET": subscriptions.show_subscription},
    "/subscriptions/{subscription}/locations": {"GET": subscriptions.list_locations},
    "/subscriptions/{subscription}/providers": {"GET": subscriptions.list_providers},
    "/subscriptions/{subscription}/providers/{provider}": {"GET": subscriptions.show_provider},
    "/subscriptions/{subscription}/providers/{provider}/register": {"POST": subscriptions.register_provider},
    "/subscriptions/{subscription}/resources": {"GET": resource_list.list_resources},
    "/subscriptions/{subscription}/resourceGroups/{group}/resources": {"GET": resource_list.list_group_resources},
}
_DISCOVERY = ".well-known/openid-configuration"


def authority_routes(
    registry: Registry, settings: Settings, access: Access, check_handler: HandlerCheck
) -> list[BaseRoute]:
    """The routes; they come before those of the management API, which answers everything below `/subscriptions`."""
    front = _Front(settings, access)
    gate = Gate(registry, settings, access.management, access.audit, check_handler)
    managed = [CaselessRoute(path, gate.to(operations, any_version)) for path, operations in _MANAGEMENT.items()]
    # With an authority that ends in /adfs MSAL puts the tenant behind it if the tenant is not itself called so.
    discovery = [f"{prefix}/{_DISCOVERY}" for prefix in ("/adfs", "/adfs/{tenant}/v2.0", "/{tenant}/v2.0")]
    tokens = ("/adfs/oauth2/token", "/{tenant}/oauth2/v2.0/token", "/{tenant}/oauth2/token")
    keys = ("/adfs/discovery/keys", "/{tenant}/discovery/v2.0/keys")
    users = ("/adfs/oauth2/devicecode", "/adfs/oauth2/authorize")
    return [
        Route("/metadata/endpoints", front.metadata, methods=["GET"]),
        *(Route(path, front.of_tenant(front.discovery), methods=["GET"]) for path in discovery),
        *(Route(path, front.of_tenant(front.keys), methods=["GET"]) for path in keys),
        *(Route(path, front.of_tenant(front.token), methods=["POST"]) for path in tokens),
        *(Route(path, front.no_users, methods=["GET", "POST"]) for path in users),
        *managed,
    ]


class _Front:
    """What needs no credential of the management API."""

    def __init__(self, settings: Settings, access: Access) -> None:
        self._public_endpoint = settings.public_endpoint
        self._proxies = TrustedProxies(settings.trusted_proxies)
        self._authority = access.authority
        self._audit = access.audit

    def of_tenant(self, answer: Endpoint) -> Endpoint:
        """An endpoint for the tenants that there are."""

        async def checked(request: Request) -> Response:
            tenant = request.path_params.get("tenant", TENANT_ID)
            if tenant.lower() not in _TENANTS:
                text = f"Tenant '{tenant[:80]}' not found: expected {TENANT_ID} or adfs."
                return _error(TokenRequestRefused("invalid_tenant", text))
            try:
                return await answer(request)
            except ResourceError as error:  # a Host that is none
                return _error(TokenRequestRefused("invalid_request", error.message))

        return checked

    async def metadata(self, request: Request) -> Response:
        """Where the parts of this cloud are."""
        try:
            return json_answer(200, metadata_document(self._url(request)))
        except ResourceError as error:
            return _error(TokenRequestRefused("invalid_request", error.message))

    async def discovery(self, request: Request) -> Response:
        """Where the authority's endpoints are."""
        return json_answer(200, discovery_document(self._url(request), self._authority.name))

    async def keys(self, request: Request) -> Response:
        """The public key, made now if nobody has asked for a token yet."""
        return json_answer(200, key_set(await self._signing_key()))

    async def token(self, request: Request) -> Response:
        """A token, or why there is none."""
        client_id, audience = "", ""
        try:
            body = await _form_body(request)
            wanted = parse_token_request(body, request.headers.get("authorization"), self._url(request))
            client_id, audience = wanted.client_id, wanted.audience
            await self._signing_key()
            # A signature takes a millisecond, once an hour for each client.
            issued = self._authority.sign_in(client_id, wanted.secret, audience)
        except TokenRequestRefused as refused:
            answer = _error(refused)
        except SignInRefused:
            text = f"No application has the client id {client_id[:80]!r} and this secret, or its secret is another."
            answer = _error(TokenRequestRefused("invalid_client", text, 401))
            if "authorization" in request.headers:
                answer.headers["WWW-Authenticate"] = 'Basic realm="linarite"'  # RFC 6749, section 5.2
        except ClientDisconnect:
            return Response(status_code=499)
        else:
            document = {"token_type": "Bearer", "expires_in": issued.expires_in, "access_token": issued.token}
            answer = json_answer(200, document)
        answer.headers.update(_NOT_STORED)
        self._record(request, client_id, audience, answer.status_code)
        return answer

    async def no_users(self, request: Request) -> Response:
        """Why a browser or a device code signs nobody in."""
        text = (
            "This authority knows applications, no users. Sign in with a client id and a secret, as the commands that "
            "'linarite azure-cli' prints do: az login --service-principal --username … --password … --tenant …"
        )
        return _error(TokenRequestRefused("unauthorized_client", text))

    async def _signing_key(self) -> SigningKey:
        keys = self._authority.keys
        key = keys.current
        return await asyncio.to_thread(keys.ensure) if key is None else key

    def _url(self, request: Request) -> str:
        return endpoint_of(request, self._public_endpoint, self._proxies).url

    def _record(self, request: Request, client_id: str, audience: str, status: int) -> None:
        peer = request.client.host if request.client else ""
        address = address_of_request(peer, request.scope["scheme"], "", request.headers.raw, self._proxies)
        fields = {
            "caller": client_id or None,
            "client": address.client,
            "audience": audience or None,
            "status": status,
        }
        self._audit.record("sign-in", fields, is_refused=status != 200)


async def _form_body(request: Request) -> bytes:
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > _FORM_LIMIT_BYTES:
            raise TokenRequestRefused("invalid_request", f"expected a form of at most {_FORM_LIMIT_BYTES} bytes", 413)
    return bytes(content)


def _error(refused: TokenRequestRefused) -> Response:
    log_event(_log, logging.DEBUG, "request to the authority refused", error=refused.error, reason=str(refused))
    return json_answer(refused.status, {"error": refused.error, "error_description": refused.description})
