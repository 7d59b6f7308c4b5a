"""Which presence events an event handler wants: its member `groupPresenceEvents` (EventHandler, management API
2025-08-01-preview), which older versions of the API do not know.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from linarite.resources.errors import expected

__all__ = ["PRESENCE_MEMBER", "PresenceEvents", "parse_presence_events"]

PRESENCE_MEMBER = "groupPresenceEvents"
"""The member's name."""

_EVENTS = ("joined", "left")


class PresenceEvents(NamedTuple):
    """The events, in lower case, and patterns of the groups; no names mean no events, no groups mean all groups."""

    names: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


def parse_presence_events(value: object, target: str = PRESENCE_MEMBER) -> PresenceEvents:
    """What the member says; ResourceError names the part that is wrong, as a part of `target`."""
    if value is None:
        return PresenceEvents()
    if not isinstance(value, Mapping):
        raise expected(target, "an object with eventNames and groupFilters", value)
    names = _texts(value.get("eventNames"), f"{target}.eventNames")
    for name in names:
        if name.lower() not in _EVENTS:
            raise expected(f"{target}.eventNames", "joined or left", name)
    groups = _texts(value.get("groupFilters"), f"{target}.groupFilters")
    return PresenceEvents(tuple(name.lower() for name in names), groups)


def _texts(value: object, target: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list | tuple):
        raise expected(target, "a list of texts", value)
    for item in value:
        if not isinstance(item, str):
            raise expected(target, "a list of texts", item)
    return tuple(value)
