"""The seam behind which resources are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from linarite.resources.model import Resource, ResourceGroup

__all__ = ["Snapshot", "Store", "StoreError"]


class StoreError(Exception):
    """The store cannot be opened, read or written; the text says what to do about it."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything a store holds."""

    groups: Sequence[ResourceGroup]
    resources: Sequence[Resource]


class Store(Protocol):
    """Keeps resource groups and resources; once a call has returned, its change survives the process."""

    def load(self) -> Snapshot:
        """All that is kept."""

    def save_group(self, group: ResourceGroup) -> None:
        """Keep `group` in place of one of the same name."""

    def delete_group(self, name: str) -> None:
        """Forget the group and every resource in it."""

    def save_resource(self, resource: Resource) -> None:
        """Keep `resource` with its hubs in place of one of the same name; its group is kept already."""

    def delete_resource(self, name: str) -> None:
        """Forget the resource and its hubs."""

    def close(self) -> None:
        """Let go of what the store holds open."""
