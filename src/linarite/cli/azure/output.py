"""How answers of the management API look in the output of commands: as `az` shows them.

`az` prints the models of its SDK, which lift the `properties` of a resource one level and spell their names in their
own way; hubs and groups keep `properties`. Whatever has an id within a resource group also tells that group's name.
"""

from __future__ import annotations

from typing import Any

__all__ = ["add_resource_groups", "flat", "flat_resource", "full_sku", "group_table", "resource_changes"]

# Members whose names come out differently from the SDK's snake case and back.
_SPELLINGS = {"networkACLs": "networkAcLs", "externalIP": "externalIp", "socketIO": "socketIo"}
# Members that are not of a resource's properties.
_OWN_MEMBERS = ("id", "identity", "kind", "location", "name", "sku", "systemData", "tags", "type")


def flat_resource(document: dict[str, Any]) -> dict[str, Any]:
    """A resource with its properties one level up."""
    properties = document.pop("properties")
    lifted = {_SPELLINGS.get(name, name): member for name, member in properties.items()}
    return {"identity": None, **lifted, **document, "sku": full_sku(document["sku"])}


def full_sku(sku: dict[str, Any]) -> dict[str, Any]:
    """A SKU with every member of the SDK's model."""
    return {"name": None, "tier": None, "size": None, "family": None, "capacity": None, **sku}


def flat(document: dict[str, Any]) -> dict[str, Any]:
    """What belongs to a resource, such as a custom domain, with its properties one level up."""
    return {**document["properties"], **{name: part for name, part in document.items() if name != "properties"}}


def resource_changes(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """The body of a PATCH that makes the one flat resource the other; of members that are the same it says nothing."""
    written = {printed: name for name, printed in _SPELLINGS.items()}
    body: dict[str, Any] = {"properties": {}}
    for name, member in after.items():
        if name in before and before[name] == member:
            continue
        if name in _OWN_MEMBERS:
            # Null would leave the tags as they are.
            body[name] = {} if name == "tags" and member is None else member
        else:
            # The API has this boolean as text.
            text = str(member).lower() if name == "resourceStopped" and isinstance(member, bool) else member
            body["properties"][written.get(name, name)] = text
    return body


def add_resource_groups(result: object) -> None:
    """Add `resourceGroup` to every object of `result` whose id lies below a group's."""
    if isinstance(result, list):
        for item in result:
            add_resource_groups(item)
    elif isinstance(result, dict):
        _add_resource_group(result)
        for member in list(result.values()):
            add_resource_groups(member)


def _add_resource_group(document: dict[str, Any]) -> None:
    identity = document.get("id")
    parts = identity.split("/") if isinstance(identity, str) else []
    # /subscriptions/S/resourceGroups/GROUP/providers/NAMESPACE/TYPE/NAME…
    if len(parts) > 8 and parts[3].lower() == "resourcegroups" and "resourceGroup" not in document:
        document["resourceGroup"] = parts[4]


def group_table(groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The columns of `group list --output table`."""
    return [
        {"Name": group["name"], "Location": group["location"], "Status": group["properties"]["provisioningState"]}
        for group in groups
    ]
