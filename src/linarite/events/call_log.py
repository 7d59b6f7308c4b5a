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

__all__ = ["CallLog", "CallRecord", "KeptCall", "shown_url"]

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


class KeptCall(msgspec.Struct, frozen=True):
    """A call as it was. It becomes a record when somebody looks: most calls are forgotten unseen."""

    number: int
    call: Call
    outcome: Outcome
    """Of its reply's body only what is shown."""
    reply_bytes: int
    resource: str
    at: float
    seconds: float
    replay_of: int | None = None

    @property
    def size(self) -> int:
        """The bytes that keeping it takes, as far as they can be many."""
        reply = self.outcome.reply
        return len(self.call.body) + (0 if reply is None else len(reply.body))

    def record(self) -> CallRecord:
        """The call as it is shown."""
        call, reply = self.call, self.outcome.reply
        return CallRecord(
            number=self.number,
            at=datetime.fromtimestamp(self.at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            duration_ms=round(self.seconds * 1000, 3),
            resource=self.resource,
            hub=call.hub,
            event=call.event,
            connection=call.connection_id,
            url=shown_url(call.url),
            result=self.outcome.result.value,
            detail=self.outcome.detail,
            attempts=self.outcome.attempts,
            request_headers=_shown_headers(call.headers),
            request_body=_shown_body(call.body, len(call.body)),
            status=None if reply is None else reply.status,
            reply_headers=() if reply is None else _shown_headers(reply.headers),
            reply_body=None if reply is None else _shown_body(reply.body, self.reply_bytes),
            replay_of=self.replay_of,
        )


class CallLog:
    """Keeps the last calls."""

    def __init__(self, count_limit: int, bytes_limit: int) -> None:
        self._count_limit = count_limit
        self._bytes_limit = bytes_limit
        self._kept: deque[KeptCall] = deque()
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
    ) -> KeptCall:
        """Keep a call that has come to its end; `at` is its start in seconds since 1970."""
        self._number += 1
        reply = outcome.reply
        reply_bytes = 0 if reply is None else len(reply.body)
        if reply is not None and reply_bytes > _SHOWN_BYTES:
            shown = msgspec.structs.replace(reply, body=reply.body[:_SHOWN_BYTES])
            outcome = msgspec.structs.replace(outcome, reply=shown)
        kept = KeptCall(self._number, call, outcome, reply_bytes, resource, at, seconds, replay_of)
        self._keep(kept)
        return kept

    def _keep(self, kept: KeptCall) -> None:
        self._kept.append(kept)
        self._bytes += kept.size
        while len(self._kept) > self._count_limit or self._bytes > self._bytes_limit:
            self._bytes -= self._kept.popleft().size

    def records(self) -> Sequence[CallRecord]:
        """What is kept, newest first."""
        return [kept.record() for kept in reversed(self._kept)]

    @property
    def last(self) -> int:
        """The number of the last call."""
        return self._number

    def since(self, number: int) -> Sequence[KeptCall]:
        """The calls after that one that are still kept, oldest first."""
        return [kept for kept in self._kept if kept.number > number]

    def forget(self, hub: str | None = None) -> None:
        """Forget all calls, or those of one hub."""
        left = [kept for kept in self._kept if hub is not None and kept.call.hub != hub]
        self._kept = deque(left)
        self._bytes = sum(kept.size for kept in left)

    def find(self, number: int) -> KeptCall | None:
        """The call of that number, if it is still kept."""
        return next((kept for kept in self._kept if kept.number == number), None)


def shown_url(url: str) -> str:
    """The URL without the secrets that its query or user information may hold."""
    return _SECRET_PARAMETER.sub(rf"\g<1>{_BLOT}", _USER_INFORMATION.sub(rf"\g<1>{_BLOT}@", url))


def _shown_headers(headers: Iterable[tuple[str, str]]) -> Sequence[tuple[str, str]]:
    return [(name, _BLOT if name.lower() in _SECRET_HEADERS else value) for name, value in headers]


def _shown_body(body: bytes, size: int) -> ShownBody:
    """The beginning of a body that had so many bytes."""
    shown = body[:_SHOWN_BYTES]
    is_cut = size > len(shown)
    try:
        return ShownBody(size, text=shown.decode(errors="ignore" if is_cut else "strict"), is_cut=is_cut)
    except UnicodeDecodeError:
        return ShownBody(size, base64=base64.b64encode(shown).decode(), is_cut=is_cut)
