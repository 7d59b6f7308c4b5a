"""URL templates of event handlers: what they may say, and the URL that one means for an event.

A template may name `{hub}` and `{event}`, in any case and anywhere but in the host; their values are percent-encoded.
There is no `{name}`: neither the table of parameters in "URL template" (howto-develop-eventhandler) nor `urlTemplate`
of the management API knows it, and braces are reserved, so that it is refused like any other word. What a template says
of an event by name is `{event}`: `message` for plain clients, else the name that the client chose. Abuse protection
asks with the event `validate`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import quote

from linarite.events.targets import InvalidUrl, parse_target

__all__ = ["VALIDATION_EVENT", "InvalidUrl", "check_url_template", "resolve_url"]

VALIDATION_EVENT = "validate"
"""The event's name in URLs of abuse protection ("Upstream and Validation", howto-develop-eventhandler)."""

_PARAMETER = re.compile(r"\{(hub|event)\}", re.IGNORECASE)
_HOST = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*://([^/?#]*)")


def check_url_template(template: str) -> None:
    """Raise InvalidUrl, which never repeats the template's query, unless the template can be used."""
    host = _HOST.match(template)
    if host is not None and ("{" in host[1] or "}" in host[1]):
        raise InvalidUrl("expected a host without parameters such as {hub} or {event}")
    if re.search(r"[{}]", _PARAMETER.sub("", template)):
        raise InvalidUrl("expected no parameters but {hub} and {event}, other braces percent-encoded (%7B, %7D)")
    parse_target(_PARAMETER.sub("x", template))


@lru_cache(maxsize=1024)
def resolve_url(template: str, hub: str, event: str) -> str:
    """The URL that the template means for this event of this hub. Raises InvalidUrl."""
    values = {"hub": quote(hub, safe=""), "event": quote(event, safe="")}
    url = _PARAMETER.sub(lambda found: values[found[1].lower()], template)
    parse_target(url)
    return url
