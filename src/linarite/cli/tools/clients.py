"""A client of the reliable JSON subprotocol: it comes back to its connection when a line is cut.

(reference-json-reliable-webpubsub-subprotocol; howto-develop-reliable-clients.) Messages have sequence ids that the
client acknowledges; after a cut it connects with the connection's id and reconnection token, the server repeats what
was not acknowledged, and the client repeats the requests that nobody has answered, which are carried out once.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Callable
from typing import Any, TypeAlias
from urllib.parse import urlencode, urlsplit

import msgspec

from linarite.cli.tools.failures import Refused, ToolFailed, Unreachable
from linarite.cli.tools.sockets import Ending, Socket, open_socket

__all__ = ["Client", "ConnectionEnded", "Frame", "compact", "refusal_of", "without_secrets"]

Frame: TypeAlias = dict[str, Any]

_SUBPROTOCOL = "json.reliable.webpubsub.azure.v1"
# The server's window for coming back ("reconnect within 30 seconds", howto-develop-reliable-clients), and our pace.
_RECOVERY_SECONDS = 30.0
_RETRY_SECONDS = (0.0, 0.1, 0.3, 1.0)
# A server keeps at most 1,000 unacknowledged messages for a connection and ends it at the next one, so that a busy
# client acknowledges long before; a quiet one soon.
_ACK_MESSAGES = 100
_ACK_SECONDS = 0.5
_ANSWER_SECONDS = 40.0  # an event handler has 30 seconds for an event
_CONNECTED_SECONDS = 10.0
# The code by which a client or the service ends a connection for good, and that of a recovery that is not possible.
_ENDED_FOR_GOOD = (1000, 1008)


class ConnectionEnded(ToolFailed):
    """The connection has ended for good, and not by our wish."""


class Client:
    """One connection; `receive` is called with every frame, in order, each message once."""

    def __init__(
        self,
        url: str,
        context: ssl.SSLContext | None,
        receive: Callable[[Frame], None],
        notice: Callable[[str], None] = lambda _text: None,
    ) -> None:
        """`url` is a client access URL; `notice` is told of cuts and returns."""
        self._url = url
        self._context = context
        self._receive = receive
        self._notice = notice
        self._socket: Socket | None = None
        self._connection: tuple[str, str] | None = None
        self._connected: asyncio.Future[Frame] | None = None
        self._waiting: dict[int, tuple[bytes, Callable[[Frame], None]]] = {}
        self._last_ack_id = 0
        self._last_sequence_id = self._acknowledged = 0
        self._ack_timer: asyncio.TimerHandle | None = None
        self._recovery: asyncio.Task[None] | None = None
        self._is_closing = False
        self.recoveries = 0
        """How often it came back."""
        self.ended: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()
        """Done when the connection has ended for good; raises what `receive` has raised."""

    async def __aenter__(self) -> Client:
        await self.connect()
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.close()

    async def connect(self) -> Frame:
        """Connect, and give the frame `connected`. Raises Unreachable, Refused, ToolFailed."""
        try:
            return await self._open(self._url)
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """End the connection, for good."""
        self._is_closing = True
        if self._ack_timer is not None:
            self._ack_timer.cancel()
        if self._recovery is not None:
            self._recovery.cancel()
            await asyncio.gather(self._recovery, return_exceptions=True)
        if self._socket is not None:
            await self._socket.close()
        self._end(Ending(1000, ""))
        if not self.ended.cancelled():
            self.ended.exception()  # whoever closes has heard of it, or does not want to

    def cut(self) -> None:
        """Cut the line, as a broken network does."""
        if self._socket is not None:
            self._socket.cut()

    def send(self, frame: Frame, answered: Callable[[Frame], None]) -> None:
        """Send a request, with an ack id of its own; `answered` is called with its ack."""
        self._last_ack_id += 1
        text = json.dumps({**frame, "ackId": self._last_ack_id}, separators=(",", ":")).encode()
        self._waiting[self._last_ack_id] = text, answered
        if self._socket is not None:
            self._socket.send(text)

    async def request(self, frame: Frame) -> Frame:
        """The ack of a request that succeeded. Raises Refused, ToolFailed."""
        ack: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self.send(frame, lambda answer: None if ack.done() else ack.set_result(answer))
        await asyncio.wait((ack, self.ended), timeout=_ANSWER_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if not ack.done():
            if self.ended.done():
                raise ConnectionEnded(f"the connection ended: {self.ended.result()}")
            raise ToolFailed(f"no answer to {frame['type']} in {_ANSWER_SECONDS:.0f} s")
        failure = refusal_of(ack.result())
        if failure is not None:
            raise failure
        return ack.result()

    async def _open(self, url: str) -> Frame:
        self._connected = asyncio.get_running_loop().create_future()
        self._socket = await open_socket(url, self._context, _SUBPROTOCOL, self._heard, self._lost)
        try:
            async with asyncio.timeout(_CONNECTED_SECONDS):
                return await self._connected
        except TimeoutError:
            raise ToolFailed(f"no frame 'connected' came in {_CONNECTED_SECONDS:.0f} s") from None

    def _heard(self, text: bytes) -> None:
        if self.ended.done():
            return
        try:
            self._take(_decode(text))
        except Exception as error:  # the edge: what went wrong in `receive` ends the tool, in its own task
            self.ended.set_exception(error)

    def _take(self, frame: Frame) -> None:
        match frame.get("type"):
            case "message":
                number = frame.get("sequenceId")
                if number is not None and not self._is_new(number):
                    return
            case "system" if frame.get("event") == "connected":
                if "reconnectionToken" in frame:
                    self._connection = frame["connectionId"], frame["reconnectionToken"]
                if self._connected is not None and not self._connected.done():
                    self._connected.set_result(frame)
            case "ack":
                _, answered = self._waiting.pop(frame["ackId"], (b"", lambda _frame: None))
                answered(frame)
        self._receive(frame)

    def _is_new(self, number: int) -> bool:
        """Note a message's number; False for one that came before."""
        if number <= self._last_sequence_id:
            return False
        self._last_sequence_id = number
        if number - self._acknowledged >= _ACK_MESSAGES:
            self._acknowledge()
        elif self._ack_timer is None:
            self._ack_timer = asyncio.get_running_loop().call_later(_ACK_SECONDS, self._acknowledge)
        return True

    def _acknowledge(self) -> None:
        if self._ack_timer is not None:
            self._ack_timer.cancel()
            self._ack_timer = None
        if self._socket is not None and self._last_sequence_id > self._acknowledged:
            self._acknowledged = self._last_sequence_id
            self._socket.send(b'{"type":"sequenceAck","sequenceId":%d}' % self._last_sequence_id)

    def _lost(self, ending: Ending) -> None:
        if self._connected is not None and not self._connected.done():
            failure = ConnectionEnded if ending.code in _ENDED_FOR_GOOD else Unreachable
            self._connected.set_exception(failure(f"the connection ended before it was ready: {ending}"))
        elif self._is_closing or self._connection is None or ending.code in _ENDED_FOR_GOOD:
            self._end(ending)
        else:
            self._notice(f"the line was cut ({ending}), coming back")
            self._recovery = asyncio.get_running_loop().create_task(self._recover(ending))

    async def _recover(self, ending: Ending) -> None:
        """Come back to the connection, or end it when that is not possible."""
        loop = asyncio.get_running_loop()
        until = loop.time() + _RECOVERY_SECONDS
        tries = 0
        while loop.time() < until:
            await asyncio.sleep(_RETRY_SECONDS[min(tries, len(_RETRY_SECONDS) - 1)])
            tries += 1
            try:
                await self._open(self._recovery_url())
            except Unreachable:
                continue
            except ToolFailed as error:
                self._end(Ending(ending.code, f"{ending.reason}; it could not be recovered: {error}"))
                return
            self.recoveries += 1
            self._notice("came back, nothing is lost")
            self._repeat()
            return
        self._end(Ending(ending.code, f"{ending.reason}; it could not be recovered in {_RECOVERY_SECONDS:.0f} s"))

    def _repeat(self) -> None:
        """Acknowledge, and send again what nobody has answered: it is carried out once, by its ack id."""
        self._acknowledged = 0
        self._acknowledge()
        assert self._socket is not None
        for text, _ in list(self._waiting.values()):
            self._socket.send(text)

    def _recovery_url(self) -> str:
        assert self._connection is not None
        query = urlencode({"awps_connection_id": self._connection[0], "awps_reconnection_token": self._connection[1]})
        return urlsplit(self._url)._replace(query=query).geturl()

    def _end(self, ending: Ending) -> None:
        if not self.ended.done():
            self.ended.set_result(ending)


def _decode(text: bytes) -> Frame:
    """The frame that a message is."""
    try:
        return msgspec.json.decode(text, type=Frame)
    except msgspec.DecodeError:
        # Halves of UTF-16 pairs in escapes, which Python's own parser takes and strangers may send.
        frame: Frame = json.loads(text)
        return frame


def refusal_of(ack: Frame) -> ToolFailed | None:
    """What an ack says went wrong; None for success, and for a request that was repeated and had succeeded."""
    error = ack.get("error") or {}
    if ack.get("success") or error.get("name") == "Duplicate":
        return None
    text = f"{error.get('name', 'error')}: {error.get('message', 'the endpoint gives no reason')}"
    return Refused(text) if error.get("name") == "Forbidden" else ToolFailed(text)


def without_secrets(frame: Frame) -> Frame:
    """A frame as it may be shown: whoever has the reconnection token can take the connection over."""
    return {name: value for name, value in frame.items() if name != "reconnectionToken"}


def compact(value: object) -> str:
    """A value as JSON in one line."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
