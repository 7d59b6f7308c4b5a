"""Event listeners of a hub: what the service would take is told from what is wrong, and then refused.

A listener sends events to Azure Event Hubs, which this server does not speak to. Who sends one that is wrong is told so
first, as by the service (EventListener, management API 2024-03-01; "Event listeners in Azure Web PubSub").
"""

from __future__ import annotations

from linarite.resources.errors import ResourceError, expected, object_at
from linarite.resources.model import JsonObject

__all__ = ["refuse_event_listeners"]

_TARGET = "properties.eventListeners"
# "Event listeners": at most 10 for all hubs of a resource.
_LISTENERS_LIMIT = 10
_SYSTEM_EVENTS = ("connected", "disconnected")


def refuse_event_listeners(listeners: object) -> None:
    """Raise ResourceError unless there are none; it names the member that is wrong, if any is."""
    if listeners is None or listeners == []:
        return
    if not isinstance(listeners, list):
        raise expected(_TARGET, "a list", listeners)
    if len(listeners) > _LISTENERS_LIMIT:
        raise expected(_TARGET, f"at most {_LISTENERS_LIMIT} listeners", len(listeners))
    for number, listener in enumerate(listeners):
        _check_listener(listener, f"{_TARGET}[{number}]")
    message = f"{_TARGET}: Event Hubs listeners are not supported yet; leave the list empty."
    raise ResourceError("NotSupported", message, _TARGET)


def _check_listener(value: object, target: str) -> None:
    listener = object_at(target, value)
    chosen = object_at(f"{target}.filter", listener.get("filter"))
    _check_type(chosen, "EventName", f"{target}.filter")
    events = chosen.get("systemEvents")
    if events is not None and not isinstance(events, list):
        raise expected(f"{target}.filter.systemEvents", "a list of connected, disconnected", events)
    for event in events or ():
        if not isinstance(event, str) or event.lower() not in _SYSTEM_EVENTS:
            raise expected(f"{target}.filter.systemEvents", "connected or disconnected", event)
    pattern = chosen.get("userEventPattern")
    if pattern is not None and not isinstance(pattern, str):
        raise expected(f"{target}.filter.userEventPattern", "text: *, a name, or names with commas between", pattern)
    endpoint = object_at(f"{target}.endpoint", listener.get("endpoint"))
    _check_type(endpoint, "EventHub", f"{target}.endpoint")
    for member in ("fullyQualifiedNamespace", "eventHubName"):
        if not isinstance(endpoint.get(member), str) or not endpoint[member]:
            raise expected(f"{target}.endpoint.{member}", "text", endpoint.get(member))


def _check_type(value: JsonObject, wanted: str, target: str) -> None:
    word = value.get("type")
    if not isinstance(word, str) or word.lower() != wanted.lower():
        raise expected(f"{target}.type", wanted, word)
