"""One WebSocket of a client: whole text messages come out of it, and how it ended."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from picows import WSCloseCode, WSError, WSFrame, WSHandshakeError, WSListener, WSMsgType, WSTransport, ws_connect

from linarite.cli.tools.failures import Refused, ToolFailed, Unreachable
from linarite.cli.tools.rest import clock_hint, unreachable
from linarite.cli.tools.targets import Target

__all__ = ["Ending", "Socket", "open_socket"]

# RFC 6455, section 7.4.1: no code in the close frame; no close frame.
_NO_CODE, _NO_CLOSE = 1005, 1006
# A line over which nothing comes is asked after that time whether it still leads anywhere, as servers do it.
_PING_SECONDS = 20.0
_HANDSHAKE_SECONDS = 30.0  # a hub's `connect` handler may take its time
_CLOSE_SECONDS = 5.0
# More than the service's 1 MiB a message, so that the server's limits count and not ours.
_FRAME_LIMIT = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Ending:
    """Why a WebSocket has ended."""

    code: int
    reason: str

    def __str__(self) -> str:
        return f"{self.code} {self.reason}".rstrip()


class Socket(WSListener):
    """A WebSocket that calls `heard` for each message and `lost` once, when it has ended."""

    def __init__(self, heard: Callable[[bytes], None], lost: Callable[[Ending], None]) -> None:
        super().__init__()
        self._heard = heard
        self._lost = lost
        self._ending = Ending(_NO_CLOSE, "the connection was lost")
        self._fragments: list[bytes] = []
        self._transport: WSTransport | None = None

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Remember where to send."""
        self._transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Hand on a message when it is whole; answer a close."""
        if frame.msg_type == WSMsgType.CLOSE:
            payload = frame.get_payload_as_bytes()
            code = int.from_bytes(payload[:2], "big") if payload else _NO_CODE
            self._ending = Ending(code, payload[2:].decode(errors="replace"))
            if not transport.is_close_frame_sent:
                transport.send_close(WSCloseCode.OK)
            transport.disconnect()
        elif frame.msg_type in (WSMsgType.TEXT, WSMsgType.BINARY, WSMsgType.CONTINUATION):
            if frame.fin and not self._fragments:
                self._heard(frame.get_payload_as_bytes())
                return
            self._fragments.append(frame.get_payload_as_bytes())
            if frame.fin:
                whole, self._fragments = b"".join(self._fragments), []
                self._heard(whole)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """Tell how it ended."""
        self._lost(self._ending)

    def send(self, text: bytes) -> None:
        """Send a text message; one that can go nowhere any more is dropped, its line is told as lost."""
        if self._transport is not None and not self._transport.is_disconnected:
            self._transport.send(WSMsgType.TEXT, text)

    @property
    def is_connected(self) -> bool:
        """Whether the handshake was done, whatever came after it."""
        return self._transport is not None

    async def close(self) -> None:
        """Close it in good order."""
        transport = self._transport
        if transport is None or transport.is_disconnected:
            return
        transport.send_close(WSCloseCode.OK)
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                await transport.wait_disconnected()
        except TimeoutError:
            transport.disconnect(False)

    def cut(self) -> None:
        """End it as a broken line does: without a close frame."""
        if self._transport is not None:
            self._transport.disconnect(False)


async def open_socket(
    url: str,
    context: ssl.SSLContext | None,
    subprotocol: str,
    heard: Callable[[bytes], None],
    lost: Callable[[Ending], None],
) -> Socket:
    """A socket that is connected. Raises Unreachable, Refused, ToolFailed."""
    socket = Socket(heard, lost)
    address = urlsplit(url)
    endpoint = address._replace(scheme=f"http{address.scheme.removeprefix('ws')}", path="", query="")
    try:
        await ws_connect(
            lambda: socket,
            url,
            ssl_context=context if address.scheme == "wss" else None,
            websocket_handshake_timeout=_HANDSHAKE_SECONDS,
            extra_headers={"Sec-WebSocket-Protocol": subprotocol},
            max_redirects=0,
            max_frame_size=_FRAME_LIMIT,
            enable_auto_ping=True,
            auto_ping_idle_timeout=_PING_SECONDS,
            auto_ping_reply_timeout=_PING_SECONDS,
        )
    except WSHandshakeError as error:
        raise _refusal(error) from None
    except WSError as error:
        raise Unreachable(f"{endpoint.geturl()} does not speak WebSocket: {error}") from None
    except OSError as error:
        raise unreachable(Target(endpoint, (), ""), error) from None
    if not socket.is_connected:  # picows takes a connection that ends without any answer for a good one
        raise Unreachable(f"{endpoint.geturl()} ended the connection before there was a WebSocket")
    return socket


def _refusal(error: WSHandshakeError) -> ToolFailed:
    """What an answer that is no upgrade says; it never holds the token."""
    if error.response is None:
        return Unreachable(f"no WebSocket handshake: {error}")
    status = int(error.response.status)
    body = (error.raw_body or b"")[:500].decode(errors="replace")
    reason = " ".join((error.response.headers.get("www-authenticate") or body).split())
    if status in (401, 403):
        hint = clock_hint(error.response.headers.get("date"))
        return Refused(f"the endpoint refused the client: {status} {reason}".rstrip() + hint)
    return ToolFailed(f"the endpoint did not let the client in: {status} {reason}".rstrip())
