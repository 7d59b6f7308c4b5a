"""From a message to the bytes that each receiver's socket gets: encoded once per protocol, written once per tick.

What is said in one tick of the event loop is collected in batches, one for each audience (the hub, a group, a user, an
ad-hoc list, a single connection). When the tick ends, `flush` writes. A connection that heard one audience only gets
that audience's frames, joined once for all who speak its protocol. A connection that heard several, that a message
leaves out (`noEcho`, `excluded`), or that is not reading just now, has a join of its own, in the order in which things
were said. So each sender's messages keep their order for every receiver.

A batch is read when the tick ends, against the audience's members of that time. Therefore whoever changes an audience
settles first (`settle`): members of the moment of sending are the ones who receive.

Measured by `make bench`: one write of n frames costs little more than one write of one frame, so that the price of a
busy group is the number of its members times ticks, not times messages.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from operator import attrgetter
from typing import Protocol

from linarite.domain.close_categories import CloseCategory
from linarite.domain.messages import Message
from linarite.domain.traffic import Traffic
from linarite.hubs.batch import NO_CONNECTIONS, Batch, Heard, Said, said
from linarite.hubs.connection import Connection
from linarite.hubs.live_trace import Trace
from linarite.hubs.recovery import keep_for_each
from linarite.hubs.writing import write_each, write_to_each
from linarite.protocols.codec import Codec

__all__ = ["Audience", "Delivery"]

_POLICY_VIOLATION = 1008
_BUFFER_FULL = "The reliable message buffer is full."
_order = attrgetter("order")
_codec_of = attrgetter("codec")
_recovery_of = attrgetter("recovery")
_next_id_of = attrgetter("recovery.next_id")
# A connection's `audience_index` when it hears more than one audience in the tick.
_SEVERAL = -1


class Audience(Protocol):
    """Whoever can be addressed at once; `batch` is what was said to them in this tick."""

    batch: Batch | None

    @property
    def members(self) -> Mapping[Connection, None]:
        """The connections of the moment, as the keys of a mapping: ordered, and quick to ask for one."""


class Delivery:
    """Collects what a hub says during a tick and writes it when the tick ends."""

    def __init__(self, call_soon: Callable[[Callable[[], None]], object], traffic: Traffic | None = None) -> None:
        """`call_soon` runs a callback when the event loop has handled what it has already read.

        `traffic` counts what is given; hubs of one resource share it.
        """
        self._call_soon = call_soon
        self.traffic = traffic or Traffic()
        # Tells of messages, if the resource logs or somebody who looks on want to know.
        self.trace: Trace | None = None
        self._order = 0
        self._tick = 0
        self._audiences: list[tuple[Audience, Batch]] = []
        self._direct: list[tuple[Connection, Batch]] = []
        self._is_scheduled = False
        self.stalled: set[Connection] = set()

    def send(self, audience: Audience, message: Message, skipped: Collection[Connection] = NO_CONNECTIONS) -> None:
        """Say something to all members of an audience but `skipped`."""
        batch = audience.batch
        if batch is None:
            batch = audience.batch = Batch(audience.members)
            self._audiences.append((audience, batch))
            self._schedule()
        self._order += 1
        batch.add(self._order, message, skipped)
        if self.trace is not None:
            self.trace.sent(audience.members, skipped, message)

    def send_to_each(self, connections: Iterable[Connection], message: Message) -> None:
        """Say something to a list of connections put together for this one message."""
        self.send(_Listed(dict.fromkeys(connections)), message)

    def send_direct(self, connection: Connection, item: Message | bytes) -> None:
        """Say something to one connection: a message, or a frame of its own protocol."""
        batch = connection.direct
        if batch is None:
            batch = connection.direct = Batch({connection: None})
            self._direct.append((connection, batch))
            self._schedule()
        self._order += 1
        batch.add(self._order, item, NO_CONNECTIONS)
        if self.trace is not None and isinstance(item, Message):
            self.trace.sent_to(connection, item)

    def settle(self) -> None:
        """Write now what was said so far, before the members of an audience change."""
        if self._audiences or self._direct:
            self._write()

    def _schedule(self) -> None:
        if not self._is_scheduled:
            self._is_scheduled = True
            self._call_soon(self._flush)

    def _flush(self) -> None:
        self._is_scheduled = False
        self._write()

    def _write(self) -> None:
        audiences, self._audiences = self._audiences, []
        direct, self._direct = self._direct, []
        for audience, _ in audiences:
            audience.batch = None
        for connection, _ in direct:
            connection.direct = None
        batches = [batch for _, batch in audiences]
        self.traffic.outbound_bytes += sum(batch.payload_bytes for batch in batches)
        self.traffic.outbound_bytes += sum(batch.payload_bytes for _, batch in direct)
        own = self._who_hears_differently(batches, direct)
        for batch in batches:
            self._write_batch(batch, own)
        shared: dict[tuple[object, ...], Said] = {}
        for connection, heard in own.items():
            _write_own(connection, _said_to(connection, heard, shared))

    def _who_hears_differently(
        self, batches: list[Batch], direct: list[tuple[Connection, Batch]]
    ) -> dict[Connection, list[Batch]]:
        """The connections that need a join of their own, with the batches that they hear."""
        own: dict[Connection, list[Batch]] = {}
        if len(batches) > 1:
            self._note_several(batches, own)
        special: list[Iterable[Connection]] = [(connection for connection, _ in direct)]
        if self.stalled:
            special.append(self.stalled)
        special.extend(batch.left_out for batch in batches if batch.left_out is not None)
        for connections in special:
            for connection in connections:
                if connection not in own:
                    own[connection] = self._heard_alone(connection, batches)
        for connection, batch in direct:
            own[connection].append(batch)
        return own

    def _note_several(self, batches: list[Batch], own: dict[Connection, list[Batch]]) -> None:
        """Find who hears more than one audience, at the price of one look at each member.

        What is noted is an index and not the batch itself, which would keep a tick's messages in memory for as long as
        its receivers hear nothing else.
        """
        self._tick = tick = self._tick + 1
        for index, batch in enumerate(batches):
            for connection in batch.members:
                if connection.tick != tick:
                    connection.tick = tick
                    connection.audience_index = index
                elif connection.audience_index != _SEVERAL:
                    own[connection] = [batches[connection.audience_index], batch]
                    connection.audience_index = _SEVERAL
                else:
                    own[connection].append(batch)

    def _heard_alone(self, connection: Connection, batches: list[Batch]) -> list[Batch]:
        """The batch of the one audience that a connection hears, if any; by the notes if there are several."""
        if len(batches) > 1:
            return [batches[connection.audience_index]] if connection.tick == self._tick else []
        return [batch for batch in batches if connection in batch.members]

    def _write_batch(self, batch: Batch, own: dict[Connection, list[Batch]]) -> None:
        """One write a receiver, the same bytes for all who speak one protocol."""
        members = [member for member in batch.members if member not in own] if own else list(batch.members)
        codecs = set(map(_codec_of, members))
        for codec in codecs:
            speakers = members if len(codecs) == 1 else [member for member in members if member.codec is codec]
            if codec.is_reliable:
                _write_numbered(speakers, batch, codec)
            elif joined := batch.joined(codec):
                write_each(speakers, joined)


def _write_numbered(speakers: list[Connection], batch: Batch, codec: Codec) -> None:
    """One write a receiver; those who stand at the same sequence id get the same bytes."""
    written: list[Connection] = []
    frames: list[bytes] = []
    for first_id, receivers in _by_next_id(speakers).items():
        tick = batch.said_from(codec, first_id)
        numbered = tick.numbered
        if numbered is not None and not keep_for_each(map(_recovery_of, receivers), numbered):
            receivers = [receiver for receiver in receivers if _is_within_limits(receiver)]
        written += receivers
        frames += [tick.joined] * len(receivers)
    write_to_each(written, frames)


def _by_next_id(connections: list[Connection]) -> Mapping[int, list[Connection]]:
    """Reliable connections by the sequence id that their next message has: often the same for all."""
    ids = list(map(_next_id_of, connections))
    if ids.count(ids[0]) == len(ids):
        return {ids[0]: connections}
    at_same_id: defaultdict[int, list[Connection]] = defaultdict(list)
    for next_id, connection in zip(ids, connections, strict=True):
        at_same_id[next_id].append(connection)
    return at_same_id


def _said_to(connection: Connection, heard: list[Batch], shared: dict[tuple[object, ...], Said]) -> Said:
    """What one connection heard, in order; who heard the same batches in full shares it."""
    codec = connection.codec
    next_id = 0 if connection.recovery is None else connection.recovery.next_id
    if any(batch.left_out is not None and connection in batch.left_out for batch in heard):
        return said(_in_order(connection, heard), codec, next_id)
    key = (codec, next_id, *map(id, heard))
    known = shared.get(key)
    if known is None:
        known = shared[key] = said(_in_order(connection, heard), codec, next_id)
    return known


def _write_own(connection: Connection, tick: Said) -> None:
    """Write a tick's frames to one connection, or have them wait until it reads."""
    if not _is_kept(connection, tick):
        return
    if connection.is_stalled:
        for frame, expires_at in zip(tick.frames, tick.expiries, strict=True):
            if frame:
                connection.outlet.hold(frame, expires_at)
    elif tick.joined:
        connection.write(tick.joined)


def _is_kept(connection: Connection, tick: Said) -> bool:
    """Keep a tick's messages until the client acknowledges them; what is too much to keep ends the connection."""
    if tick.numbered is None or connection.recovery is None:
        return True
    connection.recovery.add(tick.numbered)
    return _is_within_limits(connection)


def _is_within_limits(connection: Connection) -> bool:
    """Whether no more is kept for a reliable client than may be; its connection ends if there is."""
    if connection.recovery is None or connection.recovery.is_within_limits:
        return True
    connection.close(_POLICY_VIOLATION, _BUFFER_FULL, category=CloseCategory.SLOW_CLIENT)
    return False


def _in_order(connection: Connection, heard: list[Batch]) -> list[Heard]:
    rows = [row for batch in heard for row in batch.heard_by(connection)]
    if len(heard) > 1:
        rows.sort(key=_order)
    return rows


class _Listed:
    """An audience of one message."""

    __slots__ = ("batch", "members")

    def __init__(self, members: Mapping[Connection, None]) -> None:
        self.members = members
        self.batch: Batch | None = None
