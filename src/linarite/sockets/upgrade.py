"""From an HTTP upgrade request to a WebSocket, or to an HTTP error.

uvicorn hands over a connection whose request asks for `Upgrade: websocket`. Reading stops while it is decided whether
the client may come in; then either an HTTP error goes out, or picows' protocol takes over the transport, is fed the
part of the request head that it checks, and answers 101.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Protocol, cast

from picows import WSUpgradeRequest, WSUpgradeResponse, WSUpgradeResponseWithListener
from picows.picows import WSProtocol  # type: ignore[attr-defined]  # missing in its stub only

from linarite.sockets.admission import Refused
from linarite.sockets.client_socket import ClientSocket

__all__ = ["Doorman", "RequestHead", "UpgradeProtocol", "Welcome"]

_log = logging.getLogger(__name__)

# picows logs each connection and each wrong frame of a client at levels meant for a program with one peer. What an
# operator needs of them is logged here.
_silent = logging.LoggerAdapter(logging.Logger("picows", logging.CRITICAL), {})

_REQUIRED_HEADERS = ("host", "upgrade", "connection", "sec-websocket-version", "sec-websocket-key")
# picows refuses longer frames by itself; below that we do, with the service's words. (Twice: an assumption-free margin
# for what a client may have in one frame while memory stays bounded.)
_FRAME_LIMIT_FACTOR = 2


class RequestHead:
    """An upgrade request: its target and its headers, names in lower case."""

    __slots__ = ("headers", "peer", "scheme", "target")

    def __init__(self, target: str, headers: list[tuple[str, str]], peer: str, scheme: str) -> None:
        self.target = target
        self.headers = headers
        self.peer = peer
        self.scheme = scheme

    def all(self, name: str) -> list[str]:
        """All values of a header, in order."""
        return [value for key, value in self.headers if key == name]

    def first(self, name: str) -> str | None:
        """The first value of a header."""
        return next((value for key, value in self.headers if key == name), None)


class Welcome:
    """The answer to a client that may come in."""

    __slots__ = ("socket", "subprotocol")

    def __init__(self, socket: ClientSocket, subprotocol: str | None) -> None:
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

    def __init__(self, doorman: Doorman) -> None:
        self._doorman = doorman
        self._transport: asyncio.Transport | None = None
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take over a connection."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one in all but its ancestry

    def data_received(self, data: bytes) -> None:
        """Take the request head, in one piece; anything a client sends before the answer stays unread."""
        if self._task is not None or self._transport is None:
            return
        self._transport.pause_reading()
        self._task = asyncio.get_running_loop().create_task(self._decide(data, self._transport))
        self._doorman.own(self._task)

    def connection_lost(self, exc: Exception | None) -> None:
        """The client went away while it waited."""
        self._transport = None
        if self._task is not None:
            self._task.cancel()

    async def _decide(self, data: bytes, transport: asyncio.Transport) -> None:
        try:
            head = _parse_head(data, transport)
            welcome = await self._doorman.receive(head)
        except Refused as refused:
            _refuse(transport, refused)
            return
        except Exception:
            _log.exception("connection request failed")
            _refuse(transport, Refused(500))
            return
        if transport.is_closing():
            self._doorman.give_back(welcome)
        else:
            self._hand_over(head, welcome, transport)

    def _hand_over(self, head: RequestHead, welcome: Welcome, transport: asyncio.Transport) -> None:
        protocol = WSProtocol(
            None, None, False, _answer_with(welcome), _silent, True, None, False, 0, 0, 1, False,
            self._doorman.message_limit_bytes * _FRAME_LIMIT_FACTOR, None, self._doorman.read_buffer_bytes,
        )  # fmt: skip
        transport.set_protocol(protocol)
        self._transport = None
        protocol.connection_made(transport)
        lines = [f"{name}: {value}\r\n" for name, value in head.headers if name in _REQUIRED_HEADERS]
        request = ("GET / HTTP/1.1\r\n" + "".join(lines) + "\r\n").encode("latin-1")
        protocol.get_buffer(len(request))[: len(request)] = request
        protocol.buffer_updated(len(request))
        transport.resume_reading()


def _answer_with(welcome: Welcome) -> Any:  # noqa: ANN401 - picows' own loose type
    def listener(request: WSUpgradeRequest) -> WSUpgradeResponseWithListener:
        headers = {} if welcome.subprotocol is None else {"Sec-WebSocket-Protocol": welcome.subprotocol}
        return WSUpgradeResponseWithListener(WSUpgradeResponse.create_101_response(headers), welcome.socket)

    return listener


def _parse_head(data: bytes, transport: asyncio.Transport) -> RequestHead:
    lines = data.decode("latin-1").split("\r\n")
    method, _, rest = lines[0].partition(" ")
    headers = [(name.lower(), value.strip()) for line in lines[1:] if line for name, _, value in [line.partition(":")]]
    peer = transport.get_extra_info("peername")
    head = RequestHead(
        rest.rpartition(" ")[0],
        headers,
        peer[0] if isinstance(peer, tuple) else "",
        "http" if transport.get_extra_info("ssl_object") is None else "https",
    )
    if method != "GET" or not _is_valid(head):
        raise Refused(400, "Expected a WebSocket upgrade request.")
    return head


def _is_valid(head: RequestHead) -> bool:
    """What RFC 6455, section 4.2.1, asks of the request; the rest picows checks again."""
    key = head.first("sec-websocket-key")
    return (
        head.first("sec-websocket-version") == "13"
        and key is not None
        and len(key) == 24
        and key.endswith("==")
        and len(head.all("sec-websocket-key")) == 1
        and sum(len(name) + len(value) for name, value in head.headers if name in _REQUIRED_HEADERS) < 1024
    )


def _refuse(transport: asyncio.Transport, refused: Refused) -> None:
    body = refused.text.encode()
    headers: Mapping[str, str] = {
        **refused.headers,
        **({"Content-Type": "text/plain; charset=utf-8"} if body else {}),
        "Content-Length": str(len(body)),
        "Connection": "close",
    }
    head = f"HTTP/1.1 {refused.status} {HTTPStatus(refused.status).phrase}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in headers.items()) + "\r\n"
    transport.write(head.encode("latin-1") + body)
    transport.close()
