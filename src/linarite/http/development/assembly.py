"""The parts of `linarite dev` that a production server has not, put together: all that the server knows of them."""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from linarite.access.management import ManagementAccess
from linarite.cluster.local import LocalBackplane
from linarite.domain.faults import FaultBook
from linarite.events.dispatcher import Upstream
from linarite.http.administration import error_answer
from linarite.http.asgi import App
from linarite.http.development.faulty_data_plane import FaultyDataPlane
from linarite.http.development.happenings import PublishedMessages, WatchedCalls, WatchedEvents
from linarite.http.development.pulse import Pulse
from linarite.http.development.reset import HubSettingsAtStart
from linarite.hubs.directory import Directory
from linarite.monitoring.resource_logs import ResourceLogs
from linarite.resources.registry import Registry
from linarite.settings import Settings
from linarite.sockets.faulty_doorman import FaultyDoorman
from linarite.sockets.line_faults import LineFaults
from linarite.sockets.upgrade import Doorman

if TYPE_CHECKING:
    from linarite.http.development.endpoints import Endpoints

__all__ = ["Development", "refusing_routes"]

_PATH = "/linarite/development"
_METHODS = ["GET", "POST", "DELETE"]


class Development:
    """Looking, waiting, resetting and faults, each made where the server makes what it stands in front of."""

    def __init__(self, settings: Settings, loop: asyncio.AbstractEventLoop, registry: Registry) -> None:
        self.pulse = Pulse(loop)
        self.book = FaultBook(loop.time, time.time, settings.development_records_kept)
        self.lines = LineFaults(loop, self.book)
        self.messages = PublishedMessages(settings.development_messages_kept, self.pulse.beat)
        self.calls = WatchedCalls(settings.upstream_calls_kept, settings.upstream_calls_kept_bytes, self.pulse.beat)
        self.hubs_at_start = HubSettingsAtStart(registry)
        self.clock = loop.time

    def events(self, registry: Registry, open_upstream: Callable[[], Upstream], logs: ResourceLogs) -> WatchedEvents:
        """The events of connections, which waiting hears of."""
        return WatchedEvents(registry, open_upstream, logs, self.pulse.beat)

    def doorman(self, doorman: Doorman, directory: Directory) -> Doorman:
        """The doorman behind the faults."""
        return FaultyDoorman(doorman, self.book, directory)

    def data_plane(self, data_plane: App) -> App:
        """The data plane behind the faults."""
        return FaultyDataPlane(data_plane, self.book)

    def routes(self, access: ManagementAccess, directory: Directory, backplane: LocalBackplane) -> Sequence[BaseRoute]:
        """The one route, which makes its endpoints when it is first asked: most starts never need them."""

        @functools.cache
        def endpoints() -> Endpoints:
            from linarite.http.development.endpoints import Endpoints
            from linarite.http.development.operations import Operations

            return Endpoints(access, Operations(self, directory, backplane))

        async def answer(request: Request) -> Response:
            return await endpoints().answer(request)

        return [Route(_PATH + "/{path:path}", answer, methods=_METHODS)]

    def close(self) -> None:
        """End all waiting: the server stops."""
        self.pulse.close()


def refusing_routes() -> Sequence[BaseRoute]:
    """What a production server answers."""

    async def refuse(request: Request) -> Response:
        message = "These endpoints are for tests: `linarite dev` has them, `linarite serve` never does."
        return error_answer(403, "DevelopmentOnly", message)

    return [Route(_PATH + "/{path:path}", refuse, methods=_METHODS)]
