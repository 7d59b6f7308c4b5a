"""Continuation tokens: where the next page of a group's connections begins.

A token says after which connection id to go on, so that members who come and go never shift the pages. It is signed for
its hub and group with the resource's salt: opaque, good on any node, and of no use elsewhere.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

from linarite.domain.commands import HubAddress
from linarite.http.data_plane.errors import ApiError, bad_request

__all__ = ["make_continuation_token", "read_continuation_token"]

_TOKEN_LIMIT = 2048
_SIGNATURE_BYTES = 16


def make_continuation_token(salt: str, at: HubAddress, group: str, after: str) -> str:
    """The token of the page that begins after this connection id."""
    return base64.urlsafe_b64encode(_sign(salt, at, group, after) + after.encode()).decode().rstrip("=")


def read_continuation_token(salt: str, at: HubAddress, group: str, token: str) -> str:
    """The connection id after which to go on. Raises ApiError 400 for a token of anything else."""
    if not token or len(token) > _TOKEN_LIMIT:
        raise _invalid()
    try:
        packed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        after = packed[_SIGNATURE_BYTES:].decode()
    except (binascii.Error, ValueError):
        raise _invalid() from None
    if not hmac.compare_digest(packed[:_SIGNATURE_BYTES], _sign(salt, at, group, after)):
        raise _invalid()
    return after


def _sign(salt: str, at: HubAddress, group: str, after: str) -> bytes:
    text = "\0".join(("continuation", at.hub, group, after))
    return hmac.digest(salt.encode(), text.encode(), hashlib.sha256)[:_SIGNATURE_BYTES]


def _invalid() -> ApiError:
    return bad_request("continuationToken", "Invalid continuationToken.")
