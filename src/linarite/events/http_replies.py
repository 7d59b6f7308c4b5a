"""Reads one HTTP/1.1 reply from bytes, without I/O (RFC 9112), and bounds what an endpoint can make the server hold.

llhttp, by way of httptools, splits the bytes; the rules about what is acceptable stand here. A reader takes exactly one
reply: whatever follows it means that the connection cannot be used again.
"""

from __future__ import annotations

import httptools
import msgspec

__all__ = ["HttpReply", "InvalidHttp", "ReplyReader", "ReplyTooLarge"]

# Status line and headers together. Node.js stops at 16 KiB and .NET at 64 KiB.
_HEAD_LIMIT_BYTES = 64 * 1024
# Chunk headers and trailers come on top of the body; more than a body's length of them is no honest reply.
_FRAMING_FACTOR = 2
_FRAMING_BYTES = 128 * 1024


class InvalidHttp(Exception):
    """The bytes are not an HTTP reply to a request of ours."""


class ReplyTooLarge(Exception):
    """The reply has more bytes than are accepted."""


class HttpReply(msgspec.Struct, frozen=True):
    """A whole reply: names of headers in lower case, their values as Latin-1 text."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    @property
    def is_success(self) -> bool:
        """Whether the status is one of the 2xx."""
        return 200 <= self.status <= 299

    def all(self, name: str) -> list[str]:
        """All values of a header, in their order."""
        return [value for key, value in self.headers if key == name]

    def last(self, name: str) -> str | None:
        """The last value of a header."""
        return next((value for key, value in reversed(self.headers) if key == name), None)


class ReplyReader:
    """Feed it what arrives until `is_complete`; a reply without a length ends with its connection."""

    __slots__ = (
        "_body",
        "_body_bytes",
        "_headers",
        "_is_interim",
        "_is_too_large",
        "_limit",
        "_parser",
        "_read_bytes",
        "_wants_end",
        "has_excess",
        "has_head",
        "is_complete",
        "is_reusable",
        "status",
    )

    def __init__(self, body_limit_bytes: int) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._limit = body_limit_bytes
        self._headers: list[tuple[str, str]] = []
        self._body: list[bytes] = []
        self._body_bytes = 0
        self._read_bytes = 0
        self._is_interim = False
        self._is_too_large = False
        self._wants_end = False
        self.status = 0
        self.has_head = False
        self.has_excess = False
        self.is_complete = False
        self.is_reusable = False
        """Whether the connection may carry another request, as far as the reply says."""

    @property
    def has_started(self) -> bool:
        """Whether any byte has arrived."""
        return self._read_bytes > 0

    def feed(self, data: bytes) -> None:
        """Take bytes as they arrive. Raises InvalidHttp or ReplyTooLarge."""
        if self.is_complete:
            self.has_excess = True
            return
        self._read_bytes += len(data)
        try:
            self._parse(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            if not self.is_complete:
                raise InvalidHttp(str(error) or type(error).__name__) from None
            self.has_excess = True
        self._check_size()

    def _parse(self, data: bytes) -> None:
        """Hand bytes to the parser, and notice line ends behind the reply, over which it passes without a word."""
        if not data.endswith((b"\r", b"\n")):
            self._parser.feed_data(data)
            return
        self._parser.feed_data(data[:-1])
        if self.is_complete:
            self.has_excess = True
        else:
            self._parser.feed_data(data[-1:])

    def end(self) -> None:
        """The connection has ended. Raises InvalidHttp if the reply has not."""
        if self.is_complete:
            return
        if not (self.has_head and self._wants_end):
            raise InvalidHttp("the connection ended within the reply" if self.has_started else "no reply came")
        self.is_complete = True

    def reply(self) -> HttpReply:
        """The reply, once it is complete."""
        assert self.is_complete
        return HttpReply(self.status, tuple(self._headers), b"".join(self._body))

    def _check_size(self) -> None:
        if not self.has_head and self._read_bytes > _HEAD_LIMIT_BYTES:
            raise ReplyTooLarge(f"expected at most {_HEAD_LIMIT_BYTES} bytes of headers")
        if self._is_too_large or self._read_bytes > self._limit * _FRAMING_FACTOR + _FRAMING_BYTES:
            raise ReplyTooLarge(f"expected a reply of at most {self._limit} bytes")

    # What httptools calls

    def on_message_begin(self) -> None:
        """A reply starts; a second one was not asked for."""
        if self.is_complete:
            self.has_excess = True

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header line, or one of the trailers, which say nothing that anybody needs."""
        if not self.has_head and not self.is_complete:
            self._headers.append((name.decode("latin-1").lower(), value.rstrip(b" \t").decode("latin-1")))

    def on_headers_complete(self) -> None:
        """The status and all headers are there."""
        if self.is_complete:
            return
        status = self._parser.get_status_code()
        if 100 <= status <= 199:
            # RFC 9110, section 15.2: any number of interim replies may come before the real one.
            self._is_interim = True
            return
        self.status = status
        self.has_head = True
        names = {name for name, _ in self._headers}
        self._wants_end = not names & {"content-length", "transfer-encoding"}

    def on_body(self, body: bytes) -> None:
        """A piece of the body, or of a second reply's, which is excess whatever its length."""
        if self.is_complete:
            return
        self._body_bytes += len(body)
        if self._body_bytes > self._limit:
            self._is_too_large = True
        elif not self._is_interim:
            self._body.append(body)

    def on_message_complete(self) -> None:
        """The reply is whole."""
        if self._is_interim:
            self._is_interim = False
            self._headers.clear()
        elif not self.is_complete:
            self.is_complete = True
            self.is_reusable = self._parser.should_keep_alive()
