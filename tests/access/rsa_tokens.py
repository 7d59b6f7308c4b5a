"""Tokens signed with RSA without the code under test, right and wrong ones."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from tests.access.forging import base64url

__all__ = ["flipped", "key_document", "key_set", "private_key", "rsa_token"]


@cache
def private_key(number: int = 0) -> RSAPrivateKey:
    """One of several keys, each made once for all tests."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem(number: int = 0) -> bytes:
    form = serialization.PrivateFormat.TraditionalOpenSSL
    return private_key(number).private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())


def key_document(key_id: str, number: int = 0, **members: object) -> dict[str, Any]:
    """The public half as a member of a key set."""
    numbers = private_key(number).public_key().public_numbers()
    public = {
        "n": base64url(numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8, "big")),
        "e": base64url(numbers.e.to_bytes(3, "big")),
    }
    return {"kty": "RSA", "use": "sig", "kid": key_id, **public, **members}


def key_set(*documents: object) -> bytes:
    return json.dumps({"keys": list(documents)}).encode()


def rsa_token(claims: object, key_id: str | None = "k", number: int = 0, **header: object) -> str:
    """A token of these claims and this key; `header` changes members of its header."""
    named = {"alg": "RS256", "typ": "JWT", "kid": key_id, **header}
    head = {name: value for name, value in named.items() if value is not None}
    text = f"{base64url(json.dumps(head).encode())}.{base64url(json.dumps(claims).encode())}"
    signature = private_key(number).sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{text}.{base64url(signature)}"


def flipped(token: str, part: int = 2, at: int = 20) -> str:
    """The token with one bit of one part changed."""
    parts = token.split(".")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    changed = alphabet[alphabet.index(parts[part][at]) ^ 1]
    parts[part] = parts[part][:at] + changed + parts[part][at + 1 :]
    return ".".join(parts)
