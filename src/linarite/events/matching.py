"""Which event handler gets an event: the first in the hub's list whose filter accepts it, and no other.

A system event is found by `systemEvents` and a user event by `userEventPattern`, never the other way round, even when
their names are the same; neither cares about case. A presence event is found by `groupPresenceEvents`, whose group
filters do. There is no second try with the next handler after an error. ("Event handler settings",
howto-develop-eventhandler; the patterns are in `patterns`.)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from linarite.events.patterns import Pattern
from linarite.resources.model import EventHandler, HubSettings
from linarite.resources.presence_events import PRESENCE_MEMBER, PresenceEvents, parse_presence_events

__all__ = ["HandlerTable", "Reason", "matching_reasons"]

# Names of user events are the clients' to choose: of so many it is remembered which handler they go to.
_REMEMBERED_NAMES = 1024


class _PresenceFilter:
    """Which presence events of which groups a handler wants."""

    __slots__ = ("_groups", "names")

    def __init__(self, wanted: PresenceEvents) -> None:
        self.names = frozenset(wanted.names)
        self._groups = tuple(Pattern(group, is_case_sensitive=True) for group in wanted.groups)

    def accepts(self, name: str, group: str) -> bool:
        """Whether the event `joined` or `left` of this group is wanted."""
        return name in self.names and (not self._groups or any(pattern.matches(group) for pattern in self._groups))


class _Filter:
    """What one handler accepts."""

    __slots__ = ("handler", "patterns", "presence", "system_events", "takes_all")

    def __init__(self, handler: EventHandler) -> None:
        self.handler = handler
        self.system_events = frozenset(name.lower() for name in handler.system_events)
        parts = [part.strip() for part in (handler.user_event_pattern or "").split(",")]
        # A part that is just an asterisk means every name, dots included; within a part it stops at dots.
        self.takes_all = "*" in parts
        self.patterns = tuple(Pattern(part, is_case_sensitive=False) for part in parts if part)
        # Checked when the settings were saved, and again when they were read from the store.
        self.presence = _PresenceFilter(parse_presence_events(handler.properties.get(PRESENCE_MEMBER)))

    def accepts_user_event(self, name: str) -> bool:
        return self.takes_all or any(pattern.matches(name) for pattern in self.patterns)


class HandlerTable:
    """The event handlers of one hub, ready to be asked. A change of the settings makes a new table."""

    __slots__ = ("_filters", "_user_events", "settings")

    def __init__(self, settings: HubSettings) -> None:
        self.settings = settings
        self._filters = tuple(_Filter(handler) for handler in settings.event_handlers)
        self._user_events: dict[str, EventHandler | None] = {}

    def for_system_event(self, name: str) -> EventHandler | None:
        """Who gets `connect`, `connected` or `disconnected`."""
        return next((one.handler for one in self._filters if name in one.system_events), None)

    def for_presence_event(self, name: str, group: str) -> EventHandler | None:
        """Who gets `joined` or `left` of this group."""
        return next((one.handler for one in self._filters if one.presence.accepts(name, group)), None)

    def for_user_event(self, name: str) -> EventHandler | None:
        """Who gets a user event of this name."""
        try:
            return self._user_events[name]
        except KeyError:
            found = next((one.handler for one in self._filters if one.accepts_user_event(name)), None)
            if len(self._user_events) >= _REMEMBERED_NAMES:
                self._user_events.clear()
            self._user_events[name] = found
            return found


# For people who want to know


class Reason(NamedTuple):
    """Why a handler gets an event, or does not."""

    url_template: str
    is_chosen: bool
    text: str


def matching_reasons(settings: HubSettings, event_type: str, name: str) -> Sequence[Reason]:
    """For each handler of a hub, in order, whether it gets an event of that `ce-type` and name, and why."""
    reasons: list[Reason] = []
    chosen = 0
    for number, handler in enumerate(settings.event_handlers, 1):
        accepts, text = _accepts(_Filter(handler), event_type, name)
        if accepts and chosen:
            text = f"{text}, but handler {chosen} comes first"
        reasons.append(Reason(handler.url_template, accepts and not chosen, text))
        chosen = chosen or (number if accepts else 0)
    return reasons


def _accepts(one: _Filter, event_type: str, name: str) -> tuple[bool, str]:
    handler = one.handler
    kind = event_type.removeprefix("azure.webpubsub.").partition(".")[0]
    if kind == "sys":
        accepts = name in one.system_events
        return accepts, f"systemEvents {'has' if accepts else 'lacks'} {name}"
    if kind == "user":
        accepts = one.accepts_user_event(name)
        pattern = handler.user_event_pattern or ""
        return accepts, f"userEventPattern {pattern!r} {'accepts' if accepts else 'does not accept'} {name}"
    return name in one.presence.names, f"{PRESENCE_MEMBER} {'has' if name in one.presence.names else 'lacks'} {name}"
