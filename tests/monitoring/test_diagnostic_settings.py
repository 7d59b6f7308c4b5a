from datetime import UTC, datetime

import pytest

from linarite.monitoring.diagnostic_settings import Target, parse_setting
from linarite.monitoring.entries import LogCategory
from linarite.resources.errors import ResourceError

NOW = datetime(2026, 1, 1, tzinfo=UTC)
GROUP = "/subscriptions/0/resourceGroups/rg"
WORKSPACE = f"{GROUP}/providers/microsoft.OperationalInsights/workspaces/My-Logs"
STORAGE = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/archive1"
STDOUT = f"{GROUP}/providers/Microsoft.EventHub/namespaces/stdout/authorizationRules/Root"
OTLP = STDOUT.replace("stdout", "otlp")
CONNECTIVITY = {"category": "ConnectivityLogs", "enabled": True}


def parse(name="logs", *, has_collector=False, **properties):
    properties = {"workspaceId": WORKSPACE, **properties}
    return parse_setting(name, {"properties": properties}, NOW, has_collector=has_collector)


def test_a_setting_turns_categories_on_and_names_targets():
    setting = parse(
        storageAccountId=STORAGE,
        eventHubAuthorizationRuleId=STDOUT,
        logs=[
            {"category": "connectivitylogs", "enabled": True, "retentionPolicy": {"enabled": True, "days": 7}},
            {"category": "MessagingLogs", "enabled": False},
        ],
        metrics=[{"category": "AllMetrics", "enabled": True}],
    )
    assert setting.logs == {LogCategory.CONNECTIVITY: 7}
    assert setting.targets == [
        Target("workspace", "my-logs"),
        Target("storage", "archive1"),
        Target("stream", "stdout"),
    ]
    assert setting.properties == {
        "storageAccountId": STORAGE,
        "serviceBusRuleId": None,
        "workspaceId": WORKSPACE,
        "eventHubAuthorizationRuleId": STDOUT,
        "eventHubName": None,
        "marketplacePartnerId": None,
        "logAnalyticsDestinationType": None,
        "logs": [
            {
                "category": "ConnectivityLogs",
                "categoryGroup": None,
                "enabled": True,
                "retentionPolicy": {"enabled": True, "days": 7},
            },
            {
                "category": "MessagingLogs",
                "categoryGroup": None,
                "enabled": False,
                "retentionPolicy": {"enabled": False, "days": 0},
            },
        ],
        "metrics": [
            {
                "category": "AllMetrics",
                "enabled": True,
                "timeGrain": None,
                "retentionPolicy": {"enabled": False, "days": 0},
            }
        ],
    }


def test_groups_of_categories():
    assert set(parse(logs=[{"categoryGroup": "allLogs", "enabled": True}]).logs) == set(LogCategory)
    audit = parse(logs=[{"categoryGroup": "Audit", "enabled": True}])
    assert set(audit.logs) == {LogCategory.CONNECTIVITY, LogCategory.HTTP_REQUESTS}


@pytest.mark.parametrize(
    ("properties", "message", "target"),
    [
        ({"workspaceId": None}, "At least one data sink needs to be specified", "properties"),
        ({"workspaceId": "logs"}, "properties.workspaceId: expected an id such as", "properties.workspaceId"),
        ({"workspaceId": WORKSPACE + "/../x"}, "expected an id such as", "properties.workspaceId"),
        ({"workspaceId": WORKSPACE + "\u212a"}, "expected an id such as", "properties.workspaceId"),  # a K without case
        ({"workspaceId": 1}, "expected text or null, got 1", "properties.workspaceId"),
        ({"storageAccountId": WORKSPACE}, "storageAccountId: expected an id", "properties.storageAccountId"),
        (
            {"eventHubAuthorizationRuleId": STDOUT.replace("stdout", "cloud")},
            "a self-hosted server has no event hubs: expected the namespace stdout .* got 'cloud'",
            "properties.eventHubAuthorizationRuleId",
        ),
        (
            {"eventHubAuthorizationRuleId": OTLP},
            "needs the setting otlp_endpoint",
            "properties.eventHubAuthorizationRuleId",
        ),
        ({"serviceBusRuleId": "x"}, "cannot send logs to Service Bus", "properties.serviceBusRuleId"),
        ({"marketplacePartnerId": "x"}, "cannot send logs to partner", "properties.marketplacePartnerId"),
        ({"logAnalyticsDestinationType": "x"}, "expected Dedicated", "properties.logAnalyticsDestinationType"),
        ({"logs": {}}, "properties.logs: expected a list of objects", "properties.logs"),
        ({"logs": [1]}, "properties.logs: expected a list of objects", "properties.logs"),
        ({"logs": [{"enabled": True}]}, "expected either category or categoryGroup", "properties.logs[0]"),
        ({"logs": [CONNECTIVITY | {"categoryGroup": "allLogs"}]}, "expected either category", "properties.logs[0]"),
        (
            {"logs": [CONNECTIVITY, {"category": "x", "enabled": True}]},
            "Category 'x' is not supported, supported categories are: ConnectivityLogs, MessagingLogs, HttpRequestLogs",
            "properties.logs[1].category",
        ),
        (
            {"logs": [{"categoryGroup": "x", "enabled": True}]},
            "Category group 'x' is not supported",
            "properties.logs[0].categoryGroup",
        ),
        ({"logs": [{"category": "MessagingLogs"}]}, "expected true or false, got None", "properties.logs[0].enabled"),
        (
            {"logs": [CONNECTIVITY | {"retentionPolicy": {"enabled": True}}]},
            "expected a whole number from 0 to 365, got None",
            "properties.logs[0].retentionPolicy.days",
        ),
        (
            {"logs": [CONNECTIVITY | {"retentionPolicy": {"days": 1}}]},
            "expected true or false",
            "properties.logs[0].retentionPolicy.enabled",
        ),
        (
            {"logs": [CONNECTIVITY | {"retentionPolicy": {"enabled": True, "days": 366}}]},
            "got 366",
            "properties.logs[0].retentionPolicy.days",
        ),
        ({"logs": [CONNECTIVITY | {"retentionPolicy": 1}]}, "expected an object", "properties.logs[0].retentionPolicy"),
        (
            {"logs": [CONNECTIVITY, {"categoryGroup": "allLogs", "enabled": True}]},
            "does not support mix of log category and log category group",
            "properties.logs",
        ),
        (
            {"metrics": [{"category": "x", "enabled": True}]},
            "Metric category 'x' is not supported, supported categories are: 'AllMetrics'",
            "properties.metrics[0].category",
        ),
        ({"metrics": [{"category": "AllMetrics"}]}, "expected true or false", "properties.metrics[0].enabled"),
    ],
)
def test_what_is_wrong_is_named(properties, message, target):
    with pytest.raises(ResourceError, match=message) as refused:
        parse(**properties)
    assert (refused.value.code, refused.value.target) == ("BadRequest", target)


@pytest.mark.parametrize("name", ["", "a/b", "a%2fb", "x" * 261, "a\nb"])
def test_a_name_that_could_not_stand_in_an_address_is_refused(name):
    with pytest.raises(ResourceError, match="name: expected 1 to 260 characters"):
        parse(name)


def test_a_body_needs_properties():
    with pytest.raises(ResourceError, match="properties: expected an object, got None"):
        parse_setting("logs", {}, NOW, has_collector=False)


def test_the_collector_may_be_named_when_there_is_one():
    assert parse(has_collector=True, workspaceId=None, eventHubAuthorizationRuleId=OTLP).targets == [
        Target("stream", "otlp")
    ]
