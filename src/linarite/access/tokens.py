"""Access-key tokens: JSON Web Tokens signed with HS256 by one of a resource's two keys.

The key's text is the secret as it stands, never decoded. `exp` is required, `nbf` honoured, both with five minutes of
grace; `iss`, `iat` and `kid` are not looked at. (howto-generate-client-access-url; reference-rest-api-data-plane,
"Authenticate via access key".)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

__all__ = [
    "TOKEN_LIMIT",
    "Claims",
    "TokenRefused",
    "TokenVerifier",
    "bearer_of",
    "check_time",
    "make_token",
    "parse_claims",
]

# The service's grace for clocks that differ, both ways.
_CLOCK_SKEW_SECONDS = 300
# What a verifier remembers of the tokens it has checked: requests with the same token come in rows (a client library
# signs each address once and repeats it), and a check costs as much as the rest of a small request.
_REMEMBERED_TOKENS = 1024
_ALGORITHM = "HS256"
TOKEN_LIMIT = 16 * 1024
"""Characters of the longest token: longer than any URL or header that carries one."""

# Header parameters that are not understood are ignored (RFC 7515, section 4).
_REGISTRY = jws.JWSRegistry(algorithms=[_ALGORITHM], strict_check_header=False)
# What joserfc raises for a text that is no token; the last two for a header that is no object or has members of a
# wrong type.
_NO_TOKEN = (JoseError, ValueError, TypeError, AttributeError)

_USER_ID_CLAIMS = (
    "sub",
    "nameid",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier",
)
_ROLE_CLAIMS = ("role", "http://schemas.microsoft.com/ws/2008/06/identity/claims/role")


class TokenRefused(Exception):
    """A token does not let its bearer in.

    `check` names the check that failed (`format`, `algorithm`, `signature`, `expiry`, `start`, `audience`, …). The
    text says what was expected and what came, and never holds the token or a key.
    """

    def __init__(self, check: str, text: str) -> None:
        super().__init__(text)
        self.check = check


class Claims(msgspec.Struct, frozen=True):
    """What a verified token says."""

    audiences: tuple[str, ...]
    expires_at: float
    not_before: float | None
    user_id: str | None
    roles: tuple[str, ...]
    groups: tuple[str, ...]
    everything: dict[str, Any]


class TokenVerifier:
    """Checks tokens against the keys of one resource. A change of keys makes a new verifier."""

    def __init__(self, keys: Sequence[str], clock: Callable[[], float]) -> None:
        """`clock` gives seconds since 1970."""
        self._keys = [OctKey.import_key(key) for key in keys if key]
        self._clock = clock
        self._checked: dict[str, Claims] = {}

    def verify(self, token: str) -> Claims:
        """The claims of a token that one of the keys signed and that is good now. Raises TokenRefused."""
        claims = self._checked.get(token)
        if claims is None:
            claims = self._read(token)
            if len(self._checked) >= _REMEMBERED_TOKENS:
                del self._checked[next(iter(self._checked))]
            self._checked[token] = claims
        check_time(claims, self._clock())
        return claims

    def signed(self, token: str) -> bool:
        """Whether one of the keys signed the token, whatever else it says."""
        try:
            self._read(token)
        except TokenRefused:
            return False
        return True

    def _read(self, token: str) -> Claims:
        return parse_claims(self._check_signature(token))

    def _check_signature(self, token: str) -> bytes:
        if len(token) > TOKEN_LIMIT or not token.isascii():
            raise TokenRefused("format", f"expected a JSON Web Token of at most {TOKEN_LIMIT} ASCII characters")
        try:
            parts = jws.extract_compact(token.encode(), registry=_REGISTRY)
            algorithm = parts.protected.get("alg")
            if algorithm != _ALGORITHM:
                raise TokenRefused("algorithm", f"expected {_ALGORITHM}, got {str(algorithm)[:32]!r}")
            if any(jws.validate_compact(parts, key, registry=_REGISTRY) for key in self._keys):
                return parts.payload
        except _NO_TOKEN:
            raise TokenRefused("format", "expected a JSON Web Token of three parts, the first a JSON object") from None
        raise TokenRefused("signature", "expected a signature by one of the resource's access keys")


def check_time(claims: Claims, now: float) -> None:
    """Pass if the token is good at that moment, give or take the service's grace. Raises TokenRefused."""
    if claims.expires_at + _CLOCK_SKEW_SECONDS <= now:
        late = now - claims.expires_at
        raise TokenRefused("expiry", f"expected exp in the future, got one {late:.0f} s ago")
    if claims.not_before is not None and claims.not_before - _CLOCK_SKEW_SECONDS > now:
        early = claims.not_before - now
        raise TokenRefused("start", f"expected nbf in the past, got one {early:.0f} s ahead")


def bearer_of(authorization: str | None) -> str | None:
    """The token of an `Authorization` header; None without a header, empty if it names another scheme (RFC 6750)."""
    if authorization is None:
        return None
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def make_token(key: str, claims: dict[str, Any]) -> str:
    """A token with these claims, signed by an access key."""
    return jwt.encode({"alg": _ALGORITHM, "typ": "JWT"}, claims, OctKey.import_key(key))


def parse_claims(payload: bytes) -> Claims:
    """What the payload of a token says. Raises TokenRefused for one that is not valid."""
    try:
        everything = msgspec.json.decode(payload, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise TokenRefused("format", "expected claims that are a JSON object") from None
    expires_at = _number(everything, "exp")
    if expires_at is None:
        raise TokenRefused("expiry", "expected a claim exp, got none")
    return Claims(
        audiences=_texts(everything, "aud"),
        expires_at=expires_at,
        not_before=_number(everything, "nbf"),
        user_id=_user_id(everything),
        roles=tuple(role for claim in _ROLE_CLAIMS for role in _texts(everything, claim)),
        groups=_texts(everything, "webpubsub.group"),
        everything=everything,
    )


def _number(claims: dict[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TokenRefused("format", f"expected a number in claim {name}, got {type(value).__name__}")
    try:
        return float(value)
    except OverflowError:
        raise TokenRefused("format", f"expected a time in claim {name}, got a number beyond all dates") from None


def _texts(claims: dict[str, Any], name: str) -> tuple[str, ...]:
    value = claims.get(name)
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list):
        return tuple(item for item in value if isinstance(item, str))
    return ()


def _user_id(claims: dict[str, Any]) -> str | None:
    for name in _USER_ID_CLAIMS:
        value = claims.get(name)
        if isinstance(value, str) and value:
            return value
    return None
