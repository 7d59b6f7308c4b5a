"""Cross-origin calls from browsers (the Fetch standard, "CORS protocol"): who may call, and what a page may see.

Calls bear a token in a header of their own, never cookies: credentials are not allowed for, and a page of an allowed
origin still needs a token.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from linarite.http.asgi import App, Receive, Scope, Send

__all__ = ["LOCAL_ORIGINS", "Cors"]


LOCAL_ORIGINS = ("http://localhost:*", "https://localhost:*", "http://127.0.0.1:*", "https://127.0.0.1:*")
"""Pages that a developer's own machine serves."""

_ANY = "*"
_METHODS = b"GET, HEAD, POST, PUT, DELETE"
# What pages may read beyond what they always may.
_EXPOSED = b"api-supported-versions, retry-after, x-ms-client-request-id, x-ms-error-code"
# Two hours: the longest that Chromium keeps an answer.
_MAX_AGE = b"7200"
# RFC 9110, section 5.6.2: names of headers, and no line break among them.
_HEADER_NAMES = re.compile(rb"[A-Za-z0-9!#$%&'*+.^_`|~, -]{1,2000}")


class Cors:
    """An ASGI application that lets pages of some origins call another one."""

    def __init__(self, app: App, allowed: Iterable[str]) -> None:
        """`allowed` are origins, with `*` for any port or, alone, any origin."""
        self._app = app
        self._allowed = frozenset(origin.lower() for origin in allowed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or have it answered with the headers that its page needs."""
        # Nearly all calls are of servers, which have no origin: they shall not pay for pages.
        origin = next((value for name, value in scope["headers"] if name == b"origin"), None)
        if origin is None or not self._allowed:
            await self._app(scope, receive, send)
            return
        headers: Mapping[bytes, bytes] = dict(scope["headers"])
        is_allowed = self._allows(origin.decode("latin-1"))
        if scope["method"] == "OPTIONS" and b"access-control-request-method" in headers:
            await _answer_preflight(headers, origin if is_allowed else None, send)
            return
        added = [(b"vary", b"Origin")]
        if is_allowed:
            added += [(b"access-control-allow-origin", origin), (b"access-control-expose-headers", _EXPOSED)]

        async def send_with_headers(message: Any) -> None:  # noqa: ANN401 - ASGI's own looseness
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), *added]}
            await send(message)

        await self._app(scope, receive, send_with_headers)

    def _allows(self, origin: str) -> bool:
        origin = origin.lower()
        if _ANY in self._allowed or origin in self._allowed:
            return True
        scheme, _, rest = origin.partition("://")
        # A default port is not written in an origin.
        host = re.sub(r":[0-9]{1,5}\Z", "", rest)
        return f"{scheme}://{host}:*" in self._allowed


async def _answer_preflight(headers: Mapping[bytes, bytes], origin: bytes | None, send: Send) -> None:
    """What a page asks before a call; an origin that may not call gets an answer that allows it nothing."""
    added = [(b"vary", b"Origin, Access-Control-Request-Method, Access-Control-Request-Headers")]
    if origin is not None:
        added += [
            (b"access-control-allow-origin", origin),
            (b"access-control-allow-methods", _METHODS),
            (b"access-control-max-age", _MAX_AGE),
        ]
        wanted = headers.get(b"access-control-request-headers", b"")
        if _HEADER_NAMES.fullmatch(wanted):
            added.append((b"access-control-allow-headers", wanted))
    await send({"type": "http.response.start", "status": 204, "headers": added})
    await send({"type": "http.response.body", "body": b""})
