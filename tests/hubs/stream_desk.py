"""The streams of one publisher by themselves: what it was told, and what was published, word by word."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tests.hubs.outlets import make_client
from tests.hubs.scripted_time import ScriptedTime

from linarite.domain.messages import DataType, Message, StreamError
from linarite.hubs.streams import StreamLimits, Streams
from linarite.protocols import requests as wanted
from linarite.protocols.codec import AckError
from linarite.protocols.requests import EndStream, KeepStreamAlive, Payload, StartStream, StreamData, UserError
from linarite.protocols.simple_codec import SimpleCodec

LIMITS = StreamLimits(streams_limit=3, stream_id_limit=8, stream_idle_seconds=300.0)


class _Words(SimpleCodec):
    """A codec that says plainly what it was asked to say."""

    def stream_ack(self, stream_id: str, expected: int) -> Any:
        return ("ack", stream_id, expected)

    def stream_nack(self, stream_id: str, expected: int, error: AckError) -> Any:
        return ("nack", stream_id, expected, error.name)

    def stream_closed(self, stream_id: str, error: AckError | None) -> Any:
        return ("closed", stream_id, error and error.name)


class Desk:
    """A publisher's streams."""

    def __init__(self, roles: Iterable[str] = ("webpubsub.sendToGroup",), limits: StreamLimits = LIMITS) -> None:
        self.time = ScriptedTime()
        self.is_waiting = False
        self.connection = make_client("c", "user-c", _Words(), roles).connection
        self.streams = Streams(self.connection, self, self.time, limits)
        self.told: list[Any] = []
        self.messages: list[tuple[str, Message, frozenset[str]]] = []

    def publish(self, group: str, message: Message, excluded: frozenset[str]) -> None:
        self.messages.append((group, message, excluded))

    def answer(self, frame: Any) -> None:
        self.told.append(frame)

    def says(self, *requests: wanted.Request) -> Desk:
        acts: dict[type, Any] = {
            StartStream: self.streams.start,
            StreamData: self.streams.take,
            KeepStreamAlive: self.streams.keep_alive,
            EndStream: self.streams.end,
        }
        for request in requests:
            acts[type(request)](request)
        return self

    @property
    def news(self) -> list[Any]:
        """What the publisher was told since the last look; looking ends the turn."""
        self.time.pass_()
        told, self.told = self.told, []
        return told

    @property
    def all_news(self) -> list[Any]:
        """The same after the moment in which a publisher waits for the end that it asked for."""
        self.time.pass_(0.02)
        return self.news

    @property
    def heard(self) -> list[Any]:
        """What members of the group heard since the last look: numbers and data, or numbers and how it ended."""
        messages, self.messages = self.messages, []
        return [_shown(message) for _, message, _ in messages]


def _shown(message: Message) -> tuple[int, str]:
    part = message.stream
    assert part is not None
    assert message.data_type is DataType.TEXT
    if not part.end_of_stream:
        return part.sequence_id, message.data.decode()
    assert message.data == b""
    return part.sequence_id, "end" if part.error is None else part.error.name


def start(stream_id: str = "s", group: str = "g", **more: Any) -> StartStream:
    return StartStream(stream_id, group, **more)


def data(number: int, text: str | None = None, stream_id: str = "s") -> StreamData:
    return StreamData(stream_id, number, Payload(DataType.TEXT, (text or f"d{number}").encode()))


def alive(stream_id: str = "s") -> KeepStreamAlive:
    return KeepStreamAlive(stream_id)


def end(stream_id: str = "s", error: UserError | None = None) -> EndStream:
    return EndStream(stream_id, error)


def error_of(message: Message) -> StreamError | None:
    assert message.stream is not None
    return message.stream.error
