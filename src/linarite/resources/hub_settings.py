"""How a hub's settings are read from the management API and written to it.

The rules are those of WebPubSubHubProperties and EventHandler (management API 2024-03-01) and of "Event
handlers in Azure Web PubSub": a URL template may name `{hub}` and `{event}`, never in its host. Members
nobody knows yet are kept and given back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from linarite.domain.names import parse_hub_name
from linarite.resources.errors import ResourceError, expected
from linarite.resources.event_listeners import refuse_event_listeners
from linarite.resources.model import DEFAULT_KEEP_ALIVE_SECONDS, EventHandler, HubSettings, JsonObject
from linarite.resources.presence_events import PRESENCE_MEMBER, parse_presence_events

__all__ = ["hub_properties", "parse_hub_settings"]

_SYSTEM_EVENTS = ("connect", "connected", "disconnected")
_MANAGED_IDENTITY = "ManagedIdentity"
_AUTH_TYPES = {"none": "None", "managedidentity": _MANAGED_IDENTITY}
# WebPubSubHubProperties.webSocketKeepAliveIntervalInSeconds: 1 to 120.
_KEEP_ALIVE_SECONDS = range(1, 121)
_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.\-]*)://(?P<host>[^/?#]*)(?P<rest>[^\s\x00-\x1f]*)")
_HUB_MEMBERS = frozenset(
    {"eventHandlers", "eventListeners", "anonymousConnectPolicy", "webSocketKeepAliveIntervalInSeconds"}
)
_HANDLER_MEMBERS = frozenset({"urlTemplate", "userEventPattern", "systemEvents", "auth"})
_TOKEN = re.compile(r"\{([^{}]*)\}")


def parse_hub_settings(name: str, properties: object) -> HubSettings:
    """The settings that `properties` means for the hub `name`; ResourceError names the wrong member."""
    try:
        key = parse_hub_name(name)
    except ValueError as error:
        raise ResourceError("InvalidHubName", f"hubName: {error}", "hubName") from error
    if not isinstance(properties, Mapping):
        raise expected("properties", "an object", properties)
    refuse_event_listeners(properties.get("eventListeners"))
    return HubSettings(
        name=key,
        written_name=name,
        anonymous_connect_allowed=_parse_anonymous_policy(properties.get("anonymousConnectPolicy")),
        keep_alive_seconds=_parse_keep_alive(properties.get("webSocketKeepAliveIntervalInSeconds")),
        event_handlers=_parse_event_handlers(properties.get("eventHandlers")),
        properties=_others(properties, _HUB_MEMBERS),
    )


def hub_properties(settings: HubSettings) -> dict[str, object]:
    """The `properties` object of a hub as the management API answers it and as the store keeps it."""
    return {
        **settings.properties,
        "eventHandlers": [_handler_document(handler) for handler in settings.event_handlers],
        "eventListeners": None,
        "anonymousConnectPolicy": "allow" if settings.anonymous_connect_allowed else "deny",
        "webSocketKeepAliveIntervalInSeconds": settings.keep_alive_seconds,
    }


def _handler_document(handler: EventHandler) -> dict[str, object]:
    return {
        **handler.properties,
        "urlTemplate": handler.url_template,
        "userEventPattern": handler.user_event_pattern,
        "systemEvents": list(handler.system_events),
        "auth": _auth_document(handler),
    }


def _auth_document(handler: EventHandler) -> object:
    if handler.auth_type is None:
        return None
    identity = None if handler.auth_resource is None else {"resource": handler.auth_resource}
    return {"type": handler.auth_type, "managedIdentity": identity}


def _others(members: JsonObject, known: frozenset[str]) -> JsonObject:
    return {name: member for name, member in members.items() if name not in known}


def _parse_anonymous_policy(value: object) -> bool:
    match value.lower() if isinstance(value, str) else value:
        case None | "deny":
            return False
        case "allow":
            return True
    raise expected("properties.anonymousConnectPolicy", "allow or deny", value)


def _parse_keep_alive(value: object) -> int:
    if value is None:
        return DEFAULT_KEEP_ALIVE_SECONDS
    if isinstance(value, bool) or not isinstance(value, int) or value not in _KEEP_ALIVE_SECONDS:
        target = "properties.webSocketKeepAliveIntervalInSeconds"
        raise expected(target, "a whole number from 1 to 120", value)
    return value


def _parse_event_handlers(value: object) -> tuple[EventHandler, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise expected("properties.eventHandlers", "a list", value)
    return tuple(_parse_event_handler(item, f"properties.eventHandlers[{n}]") for n, item in enumerate(value))


def _parse_event_handler(value: object, target: str) -> EventHandler:
    if not isinstance(value, Mapping):
        raise expected(target, "an object", value)
    pattern = value.get("userEventPattern")
    if pattern is not None and not isinstance(pattern, str):
        raise expected(f"{target}.userEventPattern", "text: *, a name, or names with commas between", pattern)
    handler = EventHandler(
        url_template=_parse_url_template(value.get("urlTemplate"), f"{target}.urlTemplate"),
        user_event_pattern=pattern,
        system_events=_parse_system_events(value.get("systemEvents"), f"{target}.systemEvents"),
        properties=_others(value, _HANDLER_MEMBERS),
    )
    # Kept as it came, like members nobody knows yet: answers of older versions of the API do not have it.
    parse_presence_events(value.get(PRESENCE_MEMBER), f"{target}.{PRESENCE_MEMBER}")
    return _with_auth(handler, value.get("auth"), f"{target}.auth")


def _parse_url_template(value: object, target: str) -> str:
    """The template, checked; errors repeat only scheme, host or parameter: its query may hold a secret."""
    if not isinstance(value, str):
        raise expected(target, "an http or https URL", value)
    match = _URL.fullmatch(value)
    if match is None:
        raise ResourceError(
            "InvalidRequestContent",
            f"{target}: expected an absolute http or https URL without blanks.",
            target,
        )
    if match["scheme"].lower() not in ("http", "https"):
        raise expected(target, "a URL that starts with http or https", match["scheme"])
    _check_host(match["host"], target)
    _check_tokens(match["rest"], target)
    return value


def _check_host(authority: str, target: str) -> None:
    host = authority.rpartition("@")[2]
    if "{" in authority or "}" in authority:
        raise expected(target, "a host without parameters such as {hub} or {event}", host)
    try:
        parts = urlsplit(f"//{host}")
        is_named = bool(parts.hostname) and (parts.port is None or parts.port >= 0)
    except ValueError:
        is_named = False
    if not is_named or any(character.isspace() for character in host):
        raise expected(target, "a host and at most a port from 0 to 65535 after it", host)


def _check_tokens(rest: str, target: str) -> None:
    for token in _TOKEN.findall(rest):
        if token.startswith("@"):
            message = f"{target}: Key Vault references are not supported yet."
            raise ResourceError("NotSupported", message, target)
        if token.lower() not in ("hub", "event"):
            raise expected(target, "no parameters but {hub} and {event}", "{" + token + "}")
    if "{" in (left := _TOKEN.sub("", rest)) or "}" in left:
        message = f"{target}: expected braces only around a parameter; percent-encode others (%7B, %7D)."
        raise ResourceError("InvalidRequestContent", message, target)


def _parse_system_events(value: object, target: str) -> tuple[str, ...]:
    """The events' names in lower case, each once.

    The command line sends `system-event="connect,connected"` as one name with a comma in it, and tutorials
    write it so; no event's name has a comma, so that such text is split here, for every client.
    """
    if value is None:
        return ()
    if not isinstance(value, list):
        raise expected(target, "a list of connect, connected, disconnected", value)
    names: dict[str, None] = {}
    for item in value:
        for name in item.split(",") if isinstance(item, str) else (item,):
            word = name.strip().lower() if isinstance(name, str) else name
            if word not in _SYSTEM_EVENTS:
                raise expected(target, "connect, connected or disconnected", name)
            names[word] = None
    return tuple(names)


def _with_auth(handler: EventHandler, value: object, target: str) -> EventHandler:
    if value is None:
        return handler
    if not isinstance(value, Mapping):
        raise expected(target, "an object", value)
    word = value.get("type")
    auth_type = "None" if word is None else _AUTH_TYPES.get(word.lower() if isinstance(word, str) else "")
    if auth_type is None:
        raise expected(f"{target}.type", "None or ManagedIdentity", word)
    return replace(handler, auth_type=auth_type, auth_resource=_auth_resource(value, auth_type, target))


def _auth_resource(auth: JsonObject, auth_type: str, target: str) -> str | None:
    """The resource that tokens are for; without one, a handler with ManagedIdentity could be sent nothing."""
    identity = auth.get("managedIdentity")
    if identity is not None and not isinstance(identity, Mapping):
        raise expected(f"{target}.managedIdentity", "an object whose resource is text", identity)
    resource = None if identity is None else identity.get("resource")
    is_needed = auth_type == _MANAGED_IDENTITY
    if resource is None and not is_needed:
        return None
    if not isinstance(resource, str) or (is_needed and not resource.strip()):
        wanted = "the resource that tokens are for, as text such as api://my-app"
        raise expected(f"{target}.managedIdentity.resource", wanted, resource)
    return resource
