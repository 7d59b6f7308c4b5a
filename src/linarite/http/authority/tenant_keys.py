"""Reads the published keys of an Entra tenant over HTTPS, on the event loop and without blocking it."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from linarite.access.entra_tenant import FetchFailed
from linarite.events.limits import UpstreamLimits

if TYPE_CHECKING:
    from linarite.events.http_client import HttpClient

__all__ = ["TenantKeys"]

# Entra answers in a fraction of a second; a request that waits for unknown keys waits no longer than this.
_TIMEOUT_SECONDS = 10.0


class TenantKeys:
    """Asks for key sets; the limits are those of event handlers, and so are the trusted authorities."""

    def __init__(self, limits: UpstreamLimits) -> None:
        self._limits = limits
        self._client: HttpClient | None = None

    async def fetch(self, url: str) -> bytes:
        """The key set at a URL. Raises FetchFailed."""
        # Imported when a tenant is asked: most servers have none, and it takes a part of a start's time.
        from linarite.events.addresses import AddressDenied
        from linarite.events.http_connection import ConnectionFailed, ReplyBroken, TimedOut
        from linarite.events.targets import InvalidUrl, parse_target

        deadline = asyncio.get_running_loop().time() + _TIMEOUT_SECONDS
        try:
            accept = [("Accept", "application/json")]
            reply = await self._open().send("GET", parse_target(url), accept, b"", deadline)
        except (ConnectionFailed, TimedOut, ReplyBroken, AddressDenied, InvalidUrl, OSError) as error:
            raise FetchFailed(f"{type(error).__name__}: {error}") from None
        if reply.status != 200:
            raise FetchFailed(f"expected status 200, got {reply.status}")
        return reply.body

    async def close(self) -> None:
        """End what is under way."""
        if self._client is not None:
            await self._client.close()

    def _open(self) -> HttpClient:
        if self._client is None:
            from linarite.events.addresses import Addresses
            from linarite.events.http_client import HttpClient, tls_context

            loop = asyncio.get_running_loop()
            # The operator's own choice of address: none is denied.
            addresses = Addresses((), loop.time)
            self._client = HttpClient(self._limits, addresses, partial(tls_context, self._limits), loop)
        return self._client
