"""JSON Web Tokens put together by hand, right and wrong ones."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

KEY = "primary-key-of-the-tests-0123456789abcdef"
OTHER_KEY = "secondary-key-of-the-tests-0123456789abc"
HEADER = {"alg": "HS256", "typ": "JWT"}


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def forge(
    claims: object, key: str = KEY, header: object = HEADER, hash_name: str = "sha256", is_signed: bool = True
) -> str:
    """Give a token of this header and these claims; bytes go in as they are, other values as JSON."""
    parts = [part if isinstance(part, bytes) else json.dumps(part).encode() for part in (header, claims)]
    text = ".".join(map(base64url, parts))
    signature = hmac.digest(key.encode(), text.encode(), getattr(hashlib, hash_name)) if is_signed else b""
    return f"{text}.{base64url(signature)}"
