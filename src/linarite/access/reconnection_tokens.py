"""Reconnection tokens: with one, a reliable client takes up the connection that its last socket had.

HS256 JSON Web Tokens, signed with the resource's salt, so that a regenerated salt makes all of them invalid
(`az webpubsub key regenerate --key-type salt`). Each names one connection as its audience and lives a week, much longer
than a connection waits for its client (client-spec.md of Azure Web PubSub, section 2.2).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import msgspec
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

__all__ = ["make_reconnection_token", "opens_connection"]

_ALGORITHM = "HS256"
_HEADER = {"alg": _ALGORITHM, "typ": "JWT"}
_REGISTRY = jws.JWSRegistry(algorithms=[_ALGORITHM], strict_check_header=False)
_ISSUER = "https://webpubsub.azure.com"
_LIFE_SECONDS = 7 * 24 * 3600
_TOKEN_LIMIT = 4 * 1024
_ID_BYTES = 16
# What joserfc and the reading of the claims raise for a text that is no token of this kind.
_NO_TOKEN = (JoseError, ValueError, TypeError, AttributeError, msgspec.ValidationError)


class _Claims(msgspec.Struct):
    aud: str
    iss: str
    exp: float
    nbf: float


@lru_cache(maxsize=64)
def _key(salt: str) -> OctKey:
    return OctKey.import_key(salt)


def make_reconnection_token(salt: str, connection_id: str, now: float) -> str:
    """A fresh token for one connection; `now` is in seconds since 1970."""
    claims: dict[str, Any] = {
        "iss": _ISSUER,
        "aud": connection_id,
        "jti": secrets.token_hex(_ID_BYTES),
        "nbf": int(now),
        "exp": int(now) + _LIFE_SECONDS,
    }
    return jwt.encode(_HEADER, claims, _key(salt), registry=_REGISTRY)


def opens_connection(salt: str, token: str, connection_id: str, clock: Callable[[], float]) -> bool:
    """Whether the token was made for this connection, with this salt, and is good now: there is no grace."""
    if len(token) > _TOKEN_LIMIT:
        return False
    try:
        decoded = jwt.decode(token, _key(salt), registry=_REGISTRY)
        claims = msgspec.convert(decoded.claims, _Claims)
    except _NO_TOKEN:
        return False
    return claims.iss == _ISSUER and claims.aud == connection_id and claims.nbf <= clock() < claims.exp
