"""The JSON documents of the management API, made from resources, groups and hubs."""

from __future__ import annotations

from datetime import datetime

from linarite.http.management.endpoint import Endpoint
from linarite.resources.custom_names import certificate_properties
from linarite.resources.hub_settings import hub_properties
from linarite.resources.model import (
    CustomCertificate,
    CustomDomain,
    HubSettings,
    Resource,
    ResourceGroup,
    Sku,
)
from linarite.resources.network_rules import network_rules_document
from linarite.resources.resource_properties import UNSET_PROPERTIES

__all__ = [
    "certificate_document",
    "domain_document",
    "group_document",
    "hub_document",
    "keys_document",
    "list_document",
    "resource_document",
    "resource_id",
    "sku_document",
    "system_data",
    "timestamp",
]


def list_document(items: list[dict[str, object]]) -> dict[str, object]:
    """A list that is complete: it has no next page."""
    return {"value": items, "nextLink": None}


def group_document(group: ResourceGroup, subscription: str) -> dict[str, object]:
    """A resource group as the management API answers it."""
    return {
        "id": f"/subscriptions/{subscription}/resourceGroups/{group.name}",
        "name": group.name,
        "type": "Microsoft.Resources/resourceGroups",
        "location": group.location,
        "managedBy": group.managed_by,
        "tags": dict(group.tags) or None,
        "properties": {"provisioningState": "Succeeded"},
    }


def resource_document(resource: Resource, endpoint: Endpoint, subscription: str) -> dict[str, object]:
    """A resource as the management API answers it, `WebPubSub` spelled as in the service's answers."""
    given = {name: member for name, member in resource.properties.items() if member is not None}
    return {
        "sku": sku_document(resource.sku),
        "properties": {
            **UNSET_PROPERTIES,
            **given,
            "networkACLs": network_rules_document(given.get("networkACLs")),
            "disableLocalAuth": resource.local_auth_disabled,
            "provisioningState": "Succeeded",
            "externalIP": endpoint.address,
            "hostName": endpoint.host,
            "hostNamePrefix": resource.name,
            "publicPort": endpoint.port,
            "serverPort": endpoint.port,
            "version": "1.0",
            "privateEndpointConnections": [],
            "sharedPrivateLinkResources": [],
        },
        "kind": resource.kind,
        "location": resource.location,
        "tags": dict(resource.tags) or None,
        "id": resource_id(resource, subscription),
        "name": resource.name,
        "type": "Microsoft.SignalRService/WebPubSub",
        "systemData": system_data(resource.created_at, resource.changed_at),
    }


def sku_document(sku: Sku) -> dict[str, object]:
    """A SKU with what follows from its name."""
    return {"name": sku.name, "tier": sku.tier, "size": sku.size, "capacity": sku.capacity}


def hub_document(settings: HubSettings, resource: Resource, subscription: str) -> dict[str, object]:
    """A hub's settings as the management API answers them."""
    name = settings.written_name or settings.name
    return {
        "properties": hub_properties(settings),
        "id": f"{resource_id(resource, subscription)}/hubs/{name}",
        "name": name,
        "type": "Microsoft.SignalRService/WebPubSub/hubs",
        "systemData": system_data(settings.created_at, settings.changed_at),
    }


def domain_document(domain: CustomDomain, resource: Resource, subscription: str) -> dict[str, object]:
    """A custom domain as the management API answers it."""
    owner = resource_id(resource, subscription)
    reference = None if domain.certificate is None else {"id": f"{owner}/customCertificates/{domain.certificate}"}
    return {
        "properties": {
            "provisioningState": "Succeeded",
            "domainName": domain.domain_name,
            "customCertificate": reference,
        },
        "id": f"{owner}/customDomains/{domain.name}",
        "name": domain.name,
        "type": "Microsoft.SignalRService/WebPubSub/customDomains",
        "systemData": system_data(domain.created_at, domain.changed_at),
    }


def certificate_document(certificate: CustomCertificate, resource: Resource, subscription: str) -> dict[str, object]:
    """A custom certificate as the management API answers it."""
    return {
        "properties": {"provisioningState": "Succeeded", **certificate_properties(certificate)},
        "id": f"{resource_id(resource, subscription)}/customCertificates/{certificate.name}",
        "name": certificate.name,
        "type": "Microsoft.SignalRService/WebPubSub/customCertificates",
        "systemData": system_data(certificate.created_at, certificate.changed_at),
    }


def keys_document(resource: Resource, endpoint: Endpoint) -> dict[str, object]:
    """Keys and connection strings; all null once keys have been disabled, for they open nothing any more."""
    if resource.local_auth_disabled:
        return dict.fromkeys(("primaryKey", "secondaryKey", "primaryConnectionString", "secondaryConnectionString"))
    keys = resource.keys
    return {
        "primaryKey": keys.primary,
        "secondaryKey": keys.secondary,
        "primaryConnectionString": _connection_string(endpoint, keys.primary),
        "secondaryConnectionString": _connection_string(endpoint, keys.secondary),
    }


def _connection_string(endpoint: Endpoint, key: str) -> str:
    return f"Endpoint={endpoint.url};AccessKey={key};Version=1.0;"


def resource_id(resource: Resource, subscription: str) -> str:
    """The id of a resource, as the caller's subscription sees it."""
    group = f"/subscriptions/{subscription}/resourceGroups/{resource.resource_group}"
    return f"{group}/providers/Microsoft.SignalRService/WebPubSub/{resource.name}"


def system_data(created_at: datetime, changed_at: datetime) -> dict[str, object]:
    """Who made and changed something, and when."""
    return {
        "createdBy": "administrator",
        "createdByType": "User",
        "createdAt": timestamp(created_at),
        "lastModifiedBy": "administrator",
        "lastModifiedByType": "User",
        "lastModifiedAt": timestamp(changed_at),
    }


def timestamp(moment: datetime) -> str:
    """A time in UTC as the platform writes it."""
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
