"""A hub that belongs to one test: other tests neither see it nor disturb it."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import quote, urlencode

from linarite.access.tokens import make_token
from linarite.testing.controls import Controls, Fault
from linarite.testing.server import Endpoint

__all__ = ["TestingHub"]

_TOKEN_SECONDS = 3600
_SETTINGS = (
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/linarite"
    "/providers/Microsoft.SignalRService/webPubSub/linarite/hubs/{hub}"
)


class TestingHub:
    """A hub with a name that nobody else has, and the server's controls for this hub alone."""

    __test__ = False  # pytest shall not take it for a class of tests

    def __init__(self, http: Endpoint, https: Endpoint, controls: Controls) -> None:
        self.name = f"test_{uuid.uuid4().hex}"
        self.http = http
        self.https = https
        self._controls = controls

    @property
    def connection_string(self) -> str:
        """The http endpoint's, which needs no certificate."""
        return self.http.connection_string

    @property
    def https_connection_string(self) -> str:
        """The https endpoint's; `https.client_options` and the environment make clients trust it."""
        return self.https.connection_string

    def client_access_url(
        self,
        user_id: str | None = None,
        *,
        roles: Sequence[str] = (),
        groups: Sequence[str] = (),
        endpoint: Endpoint | None = None,
    ) -> str:
        """A URL by which a WebSocket client connects, good for an hour."""
        chosen = endpoint or self.http
        path = f"/client/hubs/{quote(self.name)}"
        claims: dict[str, Any] = {"aud": chosen.url + path, "exp": int(time.time()) + _TOKEN_SECONDS}
        if user_id is not None:
            claims["sub"] = user_id
        claims |= {"role": list(roles)} if roles else {}
        claims |= {"webpubsub.group": list(groups)} if groups else {}
        query = urlencode({"access_token": make_token(chosen.key, claims)})
        return f"ws{chosen.url.removeprefix('http')}{path}?{query}"

    def handle_events(self, url_template: str, **handler: Any) -> None:  # noqa: ANN401 - members of the management API
        """Send the hub's events to an event handler; every user event and system event unless `handler` says less."""
        everything = {"userEventPattern": "*", "systemEvents": ["connect", "connected", "disconnected"]}
        handlers = [{"urlTemplate": url_template, **everything, **handler}]
        path = _SETTINGS.format(hub=quote(self.name))
        body = {"properties": {"eventHandlers": handlers}}
        self._controls.request("PUT", path, body, **{"api-version": "2024-03-01"})

    # The server's controls

    def connections(self, *, user: str | None = None, group: str | None = None) -> Sequence[Mapping[str, Any]]:
        """The hub's connections."""
        return self._controls.connections(hub=self.name, user=user, group=group)

    def mark(self) -> str:
        """This moment, from which waiting for messages and events may count."""
        return self._controls.mark()

    def wait_for_connections(self, at_least: int | None = None, **wished: Any) -> int:  # noqa: ANN401 - as in Controls
        """How many connections the hub has, once they are as many as wished. Raises WaitFailed."""
        return self._controls.wait_for_connections(at_least, hub=self.name, **wished)

    def wait_for_messages(self, at_least: int = 1, **wished: Any) -> Sequence[Mapping[str, Any]]:  # noqa: ANN401
        """The messages that were published in the hub since a mark, once they are so many. Raises WaitFailed."""
        return self._controls.wait_for_messages(at_least, hub=self.name, **wished)

    def wait_for_events(
        self,
        event: str | None = None,
        at_least: int = 1,
        **wished: Any,  # noqa: ANN401 - as in Controls
    ) -> Sequence[Mapping[str, Any]]:
        """The hub's events that handlers have answered since a mark, once they are so many. Raises WaitFailed."""
        return self._controls.wait_for_events(event, at_least, hub=self.name, **wished)

    def fault(self, kind: str, **members: Any) -> AbstractContextManager[Fault]:  # noqa: ANN401 - the server checks
        """Have something go wrong in this hub while the block runs."""
        return self._controls.fault(kind, hub=self.name, **members)

    def reset(self) -> None:
        """Close the hub's connections and forget everything about it."""
        self._controls.reset(self.name)
