"""The table of management operations, by path and method.

Paths compare without case, literals and names alike: clients write `webPubSub` and `resourcegroups`,
answers say `WebPubSub` and `resourceGroups`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from linarite.access.audit import AuditLog
from linarite.access.management import ManagementAccess
from linarite.http.management import groups, hubs, keys, provider, resources
from linarite.http.management.api_versions import VersionCheck, any_version, web_pub_sub_version
from linarite.http.management.gate import Gate, Operations
from linarite.http.management.handler_warnings import HandlerCheck
from linarite.resources.registry import Registry
from linarite.settings import Settings

__all__ = ["management_routes"]

_SUBSCRIPTION = "/subscriptions/{subscription}"
_GROUPS = f"{_SUBSCRIPTION}/resourceGroups"
_GROUP = f"{_GROUPS}/{{group}}"
_PROVIDER = "/providers/Microsoft.SignalRService"
_LOCATION = f"{_SUBSCRIPTION}{_PROVIDER}/locations/{{location}}"
_RESOURCES = f"{_GROUP}{_PROVIDER}/webPubSub"
_RESOURCE = f"{_RESOURCES}/{{resource}}"


@dataclass(frozen=True, slots=True)
class _Row:
    """One path: which api-versions it takes, and the operation of each method."""

    path: str
    check_version: VersionCheck
    operations: Operations


_TABLE = (
    _Row(_GROUPS, any_version, {"GET": groups.list_groups}),
    _Row(
        _GROUP,
        any_version,
        {
            "GET": groups.show_group,
            "HEAD": groups.group_exists,
            "PUT": groups.create_group,
            "DELETE": groups.delete_group,
        },
    ),
    _Row(f"{_LOCATION}/checkNameAvailability", web_pub_sub_version, {"POST": provider.check_name}),
    _Row(f"{_LOCATION}/usages", web_pub_sub_version, {"GET": provider.list_usages}),
    _Row(f"{_SUBSCRIPTION}{_PROVIDER}/webPubSub", web_pub_sub_version, {"GET": resources.list_all_resources}),
    _Row(_RESOURCES, web_pub_sub_version, {"GET": resources.list_group_resources}),
    _Row(
        _RESOURCE,
        web_pub_sub_version,
        {
            "GET": resources.show_resource,
            "PUT": resources.create_resource,
            "PATCH": resources.update_resource,
            "DELETE": resources.delete_resource,
        },
    ),
    _Row(f"{_RESOURCE}/listKeys", web_pub_sub_version, {"POST": keys.list_keys}),
    _Row(f"{_RESOURCE}/regenerateKey", web_pub_sub_version, {"POST": keys.regenerate_key}),
    _Row(f"{_RESOURCE}/skus", web_pub_sub_version, {"GET": resources.list_skus}),
    _Row(f"{_RESOURCE}/hubs", web_pub_sub_version, {"GET": hubs.list_hubs}),
    _Row(
        f"{_RESOURCE}/hubs/{{hub}}",
        web_pub_sub_version,
        {"GET": hubs.show_hub, "PUT": hubs.create_hub, "DELETE": hubs.delete_hub},
    ),
)
# Whatever else lies below these is answered in the platform's form as well.
_UNKNOWN_PATHS = ("/subscriptions", "/subscriptions/{path:path}", "/providers", "/providers/{path:path}")


class CaselessRoute(Route):
    """A route whose path compares without case and which takes every method."""

    def __init__(self, path: str, endpoint: ASGIApp) -> None:
        super().__init__(path, endpoint)
        self.path_regex = re.compile(self.path_regex.pattern, re.IGNORECASE)


def management_routes(
    registry: Registry, settings: Settings, access: ManagementAccess, audit: AuditLog, check_handler: HandlerCheck
) -> list[BaseRoute]:
    """The routes of the management API, for those whom `access` knows; each call is written to `audit`.

    `check_handler` says of event handlers that have been saved whether they would get events.
    """
    gate = Gate(registry, settings, access, audit, check_handler)
    routes = [CaselessRoute(row.path, gate.to(row.operations, row.check_version)) for row in _TABLE]
    unknown = gate.to({}, any_version)
    return [*routes, *(CaselessRoute(path, unknown) for path in _UNKNOWN_PATHS)]
