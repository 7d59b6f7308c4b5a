"""The seam behind which resources are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from linarite.resources.model import JsonObject, Resource, ResourceGroup

__all__ = ["Snapshot", "Store", "StoreError", "StoredDocument"]


class StoreError(Exception):
    """The store cannot be opened, read or written; the text says what to do about it."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything a store holds."""

    groups: Sequence[ResourceGroup]
    resources: Sequence[Resource]


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A JSON object that some part of the server keeps: what kind it is, whose, and its name within these."""

    kind: str
    owner: str
    key: str
    content: JsonObject


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

    def documents(self, kind: str) -> Sequence[StoredDocument]:
        """Every document of a kind, oldest first."""

    def save_document(self, document: StoredDocument) -> None:
        """Keep `document` in place of the one of the same kind, owner and key."""

    def delete_document(self, kind: str, owner: str, key: str) -> None:
        """Forget that document; one that is not there is forgotten already."""

    def close(self) -> None:
        """Let go of what the store holds open."""
