"""Writes the entries of one category of one resource.

An entry is one JSON object a line (entries.py). What is the same in all entries of an operation is made once, and the
line put together from parts: an entry costs about 2 us, one more receiver of a message about 1 us (`make bench`,
logs-cost).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import msgspec

from linarite.monitoring.entries import Clock, Facts, Level, LogCategory
from linarite.monitoring.outflow import Outflow, Stream
from linarite.resources.model import Resource

__all__ = ["Peer", "Recorder", "resource_id_of"]

_LOCAL_SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
_encode = msgspec.json.Encoder().encode


class Peer(NamedTuple):
    """A connection as entries name it."""

    connection_id: str | None
    user_id: str | None


def resource_id_of(resource: Resource) -> str:
    """The resource's id as entries have it, in upper case (the documented sample)."""
    return (
        f"/SUBSCRIPTIONS/{_LOCAL_SUBSCRIPTION}/RESOURCEGROUPS/{resource.resource_group.upper()}"
        f"/PROVIDERS/MICROSOFT.SIGNALRSERVICE/WEBPUBSUB/{resource.name.upper()}"
    )


class Recorder:
    """Makes lines and hands them to the ways to their destinations."""

    __slots__ = ("_clock", "_fixed", "_now", "_operations", "_ways")

    def __init__(
        self,
        resource: Resource,
        category: LogCategory,
        ways: Sequence[tuple[Outflow, Stream]],
        clock: Clock,
        now: Callable[[], float],
    ) -> None:
        """`now` gives seconds since 1970."""
        self._fixed = b',"resourceId":%b,"location":%b,"category":%b,"operationName":' % (
            _encode(resource_id_of(resource)),
            _encode(resource.location),
            _encode(category.value),
        )
        # By level and operation: what stands between the time and the caller's address.
        self._operations: dict[tuple[str, str], bytes] = {}
        self._ways = ways
        self._clock = clock
        self._now = now

    def write(self, level: Level, operation: str, caller: str, properties: Facts) -> None:
        """Write one entry; `caller` is the address of whoever caused it."""
        self._put(b'%b%b,"properties":%b}' % (self._head(level, operation), _encode(caller), _encode(properties)))

    def write_each(self, level: Level, operation: str, parts: Iterable[bytes], rest: msgspec.Struct) -> None:
        """Write an entry for each connection, given by its `part`; `rest` are the other properties, the same in all."""
        head = self._head(level, operation)
        tail = b"%b}" % _encode(rest)[1:]
        put = self._put
        for part in parts:
            put(head + part + tail)

    @staticmethod
    def part(caller: str, connection_id: str, user_id: str | None) -> bytes:
        """A connection's part of its entries: its address, and the beginning of the properties."""
        ids = (_encode(caller), _encode(connection_id), _encode(user_id))
        return b'%b,"properties":{"connectionId":%b,"userId":%b,' % ids

    def _head(self, level: Level, operation: str) -> bytes:
        fixed = self._operations.get((level, operation))
        if fixed is None:
            fixed = b'","level":%b%b%b,"callerIpAddress":' % (_encode(level), self._fixed, _encode(operation))
            self._operations[level, operation] = fixed
        return b'{"time":"%b%b' % (self._clock.text(self._now()), fixed)

    def _put(self, text: bytes) -> None:
        for outflow, stream in self._ways:
            outflow.add((stream, text))
