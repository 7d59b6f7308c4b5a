"""Operations on resources (Microsoft.SignalRService/webPubSub)."""

from __future__ import annotations

from collections.abc import Iterable

from linarite.http.management.calls import Answer, Call
from linarite.http.management.documents import list_document, resource_document
from linarite.resources.model import Resource
from linarite.resources.skus import SKUS, SkuOffer

__all__ = [
    "create_resource",
    "delete_resource",
    "list_all_resources",
    "list_group_resources",
    "list_skus",
    "restart_resource",
    "show_resource",
    "update_resource",
]


def list_all_resources(call: Call) -> Answer:
    """All resources of the subscription."""
    return _list(call, call.registry.all())


def list_group_resources(call: Call) -> Answer:
    """The resources of one group."""
    return _list(call, call.registry.in_group(call.group))


def show_resource(call: Call) -> Answer:
    """One resource."""
    return _document(call, call.find_resource())


def create_resource(call: Call) -> Answer:
    """Make a resource, or replace what can change of it."""
    resource, is_new = call.registry.create_or_update(call.group, call.resource, call.body)
    return _document(call, resource, 201 if is_new else 200)


def update_resource(call: Call) -> Answer:
    """Change what the body names."""
    return _document(call, call.registry.update(call.group, call.resource, call.body))


def delete_resource(call: Call) -> Answer:
    """Delete a resource: 200, or 204 when it was not there."""
    return Answer(200 if call.registry.delete(call.group, call.resource) else 204)


def restart_resource(call: Call) -> Answer:
    """Drop the resource's clients; keys and settings stay."""
    call.registry.restart(call.group, call.resource)
    return Answer(204)


def list_skus(call: Call) -> Answer:
    """The SKUs that the resource can be scaled to."""
    call.find_resource()
    return Answer(body=list_document([_offer_document(offer) for offer in SKUS]))


def _offer_document(offer: SkuOffer) -> dict[str, object]:
    return {
        "resourceType": "Microsoft.SignalRService/WebPubSub",
        "sku": {"name": offer.name, "tier": offer.name.partition("_")[0], "capacity": None},
        "capacity": {
            "minimum": offer.capacities[0],
            "maximum": offer.capacities[-1],
            "default": offer.default,
            "allowedValues": list(offer.capacities),
            "scaleType": offer.scale_type,
        },
    }


def _list(call: Call, resources: Iterable[Resource]) -> Answer:
    return Answer(body=list_document([resource_document(one, call.endpoint, call.subscription) for one in resources]))


def _document(call: Call, resource: Resource, status: int = 200) -> Answer:
    return Answer(status, resource_document(resource, call.endpoint, call.subscription))
