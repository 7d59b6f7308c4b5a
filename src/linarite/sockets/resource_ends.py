"""Closes a resource's connections when the resource is stopped or restarted."""

from __future__ import annotations

from linarite.hubs.directory import Directory
from linarite.resources.model import Resource

__all__ = ["ResourceEnds"]

# RFC 6455, section 7.4.1: the endpoint is going away.
_GOING_AWAY = 1001


class ResourceEnds:
    """Subscribes to a registry's changes and restarts."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def changed(self, name: str, resource: Resource | None) -> None:
        """Close the connections of a resource that has been stopped; one that is gone is the reception's."""
        if resource is not None and resource.is_stopped:
            self._close(name, "The resource has been stopped.")

    def restarted(self, name: str) -> None:
        """Close the connections of a resource that restarts; clients may come back at once."""
        self._close(name, "The resource is restarting.")

    def _close(self, name: str, reason: str) -> None:
        for at, hub in self._directory:
            if at.resource == name.lower():
                hub.delivery.settle()
                for connection in hub.connections():
                    connection.close(_GOING_AWAY, reason)
