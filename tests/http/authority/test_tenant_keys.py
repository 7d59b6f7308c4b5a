"""Fetching key sets: what comes, and every way in which none does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from linarite.access.entra_tenant import FetchFailed
from linarite.events.limits import limits_of
from linarite.http.authority.tenant_keys import TenantKeys
from linarite.settings import Settings

Serve = Callable[[bytes], object]


@pytest.fixture
async def keys() -> AsyncIterator[TenantKeys]:
    keys = TenantKeys(limits_of(Settings()))
    yield keys
    await keys.close()


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Give a function that answers every connection with these bytes and returns the URL."""
    servers = []

    async def serve(reply: bytes) -> str:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(reply)
            await writer.drain()
            writer.close()
            await writer.wait_closed()

        servers.append(await asyncio.start_server(answer, "127.0.0.1", 0))
        return f"http://127.0.0.1:{servers[-1].sockets[0].getsockname()[1]}/keys"

    yield serve
    for server in servers:
        server.close()
        await server.wait_closed()


async def test_what_is_published_is_given(keys, serve):
    url = await serve(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
    assert await keys.fetch(url) == b"{}"
    assert await keys.fetch(url) == b"{}"


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "expected status 200, got 404"),
        (b"HTTP/1.1 302 Found\r\nLocation: http://localhost/\r\nContent-Length: 0\r\n\r\n", "got 302"),
        (b"", "ConnectionFailed"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{}", "Failed|Broken"),
        (b"nonsense\r\n\r\n", "Failed|Broken"),
    ],
)
async def test_answer_that_is_none_is_told(keys, serve, reply, words):
    with pytest.raises(FetchFailed, match=words):
        await keys.fetch(await serve(reply))


async def test_silent_address_and_text_that_is_no_address_are_told(keys, serve):
    async with await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
    with pytest.raises(FetchFailed, match="ConnectionFailed"):
        await keys.fetch(f"http://127.0.0.1:{port}/keys")
    with pytest.raises(FetchFailed, match="InvalidUrl"):
        await keys.fetch("ftp://localhost/")


async def test_what_was_never_asked_is_closed_without_effect(keys):
    await keys.close()
