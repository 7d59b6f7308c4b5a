"""Bearer tokens for handlers that want one: what a managed identity is in the cloud, by OAuth 2 client credentials.

A handler whose `auth` is ManagedIdentity names a resource; its calls carry a token for that resource, from the token
endpoint of the settings (RFC 6749, section 4.4). The scope is `<resource>/.default`, as Microsoft Entra wants it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

import msgspec

from linarite.events.attempts import Sender
from linarite.events.http_connection import ConnectionFailed, ReplyBroken, TimedOut
from linarite.events.http_replies import HttpReply
from linarite.events.limits import UpstreamLimits
from linarite.events.targets import InvalidUrl, parse_target

__all__ = ["Credentials", "NoToken", "UpstreamTokens", "read_credentials"]

# A token is renewed so long before it expires; one that lives shorter, at half its life.
_RENEWED_BEFORE_SECONDS = 300.0
# RFC 6749, section 5.1, only recommends `expires_in`; a token without one is used this long.
_UNSAID_LIFE_SECONDS = 300.0
_REQUEST_TIMEOUT_SECONDS = 10.0
# After a failure, calls fail at once for this long: an endpoint in trouble is not asked for every event.
_REFUSED_SECONDS = 1.0


class NoToken(Exception):
    """There is no token for a resource; the text says why and holds no secret."""


class Credentials(NamedTuple):
    """Who asks for tokens, and where."""

    token_endpoint: str
    client_id: str
    client_secret: str

    def __repr__(self) -> str:
        return f"Credentials(token_endpoint={self.token_endpoint!r}, client_id={self.client_id!r})"


def read_credentials(limits: UpstreamLimits) -> Credentials | None:
    """The credentials that the settings name, None if they name none. Raises OSError, ValueError."""
    if limits.token_endpoint is None:
        return None
    if limits.client_id is None or limits.client_secret_file is None:
        raise ValueError("expected a client id and a client secret file, since there is a token endpoint")
    return Credentials(limits.token_endpoint, limits.client_id, _secret(limits.client_secret_file))


def _secret(path: Path) -> str:
    secret = path.read_text(encoding="utf-8").strip()
    if not secret:
        raise ValueError(f"{path}: expected a client secret, got an empty file")
    return secret


class _Document(msgspec.Struct):
    access_token: str
    expires_in: float | str | None = None
    token_type: str = "Bearer"  # noqa: S105 - RFC 6750's word


class _Known:
    """What is known for one resource."""

    __slots__ = ("asking", "refused", "token", "until")

    def __init__(self) -> None:
        self.asking: asyncio.Task[None] | None = None
        self.refused: str | None = "the token endpoint was not asked"
        self.token = ""
        self.until = 0.0


class UpstreamTokens:
    """Has tokens at hand, one for each resource; asks for each at most once at a time."""

    def __init__(self, sender: Sender, credentials: Credentials | None, clock: Callable[[], float]) -> None:
        self._sender = sender
        self._credentials = credentials
        self._clock = clock
        self._known: dict[str, _Known] = {}
        self._asking: set[asyncio.Task[None]] = set()

    async def token(self, resource: str) -> str:
        """A token for that resource. Raises NoToken."""
        if self._credentials is None:
            raise NoToken("expected upstream_token_endpoint to be set, since a handler wants a token")
        known = self._known.setdefault(resource, _Known())
        if self._clock() >= known.until:
            if known.asking is None:
                known.asking = asyncio.get_running_loop().create_task(self._renew(known, resource, self._credentials))
                self._asking.add(known.asking)
                known.asking.add_done_callback(self._asking.discard)
            await asyncio.wait([known.asking])
        if known.refused is not None:
            raise NoToken(known.refused)
        return known.token

    async def close(self) -> None:
        """End what is being asked."""
        for task in self._asking:
            task.cancel()
        await asyncio.gather(*self._asking, return_exceptions=True)

    async def _renew(self, known: _Known, resource: str, credentials: Credentials) -> None:
        try:
            document = _parse(await self._request(resource, credentials))
            known.token, known.refused = document.access_token, None
            known.until = self._clock() + _use_seconds(document)
        except NoToken as error:
            known.refused = str(error)
            known.until = self._clock() + _REFUSED_SECONDS
        finally:
            known.asking = None

    async def _request(self, resource: str, credentials: Credentials) -> HttpReply:
        form = {
            "grant_type": "client_credentials",
            "client_id": credentials.client_id,
            "client_secret": credentials.client_secret,
            "scope": resource.rstrip("/") + "/.default",
        }
        headers = [("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "application/json")]
        deadline = self._clock() + _REQUEST_TIMEOUT_SECONDS
        try:
            target = parse_target(credentials.token_endpoint)
            return await self._sender.send("POST", target, headers, urlencode(form).encode(), deadline)
        except (ConnectionFailed, ReplyBroken, TimedOut, InvalidUrl) as error:
            raise NoToken(f"the token endpoint failed: {error}") from None


def _parse(reply: HttpReply) -> _Document:
    if not reply.is_success:
        raise NoToken(f"the token endpoint answered {reply.status}{_error_word(reply.body)}")
    try:
        document = msgspec.json.decode(reply.body, type=_Document)
    except (ValueError, RecursionError):
        raise NoToken("the token endpoint's answer: expected a JSON object with access_token") from None
    token = document.access_token
    if document.token_type.lower() != "bearer" or not token or not token.isascii() or not token.isprintable():
        raise NoToken("the token endpoint's answer: expected a bearer token in printable ASCII")
    return document


def _use_seconds(document: _Document) -> float:
    """How long the token is used; Entra's older endpoints write the number as text."""
    try:
        life = float(document.expires_in) if document.expires_in is not None else _UNSAID_LIFE_SECONDS
    except ValueError:
        life = _UNSAID_LIFE_SECONDS
    return max(life - _RENEWED_BEFORE_SECONDS, life / 2)


class _Error(msgspec.Struct):
    error: str


def _error_word(body: bytes) -> str:
    """The error code of RFC 6749, section 5.2; descriptions are left out, they may repeat what was sent."""
    try:
        word = msgspec.json.decode(body, type=_Error).error
    except (ValueError, RecursionError):
        return ""
    return f" {word}" if word.isidentifier() else ""
