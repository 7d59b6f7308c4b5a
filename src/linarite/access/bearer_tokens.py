"""Bearer tokens that somebody else than an access key vouches for: the authority of this server, or an Entra tenant.

RS256 JSON Web Tokens. What is checked, in this order: form, algorithm (nothing but RS256, so that neither `none` nor a
public key taken for an HMAC's secret gets in), issuer, the issuer's key of that id, signature, audience, times, and
that the issuer still stands by the one to whom it gave the token. A refusal names the check that failed. ("Microsoft
identity platform access tokens", validating tokens; RFC 8725.)
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, NamedTuple, Protocol

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from linarite.access.roles import Assignment
from linarite.access.signing_key import SIGNING_ALGORITHM
from linarite.access.tokens import TOKEN_LIMIT, Claims, TokenRefused, check_time, parse_claims

__all__ = ["Bearer", "BearerTokens", "Issuer", "KeyUnknown"]

# A check costs 50 us, most of it the signature. Clients use one token for an hour.
_REMEMBERED_TOKENS = 1024
_SHOWN = 120  # characters of a foreign claim that go into answers and logs
_REGISTRY = jws.JWSRegistry(algorithms=[SIGNING_ALGORITHM], strict_check_header=False)
_NO_TOKEN = (JoseError, ValueError, TypeError, AttributeError)


class KeyUnknown(TokenRefused):
    """The token names a key that its issuer may have published since its keys were last read."""


class Issuer(Protocol):
    """Somebody whose tokens are believed."""

    def is_named(self, name: str) -> bool:
        """Whether `iss` means this issuer."""

    def key(self, key_id: str) -> RSAKey:
        """The public key of that id. Raises TokenRefused, KeyUnknown if it may help to read the keys again."""

    def assignments(self, claims: Claims) -> Sequence[Assignment]:
        """The roles that the token's bearer has now. Raises TokenRefused for one who has been shut out since."""


class Bearer(NamedTuple):
    """Who sends a token that has been checked, and what it says."""

    claims: Claims
    issuer: Issuer
    key_id: str
    key: RSAKey

    @property
    def name(self) -> str:
        """Who it is, for logs: the application's or the user's id."""
        everything = self.claims.everything
        found = everything.get("appid") or everything.get("azp") or everything.get("oid") or everything.get("sub")
        return str(found)[:_SHOWN]

    @property
    def assignments(self) -> Sequence[Assignment]:
        """The roles that the bearer has now."""
        return self.issuer.assignments(self.claims)


class BearerTokens:
    """Checks tokens for one audience, and remembers those that are right."""

    def __init__(self, audiences: Collection[str], issuers: Sequence[Issuer], clock: Callable[[], float]) -> None:
        """`clock` gives seconds since 1970; audiences are compared without a slash at the end."""
        self._audiences = frozenset(map(_without_slash, audiences))
        self._issuers = tuple(issuers)
        self._clock = clock
        self.remembered: dict[str, Bearer] = {}
        """Tokens whose signature and audience were right."""

    def check(self, token: str) -> Bearer:
        """Who sends this token. Raises TokenRefused."""
        bearer = self.remembered.get(token)
        if bearer is None:
            bearer = self._read(token)
            if len(self.remembered) >= _REMEMBERED_TOKENS:
                del self.remembered[next(iter(self.remembered))]
            self.remembered[token] = bearer
        elif bearer.issuer.key(bearer.key_id) is not bearer.key:
            del self.remembered[token]  # the issuer has other keys by now
            return self.check(token)
        check_time(bearer.claims, self._clock())
        return bearer

    def _read(self, token: str) -> Bearer:
        parts = _split(token)
        claims = parse_claims(parts.payload)
        issuer = self._issuer(claims.everything.get("iss"))
        key_id = parts.protected.get("kid")
        if not isinstance(key_id, str):
            raise TokenRefused("key", "expected the id of the issuer's key in the header, got none")
        key = issuer.key(key_id)
        if not _is_signed(parts, key):
            raise TokenRefused("signature", "expected a signature by the issuer's key")
        self._check_audience(claims)
        return Bearer(claims, issuer, key_id, key)

    def _issuer(self, name: object) -> Issuer:
        for issuer in self._issuers:
            if isinstance(name, str) and issuer.is_named(name):
                return issuer
        raise TokenRefused("issuer", f"expected an issuer that this server trusts, got {str(name)[:_SHOWN]!r}")

    def _check_audience(self, claims: Claims) -> None:
        if not any(_without_slash(audience) in self._audiences for audience in claims.audiences):
            expected = " or ".join(sorted(self._audiences))
            got = ", ".join(claims.audiences) or "none"
            raise TokenRefused("audience", f"Expected Audiences: {expected}. Actual Audiences: {got[:_SHOWN]}")


def _without_slash(audience: str) -> str:
    return audience.rstrip("/")


def _split(token: str) -> Any:  # noqa: ANN401 - joserfc names no type of its own for it
    """The parts of a token that claims to be signed with RS256."""
    if len(token) > TOKEN_LIMIT or not token.isascii():
        raise TokenRefused("format", f"expected a JSON Web Token of at most {TOKEN_LIMIT} ASCII characters")
    try:
        parts = jws.extract_compact(token.encode(), registry=_REGISTRY)
        algorithm = parts.protected.get("alg")
    except _NO_TOKEN:
        raise TokenRefused("format", "expected a JSON Web Token of three parts, the first a JSON object") from None
    if algorithm != SIGNING_ALGORITHM:
        raise TokenRefused("algorithm", f"expected {SIGNING_ALGORITHM}, got {str(algorithm)[:32]!r}")
    return parts


def _is_signed(parts: Any, key: RSAKey) -> bool:  # noqa: ANN401
    try:
        return bool(jws.validate_compact(parts, key, registry=_REGISTRY))
    except _NO_TOKEN:
        return False
