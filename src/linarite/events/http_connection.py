"""One connection to an HTTP endpoint: a request out, its reply in, and the ways in which that fails.

Failures are told apart by what may be done next. Without a reply the request may be sent again (`ConnectionFailed`);
once a status has arrived it counts, whatever becomes of the body (`ReplyBroken`); time that has run out is never
given again (`TimedOut`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

from linarite.events.http_replies import HttpReply, InvalidHttp, ReplyReader, ReplyTooLarge

__all__ = ["ConnectionFailed", "HttpConnection", "ReplyBroken", "TimedOut"]


class ConnectionFailed(Exception):
    """No reply came: not connected, connection lost, or bytes that are no HTTP."""

    def __init__(self, text: str, *, before_reply: bool = False) -> None:
        """`before_reply`: the connection ended before the first byte of a reply."""
        super().__init__(text)
        self.before_reply = before_reply


class ReplyBroken(Exception):
    """A status came, but not the whole reply, or one that is too large."""

    def __init__(self, text: str, status: int, *, is_too_large: bool = False) -> None:
        super().__init__(text)
        self.status = status
        self.is_too_large = is_too_large


class TimedOut(Exception):
    """The time for the call has run out."""


class HttpConnection(asyncio.Protocol):
    """A connection that carries one request at a time. Whoever stops waiting for a reply ends it."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, reply_limit_bytes: int, lost: Callable[[HttpConnection], None]
    ) -> None:
        """`lost` is called once, when the connection has ended."""
        self._loop = loop
        self._limit = reply_limit_bytes
        self._lost = lost
        self._transport: asyncio.Transport | None = None
        self._reader: ReplyReader | None = None
        self._answered: asyncio.Future[None] | None = None
        self._is_spent = False
        self.closed: asyncio.Future[None] = loop.create_future()
        """Done when the connection has ended."""
        self.was_used = False
        """Whether it has carried a request before."""
        self.opened_at = self.used_at = loop.time()

    @property
    def is_reusable(self) -> bool:
        """Whether another request may be sent on it."""
        return self._transport is not None and not self._is_spent and self._reader is None

    async def exchange(self, request: bytes, deadline: float) -> HttpReply:
        """Send a request, read its reply. Raises ConnectionFailed, ReplyBroken, TimedOut."""
        if self._transport is None or self._is_spent:
            raise ConnectionFailed("the connection is closed", before_reply=True)
        reader = self._reader = ReplyReader(self._limit)
        answered = self._answered = self._loop.create_future()
        timer = self._loop.call_at(deadline, self._fail, TimedOut("no whole reply in time"))
        try:
            self._transport.write(request)
            await answered
            return reader.reply()
        except BaseException:
            self.abort()
            raise
        finally:
            timer.cancel()
            self._reader = self._answered = None
            self.was_used = True
            self.used_at = self._loop.time()

    def abort(self) -> None:
        """End the connection without a word."""
        self._is_spent = True
        if self._transport is not None:
            self._transport.abort()

    # What the event loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is open."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one in all but its ancestry

    def data_received(self, data: bytes) -> None:
        """A piece of the reply; bytes that nobody asked for end the connection."""
        reader = self._reader
        if reader is None:
            self.abort()
            return
        try:
            reader.feed(data)
        except InvalidHttp as error:
            self._fail(self._failure(f"no valid HTTP reply: {error}", reader))
        except ReplyTooLarge as error:
            self._fail(ReplyBroken(str(error), reader.status, is_too_large=True))
        else:
            if reader.is_complete:
                self._succeed(reader)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection has ended; that may be how a reply ends."""
        self._transport = None
        reader = self._reader
        if reader is not None:
            try:
                reader.end()
            except InvalidHttp as error:
                self._fail(self._failure(str(exc or error), reader))
            else:
                self._succeed(reader)
        self._lost(self)
        self.closed.set_result(None)

    def _succeed(self, reader: ReplyReader) -> None:
        # A reply may come before the request is all out (a 413, say): the rest of it would come first on the next use.
        is_sent = self._transport is not None and self._transport.get_write_buffer_size() == 0
        if not reader.is_reusable or reader.has_excess or not is_sent:
            self._is_spent = True
        if self._answered is not None and not self._answered.done():
            self._answered.set_result(None)

    def _fail(self, error: Exception) -> None:
        if self._answered is not None and not self._answered.done():
            self._answered.set_exception(error)

    @staticmethod
    def _failure(text: str, reader: ReplyReader) -> Exception:
        if reader.has_head:
            return ReplyBroken(text, reader.status)
        return ConnectionFailed(text, before_reply=not reader.has_started)
