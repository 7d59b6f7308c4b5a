"""The data plane of `linarite dev`: answers as it always does, but for the faults that are set.

The answer is one of the service's own form, so that an official SDK takes it for the service's: it obeys `Retry-After`
and tries again, or raises what it raises for the status.
"""

from __future__ import annotations

import asyncio
from urllib.parse import unquote

from linarite.domain.faults import Fault, FaultBook, FaultKind, Subject
from linarite.http.asgi import App, Receive, Scope, Send
from linarite.http.data_plane.errors import plain

__all__ = ["FaultyDataPlane"]

_HUBS = ["", "api", "hubs"]


class FaultyDataPlane:
    """An application in front of the data plane."""

    def __init__(self, data_plane: App, book: FaultBook) -> None:
        self._data_plane = data_plane
        self._book = book

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call, or do a fault to it."""
        if self._book.active:
            fault = self._book.choose(FaultKind.REST, _subject(scope["path"]))
            if fault is not None:
                await asyncio.sleep(fault.delay_seconds)
                if fault.status is not None:
                    await _answer(fault, fault.status, scope["method"], send)
                    return
        await self._data_plane(scope, receive, send)


def _subject(path: str) -> Subject:
    """Whom a call is about: its hub, and the user or connection that its path names."""
    segments = path.split("/")
    if segments[:3] != _HUBS or len(segments) < 4:
        return Subject("")
    hub = segments[3].partition(":")[0]
    named = dict(zip(segments[4::2], segments[5::2], strict=False))
    named = {kind: unquote(name.partition(":")[0]) for kind, name in named.items()}
    return Subject(hub, named.get("users"), named.get("connections"))


async def _answer(fault: Fault, status: int, method: str, send: Send) -> None:
    error = plain(status, "Error.FaultOnRequest", "Answered by a fault on request.")
    headers = [
        (b"content-length", str(len(error.body)).encode()),
        (b"content-type", error.content_type.encode()),
        (b"x-ms-error-code", b"Error.FaultOnRequest"),
    ]
    if fault.retry_after_seconds is not None:
        headers.append((b"retry-after", str(fault.retry_after_seconds).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if method == "HEAD" else error.body})
