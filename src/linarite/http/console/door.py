"""What every request to the console passes: its address, where it comes from, who has signed in, what he may do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http.cookies import CookieError, SimpleCookie

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from linarite.access.audit import AuditLog
from linarite.access.management import CALLER_IN_SCOPE, Caller
from linarite.access.roles import Assignment, Role
from linarite.http.administration import error_answer
from linarite.http.console.addresses import Addresses, Called
from linarite.http.console.sessions import Sessions
from linarite.settings import Settings

__all__ = ["API_HEADERS", "ConsoleDoor", "Endpoint", "Refused", "hidden"]

Endpoint = Callable[[Request], Awaitable[Response]]

_HEADER = "x-linarite-console"
# Where a browser says that a request comes from a page of the same origin, or from nowhere (the address bar).
_OWN_SITES = ("same-origin", "none")
API_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
}
"""Headers of every answer of the API: none is a page, nobody keeps one, no other site's page reads one."""


class Refused(Exception):
    """A request that is not carried out."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


class ConsoleDoor:
    """Lets requests of the signed-in console through."""

    def __init__(self, settings: Settings, addresses: Addresses, sessions: Sessions, audit: AuditLog) -> None:
        self.may_write = settings.console == "write"
        self.sessions = sessions
        self._addresses = addresses
        self._audit = audit
        role = Role.OWNER if self.may_write else Role.READER
        self._caller = Caller("console", (Assignment(role),))

    # Addresses and sessions

    def called(self, request: Request) -> Called:
        """How the request came in. Raises Refused for an address that is not this server's."""
        called = self._addresses.called(request)
        if called is None:
            message = (
                "The console answers only at names of this server: localhost, an address in numbers, the setting "
                "domain, public_endpoint or a custom domain. Set public_endpoint to the address that you use."
            )
            raise Refused(421, "MisdirectedRequest", message)
        return called

    def check_origin(self, request: Request) -> Called:
        """Pass if a script of this server's own page sends the request. Raises Refused."""
        called = self.called(request)
        origin = request.headers.get("origin")
        site = request.headers.get("sec-fetch-site", "same-origin")
        if (origin is not None and origin.lower() != called.origin) or site.lower() not in _OWN_SITES:
            raise Refused(403, "ForeignOrigin", f"Expected a request of a page of {called.origin}.")
        if request.headers.get(_HEADER) != "1":
            raise Refused(403, "HeaderMissing", "Expected the header X-Linarite-Console: 1.")
        return called

    def session_of(self, request: Request, called: Called) -> str | None:
        """The session that the browser has, good or not."""
        cookies: SimpleCookie = SimpleCookie()
        try:
            cookies.load(request.headers.get("cookie", ""))
        except CookieError:
            return None
        found = cookies.get(_cookie_name(called))
        return None if found is None else found.value

    def expiry(self, request: Request, called: Called) -> float | None:
        """When the browser's session ends; None if it has none."""
        session = self.session_of(request, called)
        return None if session is None else self.sessions.expiry_of(session)

    def keep_session(self, response: Response, called: Called, session: str | None) -> None:
        """Have the browser keep a session, or forget it."""
        attributes = "Path=/; HttpOnly; SameSite=Strict" + ("; Secure" if called.scheme == "https" else "")
        if session is None:
            attributes += "; Max-Age=0"
        else:
            seconds = max(0, int(float(session.partition(".")[0]) - self.sessions.now()))
            attributes += f"; Max-Age={seconds}"
        response.headers.append("Set-Cookie", f"{_cookie_name(called)}={session or ''}; {attributes}")

    # Calls

    def check(self, request: Request) -> Called:
        """Pass for whoever has signed in. Raises Refused."""
        called = self.check_origin(request)
        if self.expiry(request, called) is None:
            raise Refused(401, "SignInRequired", "Expected a session of the console: please sign in.")
        return called

    def to(self, endpoint: Endpoint, *, action: str | None = None) -> Endpoint:
        """The endpoint for those who have signed in; with `action`, which the audit log names, to change something."""

        async def answer(request: Request) -> Response:
            status = 500
            try:
                self.check(request)
                if action is not None and not self.may_write:
                    raise Refused(403, "ReadOnly", "The console is read-only: see the setting console.")
                response = await endpoint(request)
                status = response.status_code
            except Refused as refused:
                status = refused.status
                response = error_answer(status, refused.code, refused.message)
            finally:
                if action is not None:
                    self.record(action, request, status)
            return hidden(response)

        return answer

    def record(self, action: str, request: Request, status: int, detail: str | None = None) -> None:
        """Leave a line in the audit log; what was sent is not written."""
        called = self._addresses.called(request)
        client = called.client if called is not None else request.client.host if request.client else ""
        is_known = status not in (401, 403, 421)
        fields = {
            "caller": "console" if is_known else None,
            "action": action,
            "client": client,
            "path": request.scope["path"],
            "detail": detail,
            "status": status,
        }
        self._audit.record("console call", fields, is_refused=not is_known)

    def around(self, app: ASGIApp) -> ASGIApp:
        """The application, told of the signed-in console as the caller of management calls."""

        async def told(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                request = Request(scope)
                if _HEADER in request.headers and "authorization" not in request.headers and self._is_in(request):
                    scope[CALLER_IN_SCOPE] = self._caller
            await app(scope, receive, send)

        return told

    def _is_in(self, request: Request) -> bool:
        try:
            self.check(request)
        except Refused:
            return False
        return True


def hidden(response: Response) -> Response:
    """The answer with the headers of the API."""
    for name, value in API_HEADERS.items():
        response.headers[name] = value
    return response


def _cookie_name(called: Called) -> str:
    """Cookies know no ports: servers on one host would take each other's, had they one name.

    With `__Host-` a browser takes it from this very host only, and over TLS (draft-ietf-httpbis-rfc6265bis, 4.1.3).
    """
    name = f"linarite-console-{called.port}"
    return f"__Host-{name}" if called.scheme == "https" else name
