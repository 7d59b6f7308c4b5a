"""Which requests a resource lets in, by their kind and client address: `publicNetworkAccess` and `networkACLs`.

The order is that of "Configure access control for Azure Web PubSub": public access as a whole, then the IP rules, of
which the first that matches decides, then the lists of request types, and where neither knows the request, the default
action. This server has no private endpoints, so that every request is a public one. `DEFAULT_NETWORK_RULES` is what the
service answers for a resource without rules (recorded answers, 2024-03-01): `Deny` at the end, and everything let in
before that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from linarite.resources.errors import ResourceError, expected

__all__ = [
    "DEFAULT_NETWORK_RULES",
    "OPEN_TO_ALL",
    "IpRule",
    "NetworkRules",
    "RequestType",
    "network_rules_document",
    "parse_network_rules",
]

# NetworkACLs.ipRules, management API 2024-03-01: maxItems.
_IP_RULES_LIMIT = 30
# Addresses remembered in parsed form: they come with every request of a client, and parsing one takes microseconds.
_KNOWN_ADDRESSES_LIMIT = 1024
# "Virtual network service tags": words such as AzureCloud or Storage.WestEurope.
_SERVICE_TAG = re.compile(r"[A-Za-z][A-Za-z0-9]*(\.[A-Za-z0-9]+)?")


class RequestType(StrEnum):
    """The kinds of requests that rules tell apart (WebPubSubRequestType)."""

    SERVER_CONNECTION = "ServerConnection"
    CLIENT_CONNECTION = "ClientConnection"
    REST_API = "RESTAPI"
    TRACE = "Trace"


_ALL_ADDRESSES: tuple[Mapping[str, str], ...] = (
    {"value": "0.0.0.0/0", "action": "Allow"},
    {"value": "::/0", "action": "Allow"},
)
DEFAULT_NETWORK_RULES: Mapping[str, object] = {
    "defaultAction": "Deny",
    "publicNetwork": {"allow": [str(one) for one in RequestType], "deny": None},
    "privateEndpoints": [],
    "ipRules": list(_ALL_ADDRESSES),
}


@dataclass(frozen=True, slots=True)
class IpRule:
    """What happens to requests from one network."""

    network: IPv4Network | IPv6Network
    is_allowed: bool


@dataclass(frozen=True, slots=True)
class NetworkRules:
    """The rules of one resource, parsed."""

    is_public: bool = True
    default_is_allowed: bool = False
    allowed: frozenset[RequestType] = frozenset(RequestType)
    denied: frozenset[RequestType] = frozenset()
    ip_rules: tuple[IpRule, ...] = (IpRule(ip_network("0.0.0.0/0"), True), IpRule(ip_network("::/0"), True))

    def admits(self, request_type: RequestType, client: str) -> bool:
        """Whether a request of that kind from the address `client` may pass."""
        if self is OPEN_TO_ALL:
            return True
        if not (self.is_public and self._admits_address(client)) or request_type in self.denied:
            return False
        return request_type in self.allowed or self.default_is_allowed

    def _admits_address(self, client: str) -> bool:
        address = _parse_address(client)
        for rule in self.ip_rules:
            if address is not None and address in rule.network:
                return rule.is_allowed
        return self.default_is_allowed


OPEN_TO_ALL = NetworkRules()
"""The rules of a resource that has none of its own."""


def parse_network_rules(properties: Mapping[str, object]) -> NetworkRules:
    """The rules in a resource's `properties`; ResourceError names the member that is wrong.

    Without `ipRules` every address passes, as for clients of api-versions before 2024-01-01-preview, which do not know
    them; an empty list leaves addresses to the default action.
    """
    is_public = _parse_access(properties.get("publicNetworkAccess"))
    value = properties.get("networkACLs")
    target = "properties.networkACLs"
    if value is not None and not isinstance(value, Mapping):
        raise expected(target, "an object", value)
    if not value:
        return OPEN_TO_ALL if is_public else NetworkRules(is_public=False)
    _refuse_private_endpoints(value.get("privateEndpoints"), f"{target}.privateEndpoints")
    public = value.get("publicNetwork") or {}
    if not isinstance(public, Mapping):
        raise expected(f"{target}.publicNetwork", "an object with lists allow and deny", public)
    rules = NetworkRules(
        is_public,
        _parse_action(value.get("defaultAction") or "Deny", f"{target}.defaultAction"),
        _parse_types(public.get("allow"), f"{target}.publicNetwork.allow"),
        _parse_types(public.get("deny"), f"{target}.publicNetwork.deny"),
        _parse_ip_rules(value.get("ipRules"), f"{target}.ipRules"),
    )
    return OPEN_TO_ALL if rules == OPEN_TO_ALL else rules


def network_rules_document(value: object) -> Mapping[str, object]:
    """`networkACLs` as an answer has it: what was set, and the defaults of what was left out."""
    if not isinstance(value, Mapping) or not value:
        return DEFAULT_NETWORK_RULES
    given = {name: member for name, member in value.items() if member is not None}
    public = given.get("publicNetwork") or {}
    lists = {"allow": None, "deny": None, **public} if isinstance(public, Mapping) else public
    return {**DEFAULT_NETWORK_RULES, **given, "publicNetwork": lists}


def _parse_access(value: object) -> bool:
    if value is None:
        return True
    word = value.lower() if isinstance(value, str) else value
    if word not in ("enabled", "disabled"):
        raise expected("properties.publicNetworkAccess", "Enabled or Disabled", value)
    return word == "enabled"


def _parse_action(value: object, target: str) -> bool:
    word = value.lower() if isinstance(value, str) else value
    if word not in ("allow", "deny"):
        raise expected(target, "Allow or Deny", value)
    return word == "allow"


def _parse_types(value: object, target: str) -> frozenset[RequestType]:
    known = {one.lower(): one for one in RequestType}
    found: list[RequestType] = []
    for item in _items(value, target):
        request_type = known.get(item.lower()) if isinstance(item, str) else None
        if request_type is None:
            raise expected(target, "request types: " + ", ".join(known.values()), item)
        found.append(request_type)
    return frozenset(found)


def _parse_ip_rules(value: object, target: str) -> tuple[IpRule, ...]:
    rules = list(_ALL_ADDRESSES if value is None else _items(value, target))
    if len(rules) > _IP_RULES_LIMIT:
        raise expected(target, f"at most {_IP_RULES_LIMIT} rules", len(rules))
    return tuple(_parse_ip_rule(rule, f"{target}[{number}]") for number, rule in enumerate(rules))


def _parse_ip_rule(value: object, target: str) -> IpRule:
    if not isinstance(value, Mapping):
        raise expected(target, "an object with value and action", value)
    network = value.get("value")
    if not isinstance(network, str):
        raise expected(f"{target}.value", "an IP address or a network such as 10.0.0.0/8", network)
    return IpRule(_parse_network(network, f"{target}.value"), _parse_action(value.get("action"), f"{target}.action"))


def _parse_network(text: str, target: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text)
    except ValueError:
        if _SERVICE_TAG.fullmatch(text):
            message = f"{target}: service tags such as '{text}' are not supported: name the networks themselves."
            raise ResourceError("NotSupported", message, target) from None
        wanted = "an IP address or a network such as 10.0.0.0/8, no bits set behind its prefix"
        raise expected(target, wanted, text) from None


def _refuse_private_endpoints(value: object, target: str) -> None:
    if list(_items(value, target)):
        message = f"{target}: this server has no private endpoints, so that nothing can be let in by one."
        raise ResourceError("NotSupported", message, target)


def _items(value: object, target: str) -> Iterable[object]:
    if value is None:
        return ()
    if not isinstance(value, list | tuple):
        raise expected(target, "a list", value)
    return value


@lru_cache(maxsize=_KNOWN_ADDRESSES_LIMIT)
def _parse_address(text: str) -> IPv4Address | IPv6Address | None:
    """The address, None for what is none; a dual-stack socket shows IPv4 peers as ::ffff:10.0.0.1."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return address if mapped is None else mapped
