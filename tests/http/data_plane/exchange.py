"""HTTP as it stands on the wire: requests built byte by byte, answers read to the end of the connection."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.running_server import DEADLINE_SECONDS, RunningServer
from tests.signing import signed

NEWEST_VERSION = "2024-12-01"
Headers = Mapping[str, str] | Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer; names of headers are in lower case."""

    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        """Give a header's value, None if it is absent; it may come once only."""
        values = [value for key, value in self.headers if key == name.lower()]
        assert len(values) < 2, f"{name} came {len(values)} times"
        return values[0] if values else None

    @property
    def error_code(self) -> str | None:
        return self.header("x-ms-error-code")

    def json(self) -> Any:
        return json.loads(self.body)


class Api:
    """Calls the data plane of a running server with a good token, unless told otherwise."""

    def __init__(self, server: RunningServer) -> None:
        self.server = server

    def url(self, target: str, host: str | None = None, scheme: str = "http") -> str:
        """Give the address of a target, which is what the official clients sign."""
        return f"{scheme}://{host or f'localhost:{self.server.port}'}{target}"

    async def __call__(
        self,
        method: str,
        path: str,
        body: bytes | str | None = None,
        content_type: str | None = None,
        *,
        version: str | None = NEWEST_VERSION,
        token: str | None = "",
        key: str | None = None,
        host: str | None = None,
        headers: Headers = (),
        chunks: Iterable[bytes] | None = None,
        keep_alive: bool = False,
    ) -> Reply:
        """Send one request and give its answer.

        `version` goes before the path's own parameters, None leaves it out. `token` is made for the address, signed
        with `key` or the default resource's primary one; None sends none. `chunks` are a body without a length.
        With `keep_alive` the answer ends where it says: a server that closes while a body is still on its way resets
        the connection, and the answer may be lost.
        """
        target = with_version(path, version)
        if token == "":
            claims = {"aud": self.url(target, host), "exp": int(time.time()) + 3600}
            token = signed(key or self.server.resource.keys.primary, claims)
        lines = [("Host", host or f"localhost:{self.server.port}")]
        if token is not None:
            lines.append(("Authorization", f"Bearer {token}"))
        if content_type is not None:
            lines.append(("Content-Type", content_type))
        lines.extend(headers.items() if isinstance(headers, Mapping) else headers)
        lines.append(("Connection", "keep-alive" if keep_alive else "close"))
        data = body.encode() if isinstance(body, str) else body
        request = request_bytes(method, target, lines, data, chunks)
        return await exchange("127.0.0.1", self.server.port, request, keep_alive=keep_alive)

    async def send_text(self, path: str, text: str) -> None:
        """Send text by the call at this path, which has to be accepted."""
        reply = await self("POST", path, text, "text/plain")
        assert reply.status == 202, reply


def with_version(path: str, version: str | None = NEWEST_VERSION) -> str:
    """Give the path with its api-version as the first parameter, where the JavaScript client puts it."""
    if version is None:
        return path
    path, _, query = path.partition("?")
    return f"{path}?api-version={version}" + (f"&{query}" if query else "")


def request_bytes(
    method: str,
    target: str,
    headers: Iterable[tuple[str, str]],
    body: bytes | None = None,
    chunks: Iterable[bytes] | None = None,
) -> bytes:
    """Give a request; a POST or PUT without a body says that its length is 0, unless a header says otherwise."""
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
    if chunks is not None:
        lines.append("Transfer-Encoding: chunked")
        body = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in (*chunks, b""))
    elif not any(line.lower().startswith("content-length:") for line in lines):
        lines += [f"Content-Length: {len(body or b'')}"] if body is not None or method in ("POST", "PUT") else []
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + (body or b"")


async def exchange(address: str, port: int, request: bytes, *, keep_alive: bool = False, **options: Any) -> Reply:
    """Send bytes on a connection of their own and read the answer, up to the connection's end or its own.

    `options` are those of `open_connection`.
    """
    async with asyncio.timeout(DEADLINE_SECONDS):
        reader, writer = await asyncio.open_connection(address, port, **options)
        try:
            writer.write(request)
            answer = await read_one(reader) if keep_alive else await reader.read()
        finally:
            writer.close()
            await writer.wait_closed()
    return parse_reply(answer, is_head=request.startswith(b"HEAD "))


async def read_one(reader: asyncio.StreamReader) -> bytes:
    """Read one answer, which has a length, from a connection that stays open."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: (\d+)\r\n", head)
    assert length is not None, head
    return head + await reader.readexactly(int(length[1]))


def parse_reply(answer: bytes, *, is_head: bool = False) -> Reply:
    """Give the answer in these bytes; what follows the head must be as long as it says, and nothing for HEAD."""
    head, found, body = answer.partition(b"\r\n\r\n")
    assert found, f"expected a whole head, got {answer!r}"
    status, *lines = head.decode("latin-1").split("\r\n")
    headers = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    reply = Reply(int(status.split(" ")[1]), headers, body)
    assert reply.header("transfer-encoding") is None
    length = int(reply.header("content-length") or 0)
    assert len(body) == (0 if is_head else length), reply
    return reply
