"""Where a request goes, read from its URL (RFC 3986), without I/O."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote, urlsplit

__all__ = ["InvalidUrl", "Target", "parse_target"]

_PORTS = {"http": 80, "https": 443}
# RFC 3986: what stands in a path or query as it is; anything else (letters beyond ASCII, quotes) is percent-encoded.
_HOST = re.compile(r"[A-Za-z0-9_.\-]+|[0-9A-Fa-f:.]+")
_URL_CHARACTERS = "%/:?@!$&'()*+,;=~-._[]"


class InvalidUrl(ValueError):
    """The text is not an absolute http or https URL."""


class Target(NamedTuple):
    """Where a request goes: `authority` is the `Host` header, `path` includes the query."""

    scheme: str
    host: str
    port: int
    authority: str
    path: str

    @property
    def is_secure(self) -> bool:
        """Whether it goes over TLS."""
        return self.scheme == "https"


@lru_cache(maxsize=1024)
def parse_target(url: str) -> Target:
    """Where requests to this URL go. Raises InvalidUrl."""
    try:
        parts = urlsplit(url)
        port = parts.port
        host = _ascii_host(parts.hostname or "")
    except (ValueError, UnicodeError):
        raise InvalidUrl("expected an absolute http or https URL") from None
    if parts.scheme not in _PORTS or _HOST.fullmatch(host) is None:
        raise InvalidUrl("expected an absolute http or https URL")
    shown = f"[{host}]" if ":" in host else host
    default = _PORTS[parts.scheme]
    authority = shown if port is None or port == default else f"{shown}:{port}"
    path = quote(parts.path or "/", safe=_URL_CHARACTERS)
    if parts.query:
        path += "?" + quote(parts.query, safe=_URL_CHARACTERS)
    return Target(parts.scheme, host, default if port is None else port, authority, path)


def _ascii_host(host: str) -> str:
    return host if host.isascii() else host.encode("idna").decode()
