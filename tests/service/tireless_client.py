"""A reliable client that comes back whenever its line breaks, and keeps the books of what it sent and got.

Publishing is exactly once as howto-develop-reliable-clients has it: each message keeps its ack id, and goes out again
after a recovery until it is acknowledged; `Duplicate` means that it arrived the first time.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from urllib.parse import urlencode, urlsplit

import msgspec
from tests.service.lean_client import LeanClient, open_lean

__all__ = ["RELIABLE", "Books", "TirelessClient"]

RELIABLE = "json.reliable.webpubsub.azure.v1"
WINDOW = 16  # publishes under way
ACKNOWLEDGE_AFTER = 64  # messages; the server keeps at most 1,000
RETRY_SECONDS = 0.02


class Fault(msgspec.Struct):
    name: str


class Frame(msgspec.Struct):
    """What comes, as far as it matters here."""

    type: str
    event: str | None = None
    connectionId: str | None = None  # noqa: N815 - the wire's spelling
    reconnectionToken: str | None = None  # noqa: N815
    sequenceId: int = 0  # noqa: N815
    group: str = ""
    data: str = ""
    ackId: int = 0  # noqa: N815
    success: bool = False
    error: Fault | None = None


_decode = msgspec.json.Decoder(Frame).decode


class Books:
    """What all clients together sent and got."""

    def __init__(self) -> None:
        self.sent = self.received = self.lost = self.doubled = self.reordered = self.again = 0
        self.beyond = 0
        """Messages sent again although they had been acknowledged."""
        self.duplicates = self.recoveries = self.refused = 0

    def __str__(self) -> str:
        return (
            f"{self.sent} sent, {self.received} received, {self.lost} lost, {self.doubled} doubled, "
            f"{self.reordered} out of order, {self.again} sent again ({self.beyond} of them acknowledged before), "
            f"{self.duplicates} publishes known already, {self.recoveries} recoveries, {self.refused} refused"
        )


class TirelessClient:
    """One member of one group, which publishes to it."""

    def __init__(self, name: str, group: str, books: Books) -> None:
        self.name = name
        self._group = group
        self.books = books
        self._line: LeanClient | None = None
        self._early: list[bytes] = []
        self._has_begun = False
        self._url = ""
        self._connection_id: str | None = None
        self._token = ""
        self._newest = 0
        self._told = 0
        self._confirmed = 0
        self._to_send: deque[int] = deque()
        self._under_way: dict[int, int | None] = {}
        """Ack ids without an answer; the sequence id that had been acknowledged on the same line before."""
        self._next_ack_id = 1
        self.heard: Counter[str] = Counter()
        """The number of the last message of each sender."""
        self.is_stopping = False
        self.connected = asyncio.Event()

    # The line

    async def live(self, url: str) -> None:
        """Connect, and come back until told to stop."""
        self._url = url
        while not self.is_stopping:
            target = url if self._connection_id is None else self._recovery_url()
            self._line = None
            self._has_begun = False
            self._early.clear()
            try:
                line = await open_lean(target, RELIABLE, self._receive)
            except OSError:
                await asyncio.sleep(RETRY_SECONDS)
                continue
            self._line = line
            for payload in self._early:  # what came together with the answer to the handshake
                self._take(payload)
            await line.over
            if self._line.close_code == 1008:
                self.books.refused += 1
                return

    def _recovery_url(self) -> str:
        assert self._connection_id is not None
        parts = urlsplit(self._url)
        query = {"awps_connection_id": self._connection_id, "awps_reconnection_token": self._token}
        return parts._replace(query=urlencode(query)).geturl()

    def stop(self) -> None:
        self.is_stopping = True
        if self._line is not None:
            self._line.close()

    # What comes

    def _receive(self, opcode: int, payload: bytes) -> None:
        if self._line is None:
            self._early.append(payload)
        else:
            self._take(payload)

    def _take(self, payload: bytes) -> None:
        frame = _decode(payload)
        if frame.type == "message":
            self._take_message(frame)
        elif frame.type == "ack":
            self._take_ack(frame)
        elif frame.event == "connected":
            self._begin(frame)

    def _begin(self, frame: Frame) -> None:
        assert frame.connectionId is not None
        assert frame.reconnectionToken is not None
        if self._connection_id is None:
            self._connection_id = frame.connectionId
        else:
            self.books.recoveries += 1
            assert frame.connectionId == self._connection_id
        self._token = frame.reconnectionToken
        self._told = 0  # nothing is known to have arrived by this line
        self._has_begun = True
        for ack_id in tuple(self._under_way):
            self._put(ack_id)
        self.connected.set()
        self._publish_more()

    def _take_message(self, frame: Frame) -> None:
        if frame.sequenceId <= self._newest:
            self.books.again += 1
            self.books.beyond += frame.sequenceId <= self._confirmed
        else:
            self.books.lost += frame.sequenceId - self._newest - 1
            self._newest = frame.sequenceId
            self._take_new(*frame.data.split(":"))
        if self._newest >= self._told + ACKNOWLEDGE_AFTER and self._line is not None:
            self._told = self._newest
            self._line.send(b'{"type":"sequenceAck","sequenceId":%d}' % self._newest)

    def _take_new(self, sender: str, text: str) -> None:
        self.books.received += 1
        number, last = int(text), self.heard[sender]
        if number <= last:
            self.books.doubled += 1
        elif number > last + 1:
            self.books.reordered += 1
        self.heard[sender] = max(number, last)

    def _take_ack(self, frame: Frame) -> None:
        if not frame.success:
            assert frame.error is not None
            assert frame.error.name == "Duplicate", frame
            self.books.duplicates += 1
        told = self._under_way.pop(frame.ackId)
        if told is not None:
            # What was acknowledged before this publish on the same line has arrived as it has.
            self._confirmed = max(self._confirmed, told)
        self._publish_more()

    # What goes

    def publish(self, count: int) -> None:
        """Have that many more messages to send."""
        self._to_send.extend([1] * count)
        self._publish_more()

    @property
    def is_done(self) -> bool:
        """Whether everything is sent and acknowledged."""
        return not self._to_send and not self._under_way

    def _publish_more(self) -> None:
        while self._to_send and len(self._under_way) < WINDOW and self._has_begun:
            self._to_send.popleft()
            ack_id, self._next_ack_id = self._next_ack_id, self._next_ack_id + 1
            self.books.sent += 1
            self._under_way[ack_id] = None
            self._put(ack_id)

    def _put(self, ack_id: int) -> None:
        """Send a publish, whose number is its ack id, if there is a line."""
        self._under_way[ack_id] = self._told or None
        if self._line is not None and not self._line.over.done():
            text = b'{"type":"sendToGroup","group":"%b","ackId":%d,"dataType":"text","data":"%b:%d"}'
            self._line.send(text % (self._group.encode(), ack_id, self.name.encode(), ack_id))
