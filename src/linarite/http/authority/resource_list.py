"""`az resource list`: the resources of a subscription or a group, with the filters that `az` makes.

A filter is one of `resourceGroup eq '…'`, `name eq '…'`, `resourceType eq '…'`, `location eq '…'`, `tagName eq '…'` and
`tagValue eq '…'`, or several with `and` between them (Resources - List, api-version 2024-11-01).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from linarite.http.management.calls import Answer, Call
from linarite.resources.errors import ResourceError, expected
from linarite.resources.model import Resource

__all__ = ["list_group_resources", "list_resources"]

_TYPE = "Microsoft.SignalRService/WebPubSub"
_COMPARISON = re.compile(r"\s*(\w+)\s+eq\s+'((?:[^']|'')*)'\s*", re.IGNORECASE)
_AND = re.compile(r"and\b", re.IGNORECASE)
_FILTER_LIMIT = 2048
_TOP = re.compile(r"[1-9][0-9]{0,8}")

Test = Callable[[Resource, str], bool]

_TESTS: Mapping[str, Test] = {
    "resourcegroup": lambda resource, value: resource.resource_group.lower() == value.lower(),
    "name": lambda resource, value: resource.name.lower() == value.lower(),
    "resourcetype": lambda resource, value: value.lower() == _TYPE.lower(),
    "location": lambda resource, value: resource.location == value.replace(" ", "").lower(),
    "tagname": lambda resource, value: value in resource.tags,
    "tagvalue": lambda resource, value: value in resource.tags.values(),
}


def list_resources(call: Call) -> Answer:
    """The resources of every group."""
    return _answer(call, call.registry.all())


def list_group_resources(call: Call) -> Answer:
    """The resources of one group."""
    return _answer(call, call.registry.in_group(call.group))


def _answer(call: Call, resources: Iterable[Resource]) -> Answer:
    conditions = _parse(call.query.get("$filter", ""))
    found = [one for one in resources if all(_TESTS[name](one, value) for name, value in conditions)]
    top = call.query.get("$top")
    if top is not None:
        if _TOP.fullmatch(top) is None:
            raise expected("$top", "a whole number of at least 1", top, "InvalidFilterInQueryString")
        found = found[: int(top)]
    return Answer(body={"value": [_document(one, call.subscription) for one in found]})


def _parse(text: str) -> list[tuple[str, str]]:
    """The comparisons of a filter. Raises ResourceError for another form."""
    conditions: list[tuple[str, str]] = []
    position = 0
    while text.strip():
        found = _COMPARISON.match(text, position) if len(text) <= _FILTER_LIMIT else None
        if found is None or found[1].lower() not in _TESTS:
            names = "resourceGroup, name, resourceType, location, tagName or tagValue"
            message = f"$filter: expected {names} eq '…', with 'and' between several, got {text[:80]!r}."
            raise ResourceError("InvalidFilterInQueryString", message, "$filter")
        conditions.append((found[1].lower(), found[2].replace("''", "'")))
        position = found.end()
        if position == len(text):
            break
        joined = _AND.match(text, position)
        position = joined.end() if joined else len(text)
    return conditions


def _document(resource: Resource, subscription: str) -> dict[str, object]:
    """A resource as lists of all types have it: no properties; the members that `$expand` asks for are always there."""
    group = f"/subscriptions/{subscription}/resourceGroups/{resource.resource_group}"
    return {
        "id": f"{group}/providers/{_TYPE}/{resource.name}",
        "name": resource.name,
        "type": _TYPE,
        "kind": resource.kind,
        "location": resource.location,
        "sku": {
            "name": resource.sku.name,
            "tier": resource.sku.tier,
            "size": resource.sku.size,
            "capacity": resource.sku.capacity,
        },
        "tags": dict(resource.tags) or None,
        "createdTime": resource.created_at.isoformat().replace("+00:00", "Z"),
        "changedTime": resource.changed_at.isoformat().replace("+00:00", "Z"),
        "provisioningState": "Succeeded",
    }
