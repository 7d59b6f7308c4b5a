"""Addresses of requests as logs may show them: without the tokens in their queries."""

from __future__ import annotations

import re

__all__ = ["logged_url"]

# What opens something: access tokens, reconnection tokens, and the signatures and keys of webhook addresses.
_SECRETS = re.compile(
    r"(?i)((?:^|&)(?:access_token|awps_reconnection_token|code|sig|signature|key|token|secret)=)[^&]*"
)
_BLOTTED = r"\g<1>***"


def logged_url(scheme: str, host: str, path: str, query: str) -> str:
    """The address of a request."""
    address = f"{scheme}://{host}{path}"
    return f"{address}?{_SECRETS.sub(_BLOTTED, query)}" if query else address
