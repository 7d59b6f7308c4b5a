"""The RSA key with which the authority signs its tokens: made once, kept in the data folder for its owner alone."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from linarite.access.watched_file import WatchedFile
from linarite.private_files import exclusive_access, write_private_file

__all__ = ["SIGNING_ALGORITHM", "SIGNING_KEY_FILE", "SigningKey", "SigningKeys", "rotate_signing_key"]

SIGNING_ALGORITHM = "RS256"
"""What Microsoft Entra signs with, and what every library of its tokens verifies."""

SIGNING_KEY_FILE = "authority-key.pem"
# RFC 7518, section 3.3: 2048 bits or more; Entra's own keys have as many.
_KEY_BITS = 2048


class SigningKey:
    """A key pair; its text form shows nothing of it."""

    def __init__(self, pem: bytes) -> None:
        """Raises ValueError for a text that is no RSA private key."""
        try:
            self.key = RSAKey.import_key(pem)
        except (JoseError, ValueError, TypeError) as error:
            raise ValueError(f"expected an RSA private key in PEM form: {error}") from None
        if not self.key.is_private:
            raise ValueError("expected an RSA private key, got a public one")
        self.key_id = self.key.thumbprint()
        self._pem = pem

    def public_document(self) -> Mapping[str, Any]:
        """The public half as a member of a key set (RFC 7517, section 5)."""
        return {
            **self.key.as_dict(private=False),
            "kid": self.key_id,
            "use": "sig",
            "alg": SIGNING_ALGORITHM,
        }

    def sign(self, claims: Mapping[str, Any]) -> str:
        """A token with these claims."""
        header = {"alg": SIGNING_ALGORITHM, "typ": "JWT", "kid": self.key_id}
        return jwt.encode(header, dict(claims), self.key, algorithms=[SIGNING_ALGORITHM])

    def fingerprint(self, secret: bytes) -> str:
        """What a token can carry to say by which secret it was got: nobody without this key learns anything of it."""
        return hmac.digest(self._pem, secret, "sha256").hex()[:32]


class SigningKeys:
    """The signing key of a data folder as it is now."""

    def __init__(self, data_folder: Path) -> None:
        self._folder = data_folder
        self._file: WatchedFile[SigningKey | None] = WatchedFile(data_folder / SIGNING_KEY_FILE, SigningKey, None)

    @property
    def current(self) -> SigningKey | None:
        """The key, None as long as there is none: then no token of the authority exists either."""
        return self._file.value

    def ensure(self) -> SigningKey:
        """The key, made now if there is none. Takes tens of milliseconds then, so not on the event loop's thread."""
        with exclusive_access(self._folder):
            if not self._file.path.exists():
                write_private_file(self._file.path, _new_key())
        key = self._file.value
        if key is None:
            raise ValueError(f"{self._file.path}: expected an RSA private key; delete the file to make one")
        return key


def rotate_signing_key(data_folder: Path) -> None:
    """A new key in place of the old one, whose tokens a running server refuses from then on."""
    with exclusive_access(data_folder):
        write_private_file(data_folder / SIGNING_KEY_FILE, _new_key())


def _new_key() -> bytes:
    return RSAKey.generate_key(_KEY_BITS).as_pem(private=True)
