"""What `webpubsub client start` does: a WebSocket client that a person types into."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import suppress
from urllib.parse import urlsplit

from knack.util import CLIError
from picows import WSCloseCode, WSError, WSFrame, WSHandshakeError, WSListener, WSMsgType, WSTransport, ws_connect

from linarite.cli.azure.client_lines import USAGE, frame_of
from linarite.cli.azure.data_plane import DataPlane, open_data_plane
from linarite.cli.azure.exchange import trusted_authorities
from linarite.cli.azure.management import Management

__all__ = ["start"]

_SUBPROTOCOL = "json.webpubsub.azure.v1"
_ROLES = ("webpubsub.sendToGroup", "webpubsub.joinLeaveGroup")
_READ_BYTES = 4096
# An event handler may take half a minute to answer an event; whoever pipes lines in wants to see that answer.
_LAST_ACKS_SECONDS = 35.0
_CLOSE_SECONDS = 5.0
# Frames on their way without an ack: more of them are no faster, and fill buffers here and there.
_ACKS_LIMIT = 100


def start(
    client: Management, resource_group_name: str, webpubsub_name: str, hub_name: str, user_id: str | None = None
) -> None:
    """Start an interactive client: it prints what it receives and sends what is typed.

    Type help for the commands. It ends with its input, once everything sent is acknowledged, or with Ctrl-C.
    """
    if sys.stdin is None:
        raise CLIError("Standard input is closed: nothing could be typed.")
    plane = open_data_plane(client, resource_group_name, webpubsub_name)
    try:
        asyncio.run(_converse(plane, plane.client_url(hub_name, _ROLES, user_id)))
    except KeyboardInterrupt:
        sys.stderr.write("\n")


async def _converse(plane: DataPlane, url: str) -> None:
    conversation = _Conversation()
    transport = await _connect(plane, url, conversation)
    if sys.stdin.isatty():
        sys.stderr.write(USAGE)
    loop = asyncio.get_running_loop()
    threading.Thread(target=_read_input, args=(loop, conversation), daemon=True).start()
    try:
        await asyncio.wait((conversation.input_ended, conversation.closed), return_when=asyncio.FIRST_COMPLETED)
        if not conversation.closed.done() and await _has_left(conversation, transport):
            return
    finally:
        transport.send_close(WSCloseCode.OK)
        transport.disconnect()
    code, reason = conversation.closed.result()
    raise CLIError(f"The server closed the connection: {code} {reason}".rstrip())


async def _connect(plane: DataPlane, url: str, conversation: _Conversation) -> WSTransport:
    context = trusted_authorities(plane.server) if url.startswith("wss:") else None
    headers = {"Sec-WebSocket-Protocol": _SUBPROTOCOL}
    try:
        transport, _ = await ws_connect(
            lambda: conversation, url, ssl_context=context, extra_headers=headers, max_redirects=0
        )
    except WSHandshakeError as error:
        raise CLIError(f"The server refused the client: {_refusal_text(error)}") from None
    except (OSError, WSError) as error:
        address = urlsplit(url)._replace(query="").geturl()
        raise CLIError(f"No client can connect to {address}: {error or type(error).__name__}.") from None
    return transport


def _refusal_text(error: WSHandshakeError) -> str:
    """The status line and the reason of an answer that is no upgrade; an answer never holds the token."""
    if error.response is None:
        return str(error)
    body = (error.response.body or error.raw_body or b"")[:500].decode(errors="replace").strip()
    return f"{int(error.response.status)} {body}".rstrip()


async def _has_left(conversation: _Conversation, transport: WSTransport) -> bool:
    """Close the connection once everything that was sent is acknowledged; False when the server has closed it first."""
    acknowledged = asyncio.ensure_future(conversation.all_acknowledged.wait())
    done, _ = await asyncio.wait(
        (acknowledged, conversation.closed), timeout=_LAST_ACKS_SECONDS, return_when=asyncio.FIRST_COMPLETED
    )
    if not done:
        raise CLIError(f"Not everything that was sent is acknowledged after {_LAST_ACKS_SECONDS:.0f} seconds.")
    if not acknowledged.done():
        return False
    transport.send_close(WSCloseCode.OK)
    await asyncio.wait((conversation.closed,), timeout=_CLOSE_SECONDS)
    return True


def _read_input(loop: asyncio.AbstractEventLoop, conversation: _Conversation) -> None:
    """Hand on each line of standard input, and its end; in a thread, for files and terminals alike block.

    The next line is read when the one before has been sent, so that input of any length needs little memory.
    """
    for line in _lines(sys.stdin.fileno()):
        sending = conversation.typed(line)
        try:
            asyncio.run_coroutine_threadsafe(sending, loop).result()
        except (RuntimeError, CancelledError):  # the loop has ended, and nobody listens any more
            sending.close()
            return
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(conversation.end_input)


def _lines(descriptor: int) -> Iterator[str]:
    """The lines that come from a descriptor.

    It is read without Python's buffer, whose lock a waiting thread would keep while the process wants to end.
    """
    waiting = b""
    while data := os.read(descriptor, _READ_BYTES):
        *lines, waiting = (waiting + data).split(b"\n")
        yield from (line.decode(errors="replace") for line in lines)
    if waiting:
        yield waiting.decode(errors="replace")


class _Conversation(WSListener):
    """One connection: prints what comes, sends what is typed, knows what is not acknowledged yet."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.input_ended: asyncio.Future[None] = loop.create_future()
        self.closed: asyncio.Future[tuple[int, str]] = loop.create_future()
        self._transport: WSTransport | None = None
        self._last_ack_id = 0
        self._unacknowledged: set[int] = set()
        self._has_room = asyncio.Event()
        self._has_room.set()
        self.all_acknowledged = asyncio.Event()
        """Set while no ack is missing."""
        self.all_acknowledged.set()
        self._fragments: list[bytes] = []

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Remember where to send."""
        self._transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Print a message as it came; answer a close."""
        if frame.msg_type == WSMsgType.CLOSE:
            payload = frame.get_payload_as_bytes()
            # RFC 6455, section 7.1.5: 1005 stands for a close frame without a code.
            code = int.from_bytes(payload[:2], "big") if payload else 1005
            self._close(code, payload[2:].decode(errors="replace"))
            transport.send_close(WSCloseCode.OK)
            transport.disconnect()
        elif frame.msg_type in (WSMsgType.TEXT, WSMsgType.CONTINUATION):
            self._fragments.append(frame.get_payload_as_bytes())
            if frame.fin:
                text, self._fragments = b"".join(self._fragments), []
                self._show(text)
                self._note_ack(text)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """Tell that the connection is gone, if no close frame has told it."""
        self._close(1006, "the connection was lost")

    async def typed(self, line: str) -> None:
        """Send what a line asks for, once few enough acks are missing."""
        if not line.strip():
            return
        if line.strip().lower() == "help":
            sys.stderr.write(USAGE)
            return
        frame = frame_of(line, self._last_ack_id + 1)
        if frame is None:
            sys.stderr.write(f'Invalid input "{line.strip()}", use help to show usage\n')
            return
        await self._has_room.wait()
        self._last_ack_id += 1
        self._unacknowledged.add(self._last_ack_id)
        self._note_missing()
        assert self._transport is not None
        self._transport.send(WSMsgType.TEXT, json.dumps(frame, ensure_ascii=False).encode())

    def end_input(self) -> None:
        """Nothing more will be typed."""
        if not self.input_ended.done():
            self.input_ended.set_result(None)

    def _show(self, text: bytes) -> None:
        """Print a message as it came, in whatever encoding the terminal has."""
        try:
            sys.stdout.buffer.write(text + b"\n")
            sys.stdout.buffer.flush()
        except BrokenPipeError as error:
            # Whoever reads our output has seen enough.
            if not self.closed.done():
                self.closed.set_exception(error)

    def _note_ack(self, text: bytes) -> None:
        try:
            frame = json.loads(text)
        except ValueError:
            return
        if isinstance(frame, dict) and frame.get("type") == "ack":
            self._unacknowledged.discard(frame.get("ackId"))
            self._note_missing()

    def _note_missing(self) -> None:
        for event, limit in ((self.all_acknowledged, 1), (self._has_room, _ACKS_LIMIT)):
            if len(self._unacknowledged) < limit:
                event.set()
            else:
                event.clear()

    def _close(self, code: int, reason: str) -> None:
        if not self.closed.done():
            self.closed.set_result((code, reason))
