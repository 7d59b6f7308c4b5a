"""uvicorn's HTTP protocol with what it lacks for the open Internet: bounds on the request head, and whole upgrades.

A connection has so long to send its request head, and the head may have so many bytes (docs/reference/settings.md,
`upgrade_timeout_seconds` and `head_limit_bytes`). An upgrade to WebSocket goes to the doorman, together with what a
client sent right behind its head. Any other upgrade is ignored, as RFC 9110, section 7.8, allows: clients that would
rather speak HTTP/2 (`Upgrade: h2c`, as Java's client does by default) get their answer in HTTP/1.1.
"""

from __future__ import annotations

import asyncio
from typing import Any, NamedTuple

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from linarite.sockets.admission import Refused
from linarite.sockets.upgrade import Doorman, RequestHead, UpgradeProtocol, refuse

__all__ = ["HeadLimits", "HttpProtocol"]

_TOO_LARGE = Refused(431, "The request head is too large.")
_WEBSOCKET = b"websocket"
# What HTTP/1.1 adds around each header and around the request line's target: ": " and a line end; a method, a version.
_HEADER_MARKS, _LINE_MARKS = 4, 16


class HeadLimits(NamedTuple):
    """Bounds of a request head; each is the setting of the same purpose."""

    seconds: float
    size_bytes: int


class _HeadTooLarge(Exception):
    """Raised inside the parser, which wraps it."""


class HttpProtocol(HttpToolsProtocol):
    """The HTTP side of one connection."""

    def __init__(self, doorman: Doorman, limits: HeadLimits, **uvicorns: Any) -> None:  # noqa: ANN401 - passed on
        super().__init__(**uvicorns)
        self._doorman = doorman
        self._limits = limits
        self._head_timer: asyncio.TimerHandle | None = None
        self._is_in_head = False
        self._head_bytes = 0
        """Bytes of the head before those that are being parsed."""
        self._chunk_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Take a new connection; from now on its first request head is due."""
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self._forget_head()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what came."""
        self._unset_keepalive_if_required()
        self._chunk_bytes = len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._take_upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserError as error:
            is_large = isinstance(error.__context__, _HeadTooLarge)
            self._refuse(_TOO_LARGE if is_large else Refused(400, "Invalid HTTP request received."))
        else:
            if self._is_in_head:
                self._wait_for_head()

    # What the parser calls

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._is_in_head = True

    def on_headers_complete(self) -> None:
        """The head is here."""
        if (
            self._head_bytes + self._chunk_bytes > self._limits.size_bytes
            and self._head_size() > self._limits.size_bytes
        ):
            raise _HeadTooLarge
        self._is_in_head = False
        self._forget_head()
        super().on_headers_complete()

    def _get_upgrade(self) -> bytes | None:
        """The protocol that is asked for: WebSocket if it is among several. The parser has looked at `Connection`."""
        wanted = [
            part.strip().lower() for name, value in self.headers if name == b"upgrade" for part in value.split(b",")
        ]
        return _WEBSOCKET if _WEBSOCKET in wanted else wanted[0] if wanted else None

    def _should_upgrade(self) -> bool:
        """Keep uvicorn's hands off every request that asks for an upgrade: `_take_upgrade` has it next."""
        return True

    # The head

    def _head_size(self) -> int:
        headers = sum(len(name) + len(value) + _HEADER_MARKS for name, value in self.headers)
        return len(self.url) + _LINE_MARKS + headers

    def _expect_head(self) -> None:
        self._head_timer = self.loop.call_later(self._limits.seconds, self._head_is_late)

    def _wait_for_head(self) -> None:
        """Part of a head came. Whole heads come in one piece nearly always, so that these cost no timer."""
        self._head_bytes += self._chunk_bytes
        if self._head_bytes > self._limits.size_bytes:
            self._refuse(_TOO_LARGE)
        elif self._head_timer is None:
            self._expect_head()

    def _forget_head(self) -> None:
        self._head_bytes = 0
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _head_is_late(self) -> None:
        self._head_timer = None
        if self._is_in_head:
            self._refuse(Refused(408, "The request head took too long."))
        else:
            self.transport.close()  # nothing came at all: browsers open connections in advance

    def _refuse(self, refused: Refused) -> None:
        """Answer by ourselves and end the connection, whatever the application is still doing with it."""
        self._forget_head()
        self.connections.discard(self)
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        refuse(self.transport, refused)

    # Upgrades

    def _take_upgrade(self, behind: bytes) -> None:
        """Hand a WebSocket upgrade over with the bytes behind its head; carry on as if another had not been asked."""
        upgrade = self._get_upgrade()
        if upgrade is None:
            self._refuse(Refused(405))  # CONNECT, which is for proxies, is an upgrade to the parser
            return
        if upgrade != _WEBSOCKET:
            self._go_on_without_upgrade(behind)
            return
        is_answering = self.cycle is not None and not self.cycle.response_complete
        if is_answering or self.scope["method"] != "GET" or self.scope["http_version"] != "1.1":
            # RFC 6455, section 4.1; and an upgrade behind an unanswered request would mix two answers.
            self._refuse(Refused(400, "Expected a WebSocket upgrade request."))
            return
        self.connections.discard(self)
        head = RequestHead(
            self.url.decode("latin-1"),
            self.headers,
            self.client[0] if self.client is not None else "",
            self.scheme or "http",
        )
        self.parser = None  # type: ignore[assignment]  # which holds us as we do it: a cycle for each connection
        protocol = UpgradeProtocol(self._doorman, head, behind)
        self.transport.set_protocol(protocol)
        protocol.connection_made(self.transport)

    def _go_on_without_upgrade(self, behind: bytes) -> None:
        """Parse the request again, its `Upgrade` left out: the parser takes no body behind an upgrade."""
        method = self.scope["method"].encode()
        lines = [b"%b %b HTTP/%b\r\n" % (method, self.url, self.scope["http_version"].encode())]
        lines += [b"%b: %b\r\n" % header for header in self.headers if header[0] != b"upgrade"]
        self.parser = httptools.HttpRequestParser(self)
        self.data_received(b"".join((*lines, b"\r\n", behind)))
