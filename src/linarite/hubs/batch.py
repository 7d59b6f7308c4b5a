"""What was said to one audience in one tick, encoded once for all who hear it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import count
from typing import NamedTuple

from linarite.domain.messages import Message
from linarite.hubs.connection import Connection
from linarite.hubs.recovery import Numbered
from linarite.protocols.codec import Codec

__all__ = ["NO_CONNECTIONS", "Batch", "Heard", "Said", "said"]

NO_CONNECTIONS: frozenset[Connection] = frozenset()


class Heard(NamedTuple):
    """One item that a connection hears: a message as its codec encodes it, or a frame of its own."""

    order: int
    encoded: bytes
    expires_at: float | None
    is_message: bool


class Said(NamedTuple):
    """A tick's frames for one connection, or for several that hear the same."""

    frames: list[bytes]
    expiries: list[float | None]
    joined: bytes
    numbered: Numbered | None
    """The messages among them, if the protocol is reliable."""


class Batch:
    """What was said to one audience in one tick."""

    __slots__ = (
        "_encoded",
        "_ends",
        "_heard",
        "_joined",
        "_said",
        "left_out",
        "members",
        "messages",
        "orders",
        "skipped",
    )

    def __init__(self, members: Mapping[Connection, None]) -> None:
        self.members = members
        self.orders: list[int] = []
        self.messages: list[Message | bytes] = []
        # For each message the connections that do not get it; None while every member gets everything.
        self.skipped: list[Collection[Connection]] | None = None
        self.left_out: set[Connection] | None = None
        self._encoded: dict[Codec, list[bytes]] = {}
        self._joined: dict[Codec, bytes] = {}
        self._ends: list[float | None] | None = None
        self._heard: dict[Codec, list[Heard]] = {}
        self._said: dict[tuple[Codec, int], Said] = {}

    def add(self, order: int, message: Message | bytes, skipped: Collection[Connection]) -> None:
        """Append a message, or a frame that is ready for the one connection this batch is for."""
        if skipped:
            if self.skipped is None or self.left_out is None:
                self.skipped = [NO_CONNECTIONS] * len(self.orders)
                self.left_out = set()
            self.left_out.update(skipped)
        if self.skipped is not None:
            self.skipped.append(skipped)
        self.orders.append(order)
        self.messages.append(message)

    @property
    def payload_bytes(self) -> int:
        """The bytes of message data that go to all receivers together, as the service counts traffic."""
        sizes = [len(item.data) if isinstance(item, Message) else 0 for item in self.messages]
        given = sum(sizes) * len(self.members)
        if self.skipped is not None:
            members = self.members
            for size, skipped in zip(sizes, self.skipped, strict=True):
                given -= size * sum(connection in members for connection in skipped)
        return given

    def frames(self, codec: Codec) -> list[bytes]:
        """Each message as this protocol encodes it: a frame, or what becomes one with a number."""
        encoded = self._encoded.get(codec)
        if encoded is None:
            encode = codec.encode
            encoded = [item if isinstance(item, bytes) else encode(item) for item in self.messages]
            self._encoded[codec] = encoded
        return encoded

    def joined(self, codec: Codec) -> bytes:
        """All frames in one piece."""
        joined = self._joined.get(codec)
        if joined is None:
            frames = self.frames(codec)
            joined = self._joined[codec] = frames[0] if len(frames) == 1 else b"".join(frames)
        return joined

    def said_from(self, codec: Codec, first_id: int) -> Said:
        """All messages for those who speak a reliable protocol and whose next sequence id is `first_id`."""
        known = self._said.get((codec, first_id))
        if known is None:
            frames = list(map(codec.number, self.frames(codec), count(first_id)))
            expiries = self._expiries()
            joined = frames[0] if len(frames) == 1 else b"".join(frames)
            numbered = Numbered(first_id, frames, expiries if self._expires() else None)
            known = self._said[codec, first_id] = Said(frames, expiries, joined, numbered)
        return known

    def heard_by(self, connection: Connection) -> list[Heard]:
        """Each item that the connection gets."""
        rows = self._rows(connection.codec)
        if self.left_out is None or self.skipped is None or connection not in self.left_out:
            return rows
        return [row for row, skipped in zip(rows, self.skipped, strict=True) if connection not in skipped]

    def _expiries(self) -> list[float | None]:
        if self._ends is None:
            self._ends = [item.expires_at if isinstance(item, Message) else None for item in self.messages]
        return self._ends

    def _expires(self) -> bool:
        return self._ends is not None and self._ends.count(None) < len(self._ends)

    def _rows(self, codec: Codec) -> list[Heard]:
        rows = self._heard.get(codec)
        if rows is None:
            rows = self._heard[codec] = [
                Heard(order, encoded, item.expires_at, True)
                if isinstance(item, Message)
                else Heard(order, encoded, None, False)
                for order, encoded, item in zip(self.orders, self.frames(codec), self.messages, strict=True)
            ]
        return rows


def said(rows: Sequence[Heard], codec: Codec, first_id: int) -> Said:
    """Rows in order as frames; `first_id` is the next sequence id of whoever hears them."""
    expiries = [row.expires_at for row in rows]
    if not codec.is_reliable:
        frames = [row.encoded for row in rows]
        return Said(frames, expiries, b"".join(frames), None)
    number, next_id = codec.number, first_id
    frames, messages = [], []
    for row in rows:
        frame = row.encoded
        if row.is_message:
            frame = number(frame, next_id)
            next_id += 1
            messages.append(frame)
        frames.append(frame)
    numbered = None
    if messages:
        ends = [row.expires_at for row in rows if row.is_message]
        numbered = Numbered(first_id, messages, ends if any(end is not None for end in ends) else None)
    return Said(frames, expiries, b"".join(frames), numbered)
