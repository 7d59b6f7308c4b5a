"""What the endpoints for tests answer, as values; their JSON schema is made from them (`openapi.py`)."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from linarite.domain.faults import Done, Fault

__all__ = [
    "CallSeen",
    "ConnectionSeen",
    "ConnectionsWaitedFor",
    "EventsWaitedFor",
    "FaultSeen",
    "Faults",
    "HubSeen",
    "MemberCount",
    "MemberCounts",
    "MessageSeen",
    "MessagesWaitedFor",
    "Page",
    "Records",
    "ResetDone",
    "State",
]


class Answer(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Names are in camel case on the wire."""


class HubSeen(Answer, frozen=True):
    """One hub that has connections."""

    resource: str
    hub: str
    connections: int
    users: int
    groups: int


class State(Answer, frozen=True):
    """The server at this moment."""

    mark: str
    """Waiting for messages and events counts from such a place on."""
    connections: int
    hubs: Sequence[HubSeen]
    faults: int


class ConnectionSeen(Answer, frozen=True):
    """One connection."""

    resource: str
    hub: str
    connection_id: str
    user_id: str | None
    protocol: str | None
    groups: Sequence[str]
    has_socket: bool
    """Whether the client is there: a reliable connection outlives its socket for a while."""
    unacknowledged: int | None
    """Messages that a reliable client has not acknowledged yet; null for others."""


class Page(Answer, frozen=True):
    """A page of connections in the order of their ids."""

    value: Sequence[ConnectionSeen]
    next: str | None
    """The `after` of the next page; null on the last."""


class MemberCount(Answer, frozen=True):
    """A group or a user, and how many connections it has."""

    resource: str
    hub: str
    name: str
    connections: int


class MemberCounts(Answer, frozen=True):
    """Groups or users in the order of their names."""

    value: Sequence[MemberCount]


class MessageSeen(Answer, frozen=True):
    """A message that was published, without what it said."""

    resource: str
    hub: str
    group: str | None
    user: str | None
    connection: str | None
    data_type: str
    size: int


class CallSeen(Answer, frozen=True):
    """A call to an event handler that has ended; `number` finds the rest in `/linarite/event-calls`."""

    number: int
    hub: str
    event: str
    connection_id: str
    status: int | None
    result: str
    attempts: int


class ConnectionsWaitedFor(Answer, frozen=True):
    """What waiting for connections came to."""

    is_reached: bool
    count: int


class MessagesWaitedFor(Answer, frozen=True):
    """What waiting for messages came to."""

    is_reached: bool
    count: int
    is_complete: bool
    """Whether all since the mark are in `value`; the setting development_messages_kept bounds them."""
    mark: str
    value: Sequence[MessageSeen]


class EventsWaitedFor(Answer, frozen=True):
    """What waiting for events came to."""

    is_reached: bool
    count: int
    mark: str
    value: Sequence[CallSeen]


class ResetDone(Answer, frozen=True):
    """What starting anew has ended."""

    connections_closed: int
    faults_ended: int
    hubs_put_back: int


class FaultSeen(Answer, frozen=True):
    """A fault that is set."""

    number: int
    fault: Fault
    done: int
    seconds_left: float


class Faults(Answer, frozen=True):
    """The faults that are set, oldest first."""

    value: Sequence[FaultSeen]


class Records(Answer, frozen=True):
    """What faults have done, oldest first; the setting development_records_kept bounds it."""

    value: Sequence[Done]
