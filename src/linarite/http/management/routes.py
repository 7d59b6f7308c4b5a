"""The routes of the management API: every row of the table behind the gate.

Paths compare without case, literals and names alike: clients write `webPubSub` and `resourcegroups`,
answers say `WebPubSub` and `resourceGroups`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from linarite.access.audit import AuditLog
from linarite.access.management import ManagementAccess
from linarite.http.management.api_versions import any_version
from linarite.http.management.gate import Gate
from linarite.http.management.handler_warnings import HandlerCheck
from linarite.http.management.long_running import LongRunning
from linarite.http.management.rows import Row, rows
from linarite.resources.registry import Registry
from linarite.settings import Settings

__all__ = ["management_routes"]

# Whatever else lies below these is answered in the platform's form as well.
_UNKNOWN_PATHS = ("/subscriptions", "/subscriptions/{path:path}", "/providers", "/providers/{path:path}")


class CaselessRoute(Route):
    """A route whose path compares without case and which takes every method.

    Several slashes are one: `az resource` (2.91) writes an empty segment where a resource has no parent.
    """

    def __init__(self, path: str, endpoint: ASGIApp) -> None:
        super().__init__(path, endpoint)
        name = "[^/]+"
        pattern = name.join(part.replace("/", "/+") for part in self.path_regex.pattern.split(name))
        self.path_regex = re.compile(pattern, re.IGNORECASE)


def management_routes(
    registry: Registry,
    settings: Settings,
    access: ManagementAccess,
    audit: AuditLog,
    check_handler: HandlerCheck,
    more: Sequence[Row] = (),
) -> list[BaseRoute]:
    """The routes of the management API, for those whom `access` knows; each call is written to `audit`.

    `check_handler` says of event handlers that have been saved whether they would get events; `more` are the rows of
    what lies below resources but is kept elsewhere, such as diagnostic settings.
    """
    gate = Gate(registry, settings, access, audit, check_handler)
    long_running = LongRunning(settings.management_operation_seconds)
    table = (*rows(long_running), *more)
    routes = [CaselessRoute(row.path, gate.to(row.operations, row.check_version)) for row in table]
    unknown = gate.to({}, any_version)
    return [*routes, *(CaselessRoute(path, unknown) for path in _UNKNOWN_PATHS)]
