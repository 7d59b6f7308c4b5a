"""HS256 tokens as the official SDKs make them, so that the bench connects as a user's application does."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping

# A run lasts minutes; a day cannot run out in the middle of it.
LIFETIME_SECONDS = 24 * 3600


def sign(claims: Mapping[str, object], key: str) -> str:
    """Return the claims as a JSON Web Token signed with HMAC-SHA256 (RFC 7515, appendix A.1)."""
    head = _encode(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())
    body = _encode(json.dumps(claims).encode())
    signature = hmac.digest(key.encode(), f"{head}.{body}".encode(), hashlib.sha256)
    return f"{head}.{body}.{_encode(signature)}"


def access_token(audience: str, key: str, **claims: object) -> str:
    """Return a token for one audience that is valid from now on for a day."""
    now = int(time.time())
    return sign({"aud": audience, "iat": now, "exp": now + LIFETIME_SECONDS, **claims}, key)


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
