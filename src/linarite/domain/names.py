"""Names of hubs, groups, events, users and permissions: what is valid, and how two spellings compare."""

from __future__ import annotations

import re

__all__ = [
    "GROUP_NAME_LIMIT",
    "InvalidName",
    "is_valid_event_name",
    "is_valid_group_name",
    "parse_hub_name",
]

# The service's pattern (swagger 2024-12-01, parameter `hub`) with one addition of ours: `-` after the first character,
# so that the names that tutorials use (`demo-hub`) work. docs/differences.md lists it.
_HUB_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_`,.\[\]\-]{0,127}")
# The service's own rule for names of user events.
_EVENT_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.\-]{0,127}")
# Swagger 2024-12-01, parameter `group`: minLength 1, maxLength 1024, pattern ^(?!\s+$).+$
GROUP_NAME_LIMIT = 1024


class InvalidName(ValueError):
    """A name breaks its rule; the text says which name, what was expected and what came."""


def parse_hub_name(text: str) -> str:
    """The hub's name in the lower case that identifies it; hub names compare without case.

    Raises InvalidName.
    """
    if _HUB_NAME.fullmatch(text) is None:
        shown = text if len(text) <= 140 else text[:137] + "..."
        raise InvalidName(
            f"Invalid hub name. Expected a letter and up to 127 letters, digits or any of _`,.[]-, got {shown!r}."
        )
    return text.lower()


def is_valid_group_name(name: str) -> bool:
    """Whether `name` can name a group: 1 to 1024 characters, not only white space. Names compare as they stand."""
    return 0 < len(name) <= GROUP_NAME_LIMIT and not name.isspace()


def is_valid_event_name(name: str) -> bool:
    """Whether `name` can name a user event: a letter and up to 127 letters, digits, `_`, `.` or `-`."""
    return _EVENT_NAME.fullmatch(name) is not None
