"""Puts the console together."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from linarite.access.assembly import Access
from linarite.cluster.backplane import Backplane
from linarite.domain.commands import HubAddress
from linarite.domain.traffic import Traffic
from linarite.events.call_log import CallLog
from linarite.http.administration import error_answer
from linarite.http.console.actions import Actions
from linarite.http.console.addresses import Addresses
from linarite.http.console.calls import Calls, Replay
from linarite.http.console.client_urls import ClientUrls
from linarite.http.console.counters import CounterSources
from linarite.http.console.door import ConsoleDoor, hidden
from linarite.http.console.feed import Feed
from linarite.http.console.listing import Listing
from linarite.http.console.logs import Logs
from linarite.http.console.pages import Pages, built_page
from linarite.http.console.sessions import Sessions
from linarite.http.console.sign_in import SignIn
from linarite.http.workspaces import Workspaces
from linarite.monitoring.live_feed import LiveFeed
from linarite.resources.registry import Registry
from linarite.settings import Settings

__all__ = ["Console", "ConsoleParts"]

_API = "/console/api"
_HUB = f"{_API}/hubs/{{hub}}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleParts:
    """What the console works with."""

    registry: Registry
    access: Access
    backplane: Backplane
    live_hubs: Callable[[], Iterable[HubAddress]]
    """The hubs that have a connection."""
    traffic_of: Callable[[str], Traffic]
    """The counters of a resource's traffic."""
    feed: LiveFeed
    counters: CounterSources
    calls: CallLog | None
    """The last calls to event handlers, in development only."""
    replay: Replay
    workspaces: Workspaces


class Console:
    """The console of one server."""

    def __init__(self, settings: Settings, parts: ConsoleParts) -> None:
        access = parts.access
        self._sessions = Sessions(access.administrator, time.time, settings.console_session_seconds)
        self._door = ConsoleDoor(settings, Addresses(settings, parts.registry), self._sessions, access.audit)
        self._settings = settings
        self._parts = parts

    def around(self, app: ASGIApp) -> ASGIApp:
        """The application, told of the signed-in console as the caller of management calls."""
        return self._door.around(app)

    def link(self, endpoint: str) -> str:
        """An address that signs in the first browser that opens it."""
        return f"{endpoint}/?token={self._sessions.new_link()}"

    def routes(self) -> Sequence[BaseRoute]:
        """The page and the API; nothing else of the server is below `/console`."""
        pages = Pages(self._door, built_page())
        return [
            Route("/", pages.index, methods=["GET"]),
            *self._session_routes(),
            *self._list_routes(),
            *self._action_routes(),
            *self._event_routes(),
            Route(f"{_API}/{{path:path}}", _nothing, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
            Route("/console/{path:path}", pages.part, methods=["GET"]),
        ]

    def _session_routes(self) -> Sequence[BaseRoute]:
        sign_in = SignIn(self._parts.registry, self._settings, self._door, has_calls=self._parts.calls is not None)
        links = sign_in.link_endpoint(self._parts.access.management)
        return [
            Route(f"{_API}/session", sign_in.show, methods=["GET"]),
            Route(f"{_API}/session", sign_in.open, methods=["POST"]),
            Route(f"{_API}/session", sign_in.close, methods=["DELETE"]),
            Route("/linarite/console/links", links, methods=["POST"]),
        ]

    def _list_routes(self) -> Sequence[BaseRoute]:
        to, parts = self._door.to, self._parts
        listing = Listing(parts.registry, parts.backplane, parts.live_hubs)
        return [
            Route(f"{_API}/hubs", to(listing.hubs), methods=["GET"]),
            Route(f"{_HUB}/connections", to(listing.connections), methods=["GET"]),
            Route(f"{_HUB}/connections/{{connection}}", to(listing.connection), methods=["GET"]),
            Route(f"{_HUB}/groups", to(listing.groups), methods=["GET"]),
            Route(f"{_HUB}/users", to(listing.users), methods=["GET"]),
        ]

    def _action_routes(self) -> Sequence[BaseRoute]:
        to, parts = self._door.to, self._parts
        actions = Actions(parts.registry, parts.backplane, parts.traffic_of)
        urls = ClientUrls(parts.registry, self._door, self._settings.public_endpoint)
        return [
            Route(f"{_HUB}/actions", to(actions.act, action="act on a hub"), methods=["POST"]),
            Route(f"{_HUB}/client-url", to(urls.make, action="make a client URL"), methods=["POST"]),
            Route(f"{_API}/explain-token", to(urls.explain), methods=["POST"]),
        ]

    def _event_routes(self) -> Sequence[BaseRoute]:
        to, parts = self._door.to, self._parts
        per_second = self._settings.console_messages_per_second
        feed = Feed(parts.registry, parts.feed, parts.counters, parts.calls, per_second)
        logs = Logs(parts.workspaces)
        routes = [
            Route(f"{_API}/feed", to(feed.watch), methods=["GET"]),
            Route(f"{_API}/workspaces", to(logs.names), methods=["GET"]),
            Route(f"{_API}/logs", to(logs.entries), methods=["GET"]),
        ]
        if parts.calls is None:
            return routes
        calls = Calls(parts.registry, parts.calls, parts.replay)
        return [
            *routes,
            Route(f"{_API}/calls", to(calls.all), methods=["GET"]),
            Route(f"{_API}/calls/{{number:int}}", to(calls.show), methods=["GET"]),
            Route(
                f"{_API}/calls/{{number:int}}/replay", to(calls.replay, action="make a call again"), methods=["POST"]
            ),
        ]


async def _nothing(request: Request) -> Response:
    return hidden(error_answer(404, "NotFound", "The console has nothing at this path."))
