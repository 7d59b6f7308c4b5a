"""Operations of the resource provider that are about no resource in particular."""

from __future__ import annotations

from linarite.http.management.calls import Answer, Call
from linarite.http.management.documents import list_document
from linarite.resources.definitions import RESOURCE_NAME_WORDS, is_resource_name
from linarite.resources.errors import expected

__all__ = ["check_name", "list_operations", "list_usages"]

_RESOURCE_TYPE = "microsoft.signalrservice/webpubsub"
# "Azure permissions for Web and Mobile", Microsoft.SignalRService: the names of the operations that this server has.
_OPERATIONS = {
    "operations/read": "List the operations of the provider",
    "locations/checknameavailability/action": "Check whether a name is available",
    "locations/usages/read": "Count resources and units of a location",
    "WebPubSub/read": "Read a resource",
    "WebPubSub/write": "Make or change a resource",
    "WebPubSub/delete": "Delete a resource",
    "WebPubSub/listkeys/action": "Read the access keys of a resource",
    "WebPubSub/regeneratekey/action": "Make an access key of a resource anew",
    "WebPubSub/restart/action": "Restart a resource",
    "WebPubSub/skus/read": "List the SKUs of a resource",
    "WebPubSub/hubs/read": "Read the settings of a hub",
    "WebPubSub/hubs/write": "Make or change the settings of a hub",
    "WebPubSub/hubs/delete": "Delete the settings of a hub",
    "WebPubSub/customCertificates/read": "Read a custom certificate",
    "WebPubSub/customCertificates/write": "Make or change a custom certificate",
    "WebPubSub/customCertificates/delete": "Delete a custom certificate",
    "WebPubSub/customDomains/read": "Read a custom domain",
    "WebPubSub/customDomains/write": "Make or change a custom domain",
    "WebPubSub/customDomains/delete": "Delete a custom domain",
    "WebPubSub/operationResults/read": "Read the result of an operation",
    "WebPubSub/operationStatuses/read": "Read the status of an operation",
}
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


def list_operations(call: Call) -> Answer:
    """What can be done with the provider here, under the names that roles of the platform use."""
    return Answer(body=list_document([_operation(name, words) for name, words in _OPERATIONS.items()]))


def _operation(name: str, words: str) -> dict[str, object]:
    kind = name.split("/")[0] if "/" in name else "operations"
    return {
        "name": f"Microsoft.SignalRService/{name}",
        "isDataAction": False,
        "display": {
            "provider": "Microsoft.SignalRService",
            "resource": kind,
            "operation": words,
            "description": f"{words}.",
        },
        "origin": "user,system",
        "properties": {},
    }


def _usage(usage_id: str, name: str, count: int) -> dict[str, object]:
    return {
        "id": usage_id,
        "currentValue": count,
        "limit": _NO_LIMIT,
        "name": {"value": name, "localizedValue": name},
        "unit": "Count",
    }
