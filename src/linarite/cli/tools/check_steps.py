"""The steps by which an endpoint is checked, each of them one question with one line for an answer."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from typing import Any

from linarite.cli.tools.clients import Client, Frame
from linarite.cli.tools.failures import ExitCode, Refused, ToolFailed
from linarite.cli.tools.rest import CLOCK_GRACE_SECONDS, Rest, clock_skew, unreachable
from linarite.cli.tools.targets import Target

__all__ = ["CLIENT_STEPS", "STEPS", "Answer", "Checked", "Inquiry", "Outcome"]

_TIMEOUT_SECONDS = 10.0
# HTTP dates have whole seconds, and an answer takes its time.
_CLOCK_GOOD_SECONDS = 5.0
_GROUP = "linarite-check-"


class Outcome(Enum):
    """How a step ends."""

    GOOD = "ok"
    WARNED = "warn"
    FAILED = "FAIL"
    SKIPPED = "-"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a step found."""

    outcome: Outcome
    text: str


@dataclass(frozen=True, slots=True)
class Checked:
    """A step with its answer and the time that it took."""

    step: str
    answer: Answer
    milliseconds: float
    exit_code: ExitCode = ExitCode.DONE


@dataclass(slots=True)
class Inquiry:
    """What is checked, and what steps hand on to later ones."""

    target: Target
    context: ssl.SSLContext | None
    hub: str
    event: str | None
    event_is_asked: bool
    """Whether somebody named the event, so that a hub without a handler for it is an error."""

    rest: Rest
    client: Client | None = None
    frames: asyncio.Queue[Frame] | None = None


def _check_name(inquiry: Inquiry) -> Answer:
    host, port = _host_and_port(inquiry.target)
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = sorted({str(address[4][0]) for address in found})
    return Answer(Outcome.GOOD, f"{host} is {', '.join(addresses)}")


def _check_port(inquiry: Inquiry) -> Answer:
    host, port = _host_and_port(inquiry.target)
    with socket.create_connection((host, port), _TIMEOUT_SECONDS) as connection:
        return Answer(Outcome.GOOD, f"{connection.getpeername()[0]} port {port} accepts connections")


def _check_certificate(inquiry: Inquiry) -> Answer:
    if inquiry.context is None:
        return Answer(Outcome.SKIPPED, "not used: the endpoint is http, so that keys and messages travel in the clear")
    host, port = _host_and_port(inquiry.target)
    with (
        socket.create_connection((host, port), _TIMEOUT_SECONDS) as connection,
        inquiry.context.wrap_socket(connection, server_hostname=host) as secured,
    ):
        certificate: dict[str, Any] = secured.getpeercert() or {}
        days = (ssl.cert_time_to_seconds(certificate["notAfter"]) - time.time()) / 86400
        text = f"{secured.version()}, trusted, by {_common_name(certificate)}, good for {days:.0f} days"
    return Answer(Outcome.GOOD if days > 7 else Outcome.WARNED, text)


def _check_http(inquiry: Inquiry) -> Answer:
    reply = inquiry.rest.ask("HEAD", "/api/health")
    outcome = Outcome.GOOD if reply.status == 200 else Outcome.FAILED
    return Answer(outcome, f"/api/health answers {reply.status}")


def _check_clock(inquiry: Inquiry) -> Answer:
    reply = inquiry.rest.ask("HEAD", "/api/health")
    skew = clock_skew(reply.headers.get("date"))
    if skew is None:
        return Answer(Outcome.SKIPPED, "the endpoint tells no Date")
    if abs(skew) <= _CLOCK_GOOD_SECONDS:
        return Answer(Outcome.GOOD, "the same here and there, within the seconds of the Date header")
    text = f"this machine's is {abs(skew):.0f} s {'ahead' if skew > 0 else 'behind'}"
    if abs(skew) < CLOCK_GRACE_SECONDS:
        return Answer(Outcome.WARNED, f"{text}; servers put up with five minutes")
    return Answer(Outcome.FAILED, f"{text}; servers put up with five minutes and may refuse its tokens")


def _check_key(inquiry: Inquiry) -> Answer:
    reply = inquiry.rest.call("HEAD", inquiry.hub, "groups", _GROUP + "key")
    if reply.status in (200, 404):
        return Answer(Outcome.GOOD, "a REST call with it is let in")
    text = f"a REST call is answered {reply.status} {reply.reason}"
    if reply.status in (401, 403):
        raise Refused(text)
    raise ToolFailed(text)


async def _check_client(inquiry: Inquiry) -> Answer:
    roles = ("webpubsub.joinLeaveGroup", "webpubsub.sendToGroup")
    inquiry.frames = asyncio.Queue()
    url = inquiry.target.client_url(inquiry.hub, roles=roles, user="linarite-check")
    inquiry.client = Client(url, inquiry.context, inquiry.frames.put_nowait)
    connected = await inquiry.client.connect()
    return Answer(Outcome.GOOD, f"is let in, reliable JSON protocol, connection {connected['connectionId']}")


async def _check_round_trip(inquiry: Inquiry) -> Answer:
    assert inquiry.client is not None
    group = _GROUP + os.urandom(8).hex()
    await inquiry.client.request({"type": "joinGroup", "group": group})
    sent = time.perf_counter()
    text = os.urandom(8).hex()
    await inquiry.client.request({"type": "sendToGroup", "group": group, "dataType": "text", "data": text})
    await _heard(inquiry, text)
    by_client = time.perf_counter() - sent
    sent = time.perf_counter()
    text = os.urandom(8).hex()
    await asyncio.to_thread(_publish, inquiry, group, text)
    await _heard(inquiry, text)
    by_rest = time.perf_counter() - sent
    return Answer(Outcome.GOOD, f"client to group {by_client * 1000:.1f} ms, REST to group {by_rest * 1000:.1f} ms")


async def _check_recovery(inquiry: Inquiry) -> Answer:
    """Cut the line, publish, and hear it after coming back: what proxies on the way like to break."""
    assert inquiry.client is not None
    group, text = _GROUP + os.urandom(8).hex(), os.urandom(8).hex()
    await inquiry.client.request({"type": "joinGroup", "group": group})
    inquiry.client.cut()
    await asyncio.to_thread(_publish, inquiry, group, text)
    await _heard(inquiry, text)
    return Answer(Outcome.GOOD, "a line was cut, the client came back and heard what was sent meanwhile")


async def _check_event_handler(inquiry: Inquiry) -> Answer:
    assert inquiry.client is not None
    if inquiry.event is None:
        return Answer(Outcome.SKIPPED, "not asked (--no-event)")
    try:
        await inquiry.client.request({"type": "event", "event": inquiry.event, "dataType": "text", "data": "check"})
    except ToolFailed as error:
        text = f"none takes the event {inquiry.event}, or it failed ({error})"
        return Answer(Outcome.FAILED if inquiry.event_is_asked else Outcome.SKIPPED, text)
    return Answer(Outcome.GOOD, f"took the event {inquiry.event}")


STEPS: dict[str, Callable[[Inquiry], Answer]] = {
    "name": _check_name,
    "port": _check_port,
    "certificate": _check_certificate,
    "http": _check_http,
    "clock": _check_clock,
    "key": _check_key,
}
"""What is asked first; each step needs those before it."""

CLIENT_STEPS = {
    "client": _check_client,
    "round trip": _check_round_trip,
    "recovery": _check_recovery,
    "event handler": _check_event_handler,
}
"""What is asked with a client connection."""


@contextmanager
def told_plainly(target: Target) -> Iterator[None]:
    """Raise what keeps a connection from being made in words for a person."""
    try:
        yield
    except OSError as error:
        raise unreachable(target, error) from None


def _publish(inquiry: Inquiry, group: str, text: str) -> None:
    headers = {"Content-Type": "text/plain"}
    inquiry.rest.do("POST", inquiry.hub, "groups", group, ":send", headers=headers, content=text.encode())


async def _heard(inquiry: Inquiry, text: str) -> None:
    """Return when a message with that text has come. Raises ToolFailed."""
    assert inquiry.frames is not None
    try:
        async with asyncio.timeout(_TIMEOUT_SECONDS):
            while (await inquiry.frames.get()).get("data") != text:
                pass
    except TimeoutError:
        raise ToolFailed(f"a message was accepted and did not come in {_TIMEOUT_SECONDS:.0f} s") from None


def _host_and_port(target: Target) -> tuple[str, int]:
    default = 443 if target.endpoint.scheme == "https" else 80
    return target.endpoint.hostname or "", target.endpoint.port or default


def _common_name(certificate: dict[str, Any]) -> str:
    names = {name: value for part in certificate.get("issuer", ()) for name, value in part}
    return str(names.get("commonName") or names.get("organizationName") or "an authority without a name")
