"""From an HTTP upgrade request to a WebSocket, or to an HTTP error.

The HTTP protocol hands over a connection whose request asks for `Upgrade: websocket`. It is decided whether the client
may come in, which takes as long as an event handler thinks about it; a client that goes away meanwhile ends that. Then
either an HTTP error goes out, or picows' protocol takes over the transport, is fed the part of the request head that it
checks and what the client has sent behind it, and answers 101.
"""

from __future__ import annotations

import asyncio
import binascii
import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Protocol, cast

from picows import WSUpgradeRequest, WSUpgradeResponse, WSUpgradeResponseWithListener

from linarite.sockets.admission import Refused
from linarite.sockets.client_socket import ClientSocket
from linarite.sockets.lingering import close_lingering
from linarite.sockets.reader import Reader
from linarite.sockets.turned_away import TurnedAway
from linarite.sockets.wire import Wire

__all__ = ["Doorman", "RequestHead", "UpgradeProtocol", "Welcome", "refuse"]

_log = logging.getLogger(__name__)

_VERSION = "13"
_LINGER_SECONDS = 2.0  # many round trips for a client to read why it is refused
# No client has anything to say before the answer, but one that hurries shall not fill the memory.
_BEHIND_LIMIT_BYTES = 64 * 1024
_KEY_BYTES = 16  # RFC 6455, section 4.1: the key is a base64 value of that many bytes


class RequestHead:
    """An upgrade request: its target and its headers, names in lower case."""

    __slots__ = ("headers", "peer", "scheme", "target")

    def __init__(self, target: str, headers: Sequence[tuple[bytes, bytes]], peer: str, scheme: str) -> None:
        self.target = target
        self.headers = headers
        self.peer = peer
        self.scheme = scheme

    def all(self, name: bytes) -> list[str]:
        """All values of a header, in order."""
        return [value.decode("latin-1") for key, value in self.headers if key == name]

    def first(self, name: bytes) -> str | None:
        """The first value of a header."""
        return next((value.decode("latin-1") for key, value in self.headers if key == name), None)


class Welcome:
    """The answer to a client that may come in."""

    __slots__ = ("socket", "subprotocol")

    def __init__(self, socket: ClientSocket | TurnedAway, subprotocol: str | None) -> None:
        self.socket = socket
        self.subprotocol = subprotocol


class Doorman(Protocol):
    """Decides about upgrade requests."""

    message_limit_bytes: int
    read_buffer_bytes: int

    async def receive(self, head: RequestHead) -> Welcome:
        """The way in for this client. Raises Refused."""

    def give_back(self, welcome: Welcome) -> None:
        """The client went away before it could come in."""

    def own(self, task: asyncio.Task[None]) -> None:
        """See that the task is awaited before the server ends."""


class UpgradeProtocol(asyncio.Protocol):
    """Holds a connection between uvicorn, which has read its request, and picows, which will speak WebSocket."""

    __slots__ = ("_behind", "_doorman", "_head", "_task", "_transport")

    def __init__(self, doorman: Doorman, head: RequestHead, behind: bytes) -> None:
        """`behind` is what the client sent together with its head, without waiting for the answer."""
        self._doorman = doorman
        self._head: RequestHead | None = head
        self._behind = behind
        self._task: asyncio.Task[None] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take over a connection. Its reading goes on: a client's end is noticed by nothing else."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one in all but its ancestry
        assert self._head is not None
        self._task = asyncio.get_running_loop().create_task(self._decide(self._head, self._transport))
        self._doorman.own(self._task)

    def data_received(self, data: bytes) -> None:
        """Keep what the client sends without waiting for the answer."""
        self._behind += data
        if self._transport is not None and len(self._behind) > _BEHIND_LIMIT_BYTES:
            self._transport.pause_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client went away while it waited."""
        if self._task is not None:
            self._task.cancel()

    async def _decide(self, head: RequestHead, transport: asyncio.Transport) -> None:
        try:
            key = _checked_key(head)
            welcome = await self._doorman.receive(head)
        except Refused as refused:
            refuse(transport, refused)
            return
        except Exception:
            _log.exception("connection request failed")
            refuse(transport, Refused(500))
            return
        if transport.is_closing():
            self._doorman.give_back(welcome)
        else:
            self._hand_over(key, welcome, transport)

    def _hand_over(self, key: str, welcome: Welcome, transport: asyncio.Transport) -> None:
        limit, buffer = self._doorman.message_limit_bytes, self._doorman.read_buffer_bytes
        protocol = Reader(_answer_with(welcome), limit, buffer)
        # picows lends its own buffer to read into: uvloop goes over to it when reading starts, not in between.
        transport.pause_reading()
        transport.set_protocol(protocol)
        if transport.get_extra_info("ssl_object") is None:
            # uvloop holds writes back till the end of the tick; at this limit it holds nothing back. The answer to the
            # handshake has to be out before what deliveries write to the socket's descriptor in this very tick.
            transport.set_write_buffer_limits(high=0)
        protocol.connection_made(Wire(transport, welcome.socket))
        _feed(protocol, _request(key) + self._behind, transport)
        if not welcome.socket.is_reading_stopped:  # by what came with the head
            transport.resume_reading()
        # uvloop's transports keep the last unbuffered protocol that they had: it may not keep what it had.
        self._head = self._task = self._transport = None
        self._behind = b""


def _answer_with(welcome: Welcome) -> Any:  # noqa: ANN401 - picows' own loose type
    def listener(request: WSUpgradeRequest) -> WSUpgradeResponseWithListener:
        headers = {} if welcome.subprotocol is None else {"Sec-WebSocket-Protocol": welcome.subprotocol}
        return WSUpgradeResponseWithListener(WSUpgradeResponse.create_101_response(headers), welcome.socket)

    return listener


def _checked_key(head: RequestHead) -> str:
    """The handshake's key. Raises Refused for a head that RFC 6455, section 4.2.1, does not allow."""
    if head.first(b"sec-websocket-version") != _VERSION:
        raise Refused(400, f"Expected WebSocket version {_VERSION}.", {"Sec-WebSocket-Version": _VERSION})
    keys = head.all(b"sec-websocket-key")
    try:
        if len(keys) == 1 and len(binascii.a2b_base64(keys[0], strict_mode=True)) == _KEY_BYTES:
            return keys[0]
    except ValueError:
        pass
    raise Refused(400, f"Expected one Sec-WebSocket-Key, of {_KEY_BYTES} bytes in base64.")


def _request(key: str) -> bytes:
    """The head as picows likes it: it takes no other form of `Connection: Upgrade`, which Firefox for one sends."""
    lines = ("GET / HTTP/1.1", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13")
    return "\r\n".join((*lines, f"Sec-WebSocket-Key: {key}", "", "")).encode()


def _feed(protocol: Any, data: bytes, transport: asyncio.Transport) -> None:  # noqa: ANN401 - a class of picows
    while data and not transport.is_closing():
        buffer = protocol.get_buffer(len(data))
        size = min(len(buffer), len(data))
        buffer[:size] = data[:size]
        data = data[size:]
        protocol.buffer_updated(size)


def refuse(transport: asyncio.Transport, refused: Refused) -> None:
    """Answer with an HTTP error and close the connection."""
    body = refused.body
    headers: Mapping[str, str] = {
        **refused.headers,
        **({"Content-Type": refused.content_type} if body and refused.content_type else {}),
        "Content-Length": str(len(body)),
        "Connection": "close",
    }
    head = f"HTTP/1.1 {refused.status} {_phrase(refused.status)}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in headers.items()) + "\r\n"
    transport.write(head.encode("latin-1") + body)
    close_lingering(transport, _LINGER_SECONDS)


def _phrase(status: int) -> str:
    """The words of a status; an event handler may answer one that has none."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
