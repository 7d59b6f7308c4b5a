"""What an operation gets and what it gives back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from linarite.http.management.endpoint import Endpoint
from linarite.http.management.handler_warnings import HandlerWarnings
from linarite.resources.model import JsonObject, Resource
from linarite.resources.registry import Registry

__all__ = ["Answer", "Call", "Operation"]


@dataclass(frozen=True, slots=True)
class Call:
    """One management request that may go ahead: who sent it and its form have been checked."""

    registry: Registry
    endpoint: Endpoint
    handler_warnings: HandlerWarnings
    parameters: Mapping[str, str]
    body: JsonObject = field(default_factory=dict)
    api_version: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    """The parameters of the address, by their names as written."""

    @property
    def subscription(self) -> str:
        """The subscription that the path names; every one means this server."""
        return self.parameters["subscription"]

    @property
    def group(self) -> str:
        """The resource group that the path names."""
        return self.parameters["group"]

    @property
    def resource(self) -> str:
        """The name of the resource, as it stands in the path."""
        return self.parameters["resource"]

    def find_resource(self) -> Resource:
        """The resource that the path names. Raises ResourceError if it is not there."""
        return self.registry.find(self.group, self.resource)


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and, unless it has none, a JSON body; `warnings` is awaited once the change is made.

    `headers` are those that this operation adds to what every answer has.
    """

    status: int = 200
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    warnings: Callable[[], Awaitable[Sequence[str]]] | None = None


# Operations do not await: between looking and changing nothing else runs.
Operation: TypeAlias = Callable[[Call], Answer]
