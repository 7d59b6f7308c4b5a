"""Diagnostic settings: which of a resource's logs go where, in the words of Azure Monitor.

Members and rules are those of `Microsoft.Insights/diagnosticSettings`, api-version 2021-05-01-preview. What a
destination's id means here: a workspace is a store of this server, a storage account a folder, and an event hub's
namespace, `stdout` or `otlp`, a stream that others read (docs/monitoring.md).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from linarite.monitoring.entries import CATEGORIES, LogCategory
from linarite.resources.errors import ResourceError, expected
from linarite.resources.model import JsonObject

__all__ = ["METRIC_CATEGORY", "DiagnosticSetting", "Target", "TargetKind", "parse_setting", "restore_setting"]

METRIC_CATEGORY = "AllMetrics"

TargetKind = str
"""`workspace`, `storage` or `stream`."""

_BAD_REQUEST = "BadRequest"
_NAME = re.compile(r"[^\x00-\x1f<>*%&:\\?+/]{1,260}")
# Log groups. `audit` is "interactions with data or settings of the service": who connected and who called.
_GROUPS: Mapping[str, Sequence[LogCategory]] = {
    "alllogs": tuple(LogCategory),
    "audit": (LogCategory.CONNECTIVITY, LogCategory.HTTP_REQUESTS),
}
_BY_NAME = {category.value.lower(): category for category in LogCategory}
# The last segment is the name, and becomes that of a folder: of ASCII letters alone, in any case. What stands before
# says whose it is, which means nothing here.
_WORKSPACE = re.compile(
    r"(?ai)(?:/.*)?/providers/microsoft\.operationalinsights/workspaces/(?P<name>[a-z0-9][a-z0-9-]{0,62})"
)
_STORAGE = re.compile(r"(?ai)(?:/.*)?/providers/microsoft\.storage/storageaccounts/(?P<name>[a-z0-9]{1,24})")
_EVENT_HUB = re.compile(
    r"(?ai)(?:/.*)?/providers/microsoft\.eventhub/namespaces/(?P<name>[a-z0-9][a-z0-9-]{0,49})/authorizationrules/[^/]+"
)
_STREAMS = ("stdout", "otlp")
_UNDATED = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_RETENTION_DAYS = 365  # RetentionPolicy.days of the platform: 0 to 365


@dataclass(frozen=True, slots=True)
class Target:
    """One destination by what it is here: its kind and its name in lower case."""

    kind: TargetKind
    name: str


@dataclass(frozen=True, slots=True)
class DiagnosticSetting:
    """One setting of one resource; `properties` are its members as they are answered."""

    name: str
    logs: Mapping[LogCategory, int]
    """The categories that are on, with the days for which an archive keeps them (0: for good)."""
    targets: Sequence[Target]
    properties: JsonObject = field(default_factory=dict)
    created_at: datetime = _UNDATED
    changed_at: datetime = _UNDATED


def parse_setting(name: str, body: JsonObject, now: datetime, *, has_collector: bool) -> DiagnosticSetting:
    """The setting of that name by the body of a PUT. Raises ResourceError.

    `has_collector` tells whether an endpoint is set that `otlp` could stand for.
    """
    if _NAME.fullmatch(name) is None:
        raise expected("name", "1 to 260 characters, none of them < > * % & : \\ ? + /", name, _BAD_REQUEST)
    given = body.get("properties")
    if not isinstance(given, Mapping):
        raise expected("properties", "an object", given, _BAD_REQUEST)
    _refuse_what_is_not_here(given)
    logs = _list(given, "logs")
    metrics = _list(given, "metrics")
    targets = _targets(given, has_collector=has_collector)
    if not targets:
        message = (
            "At least one data sink needs to be specified: expected workspaceId, storageAccountId or "
            "eventHubAuthorizationRuleId, got none of them."
        )
        raise ResourceError(_BAD_REQUEST, message, "properties")
    parsed_logs = [_log(f"properties.logs[{number}]", one) for number, one in enumerate(logs)]
    parsed_metrics = [_metric(f"properties.metrics[{number}]", one) for number, one in enumerate(metrics)]
    _refuse_mixture(logs)
    properties = {
        **dict.fromkeys(_TEXT_MEMBERS),
        **{member: given[member] for member in _TEXT_MEMBERS if given.get(member) is not None},
        "logs": [document for document, _, _ in parsed_logs],
        "metrics": parsed_metrics,
    }
    enabled: dict[LogCategory, int] = {}
    for _, categories, days in parsed_logs:
        for category in categories:
            enabled[category] = max(days, enabled.get(category, days))
    return DiagnosticSetting(name, enabled, targets, properties, now, now)


def restore_setting(content: JsonObject) -> DiagnosticSetting:
    """The setting that a store has kept; one that names a collector which is no longer set is kept all the same."""
    created, changed = (datetime.fromisoformat(str(content[member])) for member in ("createdAt", "changedAt"))
    parsed = parse_setting(str(content["name"]), content, created, has_collector=True)
    return DiagnosticSetting(parsed.name, parsed.logs, parsed.targets, parsed.properties, created, changed)


_TEXT_MEMBERS = (
    "storageAccountId",
    "serviceBusRuleId",
    "workspaceId",
    "eventHubAuthorizationRuleId",
    "eventHubName",
    "marketplacePartnerId",
    "logAnalyticsDestinationType",
)


def _refuse_what_is_not_here(given: JsonObject) -> None:
    for member in _TEXT_MEMBERS:
        value = given.get(member)
        if value is not None and not isinstance(value, str):
            raise expected(f"properties.{member}", "text or null", value, _BAD_REQUEST)
    for member, what in (("serviceBusRuleId", "Service Bus"), ("marketplacePartnerId", "partner solutions")):
        if given.get(member):
            message = f"{member}: a self-hosted server cannot send logs to {what}; name another destination."
            raise ResourceError(_BAD_REQUEST, message, f"properties.{member}")
    kind = given.get("logAnalyticsDestinationType")
    if kind is not None and kind not in ("Dedicated", "AzureDiagnostics"):
        raise expected(
            "properties.logAnalyticsDestinationType", "Dedicated, AzureDiagnostics or null", kind, _BAD_REQUEST
        )


def _targets(given: JsonObject, *, has_collector: bool) -> Sequence[Target]:
    targets = []
    for member, kind, pattern, words in (
        ("workspaceId", "workspace", _WORKSPACE, ".../providers/microsoft.operationalinsights/workspaces/{name}"),
        ("storageAccountId", "storage", _STORAGE, ".../providers/Microsoft.Storage/storageAccounts/{name}"),
        (
            "eventHubAuthorizationRuleId",
            "stream",
            _EVENT_HUB,
            ".../providers/Microsoft.EventHub/namespaces/{stdout or otlp}/authorizationRules/{rule}",
        ),
    ):
        value = given.get(member)
        if not value:
            continue
        match = pattern.fullmatch(str(value))
        if match is None:
            raise expected(f"properties.{member}", f"an id such as {words}", value, _BAD_REQUEST)
        targets.append(Target(kind, match["name"].lower()))
        if kind == "stream":
            _check_stream(targets[-1].name, has_collector=has_collector)
    return targets


def _check_stream(name: str, *, has_collector: bool) -> None:
    target = "properties.eventHubAuthorizationRuleId"
    if name not in _STREAMS:
        message = (
            "eventHubAuthorizationRuleId: a self-hosted server has no event hubs: expected the namespace stdout "
            f"(standard output) or otlp (the OpenTelemetry collector of the setting otlp_endpoint), got '{name}'."
        )
        raise ResourceError(_BAD_REQUEST, message, target)
    if name == "otlp" and not has_collector:
        message = "eventHubAuthorizationRuleId: the namespace otlp needs the setting otlp_endpoint, which is not set."
        raise ResourceError(_BAD_REQUEST, message, target)


def _list(given: JsonObject, member: str) -> Sequence[JsonObject]:
    value = given.get(member)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(one, Mapping) for one in value):
        raise expected(f"properties.{member}", "a list of objects", value, _BAD_REQUEST)
    return value


def _log(target: str, given: JsonObject) -> tuple[JsonObject, Sequence[LogCategory], int]:
    """One member of `logs` as it is answered, the categories that it turns on, and for how many days."""
    category, group = given.get("category"), given.get("categoryGroup")
    categories: Sequence[LogCategory]
    if (category is None) == (group is None):
        raise expected(target, "either category or categoryGroup", dict(given), _BAD_REQUEST)
    if category is not None:
        known = _BY_NAME.get(str(category).lower())
        if known is None:
            message = f"Category '{category}' is not supported, supported categories are: {', '.join(CATEGORIES)}."
            raise ResourceError(_BAD_REQUEST, message, f"{target}.category")
        category, categories = known.value, (known,)
    else:
        if str(group).lower() not in _GROUPS:
            message = f"Category group '{group}' is not supported, supported category groups are: allLogs, audit."
            raise ResourceError(_BAD_REQUEST, message, f"{target}.categoryGroup")
        categories = tuple(_GROUPS[str(group).lower()])
    is_on = _enabled(target, given)
    policy, days = _retention(target, given)
    document = {"category": category, "categoryGroup": group, "enabled": is_on, "retentionPolicy": policy}
    return document, categories if is_on else (), days


def _metric(target: str, given: JsonObject) -> JsonObject:
    category = given.get("category")
    if str(category).lower() != METRIC_CATEGORY.lower():
        message = f"Metric category '{category}' is not supported, supported categories are: '{METRIC_CATEGORY}'."
        raise ResourceError(_BAD_REQUEST, message, f"{target}.category")
    is_on = _enabled(target, given)
    policy, _ = _retention(target, given)
    return {
        "category": METRIC_CATEGORY,
        "enabled": is_on,
        "timeGrain": given.get("timeGrain"),
        "retentionPolicy": policy,
    }


def _enabled(target: str, given: JsonObject) -> bool:
    value = given.get("enabled")
    if not isinstance(value, bool):
        raise expected(f"{target}.enabled", "true or false", value, _BAD_REQUEST)
    return value


def _retention(target: str, given: JsonObject) -> tuple[JsonObject, int]:
    policy = given.get("retentionPolicy")
    if policy is None:
        return {"enabled": False, "days": 0}, 0
    if not isinstance(policy, Mapping):
        raise expected(f"{target}.retentionPolicy", "an object", policy, _BAD_REQUEST)
    is_on = _enabled(f"{target}.retentionPolicy", policy)
    days = policy.get("days")
    if type(days) is not int or not 0 <= days <= _MOST_RETENTION_DAYS:
        wanted = f"a whole number from 0 to {_MOST_RETENTION_DAYS}"
        raise expected(f"{target}.retentionPolicy.days", wanted, days, _BAD_REQUEST)
    return {"enabled": is_on, "days": days}, days if is_on else 0


def _refuse_mixture(logs: Sequence[JsonObject]) -> None:
    """The platform's own rule and words (Azure/azure-rest-api-specs, issue 22719)."""
    if len({"category" in one and one["category"] is not None for one in logs}) > 1:
        message = "Diagnostic setting does not support mix of log category and log category group."
        raise ResourceError(_BAD_REQUEST, message, "properties.logs")
