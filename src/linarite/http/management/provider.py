"""Operations of the resource provider that are about no resource in particular."""

from __future__ import annotations

from linarite.http.management.calls import Answer, Call
from linarite.http.management.documents import list_document
from linarite.resources.definitions import RESOURCE_NAME_WORDS, is_resource_name
from linarite.resources.errors import expected

__all__ = ["check_name", "list_usages"]

_RESOURCE_TYPE = "microsoft.signalrservice/webpubsub"
# This server sets no limit on resources or units; the type of the member is int32.
_NO_LIMIT = 2**31 - 1


def check_name(call: Call) -> Answer:
    """Whether a resource of that name could be made."""
    resource_type, name = call.body.get("type"), call.body.get("name")
    if not isinstance(resource_type, str) or resource_type.lower() != _RESOURCE_TYPE:
        raise expected("type", "Microsoft.SignalRService/WebPubSub", resource_type)
    if not isinstance(name, str):
        raise expected("name", "text", name)
    if not is_resource_name(name):
        message = f"The name is invalid: expected {RESOURCE_NAME_WORDS}."
        return Answer(body={"nameAvailable": False, "reason": "Invalid", "message": message})
    if call.registry.get(name) is not None:
        message = "The name is already taken. Please try a different name."
        return Answer(body={"nameAvailable": False, "reason": "AlreadyExists", "message": message})
    return Answer(body={"nameAvailable": True, "reason": None, "message": None})


def list_usages(call: Call) -> Answer:
    """How many resources and units there are at a location, under the names that the service counts by."""
    location = call.parameters["location"].lower().replace(" ", "")
    resources = [one for one in call.registry.all() if one.location == location]
    free = sum(one.sku.tier == "Free" for one in resources)
    units = sum(one.sku.capacity for one in resources if one.sku.tier != "Free")
    counts = {
        "FreeTierInstances": 0,
        "SignalRTotalUnits": 0,
        "WebPubSubFreeTierInstances": free,
        "WebPubSubTotalUnits": units,
    }
    scope = f"/subscriptions/{call.subscription}/providers/Microsoft.SignalRService/locations/{location}"
    return Answer(body=list_document([_usage(f"{scope}/usages/{name}", name, n) for name, n in counts.items()]))


def _usage(usage_id: str, name: str, count: int) -> dict[str, object]:
    return {
        "id": usage_id,
        "currentValue": count,
        "limit": _NO_LIMIT,
        "name": {"value": name, "localizedValue": name},
        "unit": "Count",
    }
