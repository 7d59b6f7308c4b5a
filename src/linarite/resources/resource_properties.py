"""What may stand in the `properties` of a resource, checked member by member.

The members are those of WebPubSubProperties (management API 2024-03-01). A member that this server knows is checked,
one that it does not know is kept and given back, and what answers alone say is dropped: SDKs send answers back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from linarite.resources.errors import expected, object_at
from linarite.resources.model import JsonObject
from linarite.resources.network_rules import parse_network_rules

__all__ = ["LOG_CATEGORIES", "UNSET_PROPERTIES", "parse_properties"]

LOG_CATEGORIES = ("ConnectivityLogs", "MessagingLogs", "HttpRequestLogs")
"""The categories of resource logs and live traces ("Monitor Azure Web PubSub")."""

UNSET_PROPERTIES: JsonObject = {
    "tls": {"clientCertEnabled": False},
    "liveTraceConfiguration": None,
    "resourceLogConfiguration": None,
    "networkACLs": None,
    "publicNetworkAccess": "Enabled",
    "disableLocalAuth": False,
    "disableAadAuth": False,
    "regionEndpointEnabled": "Enabled",
    "resourceStopped": "false",
    "socketIO": None,
}
"""What an answer says of members that were never set (recorded answers of the service, 2024-03-01)."""

# Members of answers that SDKs send back with an update; the server makes them anew each time.
_ANSWERED_ONLY = frozenset(
    {
        "provisioningState",
        "externalIP",
        "hostName",
        "hostNamePrefix",
        "publicPort",
        "serverPort",
        "version",
        "privateEndpointConnections",
        "sharedPrivateLinkResources",
    }
)


def parse_properties(value: object) -> dict[str, object]:
    """The properties to keep; ResourceError names the member that is wrong."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise expected("properties", "an object", value)
    for name, check in _CHECKS.items():
        if value.get(name) is not None:
            check(f"properties.{name}", value[name])
    parse_network_rules(value)
    return {name: member for name, member in value.items() if name not in _ANSWERED_ONLY}


def _check_boolean(target: str, value: object) -> None:
    if not isinstance(value, bool):
        raise expected(target, "true or false", value)


def _check_word(target: str, value: object, words: Sequence[str]) -> None:
    if not isinstance(value, str) or value.lower() not in [word.lower() for word in words]:
        raise expected(target, " or ".join(words), value)


def _check_switch(target: str, value: object) -> None:
    _check_word(target, value, ("Enabled", "Disabled"))


def _check_truth(target: str, value: object) -> None:
    """A boolean that the service writes as text."""
    if not isinstance(value, str) or value.lower() not in ("true", "false"):
        raise expected(target, 'the text "true" or "false"', value)


def _check_tls(target: str, value: object) -> None:
    wanted = object_at(target, value).get("clientCertEnabled")
    if wanted is not None:
        _check_boolean(f"{target}.clientCertEnabled", wanted)


def _check_live_trace(target: str, value: object) -> None:
    enabled = object_at(target, value).get("enabled")
    if enabled is not None:
        _check_truth(f"{target}.enabled", enabled)
    _check_resource_logs(target, value)


def _check_resource_logs(target: str, value: object) -> None:
    categories = object_at(target, value).get("categories")
    if categories is None:
        return
    if not isinstance(categories, list):
        raise expected(f"{target}.categories", "a list", categories)
    for number, category in enumerate(categories):
        place = f"{target}.categories[{number}]"
        _check_word(f"{place}.name", object_at(place, category).get("name"), LOG_CATEGORIES)
        if category.get("enabled") is not None:
            _check_truth(f"{place}.enabled", category["enabled"])


def _check_socket_io(target: str, value: object) -> None:
    mode = object_at(target, value).get("serviceMode")
    if mode is not None:
        _check_word(f"{target}.serviceMode", mode, ("Default", "Serverless"))


_CHECKS: Mapping[str, Callable[[str, object], None]] = {
    "disableLocalAuth": _check_boolean,
    "disableAadAuth": _check_boolean,
    "regionEndpointEnabled": _check_switch,
    "tls": _check_tls,
    "resourceStopped": _check_truth,
    "liveTraceConfiguration": _check_live_trace,
    "resourceLogConfiguration": _check_resource_logs,
    "socketIO": _check_socket_io,
}
