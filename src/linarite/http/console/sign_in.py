"""Signing in and out, and what the page needs to know first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from linarite import __version__
from linarite.access.management import ManagementAccess
from linarite.http.administration import error_answer, guarded, json_answer
from linarite.http.authority.subscriptions import SUBSCRIPTION_ID
from linarite.http.console.door import ConsoleDoor, Refused, hidden
from linarite.http.console.wishes import body_of
from linarite.http.management.documents import resource_id
from linarite.resources.registry import Registry
from linarite.settings import Settings

__all__ = ["SignIn"]

# Time enough to paste a link into a browser.
_LINK_SECONDS = 600.0
# The page's management calls: a version of the API that has everything it shows.
_API_VERSION = "2024-03-01"


class Secret(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What opens a session."""

    token: str


class SignIn:
    """Sessions of the console."""

    def __init__(self, registry: Registry, settings: Settings, door: ConsoleDoor, *, has_calls: bool) -> None:
        """`has_calls` says whether calls to event handlers are kept."""
        self._registry = registry
        self._settings = settings
        self._door = door
        self._has_calls = has_calls

    async def show(self, request: Request) -> Response:
        """Who is signed in, and what there is."""
        try:
            called = self._door.check_origin(request)
        except Refused as refused:
            return hidden(error_answer(refused.status, refused.code, refused.message))
        basics = {"mode": self._settings.mode, "access": self._settings.console, "version": __version__}
        expires = self._door.expiry(request, called)
        if expires is None:
            error = {"code": "SignInRequired", "message": "Please sign in."}
            return hidden(json_answer(401, {"error": error, **basics, "hint": _hint(self._settings)}))
        endpoint = self._settings.public_endpoint or called.origin
        document = {
            **basics,
            "endpoint": endpoint,
            "defaultResource": self._registry.default.name,
            "resources": self._resources(endpoint),
            "callLog": self._has_calls,
            "calls": {"apiVersion": _API_VERSION},
            "expires": datetime.fromtimestamp(expires, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        }
        return hidden(json_answer(200, document))

    def _resources(self, endpoint: str) -> list[Mapping[str, object]]:
        return [
            {
                "name": resource.name,
                "resourceGroup": resource.resource_group,
                "id": resource_id(resource, SUBSCRIPTION_ID),
                "endpoint": endpoint,
            }
            for resource in self._registry.all()
        ]

    async def open(self, request: Request) -> Response:
        """Sign in with the administrator's credential or a link's token."""
        status = 400
        try:
            called = self._door.check_origin(request)
            secret = await body_of(request, Secret)
            session = self._door.sessions.open(secret.token)
            if session is None:
                raise Refused(401, "WrongToken", "Expected the administrator's token of this server, or an unused one.")
            response = Response(status_code=204)
            self._door.keep_session(response, called, session)
            status = 204
        except Refused as refused:
            status = refused.status
            response = error_answer(status, refused.code, refused.message)
        finally:
            self._door.record("sign in", request, status)
        return hidden(response)

    async def close(self, request: Request) -> Response:
        """Sign out."""
        try:
            called = self._door.check_origin(request)
        except Refused as refused:
            return hidden(error_answer(refused.status, refused.code, refused.message))
        session = self._door.session_of(request, called)
        if session is not None:
            self._door.sessions.end(session)
        response = Response(status_code=204)
        self._door.keep_session(response, called, None)
        return hidden(response)

    def link_endpoint(self, access: ManagementAccess) -> Callable[[Request], Awaitable[Response]]:
        """Where those who bear the administrator's credential get a link that signs in once: `linarite console`."""

        async def make(request: Request) -> Response:
            token = self._door.sessions.new_link(_LINK_SECONDS)
            return hidden(json_answer(200, {"path": f"/?token={token}", "seconds": _LINK_SECONDS}))

        return guarded(access, make)


def _hint(settings: Settings) -> str:
    if settings.mode == "dev":
        return (
            "Open the link that 'linarite dev' printed, get a new one with 'linarite console', or give the "
            "administrator's token."
        )
    return "Give the administrator's token: on the server 'linarite token show' prints it."
