"""Resources declared in TOML.

    [groups.rg-pubsub-demo]
    location = "eastus"

    [resources.my-pubsub-demo]
    resource_group = "rg-pubsub-demo"
    sku = "Standard_S1"
    unit_count = 2
    tags = { team = "chat" }
    properties = { publicNetworkAccess = "Enabled" }

    [resources.my-pubsub-demo.hubs.chat]
    anonymousConnectPolicy = "allow"

Properties and the members of hubs, custom certificates and custom domains are those of the management API.
"""

from __future__ import annotations

from collections.abc import Mapping

from linarite.resources.declared import DeclarationError, Declared, DeclaredResource
from linarite.resources.declared_parts import PARTS
from linarite.resources.model import JsonObject
from linarite.resources.registry import DEFAULT_GROUP, DEFAULT_LOCATION

__all__ = ["parse_declared_table"]

_TOP = ("groups", "resources")
_GROUP_MEMBERS = ("location", "tags")
_RESOURCE_MEMBERS = ("resource_group", "location", "sku", "unit_count", "kind", "tags", "properties")


def parse_declared_table(table: Mapping[str, object]) -> Declared:
    """What a TOML file declares; DeclarationError names the key that is wrong."""
    _check_keys(table, _TOP, "")
    groups = {
        name: {
            "location": DEFAULT_LOCATION,
            **_known(_table(group, f"groups.{name}"), _GROUP_MEMBERS, f"groups.{name}"),
        }
        for name, group in _tables(table, "groups", "groups").items()
    }
    resources = _tables(table, "resources", "resources")
    return Declared(groups, [_parse_resource(name, one) for name, one in resources.items()])


def _parse_resource(name: str, table: JsonObject) -> DeclaredResource:
    place = f"resources.{name}"
    _check_keys(table, (*_RESOURCE_MEMBERS, *(part.kind for part in PARTS)), place)
    group = table.get("resource_group", DEFAULT_GROUP)
    if not isinstance(group, str):
        raise DeclarationError(f"{place}.resource_group: expected text, got {group!r}")
    body = {name: table[name] for name in ("location", "kind", "tags", "properties") if name in table}
    if "sku" in table or "unit_count" in table:
        sku = {"name": table.get("sku"), "capacity": table.get("unit_count")}
        body["sku"] = {member: value for member, value in sku.items() if value is not None}
    parts = {part.kind: _tables(table, part.kind, f"{place}.{part.kind}") for part in PARTS}
    return DeclaredResource(name, body, group, parts)


def _tables(table: JsonObject, key: str, place: str) -> Mapping[str, JsonObject]:
    """The tables below a key, by name."""
    return {name: _table(one, f"{place}.{name}") for name, one in _table(table.get(key, {}), place).items()}


def _table(value: object, place: str) -> JsonObject:
    if not isinstance(value, Mapping):
        raise DeclarationError(f"{place}: expected a table, got {value!r}")
    return value


def _known(table: JsonObject, keys: tuple[str, ...], place: str) -> JsonObject:
    _check_keys(table, keys, place)
    return table


def _check_keys(table: JsonObject, keys: tuple[str, ...], place: str) -> None:
    for key in table:
        if key not in keys:
            where = f"{place}." if place else ""
            raise DeclarationError(f"{where}{key}: expected one of {', '.join(keys)}")
