"""Counts connection requests and connections, for the resource that each belongs to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from linarite.access.entrance import Entrance
from linarite.domain.close_categories import CloseCategory
from linarite.hubs.session import Session
from linarite.monitoring.meters import Meters
from linarite.monitoring.metric_definitions import ClientType
from linarite.sockets.admission import ConnectionRequest, Refused, addressed_resource

__all__ = ["ClientMetering", "client_type_of"]

_INTERNAL_ERROR = 500
# Where clients of other kinds connect (concept-mqtt, concept-socketio).
_PATHS = {"/clients/mqtt/": ClientType.MQTT, "/clients/socketio/": ClientType.SOCKET_IO}


class ClientMetering:
    """The metrics of clients on their way in and out."""

    def __init__(self, meters: Meters, entrance: Entrance) -> None:
        self._meters = meters
        self._entrance = entrance

    @contextmanager
    def request(self, request: ConnectionRequest) -> Iterator[None]:
        """Count the request if what is done meanwhile refuses it, or fails."""
        try:
            yield
        except Refused as refused:
            self._refused(request, refused.status, refused.category)
            raise
        except Exception:
            self._refused(request, _INTERNAL_ERROR, CloseCategory.SERVICE_TRANSIENT_ERROR)
            raise

    def upgraded(self, resource: str) -> None:
        """A request was answered 101."""
        self._meters.of(resource).upgraded()

    def opened(self, session: Session) -> None:
        """A new connection has begun."""
        self._meters.of(session.at.resource).connection_opened()

    def ended(self, session: Session) -> None:
        """A connection is over, for good."""
        self._meters.of(session.at.resource).connection_closed(session.connection.close_category)

    def slowed(self, session: Session) -> None:
        """A client sends too fast and is not read for a while."""
        self._meters.of(session.at.resource).client_slowed()

    def _refused(self, request: ConnectionRequest, status: int, category: CloseCategory) -> None:
        """The resource is the one that the request would have belonged to, by its host and the key of its token."""
        resource = addressed_resource(request, self._entrance)
        self._meters.of(resource.name).refused(status, category, client_type_of(request.path))


def client_type_of(path: str) -> ClientType:
    """What the client at that path speaks."""
    found = (kind for prefix, kind in _PATHS.items() if path.lower().startswith(prefix))
    return next(found, ClientType.WEB_PUB_SUB)
