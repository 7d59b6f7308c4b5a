"""Calls to event handlers: what was sent, what came back, which handler matched and why, and once more, please."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from linarite.events.call_log import CallLog, CallRecord, KeptCall, ShownBody
from linarite.events.matching import matching_reasons
from linarite.events.targets import InvalidUrl, parse_target
from linarite.http.console.answers import answer
from linarite.http.console.door import Refused
from linarite.http.console.wishes import bad_request, body_of, page_of
from linarite.resources.registry import Registry

__all__ = ["Calls", "Replay", "call_document"]

Replay = Callable[[int, str | None], Awaitable[CallRecord | None]]

# Of each body in a list; the call by itself has what is kept.
_LISTED_BYTES = 4096
_EVENT_TYPE = "ce-type"


class ReplayWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a call goes this time; None: where it went."""

    url: str | None = None


class Calls:
    """The calls that are kept."""

    def __init__(self, registry: Registry, calls: CallLog, replay: Replay) -> None:
        self._registry = registry
        self._calls = calls
        self._replay = replay

    async def all(self, request: Request) -> Response:
        """Calls, newest first."""
        page, query = page_of(request), request.query_params
        before = _number(page.cursor)
        needle = page.search.casefold()
        found: list[Mapping[str, object]] = []
        kept = [one for one in self._calls.since(0) if before is None or one.number < before]
        looked, following = 0, None
        for one in reversed(kept):
            if len(found) == page.limit:
                following = str(one.number + 1)
                break
            looked += 1
            if _is_wanted(one, query, needle):
                found.append({**call_document(one), "matching": self._matching(one)})
        return answer({"value": found, "next": following, "looked": looked, "total": len(self._calls.since(0))})

    async def show(self, request: Request) -> Response:
        """One call, its bodies as far as they are kept."""
        kept = self._find(request)
        return answer({**_document(kept.record()), "matching": self._matching(kept)})

    async def replay(self, request: Request) -> Response:
        """Make a call again, to another URL if one is given; its reply changes no connection."""
        kept = self._find(request)
        wish = await body_of(request, ReplayWish)
        if wish.url is not None:
            try:
                parse_target(wish.url)
            except InvalidUrl as error:
                raise bad_request(f"url: {error}.") from None
        record = await self._replay(kept.number, wish.url)
        if record is None:
            raise _gone(kept.number)
        return answer(_document(record))

    def _find(self, request: Request) -> KeptCall:
        number = request.path_params["number"]
        kept = self._calls.find(number)
        if kept is None:
            raise _gone(number)
        return kept

    def _matching(self, kept: KeptCall) -> list[Mapping[str, object]]:
        """Why each handler of the hub would get the event or not, by the settings of now."""
        resource = self._registry.get(kept.resource)
        if resource is None:
            return []
        event_type = next((value for name, value in kept.call.headers if name.lower() == _EVENT_TYPE), "")
        reasons = matching_reasons(resource.hub(kept.call.hub), event_type, kept.call.event)
        return [{"urlTemplate": one.url_template, "matched": one.is_chosen, "why": one.text} for one in reasons]


def call_document(kept: KeptCall) -> Mapping[str, object]:
    """A call as lists show it."""
    record = kept.record()
    reply = None if record.reply_body is None else _cut(record.reply_body)
    return _document(msgspec.structs.replace(record, request_body=_cut(record.request_body), reply_body=reply))


def _document(record: CallRecord) -> Mapping[str, object]:
    return msgspec.structs.asdict(record)


def _cut(body: ShownBody) -> ShownBody:
    text, encoded = body.text, body.base64
    if len(text or encoded or "") <= _LISTED_BYTES:
        return body
    return ShownBody(
        body.bytes,
        None if text is None else text[:_LISTED_BYTES],
        None if encoded is None else encoded[:_LISTED_BYTES],
        is_cut=True,
    )


def _is_wanted(kept: KeptCall, query: Mapping[str, str], needle: str) -> bool:
    call = kept.call
    resource = query.get("resource")
    return (
        (resource is None or kept.resource.lower() == resource.lower())
        and query.get("hub", "").lower() in ("", call.hub)
        and query.get("event", "") in ("", call.event)
        and query.get("result", "") in ("", kept.outcome.result.value)
        and (not needle or any(needle in text.casefold() for text in (call.url, call.connection_id, call.event)))
    )


def _number(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not cursor.isascii() or not cursor.isdecimal() or len(cursor) > 12:
        raise bad_request(f"cursor: expected one that a page gave, got {cursor[:40]!r}.")
    return int(cursor)


def _gone(number: int) -> Refused:
    return Refused(404, "NotFound", f"The call {number} is not kept any more.")
