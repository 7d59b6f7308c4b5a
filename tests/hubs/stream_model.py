"""A publisher and a subscriber of streams, both reliable, each behind a line that can be cut at any frame.

What the clients do is what the client specification asks of a client library (sections 3.2 and 3.6.6): they keep what
is not acknowledged and send it again after a recovery, and drop messages that they have seen. Each checks what it is
told, so that whatever the server gets wrong shows at the client that would suffer from it.
"""

from __future__ import annotations

import json
from collections import deque
from typing import Any

from tests.hubs.outlets import RecordingOutlet
from tests.hubs.scripted_time import ScriptedTime
from tests.hubs.surroundings import AT, RecordingEvents, make_directory, make_hub
from tests.protocols.frames import split_frames

from linarite.cluster.local import LocalBackplane
from linarite.domain.permissions import Permissions
from linarite.hubs.connection import Connection
from linarite.hubs.recovery import RecoveryLimits, RecoveryQueue
from linarite.hubs.session import Session, SessionLimits
from linarite.hubs.streams import StreamLimits
from linarite.protocols.json_codec import RELIABLE_JSON
from linarite.sockets.recoveries import Recoveries

WINDOW_SECONDS = 1.0
IDLE_SECONDS = 0.7
_LIMITS = SessionLimits(1000, 1000, 10**6, StreamLimits(100, 36, IDLE_SECONDS))


class _NoResources:
    """A registry that knows nothing: the model's clients need no tokens to come back."""

    def get(self, name: str) -> None:
        return None


class _Recorder(LocalBackplane):
    """A backplane that remembers which fragments were published."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.fragments: list[tuple[str, int]] = []

    def publish(self, command: Any) -> None:
        part = command.message.stream
        if not part.end_of_stream:
            self.fragments.append((part.stream_id, part.sequence_id))
        super().publish(command)


class World:
    """One hub, and the server's side of two connections."""

    def __init__(self) -> None:
        self.time = ScriptedTime()
        self.events = RecordingEvents()
        self.directory = make_directory(self.time, self.events)  # type: ignore[arg-type]
        self.backplane = _Recorder(self.directory, make_hub(self.time, self.events))  # type: ignore[arg-type]
        self.recoveries = Recoveries(self.time, _NoResources(), WINDOW_SECONDS, self._forget)  # type: ignore[arg-type]

    def session(self, name: str, outlet: RecordingOutlet) -> Session:
        queue = RecoveryQueue(RecoveryLimits(10_000, 10**7))
        permissions = Permissions(["webpubsub.sendToGroup"])
        connection = Connection(name, name, RELIABLE_JSON, permissions, outlet, RELIABLE_JSON.name, "", queue)
        hub = self.directory.open(AT)
        hub.attach(connection, ["g"])
        return Session(AT, hub, connection, self.backplane, self.time, _LIMITS, self.events)

    def _forget(self, session: Session, reason: str) -> None:
        """What the reception does at a connection's end."""
        self.recoveries.drop(session)
        self.directory.detach(AT, session.connection)
        session.ended()


class _Line(RecordingOutlet):
    """What is on its way to a client."""

    def __init__(self) -> None:
        super().__init__()
        self._taken = 0

    def take(self) -> list[Any]:
        fresh, self._taken = self.writes[self._taken :], len(self.writes)
        return [json.loads(frame.payload) for frame in split_frames(b"".join(fresh))]


class Client:
    """A reliable client; `up` and `down` are what is on its way and would be lost by a cut."""

    def __init__(self, world: World, name: str) -> None:
        self.world = world
        self._line = _Line()
        self.session = world.session(name, self._line)
        self._line.connection = self.session.connection
        self.is_attached = True
        self.up: deque[Any] = deque()
        self.down: deque[Any] = deque()

    @property
    def is_gone(self) -> bool:
        return self.session.connection.is_closing

    def sends(self, frame: Any) -> None:
        if self.is_attached:
            self.up.append(frame)

    def arrives(self, count: int) -> None:
        """The server reads some of what was sent."""
        for _ in range(min(count, len(self.up))):
            self.session.receive(True, json.dumps(self.up.popleft()).encode())

    def reads(self, count: int) -> None:
        """The client reads some of what was sent to it."""
        if self.is_attached:
            self.down.extend(self._line.take())
        for _ in range(min(count, len(self.down))):
            self.hears(self.down.popleft())

    def cut(self) -> None:
        if not self.is_attached:
            return
        self.is_attached = False
        self.up.clear()
        self.down.clear()
        self.world.recoveries.detach(self.session)
        self.session.detached()

    def recover(self) -> bool:
        """Come back as the reception lets clients in; False if that is no longer possible."""
        if self.is_attached or self.is_gone:
            return self.is_attached
        connection, session = self.session.connection, self.session
        self._line = _Line()
        self._line.connection = connection
        connection.outlet, connection.write, connection.is_stalled = self._line, self._line.write, False
        session.hub.delivery.stalled.discard(connection)
        self.world.recoveries.attach(session)
        assert connection.recovery is not None
        for frame, _ in connection.recovery.unacknowledged(self.world.time.time()):
            self._line.write(frame)
        self.is_attached = True
        self.recovered()
        return True

    def recovered(self) -> None:
        """Go on."""

    def hears(self, frame: Any) -> None:
        raise NotImplementedError


class OutboundStream:
    """A stream as its publisher knows it."""

    def __init__(self, stream_id: str) -> None:
        self.stream_id = stream_id
        self.state = "starting"
        self.written = 0
        self.sent = 0
        """The highest fragment ever put on the line."""
        self.acknowledged = 0
        self.wants_end = False
        self.error: str | None = None


class Publisher(Client):
    """Publishes streams, and keeps what is not acknowledged."""

    def __init__(self, world: World) -> None:
        super().__init__(world, "publisher")
        self.streams: list[OutboundStream] = []

    def open(self) -> None:
        if not self.is_attached:
            return
        stream = OutboundStream(f"s{len(self.streams)}")
        self.streams.append(stream)
        self.sends({"type": "sendToGroup", "group": "g", "stream": {"streamId": stream.stream_id}})

    def usable(self) -> list[OutboundStream]:
        return [stream for stream in self.streams if stream.state == "open" and not stream.wants_end]

    def write(self, stream: OutboundStream) -> None:
        stream.written += 1
        self._send(stream, stream.written)

    def end(self, stream: OutboundStream) -> None:
        stream.wants_end = True
        self._send_end(stream)

    def keep_alive(self, stream: OutboundStream) -> None:
        self.sends({"type": "streamData", "streamId": stream.stream_id})

    def _send(self, stream: OutboundStream, number: int) -> None:
        if self.is_attached:
            stream.sent = max(stream.sent, number)
            data = {"dataType": "text", "data": f"{stream.stream_id}/{number}"}
            self.sends({"type": "streamData", "streamId": stream.stream_id, "streamSequenceId": number, **data})

    def _send_end(self, stream: OutboundStream) -> None:
        self.sends({"type": "streamEnd", "streamId": stream.stream_id})

    def cut(self) -> None:
        super().cut()
        for stream in self.streams:
            if stream.state == "starting":
                stream.state = "failed"

    def recovered(self) -> None:
        for stream in self.streams:
            if stream.state == "open":
                for number in range(stream.acknowledged + 1, stream.written + 1):
                    self._send(stream, number)
                if stream.wants_end:
                    self._send_end(stream)

    def hears(self, frame: Any) -> None:
        if frame["type"] == "message":
            return
        stream = self.streams[int(frame["streamId"][1:])]
        if stream.state == "failed":
            return  # it was given up here before the service had answered
        if stream.state == "closed":
            # What was on its way when the service closed the stream, and nothing else.
            assert frame.get("error", {}).get("name") == "StreamNotFound", f"{frame} came behind the stream's end"
            return
        if frame["type"] == "streamClosed":
            stream.state = "closed"
            stream.error = frame.get("error", {}).get("name")
            return
        assert frame["type"] == "streamAck", f"a publisher in good order was told {frame}"
        expected = frame["expectedSequenceId"]
        if stream.state == "starting":
            assert expected == 1
            stream.state = "open"
        assert stream.acknowledged + 1 <= expected <= stream.sent + 1
        stream.acknowledged = expected - 1


class Subscriber(Client):
    """Hears streams, each message once, and keeps for each how far it came and how it ended."""

    def __init__(self, world: World) -> None:
        super().__init__(world, "subscriber")
        self.highest = 0
        self.heard: dict[str, int] = {}
        self.ends: dict[str, str | None] = {}

    def hears(self, frame: Any) -> None:
        assert frame["type"] == "message"
        sequence_id = frame["sequenceId"]
        if sequence_id <= self.highest:
            return
        assert sequence_id == self.highest + 1, "a message was left out"
        self.highest = sequence_id
        part = frame["stream"]
        stream_id, number = part["streamId"], part["streamSequenceId"]
        assert stream_id not in self.ends, "something came behind the stream's end"
        assert number == self.heard.get(stream_id, 0) + 1, "fragments came twice, not at all, or in another order"
        if part.get("endOfStream"):
            assert frame["data"] == ""
            self.ends[stream_id] = part.get("error", {}).get("name")
        else:
            assert frame["data"] == f"{stream_id}/{number}"
            self.heard[stream_id] = number

    def acknowledge(self) -> None:
        self.sends({"type": "sequenceAck", "sequenceId": self.highest})
