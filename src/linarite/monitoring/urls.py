"""Addresses of requests as logs may show them: without the tokens in their queries."""

from __future__ import annotations

import re
from urllib.parse import unquote_plus

__all__ = ["logged_url"]

# What opens something: access tokens, reconnection tokens, and the signatures and keys of webhook addresses.
_SECRETS = frozenset(
    ("access_token", "awps_reconnection_token", "code", "sig", "signature", "key", "token", "secret")
)  # fmt: skip
_NAME = re.compile(r"(?:^|(?<=&))([^=&]+)=[^&]*")


def logged_url(scheme: str, host: str, path: str, query: str) -> str:
    """The address of a request."""
    address = f"{scheme}://{host}{path}"
    return f"{address}?{_NAME.sub(_blotted, query)}" if query else address


def _blotted(found: re.Match[str]) -> str:
    """A parameter without its value if that is a secret; names may come percent-encoded and mean the same."""
    return f"{found[1]}=***" if unquote_plus(found[1]).strip().lower() in _SECRETS else found[0]
