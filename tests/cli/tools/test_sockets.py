"""One WebSocket of the tools' client, against servers that do what ours never does."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.server import serve

from linarite.cli.tools.failures import ToolFailed, Unreachable
from linarite.cli.tools.sockets import Ending, open_socket


@asynccontextmanager
async def server_that(does):
    """A WebSocket server that does this with each client, and its URL."""
    async with serve(does, "127.0.0.1", 0, subprotocols=["protocol"]) as server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/?access_token=secret"


async def everything_from(url):
    """The messages of a socket until it has ended, and how it has."""
    heard = []
    ended = asyncio.get_running_loop().create_future()
    await open_socket(url, None, "protocol", heard.append, ended.set_result)
    return heard, await asyncio.wait_for(ended, 10)


async def test_fragments_become_one_message():
    async def send(client):
        await client.send(["a", "b", "c"])
        await client.send("whole")
        await client.close(4000, "enough")

    async with server_that(send) as url:
        assert await everything_from(url) == ([b"abc", b"whole"], Ending(4000, "enough"))


async def test_a_line_that_is_cut_has_the_code_of_one():
    async def cut(client):
        client.transport.abort()

    async with server_that(cut) as url:
        assert await everything_from(url) == ([], Ending(1006, "the connection was lost"))


async def test_a_server_that_does_not_answer_the_close_is_left(monkeypatch):
    monkeypatch.setattr("linarite.cli.tools.sockets._CLOSE_SECONDS", 0.05)
    is_over = asyncio.Event()

    async def hold(client):
        client.transport.pause_reading()
        await is_over.wait()
        client.transport.abort()

    async with server_that(hold) as url:
        ended = asyncio.get_running_loop().create_future()
        socket = await open_socket(url, None, "protocol", lambda _message: None, ended.set_result)
        await socket.close()
        assert (await asyncio.wait_for(ended, 10)).code == 1006
        is_over.set()


@pytest.mark.parametrize(
    ("answer", "failure", "expected"),
    [
        (b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nfull", ToolFailed, "503 full"),
        (b"HTTP/1.1 302 Found\r\nLocation: ws://elsewhere/\r\nContent-Length: 0\r\n\r\n", ToolFailed, "302"),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", ToolFailed, ""),
        (b"", Unreachable, ""),
    ],
)
async def test_whoever_speaks_no_websocket_is_told_and_the_token_is_not(answer, failure, expected):
    async def say(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    async with await asyncio.start_server(say, "127.0.0.1", 0) as server:
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/?access_token=secret"
        with pytest.raises(failure) as caught:
            await everything_from(url)

    assert expected in str(caught.value)
    assert "secret" not in str(caught.value)
