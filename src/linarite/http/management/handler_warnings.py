"""Tells the person who saves a hub's settings which of its event handlers would get no events now.

The cloud refuses to save a handler that does not pass abuse protection. Here the save goes through and its answer bears
a warning for each: in development the application is often started after its settings are made.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from linarite.events.call_log import shown_url
from linarite.monitoring.logs import log_event
from linarite.resources.model import EventHandler, HubSettings

__all__ = ["WARNING_HEADER", "HandlerCheck", "HandlerWarnings"]

HandlerCheck: TypeAlias = Callable[[EventHandler, str, str], Awaitable[str | None]]
"""Why a handler of that hub would get no events of clients who address that origin; None if it would."""

WARNING_HEADER = "x-linarite-warning"
"""The header of the answer, one for each warning."""

_log = logging.getLogger(__name__)

# All handlers together: longer than a healthy endpoint and a slow DNS take, and short enough for a person who waits at
# a shell. An endpoint that is tried again with the service's pauses (1, 3 and 5 seconds) is not waited for.
_PATIENCE_SECONDS = 3.0
# So many handlers are asked: a hub has one or two, and Python's HTTP client takes at most 100 headers of an answer.
_ASKED_HANDLERS = 10
# RFC 9110, section 5.5, leaves the length of a field to both sides; what an endpoint has said is cut here.
_SHOWN_CHARACTERS = 500
_NOT_FOR_HEADERS = re.compile(r"[^\x20-\x7e]")


class HandlerWarnings:
    """Asks the event handlers of a hub whether they want events."""

    def __init__(self, check: HandlerCheck, patience_seconds: float = _PATIENCE_SECONDS) -> None:
        self._check = check
        self._patience_seconds = patience_seconds

    async def of(self, settings: HubSettings, origin: str) -> Sequence[str]:
        """A text for each handler that would get no events, fit for a header and without secrets."""
        asked = [
            asyncio.ensure_future(self._reason(handler, settings.name, origin))
            for handler in settings.event_handlers[:_ASKED_HANDLERS]
        ]
        if not asked:
            return ()
        try:
            # Endpoints that have not answered yet are still asked for the events to come.
            await asyncio.wait(asked, timeout=self._patience_seconds)
        finally:
            for task in asked:
                task.cancel()
            reasons = await asyncio.gather(*asked, return_exceptions=True)
        warnings = []
        for number, outcome in enumerate(reasons):
            is_unanswered = isinstance(outcome, asyncio.CancelledError)
            reason = self._unanswered(settings.event_handlers[number]) if is_unanswered else outcome
            if isinstance(reason, str):
                warnings.append(_fit_for_header(f"properties.eventHandlers[{number}] gets no events now: {reason}"))
                log_event(
                    _log, logging.WARNING, "event handler saved that gets no events", hub=settings.name, reason=reason
                )
        return warnings

    async def _reason(self, handler: EventHandler, hub: str, origin: str) -> str | None:
        """A broad catch stands here, since the settings are saved already: a check that fails is a warning itself."""
        try:
            return await self._check(handler, hub, origin)
        except Exception:
            _log.exception("event handler not checked", extra={"fields": {"hub": hub}})
            return "it could not be checked; the server's log says why."

    def _unanswered(self, handler: EventHandler) -> str:
        url = shown_url(handler.url_template)
        seconds = f"{self._patience_seconds:g} seconds"
        return (
            f"Abuse protection for '{url}' has no good answer after {seconds}; the server's log says what comes of it."
        )


def _fit_for_header(text: str) -> str:
    shown = _NOT_FOR_HEADERS.sub("?", text)
    return shown if len(shown) <= _SHOWN_CHARACTERS else shown[: _SHOWN_CHARACTERS - 3] + "..."
