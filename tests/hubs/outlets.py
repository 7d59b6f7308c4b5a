"""Stand-ins for sockets, and connections that use them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

from tests.protocols.frames import Frame, split_frames

from linarite.domain.permissions import Permissions
from linarite.hubs.connection import Connection
from linarite.hubs.hub import Hub
from linarite.hubs.recovery import RecoveryLimits, RecoveryQueue
from linarite.protocols.codec import Codec
from linarite.protocols.json_codec import JSON


class RecordingOutlet:
    """Keeps what a client's socket is told, and does with held frames what a socket does."""

    connection: Connection

    def __init__(self) -> None:
        self.writes: list[bytes] = []
        self.held: list[tuple[bytes, float | None]] = []
        self.closed: tuple[int, str] | None = None
        self.is_reading = True

    def write(self, frames: bytes) -> None:
        assert frames
        assert self.closed is None
        assert not self.connection.is_stalled
        self.writes.append(frames)

    def hold(self, frame: bytes, expires_at: float | None) -> None:
        assert self.closed is None
        self.held.append((frame, expires_at))

    def close(self, code: int, reason: str, told: str) -> None:
        assert self.closed is None
        self.release()
        self.closed = code, reason

    def pause_reading(self) -> None:
        self.is_reading = False

    def resume_reading(self) -> None:
        self.is_reading = True

    def abort(self) -> None:
        raise AssertionError("a hub never ends a socket without a word")

    def release(self) -> None:
        """Write what was held."""
        held, self.held = self.held, []
        self.writes.extend(frame for frame, _ in held)

    @property
    def frames(self) -> list[Frame]:
        """Every frame written so far."""
        return split_frames(b"".join(self.writes))

    @property
    def told(self) -> list[Any]:
        """What a JSON client was told so far, frame by frame."""
        return [json.loads(frame.payload) for frame in self.frames]


class Client(NamedTuple):
    """A connection and what its socket was told."""

    connection: Connection
    outlet: RecordingOutlet


def make_client(
    connection_id: str,
    user_id: str | None = None,
    codec: Codec = JSON,
    roles: Iterable[str] = (),
    recovery: RecoveryQueue | None = None,
) -> Client:
    """Make a connection that is in no hub yet; of a reliable protocol everything is kept unless said otherwise."""
    outlet = RecordingOutlet()
    if codec.is_reliable and recovery is None:
        recovery = RecoveryQueue(RecoveryLimits(10**6, 10**9))
    outlet.connection = Connection(
        connection_id, user_id, codec, Permissions(roles), outlet, codec.name, recovery=recovery
    )
    return Client(outlet.connection, outlet)


def connect(
    hub: Hub, connection_id: str, user_id: str | None = None, groups: Iterable[str] = (), **more: Any
) -> Client:
    """Make a connection and attach it."""
    client = make_client(connection_id, user_id, **more)
    hub.attach(client.connection, groups)
    return client


def stall(hub: Hub, client: Client) -> None:
    """Have a client stop reading, as its socket tells it."""
    client.connection.is_stalled = True
    hub.delivery.stalled.add(client.connection)


def resume(hub: Hub, client: Client) -> None:
    """Have a client read again."""
    client.outlet.release()
    client.connection.is_stalled = False
    hub.delivery.stalled.discard(client.connection)
