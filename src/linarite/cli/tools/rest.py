"""Calls to the data plane, one after the other on one connection that is kept open."""

from __future__ import annotations

import http.client
import select
import socket
import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.message import Message
from email.utils import parsedate_to_datetime
from urllib.parse import quote, urlencode

from linarite.cli.tools.failures import Refused, ToolFailed, Unreachable
from linarite.cli.tools.targets import Target

__all__ = ["CLOCK_GRACE_SECONDS", "Reply", "Rest", "clock_hint", "clock_skew", "unreachable"]

CLOCK_GRACE_SECONDS = 300.0
"""What servers put up with: they take tokens five minutes before and after their time."""

_VERSION = "2024-12-01"
_TIMEOUT_SECONDS = 30.0
# What has no room now (429, 503) is tried again when the answer says when; longer than this a person decides.
_PATIENCE_SECONDS = 30.0
_TRIES = 5


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    status: int
    headers: Message
    content: bytes = field(repr=False)

    @property
    def reason(self) -> str:
        """What the endpoint says about a status that is an error, in one line."""
        text = self.headers.get("www-authenticate") or self.content[:500].decode(errors="replace")
        return " ".join(text.split()) or "the endpoint gives no reason"


class Rest:
    """The data plane of a target."""

    def __init__(self, target: Target, context: ssl.SSLContext | None) -> None:
        """`context` says whom to trust; http needs none."""
        self._target = target
        self._connection = _new_connection(target, context)

    def __enter__(self) -> Rest:
        return self

    def __exit__(self, *_error: object) -> None:
        self._connection.close()

    def call(
        self,
        method: str,
        *segments: str,
        query: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> Reply:
        """The reply to a call below `/api/hubs`, whatever its status. Raises Unreachable."""
        path = "/api/hubs/" + "/".join(quote(part, safe=":" if part.startswith(":") else "") for part in segments)
        token = self._target.token(self._target.address(path), {})
        parameters = urlencode([("api-version", _VERSION), *query])
        complete = {"Authorization": f"Bearer {token}", **(headers or {})}
        return self.ask(method, f"{path}?{parameters}", complete, content)

    def do(
        self,
        method: str,
        *segments: str,
        query: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> Reply:
        """Make a call that has to succeed, again when there was no room for it. Raises Refused, ToolFailed."""
        for tries_left in reversed(range(_TRIES)):
            reply = self.call(method, *segments, query=query, headers=headers, content=content)
            wait = _seconds(reply.headers.get("retry-after"))
            if reply.status not in (429, 503) or wait is None or not tries_left:
                break
            time.sleep(wait)
        if reply.status in (401, 403):
            hint = clock_hint(reply.headers.get("date"))
            raise Refused(f"the endpoint refused the call: {reply.status} {reply.reason}{hint}")
        if reply.status >= 300:
            raise ToolFailed(f"the endpoint did not do it: {reply.status} {reply.reason}")
        return reply

    def ask(
        self, method: str, target: str, headers: Mapping[str, str] | None = None, content: bytes | None = None
    ) -> Reply:
        """The reply to any request. Raises Unreachable."""
        connection = self._connection
        if connection.sock is not None and _is_ended(connection.sock):
            connection.close()  # the server has ended it meanwhile; http.client opens the next one by itself
        try:
            connection.request(method, self._target.endpoint.path + target, content, dict(headers or {}))
            response = connection.getresponse()
            return Reply(response.status, response.msg, response.read())
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise unreachable(self._target, error) from None


def clock_skew(date: str | None) -> float | None:
    """The seconds that this machine's clock is ahead of the one that wrote a Date header; None without one."""
    try:
        there = parsedate_to_datetime(date or "").timestamp()
    except (TypeError, ValueError):
        return None
    return time.time() - (there + 0.5)  # the header leaves out the part of a second


def clock_hint(date: str | None) -> str:
    """What to add to a refusal when clocks differ by more than servers put up with."""
    skew = clock_skew(date)
    if skew is None or abs(skew) < CLOCK_GRACE_SECONDS:
        return ""
    return f"; this machine's clock is {abs(skew):.0f} s {'ahead' if skew > 0 else 'behind'}"


def unreachable(target: Target, error: Exception) -> Unreachable:
    """What keeps a connection from being made, in words for a person."""
    address = target.endpoint.geturl()
    match error:
        case socket.gaierror():
            return Unreachable(f"the host {target.endpoint.hostname} has no address: {error.strerror}")
        case ssl.SSLCertVerificationError():
            return Unreachable(
                f"the certificate of {address} is not trusted: {error.verify_message}. Give --cacert, or set "
                "SSL_CERT_FILE or REQUESTS_CA_BUNDLE, with the file of its authority"
            )
        case ssl.SSLError():
            return Unreachable(f"{address} does not speak TLS as expected: {error.reason or error}")
        case TimeoutError():
            return Unreachable(f"{address} does not answer in time")
        case ConnectionRefusedError():
            return Unreachable(f"nothing listens at {address}: the connection was refused")
        case _:
            return Unreachable(f"no answer from {address}: {error or type(error).__name__}")


def _new_connection(target: Target, context: ssl.SSLContext | None) -> http.client.HTTPConnection:
    host, port = target.endpoint.hostname or "", target.endpoint.port
    if target.endpoint.scheme == "http":
        return http.client.HTTPConnection(host, port, timeout=_TIMEOUT_SECONDS)
    return http.client.HTTPSConnection(host, port, timeout=_TIMEOUT_SECONDS, context=context)


def _is_ended(connection: socket.socket) -> bool:
    """Whether the server has ended a connection on which nothing is asked: that is all that can be read there.

    Looked at before each request, so that none has to be sent twice, which could publish twice.
    """
    readable, _, _ = select.select([connection], [], [], 0)
    return bool(readable)


def _seconds(retry_after: str | None) -> float | None:
    try:
        seconds = float(retry_after or "")
    except ValueError:
        return None
    return seconds if 0 <= seconds <= _PATIENCE_SECONDS else None
