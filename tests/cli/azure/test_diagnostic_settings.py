"""`monitor diagnostic-settings` and `monitor logs` against a server."""

import json
import urllib.error
import urllib.request

import pytest

ALL_LOGS = "--logs [{category-group:allLogs,enabled:true}]"
NONE = "usage error - expected one or more: --storage-account NAME_OR_ID"


@pytest.fixture
def setting(az, resource):
    """Runs `monitor diagnostic-settings`: first its words, with the options that name the resource put behind them."""
    identity = az(f"webpubsub show {resource} --query id -o tsv").output.strip()
    return lambda words: az(f"monitor diagnostic-settings {words} --resource {identity}")


def test_settings_round_trip(setting, group):
    logs = '[{"category":"ConnectivityLogs","enabled":true}]'
    made = setting(f"create -n My-Setting --workspace logs --logs {logs} --storage-account archive1")
    assert made.exit_code == 0, made.errors
    document = made.document
    scope = f"/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/{group}/providers"
    assert document["workspaceId"] == f"{scope}/microsoft.OperationalInsights/workspaces/logs"
    assert document["storageAccountId"] == f"{scope}/microsoft.Storage/storageAccounts/archive1"
    assert [one["category"] for one in document["logs"]] == ["ConnectivityLogs"]
    assert document["resourceGroup"] == group
    assert setting("show --name my-setting").document == document
    assert setting("list").document == [document]

    changed = setting("update -n my-setting --logs [{category:MessagingLogs,enabled:true}] --storage-account-id null")
    assert changed.document["storageAccountId"] is None
    assert changed.document["workspaceId"] == document["workspaceId"]
    assert [one["category"] for one in changed.document["logs"]] == ["MessagingLogs"]

    assert setting("delete -n my-setting").output == ""
    assert setting("list").document == []
    missing = setting("show -n my-setting")
    assert (missing.exit_code, missing.output) == (3, "")
    assert "(ResourceNotFound) The diagnostic setting 'my-setting'" in missing.errors


def test_a_resource_by_its_name_needs_group_and_type(az, resource, group):
    name = resource.split()[1]
    named = f"--resource {name} -g {group} --resource-type Microsoft.SignalRService/webPubSub"
    made = az(f"monitor diagnostic-settings create -n one {named} --workspace logs --export-to-resource-specific true")
    assert made.document["logAnalyticsDestinationType"] == "Dedicated"
    assert made.document["workspaceId"].startswith("/subscriptions/00000000-0000-0000-0000-000000000000/")
    refused = az(f"monitor diagnostic-settings list --resource {name}")
    assert refused.exit_code == 1
    assert "--resource-group" in refused.errors


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("create -n a", NONE),
        ("create -n a --storage-account x1 --export-to-resource-specific true", "usage error: --workspace and"),
        ("create -n a --workspace w --logs [{category:x,enabled:true}]", "Category 'x' is not supported"),
        ("create -n a --workspace w --logs [", "--logs: expected a value at character 2, got the end."),
        ("create -n a --workspace w --logs 1", "--logs: expected a list of objects"),
        ("create -n a --event-hub cloud --event-hub-rule r", "a self-hosted server has no event hubs"),
    ],
)
def test_what_is_wrong_is_told(setting, words, message):
    outcome = setting(words)
    assert outcome.exit_code == 1
    assert message in outcome.errors


def test_a_stream_is_named_as_an_event_hub(setting):
    made = setting(
        "create -n a --event-hub stdout --event-hub-rule send --logs [{category-group:allLogs,enabled:true}]"
    )
    assert made.exit_code == 0, made.errors
    assert made.document["eventHubAuthorizationRuleId"].endswith("/namespaces/stdout/AuthorizationRules/send")
    assert made.document["logs"][0]["categoryGroup"] == "allLogs"


def test_the_categories_of_a_resource(setting):
    listed = setting("categories list").document
    assert [one["name"] for one in listed] == ["ConnectivityLogs", "MessagingLogs", "HttpRequestLogs", "AllMetrics"]
    assert [one["categoryType"] for one in listed][-2:] == ["Logs", "Metrics"]
    assert setting("categories show -n messaginglogs").document == listed[1]


def test_what_was_logged_is_found_by_query(az, setting, resource, group, server_folder):
    name = resource.split()[1]
    workspace = f"ws-{name}"
    assert setting(f"create -n a --workspace {workspace} {ALL_LOGS}").exit_code == 0
    address = json.loads((server_folder / "server.json").read_text())["http"]
    request = urllib.request.Request(f"{address}/api/hubs/chat/nothing", headers={"Host": f"{name}.localhost"})
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(request)

    found = az(f"monitor logs query -w {workspace} --category HttpRequestLogs").document
    assert [one["operationName"] for one in found] == ["HttpRequestStarted", "HttpRequestEnded"]
    trace = found[0]["properties"]["traceId"]
    assert az(f"monitor logs query -w {workspace} --trace-id {trace} --resource {name}").document == found
    assert az(f"monitor logs query -w {workspace} --top 1 --level Warning").document == found[1:]
    assert az(f"monitor logs query -w {workspace} --end-time 2020-01-01").document == []
    table = az(f"monitor logs query -w {workspace} --offset 1h -o table").output.splitlines()
    assert table[0].split() == ["TimeGenerated", "Level", "OperationName", "TraceId", "StatusCode", "Message"]
    assert workspace in az("monitor logs list-workspaces --query [].name -o tsv").output.split()


@pytest.mark.parametrize(
    ("words", "exit_code", "message"),
    [
        ("-w never-named", 3, "The workspace 'never-named' was not found"),
        ("-w x --offset soon", 1, "Expected a period"),
        ("-w x --start-time soon", 1, "Expected a time"),
        ("-w x --start-time 2026-01-01 --offset 1h", 1, "usage error: --start-time"),
        ("-w x --follow --end-time 2026-01-01", 1, "usage error: --follow"),
    ],
)
def test_a_query_that_is_wrong_is_told(az, words, exit_code, message):
    outcome = az(f"monitor logs query {words}")
    assert outcome.exit_code == exit_code
    assert message in outcome.errors
