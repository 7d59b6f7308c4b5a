"""The authority of this server: it gives tokens to applications that prove who they are, and knows its own again.

Client credentials alone (RFC 6749, section 4.4): there are no users to ask. The administrator is an application as
well, whose secret is the administrator's credential. A token carries a fingerprint of the secret it was got by, so that
a rotated secret and a deleted application end their tokens at once, not when they expire.
"""

from __future__ import annotations

import hashlib
import hmac
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from joserfc.jwk import RSAKey

from linarite.access.administrator import Administrator
from linarite.access.applications import Applications
from linarite.access.roles import Assignment, Role
from linarite.access.signing_key import SigningKeys
from linarite.access.tokens import Claims, TokenRefused

__all__ = [
    "ADMINISTRATOR_CLIENT_ID",
    "MANAGEMENT_AUDIENCE",
    "SERVICE_AUDIENCE",
    "TENANT_ID",
    "Authority",
    "IssuedToken",
    "SignInRefused",
]

TENANT_ID = "9d5c7f0e-6a54-4c0f-9b1d-3f6f2b7a4c11"
"""The one tenant of every server. Ids tell apart and protect nothing; that is what keys and secrets are for."""

ADMINISTRATOR_CLIENT_ID = "2b0c1f64-8f1b-4a3e-8d56-7e5f0c9a1d22"
"""The client id of the administrator of every server."""

SERVICE_AUDIENCE = "https://webpubsub.azure.com"
"""What tokens for the REST API of resources are for; official clients ask for its `/.default`."""

MANAGEMENT_AUDIENCE = "https://management.azure.com"
"""What tokens for the management API are for, by whichever of the server's addresses they were asked for."""

_FINGERPRINT_CLAIM = "linarite_credential"
_ADMINISTRATORS_ROLES = (Assignment(Role.OWNER), Assignment(Role.SERVICE_OWNER))


class SignInRefused(Exception):
    """Nobody has that client id and secret."""


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A token and how long it is good for."""

    token: str
    expires_in: int


class _Identity(NamedTuple):
    """An application as far as its tokens go; `secret_hash` is what their fingerprints are made of."""

    name: str
    secret_hash: bytes
    assignments: Sequence[Assignment]


class Authority:
    """Issues tokens, and is the issuer that `BearerTokens` asks about them."""

    def __init__(
        self, data_folder: Path, administrator: Administrator, clock: Callable[[], float], lifetime_seconds: float
    ) -> None:
        """`clock` gives seconds since 1970."""
        self.keys = SigningKeys(data_folder)
        self.name = ""
        """What stands in tokens as `iss`: an address of the server, known once it listens."""
        self._applications = Applications(data_folder)
        self._administrator = administrator
        self._clock = clock
        self._lifetime_seconds = int(lifetime_seconds)

    def sign_in(self, client_id: str, secret: str, audience: str) -> IssuedToken:
        """A token for an application that knows its secret. Raises SignInRefused, which does not say what was wrong.

        Without a signing key it makes one (`SigningKeys.ensure`), so call that before, away from the event loop.
        """
        identity = self._identity(client_id)
        if identity is None or not self._has_secret(client_id, secret):
            raise SignInRefused
        now = int(self._clock())
        key = self.keys.current or self.keys.ensure()
        claims = {
            "aud": audience,
            "iss": self.name,
            "iat": now,
            "nbf": now,
            "exp": now + self._lifetime_seconds,
            "appid": client_id.lower(),
            "app_displayname": identity.name,
            "idtyp": "app",
            "oid": client_id.lower(),
            "sub": client_id.lower(),
            "tid": TENANT_ID,
            "uti": str(uuid.uuid4()),
            "ver": "1.0",
            _FINGERPRINT_CLAIM: key.fingerprint(identity.secret_hash),
        }
        return IssuedToken(key.sign(claims), self._lifetime_seconds)

    # As an issuer

    def is_named(self, name: str) -> bool:
        """Whether `iss` means this authority."""
        return bool(self.name) and name == self.name

    def key(self, key_id: str) -> RSAKey:
        """The signing key. Raises TokenRefused if it is another one."""
        current = self.keys.current
        if current is None or current.key_id != key_id:
            raise TokenRefused("key", "expected the id of this server's signing key, got another one")
        return current.key

    def assignments(self, claims: Claims) -> Sequence[Assignment]:
        """The roles that the application has now. Raises TokenRefused once its secret is another or it is gone."""
        identity = self._identity(str(claims.everything.get("appid")))
        key = self.keys.current
        fingerprint = str(claims.everything.get(_FINGERPRINT_CLAIM)).encode()
        if (
            identity is None
            or key is None
            or not hmac.compare_digest(key.fingerprint(identity.secret_hash).encode(), fingerprint)
        ):
            raise TokenRefused("credential", "expected an application that is still there, with the secret it had")
        return identity.assignments

    def _identity(self, client_id: str) -> _Identity | None:
        if client_id.lower() == ADMINISTRATOR_CLIENT_ID:
            secret_hash = hashlib.sha256(self._administrator.credential).digest()
            return _Identity("administrator", secret_hash, _ADMINISTRATORS_ROLES)
        application = self._applications.get(client_id)
        if application is None:
            return None
        return _Identity(application.name, application.secret_hash, application.assignments)

    def _has_secret(self, client_id: str, secret: str) -> bool:
        if client_id.lower() == ADMINISTRATOR_CLIENT_ID:
            return self._administrator.holds(secret)
        application = self._applications.get(client_id)
        return application is not None and application.has_secret(secret)
