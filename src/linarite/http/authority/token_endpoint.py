"""The token endpoint: client credentials in, a signed token out (RFC 6749, sections 2.3.1, 4.4 and 5).

The scope names what the token is for: `https://webpubsub.azure.com/.default` the REST API of resources,
`https://management.azure.com/.default` or one of the server's own addresses the management API. No token is for both.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote_plus

from linarite.access.authority import MANAGEMENT_AUDIENCE, SERVICE_AUDIENCE

__all__ = ["TokenRequest", "TokenRequestRefused", "parse_token_request"]

_DEFAULT_SCOPE = "/.default"
_MANAGEMENT_NAMES = (MANAGEMENT_AUDIENCE, "https://management.core.windows.net")
# Scopes of OpenID Connect that clients add and that mean nothing for applications.
_ADDED_SCOPES = frozenset({"openid", "profile", "email", "offline_access"})
_PARAMETERS_LIMIT = 50


class TokenRequestRefused(Exception):
    """An error of RFC 6749, section 5.2, with its sentence for a person."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.status = status


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """What a client asks for; its text form does not show the secret."""

    client_id: str
    secret: str = field(repr=False)
    audience: str


def parse_token_request(body: bytes, authorization: str | None, url: str) -> TokenRequest:
    """The request in a form and, for the client's id and secret, perhaps a header. Raises TokenRequestRefused.

    `url` is the server's own address, by which the management API may be asked for.
    """
    form = _form(body)
    grant = form.get("grant_type")
    if grant != "client_credentials":
        raise TokenRequestRefused(
            "unsupported_grant_type",
            f"grant_type: expected client_credentials, got {_shown(grant)}. This authority knows applications, no "
            "users: sign in as a service principal.",
        )
    client_id, secret = _client(form, authorization)
    return TokenRequest(client_id, secret, _audience(form, url))


def _form(body: bytes) -> Mapping[str, str]:
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_PARAMETERS_LIMIT)
    except ValueError:
        raise TokenRequestRefused("invalid_request", "expected a form, application/x-www-form-urlencoded") from None
    form = dict(pairs)
    if len(form) != len(pairs):  # RFC 6749, section 3.2
        raise TokenRequestRefused("invalid_request", "expected each parameter once")
    return form


def _client(form: Mapping[str, str], authorization: str | None) -> tuple[str, str]:
    if authorization is not None:
        scheme, _, value = authorization.partition(" ")
        try:
            client_id, colon, secret = base64.b64decode(value, validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            colon = ""
        if scheme.lower() != "basic" or not colon:
            raise TokenRequestRefused("invalid_client", "expected an Authorization header of the scheme Basic", 401)
        return unquote_plus(client_id), unquote_plus(secret)
    if "client_assertion" in form:
        text = "client_assertion: expected a client_secret: certificates and federated credentials are not supported."
        raise TokenRequestRefused("invalid_client", text, 401)
    for name in ("client_id", "client_secret"):
        if not form.get(name):
            raise TokenRequestRefused("invalid_request", f"{name}: expected one, got none")
    return form["client_id"], form["client_secret"]


def _audience(form: Mapping[str, str], url: str) -> str:
    """What the token is for: from `scope`, or from `resource` as version 1.0 of Entra's endpoint has it."""
    if form.get("resource"):
        return _audience_of(form["resource"], form["resource"], url)
    wanted = [scope for scope in form.get("scope", "").split() if scope not in _ADDED_SCOPES]
    if len(wanted) != 1 or not wanted[0].endswith(_DEFAULT_SCOPE):
        got = _shown(form.get("scope"))
        raise TokenRequestRefused(
            "invalid_scope", f"scope: expected one such as {SERVICE_AUDIENCE}/.default, got {got}"
        )
    return _audience_of(wanted[0].removesuffix(_DEFAULT_SCOPE), wanted[0], url)


def _audience_of(name: str, scope: str, url: str) -> str:
    resource = name.rstrip("/").lower()
    if resource == SERVICE_AUDIENCE:
        return SERVICE_AUDIENCE
    if resource in (*_MANAGEMENT_NAMES, url.lower()):
        return MANAGEMENT_AUDIENCE
    expected = f"{SERVICE_AUDIENCE}/.default for the REST API, {MANAGEMENT_AUDIENCE}/.default for the management API"
    raise TokenRequestRefused("invalid_scope", f"scope: expected {expected}, got {_shown(scope)}")


def _shown(value: str | None) -> str:
    return "none" if not value else repr(value[:100])
