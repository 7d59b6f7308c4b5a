"""The page itself: what `make console` has built, and the headers that keep other scripts out of it."""

from __future__ import annotations

import asyncio
import gzip
import re
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import PurePosixPath

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from linarite.http.administration import error_answer
from linarite.http.console.door import ConsoleDoor, Refused

__all__ = ["Pages", "built_page"]

_INDEX = "index.html"
_TYPES: Mapping[str, str] = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
}
_COMPRESSED = frozenset({".html", ".js", ".css", ".json", ".svg", ".txt"})
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
# Vite puts a hash of the content into the names of what lies in `assets`.
_HASHED = re.compile(r"assets/.+-[A-Za-z0-9_-]{8,}\.[a-z0-9]+")
_FOR_EVER = "public, max-age=31536000, immutable"
_PAGE_HEADERS = {
    # Scripts and styles are files of our own; `ws:` and `wss:` are for the playground, whose clients connect to the
    # server under each of its names; `data:` for the pictures of cursors and marks in style sheets.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self' ws: wss:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
_NOT_BUILT = """\
The console is not built in this checkout.

Build it with:  make console     (it needs Node.js)

Installed from a wheel, Linarite has it ready. Everything else of this server works without it.
"""


def built_page() -> Traversable:
    """The folder with the page, which is not there in a checkout that has not built it."""
    return files("linarite.http.console") / "static"


class Pages:
    """Answers with the page and its parts."""

    def __init__(self, door: ConsoleDoor, folder: Traversable) -> None:
        self._door = door
        self._folder = folder

    async def index(self, request: Request) -> Response:
        """The page; with `?token=` in its address, the session that the token opens."""
        try:
            called = self._door.called(request)
        except Refused as refused:
            return _with_headers(error_answer(refused.status, refused.code, refused.message), "no-store")
        token = request.query_params.get("token")
        if token is None:
            return await self._file(request, _INDEX)
        is_in = self._door.expiry(request, called) is not None
        session = None if is_in else self._door.sessions.open(token)
        # The token leaves the address bar, and with it the browser's history.
        response = Response(status_code=303, headers={"Location": "/"})
        if session is not None:
            self._door.keep_session(response, called, session)
        elif not is_in:
            response.headers["Location"] = "/#/sign-in?reason=spent"
        if not is_in:
            self._door.record("sign in", request, 204 if session is not None else 401)
        return _with_headers(response, "no-store")

    async def part(self, request: Request) -> Response:
        """A file that belongs to the page."""
        return await self._file(request, request.path_params["path"])

    async def _file(self, request: Request, path: str) -> Response:
        content = await asyncio.to_thread(_read, self._folder, path)
        if content is None and path == _INDEX:
            return _with_headers(PlainTextResponse(_NOT_BUILT, 503), "no-store")
        if content is None:
            return _with_headers(error_answer(404, "NotFound", "The console has no such file."), "no-store")
        ending = PurePosixPath(path).suffix
        response = Response(content, media_type=None, headers={"Content-Type": _TYPES[ending]})
        if ending in _COMPRESSED:
            response.headers["Vary"] = "Accept-Encoding"
            if "gzip" in request.headers.get("accept-encoding", ""):
                response.body = await asyncio.to_thread(_compressed, content)
                response.headers["Content-Encoding"] = "gzip"
                response.headers["Content-Length"] = str(len(response.body))
        return _with_headers(response, _FOR_EVER if _HASHED.fullmatch(path) else "no-cache")


def _with_headers(response: Response, caching: str) -> Response:
    for name, value in _PAGE_HEADERS.items():
        response.headers[name] = value
    response.headers["Cache-Control"] = caching
    return response


def _read(folder: Traversable, path: str) -> bytes | None:
    """The file's content; None for one that is not there or of no kind that a page has."""
    if _NAME.fullmatch(path) is None or PurePosixPath(path).suffix not in _TYPES:
        return None
    try:
        return folder.joinpath(*path.split("/")).read_bytes()
    except (OSError, ValueError):
        return None


@lru_cache(maxsize=64)
def _compressed(content: bytes) -> bytes:
    return gzip.compress(content, 9, mtime=0)
