"""Subscriptions, tenants, locations and registered providers: what `az` asks for around its commands.

A server has one subscription and one tenant. Calls that name another subscription are taken to mean this server, as the
rest of the management API does.
"""

from __future__ import annotations

from collections.abc import Mapping

from linarite.access.authority import TENANT_ID
from linarite.http.management.calls import Answer, Call
from linarite.resources.errors import ResourceError

__all__ = [
    "SUBSCRIPTION_ID",
    "list_locations",
    "list_providers",
    "list_subscriptions",
    "list_tenants",
    "register_provider",
    "show_provider",
    "show_subscription",
]

SUBSCRIPTION_ID = "00000000-0000-0000-0000-000000000000"
"""The subscription that lists name."""

_NAME = "Linarite"
# Published versions of Microsoft.SignalRService, newest first: `az resource` takes the first stable one.
_WEB_PUB_SUB_VERSIONS = ("2024-03-01", "2023-02-01", "2021-10-01")
# Providers that this server answers calls of, with the types and api-versions that `az provider show` lists.
_PROVIDERS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "Microsoft.Insights": {"diagnosticSettings": ("2021-05-01-preview",), "metrics": ("2018-01-01",)},
    "Microsoft.OperationalInsights": {"workspaces": ("2022-10-01",)},
    "Microsoft.Resources": dict.fromkeys(
        ("resourceGroups", "resources", "subscriptions", "tenants"), ("2024-11-01", "2022-12-01")
    ),
    "Microsoft.SignalRService": dict.fromkeys(
        ("WebPubSub", "WebPubSub/hubs", "locations", "locations/usages"), _WEB_PUB_SUB_VERSIONS
    ),
}


def list_subscriptions(call: Call) -> Answer:
    """The one subscription."""
    return _list([_subscription(SUBSCRIPTION_ID)])


def show_subscription(call: Call) -> Answer:
    """The subscription under the name that the caller has for it."""
    return Answer(body=_subscription(call.subscription))


def list_tenants(call: Call) -> Answer:
    """The one tenant."""
    tenant: dict[str, object] = {
        "id": f"/tenants/{TENANT_ID}",
        "tenantId": TENANT_ID,
        "countryCode": None,
        "displayName": _NAME,
        "domains": [],
        "tenantCategory": "Home",
    }
    return _list([tenant])


def list_locations(call: Call) -> Answer:
    """Every location that a group or resource stands in: any name is taken, so that there is no other list."""
    groups = {group.location for group in call.registry.groups()}
    names = sorted(groups | {resource.location for resource in call.registry.all()})
    scope = f"/subscriptions/{call.subscription}/locations"
    return _list([_location(f"{scope}/{name}", name) for name in names])


def list_providers(call: Call) -> Answer:
    """The providers that this server answers calls of."""
    return _list([_provider(name, call.subscription) for name in _PROVIDERS])


def show_provider(call: Call) -> Answer:
    """One provider, by its name in any case."""
    return Answer(body=_provider(_provider_name(call), call.subscription))


def register_provider(call: Call) -> Answer:
    """Register a provider, which it is already."""
    return show_provider(call)


def _list(items: list[dict[str, object]]) -> Answer:
    return Answer(body={"value": items})


def _subscription(subscription: str) -> dict[str, object]:
    return {
        "id": f"/subscriptions/{subscription}",
        "subscriptionId": subscription,
        "tenantId": TENANT_ID,
        "displayName": _NAME,
        "state": "Enabled",
        "authorizationSource": "RoleBased",
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": "PayAsYouGo_2014-09-01",
            "spendingLimit": "Off",
        },
        "managedByTenants": [],
    }


def _location(location_id: str, name: str) -> dict[str, object]:
    return {
        "id": location_id,
        "name": name,
        "type": "Region",
        "displayName": name,
        "regionalDisplayName": name,
        "metadata": {"regionType": "Physical", "regionCategory": "Other"},
    }


def _provider_name(call: Call) -> str:
    wanted = call.parameters["provider"]
    for name in _PROVIDERS:
        if name.lower() == wanted.lower():
            return name
    message = f"The resource namespace '{wanted[:80]}' is invalid: expected one of {', '.join(_PROVIDERS)}."
    raise ResourceError("InvalidResourceNamespace", message, "resourceProviderNamespace")


def _provider(name: str, subscription: str) -> dict[str, object]:
    types = [
        {"resourceType": kind, "locations": [], "apiVersions": list(versions), "capabilities": "None"}
        for kind, versions in _PROVIDERS[name].items()
    ]
    return {
        "id": f"/subscriptions/{subscription}/providers/{name}",
        "namespace": name,
        "registrationState": "Registered",
        "registrationPolicy": "RegistrationRequired",
        "resourceTypes": types,
    }
