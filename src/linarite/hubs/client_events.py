"""The seam between a hub's clients and the application server that hears of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

from linarite.domain.commands import HubAddress
from linarite.domain.messages import DataType
from linarite.protocols.requests import Payload

if TYPE_CHECKING:
    from linarite.hubs.connection import Connection

__all__ = ["Cancellable", "ClientEvents", "EventAnswer"]


class Cancellable(Protocol):
    """Something that is under way and can be called off."""

    def cancel(self) -> object:
        """End it, if it has not ended yet; nobody hears of it any more."""


class EventAnswer(Protocol):
    """What the application server answers to a user event; `data_type` is None when there is nothing for the client."""

    @property
    def data_type(self) -> DataType | None:
        """What the data is."""

    @property
    def data(self) -> bytes:
        """The message for the client that raised the event."""

    @property
    def metadata(self) -> Mapping[str, str]:
        """Short text beside the data."""


class ClientEvents(Protocol):
    """Where the events of all connections go."""

    def ask(
        self,
        at: HubAddress,
        connection: Connection,
        name: str,
        payload: Payload,
        metadata: Mapping[str, str],
        answer: Callable[[EventAnswer | None], None],
    ) -> Cancellable | None:
        """Raise a user event. `answer` is called once, with None when nobody answered; never after the end.

        Cancelling the result ends the call, which is not answered then. None if it is answered already.
        """

    def wants(self, at: HubAddress, connection: Connection, name: str) -> bool:
        """Whether there is a handler for user events of that name."""

    def joined(self, at: HubAddress, connection: Connection, group: str) -> None:
        """The connection has become a member of a group."""

    def left(self, at: HubAddress, connection: Connection, group: str) -> None:
        """The connection is no longer a member of a group."""
