"""Diagnostic settings over the management API, in the platform's forms and errors."""

import pytest

VERSION = {"api-version": "2021-05-01-preview"}
WORKSPACE = "/subscriptions/0/resourceGroups/rg/providers/microsoft.OperationalInsights/workspaces/logs"
LOGS = [{"category": "ConnectivityLogs", "enabled": True}, {"category": "MessagingLogs", "enabled": False}]
BODY = {
    "properties": {"workspaceId": WORKSPACE, "logs": LOGS, "metrics": [{"category": "AllMetrics", "enabled": True}]}
}


@pytest.fixture
def settings(resource):
    return f"{resource}/providers/Microsoft.Insights/diagnosticSettings"


def test_a_setting_is_made_shown_listed_replaced_and_deleted(arm, resource, settings):
    made = arm.put(f"{settings}/My-Setting", json=BODY, params=VERSION)
    assert made.status_code == 200
    document = made.json()
    owner = arm.get(resource).json()["id"]
    assert document["id"] == f"{owner}/providers/microsoft.insights/diagnosticSettings/My-Setting"
    assert (document["name"], document["type"]) == ("My-Setting", "Microsoft.Insights/diagnosticSettings")
    assert document["properties"]["workspaceId"] == WORKSPACE
    assert [one["enabled"] for one in document["properties"]["logs"]] == [True, False]
    assert document["systemData"]["createdByType"] == "User"

    assert arm.get(f"{settings}/my-setting", params=VERSION).json() == document
    assert arm.get(settings.lower(), params=VERSION).json() == {"value": [document]}

    replaced = arm.put(f"{settings}/MY-SETTING", json={"properties": {"workspaceId": WORKSPACE}}, params=VERSION)
    assert replaced.status_code == 200
    assert (replaced.json()["name"], replaced.json()["properties"]["logs"]) == ("My-Setting", [])

    assert arm.delete(f"{settings}/my-setting", params=VERSION).status_code == 200
    assert arm.delete(f"{settings}/my-setting", params=VERSION).status_code == 204
    missing = arm.get(f"{settings}/my-setting", params=VERSION)
    assert missing.status_code == 404
    assert missing.json()["error"]["code"] == "ResourceNotFound"


def test_the_categories_are_those_of_the_service(arm, resource):
    path = f"{resource}/providers/microsoft.insights/diagnosticSettingsCategories"
    listed = arm.get(path, params={"api-version": "2017-05-01-preview"}).json()["value"]
    assert [(one["name"], one["properties"]["categoryType"]) for one in listed] == [
        ("ConnectivityLogs", "Logs"),
        ("MessagingLogs", "Logs"),
        ("HttpRequestLogs", "Logs"),
        ("AllMetrics", "Metrics"),
    ]
    assert arm.get(f"{path}/messaginglogs", params=VERSION).json() == listed[1]
    missing = arm.get(f"{path}/made-up", params=VERSION)
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "ResourceNotFound")


@pytest.mark.parametrize(
    ("properties", "code", "message"),
    [
        ({}, "BadRequest", "At least one data sink needs to be specified"),
        (
            {"workspaceId": WORKSPACE, "logs": [{"category": "x", "enabled": True}]},
            "BadRequest",
            "Category 'x' is not supported",
        ),
        ({"workspaceId": "logs"}, "BadRequest", "properties.workspaceId: expected an id"),
    ],
)
def test_what_is_wrong_is_answered_in_the_platforms_form(arm, settings, properties, code, message):
    answer = arm.put(f"{settings}/one", json={"properties": properties}, params=VERSION)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (400, code)
    assert message in error["message"]
    assert error["target"].startswith("properties")


def test_a_sink_that_has_the_category_already_is_a_conflict(arm, settings):
    assert arm.put(f"{settings}/one", json=BODY, params=VERSION).status_code == 200
    answer = arm.put(f"{settings}/two", json=BODY, params=VERSION)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "Conflict")


def test_settings_are_those_of_a_resource_that_is_there(arm, group):
    path = f"{group}/providers/Microsoft.SignalRService/webPubSub/none/providers/Microsoft.Insights/diagnosticSettings"
    for answer in (
        arm.get(path, params=VERSION),
        arm.get(f"{path}/one", params=VERSION),
        arm.put(f"{path}/one", json=BODY, params=VERSION),
        arm.delete(f"{path}/one", params=VERSION),
        arm.get(f"{path}Categories", params=VERSION),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "ResourceNotFound")


def test_a_version_is_required(arm, settings):
    answer = arm.get(settings, params={"api-version": ""})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "MissingApiVersionParameter")
