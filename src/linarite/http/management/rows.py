"""The table of management operations, by path and method."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from linarite.http.management import custom_names, groups, hubs, keys, platform_parts, provider, resources
from linarite.http.management.api_versions import VersionCheck, any_version, web_pub_sub_version
from linarite.http.management.gate import Operations
from linarite.http.management.long_running import ACCEPTED, DONE, RESTARTED, LongRunning

__all__ = ["RESOURCE", "SUBSCRIPTION", "Row", "rows"]

SUBSCRIPTION = "/subscriptions/{subscription}"
_GROUPS = f"{SUBSCRIPTION}/resourceGroups"
_GROUP = f"{_GROUPS}/{{group}}"
_PROVIDER = "/providers/Microsoft.SignalRService"
_LOCATION = f"{SUBSCRIPTION}{_PROVIDER}/locations/{{location}}"
_RESOURCES = f"{_GROUP}{_PROVIDER}/webPubSub"
RESOURCE = f"{_RESOURCES}/{{resource}}"


@dataclass(frozen=True, slots=True)
class Row:
    """One path: the operation of each method, and which api-versions it takes."""

    path: str
    operations: Operations
    check_version: VersionCheck = web_pub_sub_version


def rows(long_running: LongRunning) -> Sequence[Row]:
    """Every path, with operations in the form that `long_running` gives them."""
    return (
        *_group_rows(),
        *_provider_rows(),
        *_resource_rows(long_running),
        *_hub_rows(long_running),
        *_custom_rows(long_running),
        *_platform_rows(),
    )


def _group_rows() -> Sequence[Row]:
    group: Operations = {
        "GET": groups.show_group,
        "HEAD": groups.group_exists,
        "PUT": groups.create_group,
        "DELETE": groups.delete_group,
    }
    return (Row(_GROUPS, {"GET": groups.list_groups}, any_version), Row(_GROUP, group, any_version))


def _provider_rows() -> Sequence[Row]:
    return (
        Row(f"{_PROVIDER}/operations", {"GET": provider.list_operations}),
        Row(f"{_LOCATION}/checkNameAvailability", {"POST": provider.check_name}),
        Row(f"{_LOCATION}/usages", {"GET": provider.list_usages}),
        Row(f"{SUBSCRIPTION}{_PROVIDER}/webPubSub", {"GET": resources.list_all_resources}),
        Row(_RESOURCES, {"GET": resources.list_group_resources}),
    )


def _resource_rows(long_running: LongRunning) -> Sequence[Row]:
    form = long_running.form
    return (
        Row(
            RESOURCE,
            {
                "GET": long_running.observed(resources.show_resource),
                "PUT": form(resources.create_resource, DONE),
                "PATCH": form(resources.update_resource, ACCEPTED),
                "DELETE": form(resources.delete_resource, ACCEPTED),
            },
        ),
        Row(f"{RESOURCE}/listKeys", {"POST": keys.list_keys}),
        Row(f"{RESOURCE}/regenerateKey", {"POST": form(keys.regenerate_key, ACCEPTED, is_secret=True)}),
        Row(f"{RESOURCE}/restart", {"POST": form(resources.restart_resource, RESTARTED)}),
        Row(f"{RESOURCE}/skus", {"GET": resources.list_skus}),
        Row(f"{RESOURCE}/operationStatuses/{{operation}}", {"GET": long_running.status}),
        Row(f"{RESOURCE}/operationResults/{{operation}}", {"GET": long_running.result}),
    )


def _hub_rows(long_running: LongRunning) -> Sequence[Row]:
    hub: Operations = {
        "GET": hubs.show_hub,
        "PUT": long_running.form(hubs.create_hub, DONE),
        "DELETE": long_running.form(hubs.delete_hub, ACCEPTED),
    }
    return (Row(f"{RESOURCE}/hubs", {"GET": hubs.list_hubs}), Row(f"{RESOURCE}/hubs/{{hub}}", hub))


def _custom_rows(long_running: LongRunning) -> Sequence[Row]:
    certificate: Operations = {
        "GET": custom_names.show_certificate,
        "PUT": long_running.form(custom_names.create_certificate, DONE),
        "DELETE": custom_names.delete_certificate,
    }
    domain: Operations = {
        "GET": custom_names.show_domain,
        "PUT": long_running.form(custom_names.create_domain, DONE),
        "DELETE": long_running.form(custom_names.delete_domain, ACCEPTED),
    }
    return (
        Row(f"{RESOURCE}/customCertificates", {"GET": custom_names.list_certificates}),
        Row(f"{RESOURCE}/customCertificates/{{name}}", certificate),
        Row(f"{RESOURCE}/customDomains", {"GET": custom_names.list_domains}),
        Row(f"{RESOURCE}/customDomains/{{name}}", domain),
    )


def _platform_rows() -> Sequence[Row]:
    replica = f"{RESOURCE}/replicas/{{name}}"
    no_replica = platform_parts.missing("replica")
    return (
        *_never_there("privateEndpointConnections", "private endpoint connection"),
        Row(f"{RESOURCE}/privateLinkResources", {"GET": platform_parts.list_none}),
        *_never_there("sharedPrivateLinkResources", "shared private link"),
        *_never_there("replicas", "replica", "PATCH"),
        Row(f"{replica}/restart", {"POST": no_replica}),
        Row(f"{replica}/skus", {"GET": no_replica}),
        Row(f"{replica}/sharedPrivateLinkResources", {"GET": no_replica}),
        Row(f"{replica}/sharedPrivateLinkResources/{{link}}", {"GET": no_replica, "PUT": no_replica}),
    )


def _never_there(segment: str, kind: str, *more_writes: str) -> Sequence[Row]:
    """The rows of a part that only the platform can have."""
    part: Operations = {
        "GET": platform_parts.missing(kind),
        "DELETE": platform_parts.nothing_to_delete,
        **dict.fromkeys(("PUT", *more_writes), platform_parts.refused(kind)),
    }
    return (
        Row(f"{RESOURCE}/{segment}", {"GET": platform_parts.list_none}),
        Row(f"{RESOURCE}/{segment}/{{name}}", part),
    )
