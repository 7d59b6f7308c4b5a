"""Puts the way upstream together from the server's limits."""

from __future__ import annotations

import asyncio
import os
import ssl
import time
from collections.abc import Awaitable, Callable
from functools import partial

from linarite.domain.faults import FaultBook
from linarite.events.abuse_protection import AbuseProtection
from linarite.events.addresses import Addresses, Resolve, parse_networks, system_resolve
from linarite.events.attempts import Attempts
from linarite.events.call_log import CallLog
from linarite.events.counters import EventCounters
from linarite.events.dispatcher import Upstream
from linarite.events.event_calls import EventCalls, Sources
from linarite.events.faulty_handlers import FaultyHandlers
from linarite.events.http_client import HttpClient, tls_context
from linarite.events.limits import UpstreamLimits
from linarite.events.outbound import Call, Outcome
from linarite.events.upstream_tokens import UpstreamTokens, read_credentials
from linarite.events.webhooks import Webhooks
from linarite.monitoring.resource_logs import ResourceLogs
from linarite.monitoring.spans import SpanBuffer
from linarite.resources.model import Resource

__all__ = ["open_upstream"]


class _Ways:
    """Webhooks together with the HTTP clients under them, which end with them."""

    def __init__(self, webhooks: Webhooks, clients: tuple[HttpClient, ...]) -> None:
        self._webhooks = webhooks
        self._clients = clients

    async def send(self, call: Call) -> Outcome:
        return await self._webhooks.send(call)

    async def check(self, validation_url: str, origin: str) -> str | None:
        return await self._webhooks.check(validation_url, origin)

    async def close(self) -> None:
        await self._webhooks.close()
        for client in self._clients:
            await client.close()


def open_upstream(
    limits: UpstreamLimits,
    resource: Callable[[str], Resource | None],
    *,
    counters: EventCounters,
    calls: CallLog | None = None,
    resource_logs: ResourceLogs | None = None,
    spans: SpanBuffer | None = None,
    faults: FaultBook | None = None,
    resolve: Resolve = system_resolve,
    pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> Upstream:
    """The way upstream on the running loop. Raises OSError and ValueError for files and networks that are wrong.

    Nothing is opened before the first event; `Upstream.close` ends everything.
    """
    loop = asyncio.get_running_loop()
    if limits.ca_file is not None:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(limits.ca_file)
    client_of = partial(HttpClient, limits, tls=partial(tls_context, limits), loop=loop)
    handlers = client_of(addresses=Addresses(parse_networks(limits.denied_networks), loop.time, resolve))
    # The token endpoint is the operator's own choice, and on a virtual machine it may be the metadata service.
    token_endpoint = client_of(addresses=Addresses((), loop.time, resolve))
    sender = handlers if faults is None else FaultyHandlers(handlers, faults, loop.time)
    attempts = Attempts(sender, loop.time, pause)
    protection = None
    if limits.abuse_protection == "strict":
        protection = AbuseProtection(attempts, loop.time, limits.validation_timeout_seconds)
    tokens = UpstreamTokens(token_endpoint, read_credentials(limits), loop.time)
    webhooks = Webhooks(attempts, protection, tokens, loop.time, limits.timeout_seconds)
    # uvloop's clock stands still within a turn of the loop and counts milliseconds: too coarse for how long calls take.
    sources = Sources(resource, time.monotonic, time.time, _new_request_id)
    ways = _Ways(webhooks, (handlers, token_endpoint))
    return Upstream(ways, EventCalls(ways, sources, counters, calls, resource_logs, spans), sources, limits)


def _new_request_id() -> str:
    """A GUID; written by hand, since a UUID object takes three times as long and every event has one."""
    digits = os.urandom(16).hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
