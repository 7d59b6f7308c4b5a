"""Writes the entries of one category of one resource.

An entry is one JSON object a line (entries.py). What is the same in all entries of an operation is made once, and the
line put together from parts (`make bench`, logs-cost).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec

from linarite.monitoring.entries import Clock, Facts, Level, LogCategory
from linarite.monitoring.outflow import Render, Stream, Way
from linarite.resources.model import Resource

__all__ = ["ENTRY_BYTES", "Peer", "Recorder", "resource_id_of"]

_LOCAL_SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
_quick = msgspec.json.Encoder().encode
ENTRY_BYTES = 512
"""About how long an entry is, its ids included, without group names and addresses."""


def _encode(value: object) -> bytes:
    """The value in JSON; a half of a surrogate pair, which a token may hold and UTF-8 does not have, is a `?`."""
    try:
        return _quick(value)
    except UnicodeEncodeError:
        return json.dumps(msgspec.to_builtins(value), ensure_ascii=False).encode("utf-8", "replace")


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
    """Notes what happened, and makes the lines of it later, in the thread of each destination's outflow.

    So the event loop pays for a note only, and lines are made many at a time, by code that is in the processor's cache.
    """

    __slots__ = ("_clock", "_fixed", "_now", "_operations", "_ways")

    def __init__(
        self,
        resource: Resource,
        category: LogCategory,
        ways: Sequence[tuple[Way, Stream]],
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
        self._clock = Clock()
        self._now = now

    def write(self, level: Level, operation: str, caller: str, properties: Facts, size: int = ENTRY_BYTES) -> None:
        """Write one entry; `caller` is the address of whoever caused it, `size` about how long it gets."""
        self.note(size, 1, Recorder.line, level, operation, caller, properties)

    def note(self, size: int, count: int, render: Render, *arguments: object) -> None:
        """Have `render` called with this recorder, the time of now and the arguments, to make so many lines."""
        complete = (self, self._now(), *arguments)
        for outflow, stream in self._ways:
            outflow.add(stream, size, count, render, complete)

    # In the threads of outflows

    def line(self, at: float, level: Level, operation: str, caller: str, properties: Facts) -> bytes:
        """The line of one entry."""
        return b'%b%b,"properties":%b}' % (self.head(at, level, operation), _encode(caller), _encode(properties))

    def head(self, at: float, level: Level, operation: str) -> bytes:
        """The beginning of a line, up to the caller's address, which `part` goes on with."""
        fixed = self._operations.get((level, operation))
        if fixed is None:
            fixed = b'","level":%b%b%b,"callerIpAddress":' % (_encode(level), self._fixed, _encode(operation))
            self._operations[level, operation] = fixed
        return b'{"time":"%b%b' % (self._clock.text(at), fixed)

    @staticmethod
    def part(caller: str, connection_id: str | None, user_id: str | None) -> bytes:
        """A connection's part of its entries: its address, and the beginning of the properties."""
        ids = (_encode(caller), _encode(connection_id), _encode(user_id))
        return b'%b,"properties":{"connectionId":%b,"userId":%b,' % ids

    @staticmethod
    def rest(message: str, hub: str, trace_id: str, message_type: str, size: int, group: str | None) -> bytes:
        """The end of a line about a message, behind its `part`: what is the same for all connections."""
        return b'"message":%b,"hub":%b,"traceId":%b,"messageType":"%b","size":%d,"group":%b}}' % (
            _encode(message),
            _encode(hub),
            _encode(trace_id),
            message_type.encode(),
            size,
            _encode(group),
        )
