"""The last calls upstream with request, reply and timing, for people who develop a handler.

It is kept in development only, in memory, bounded by count and bytes. What it shows has no secrets: credentials of
requests, cookies and query values such as `code` are blotted out. The calls themselves are kept beside it, so that one
can be made again.
"""

from __future__ import annotations

import base64
import re
from collections import deque
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import msgspec

from linarite.events.outbound import Call, Outcome

__all__ = ["CallLog", "CallRecord", "shown_url"]

_BLOT = "***"
_SECRET_HEADERS = frozenset({"authorization", "cookie", "set-cookie", "ce-signature"})
_SECRET_PARAMETER = re.compile(
    r"([?&](?:code|sig|signature|key|api[-_]?key|subscription-key|token|access_token|secret|client_secret|password)=)"
    r"[^&#]*",
    re.IGNORECASE,
)
_USER_INFORMATION = re.compile(r"(://)[^/?#@]*@")
# So much of a body is shown.
_SHOWN_BYTES = 64 * 1024


class CallRecord(msgspec.Struct, frozen=True):
    """One call as it is shown. Bodies are text where they are UTF-8, else base64."""

    number: int
    at: str
    duration_ms: float
    resource: str
    hub: str
    event: str
    connection: str
    url: str
    result: str
    detail: str
    attempts: int
    request_headers: Sequence[tuple[str, str]]
    request_body: ShownBody
    status: int | None = None
    reply_headers: Sequence[tuple[str, str]] = ()
    reply_body: ShownBody | None = None
    replay_of: int | None = None


class ShownBody(msgspec.Struct, frozen=True):
    """A body, cut where it is long."""

    bytes: int
    text: str | None = None
    base64: str | None = None
    is_cut: bool = False


class _Entry(msgspec.Struct, frozen=True):
    record: CallRecord
    call: Call
    size: int


class CallLog:
    """Keeps the last calls."""

    def __init__(self, count_limit: int, bytes_limit: int) -> None:
        self._count_limit = count_limit
        self._bytes_limit = bytes_limit
        self._entries: deque[_Entry] = deque()
        self._bytes = 0
        self._number = 0

    def add(
        self,
        call: Call,
        outcome: Outcome,
        *,
        resource: str,
        at: float,
        seconds: float,
        replay_of: int | None = None,
    ) -> CallRecord:
        """Keep a call that has come to its end; `at` is its start in seconds since 1970."""
        self._number += 1
        reply = outcome.reply
        record = CallRecord(
            number=self._number,
            at=datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            duration_ms=round(seconds * 1000, 3),
            resource=resource,
            hub=call.hub,
            event=call.event,
            connection=call.connection_id,
            url=shown_url(call.url),
            result=outcome.result.value,
            detail=outcome.detail,
            attempts=outcome.attempts,
            request_headers=_shown_headers(call.headers),
            request_body=_shown_body(call.body),
            status=None if reply is None else reply.status,
            reply_headers=() if reply is None else _shown_headers(reply.headers),
            reply_body=None if reply is None else _shown_body(reply.body),
            replay_of=replay_of,
        )
        size = len(call.body) + (0 if reply is None else min(len(reply.body), _SHOWN_BYTES))
        self._keep(_Entry(record, call, size))
        return record

    def _keep(self, entry: _Entry) -> None:
        self._entries.append(entry)
        self._bytes += entry.size
        while len(self._entries) > self._count_limit or self._bytes > self._bytes_limit:
            self._bytes -= self._entries.popleft().size

    def records(self) -> Sequence[CallRecord]:
        """What is kept, newest first."""
        return [entry.record for entry in reversed(self._entries)]

    def find(self, number: int) -> tuple[CallRecord, Call] | None:
        """The record of that number and the call itself, if they are still kept."""
        return next(((entry.record, entry.call) for entry in self._entries if entry.record.number == number), None)


def shown_url(url: str) -> str:
    """The URL without the secrets that its query or user information may hold."""
    return _SECRET_PARAMETER.sub(rf"\g<1>{_BLOT}", _USER_INFORMATION.sub(rf"\g<1>{_BLOT}@", url))


def _shown_headers(headers: Iterable[tuple[str, str]]) -> Sequence[tuple[str, str]]:
    return [(name, _BLOT if name.lower() in _SECRET_HEADERS else value) for name, value in headers]


def _shown_body(body: bytes) -> ShownBody:
    shown = body[:_SHOWN_BYTES]
    is_cut = len(body) > len(shown)
    try:
        return ShownBody(len(body), text=shown.decode(errors="ignore" if is_cut else "strict"), is_cut=is_cut)
    except UnicodeDecodeError:
        return ShownBody(len(body), base64=base64.b64encode(shown).decode(), is_cut=is_cut)
