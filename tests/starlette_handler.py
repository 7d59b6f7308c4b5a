"""An event handler on Starlette, as the service's documents show one, and a certificate of its own authority for it."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from tests.running_server import eventually

__all__ = ["Certificate", "Event", "EventHandler", "certificate", "event_handler"]

_TYPE = "azure.webpubsub."
_SYSTEM, _PRESENCE, _USER = "sys.", "gp.", "user."


@dataclass(frozen=True, slots=True)
class Event:
    """One event as it came."""

    request: Request
    body: bytes

    @property
    def headers(self) -> Headers:
        return self.request.headers

    @property
    def kind(self) -> str:
        """The last words of `ce-type`: `sys.connect`, `user.message`."""
        return self.headers["ce-type"].removeprefix(_TYPE)

    @property
    def connection_id(self) -> str:
        return self.headers["ce-connectionid"]

    def json(self) -> Any:
        return json.loads(self.body)

    async def is_aborted(self) -> bool:
        """Wait until the caller has gone away."""
        return (await self.request.receive())["type"] == "http.disconnect"


Reply = Callable[[Event], Response | Awaitable[Response]]


def _nothing(_event: Event) -> Response:
    return Response(status_code=204)


class EventHandler:
    """Keeps what it hears; `reply` answers blocking events, everything succeeds until it is set."""

    def __init__(self, url: str, keys: Sequence[str]) -> None:
        self.url = url
        self.reply: Reply = _nothing
        self.asked: list[Request] = []
        self.events: list[Event] = []
        self.unsigned: list[Event] = []
        self._keys = keys

    def kinds(self, connection_id: str | None = None) -> list[str]:
        """What was heard so far, of one connection or of all."""
        return [one.kind for one in self.events if connection_id in (None, one.connection_id)]

    async def heard(self, kind: str, number: int = 1) -> Event:
        """The event of this kind, once so many have come; the last of them."""

        def found() -> list[Event]:
            return [one for one in self.events if one.kind == kind]

        await eventually(lambda: len(found()) >= number)
        return found()[number - 1]

    async def answer(self, request: Request) -> Response:
        if request.method == "OPTIONS":
            self.asked.append(request)
            return Response(headers={"WebHook-Allowed-Origin": request.headers["webhook-request-origin"]})
        event = Event(request, await request.body())
        if not self._is_signed(event):
            self.unsigned.append(event)
            return Response("wrong signature", 401)
        self.events.append(event)
        if event.kind.startswith(_PRESENCE) or event.kind in ("sys.connected", "sys.disconnected"):
            return Response()
        reply = self.reply(event)
        return reply if isinstance(reply, Response) else await reply

    def _is_signed(self, event: Event) -> bool:
        """Whether the signature has an entry by each of the resource's keys, and no other."""
        signed = event.connection_id.encode()
        expected = ["sha256=" + hmac.new(key.encode(), signed, hashlib.sha256).hexdigest() for key in self._keys]
        return hmac.compare_digest(event.headers["ce-signature"], ",".join(expected))


class _Listener(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ending = asyncio.Event()

    async def main_loop(self) -> None:
        """Wait for the end without uvicorn's ticks, so that it is noticed at once."""
        await self.ending.wait()

    def capture_signals(self) -> AbstractContextManager[None]:
        return nullcontext()


@asynccontextmanager
async def event_handler(keys: Sequence[str], certificate: Certificate | None = None) -> AsyncIterator[EventHandler]:
    """Run a handler in this loop on a free port, over https if there is a certificate."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        scheme = "http" if certificate is None else "https"
        handler = EventHandler(f"{scheme}://localhost:{bound.getsockname()[1]}", keys)
        routes = [Route("/{path:path}", handler.answer, methods=["OPTIONS", "POST"])]
        config = uvicorn.Config(
            Starlette(routes=routes),
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            date_header=False,
            timeout_graceful_shutdown=1,
            ssl_certfile=None if certificate is None else certificate.chain,
            ssl_keyfile=None if certificate is None else certificate.key,
        )
        listener = _Listener(config)
        serving = asyncio.create_task(listener.serve(sockets=[bound]))
        await eventually(lambda: listener.started)
        try:
            yield handler
        finally:
            listener.ending.set()
            await serving
    assert handler.unsigned == []


@dataclass(frozen=True, slots=True)
class Certificate:
    """Files of a certificate for localhost and of the authority that signed it."""

    authority: Path
    chain: Path
    key: Path


def certificate(folder: Path) -> Certificate:
    """Make an authority, and a certificate for localhost."""
    made = Certificate(folder / "handler-authority.pem", folder / "handler.pem", folder / "handler.key")
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority_name = _name("the handler's own authority")
    authority = (
        _builder(authority_name, authority_name, authority_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
    signed = (
        _builder(_name("localhost"), authority_name, key.public_key())
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    made.authority.write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    made.chain.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    made.key.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return made


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=1))
    )
