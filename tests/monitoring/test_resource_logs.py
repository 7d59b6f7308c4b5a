import json
from contextlib import contextmanager

import pytest
from tests.monitoring.conftest import GROUP, setting_body
from tests.monitoring.sinks import until

from linarite.domain.close_categories import CloseCategory
from linarite.monitoring.destinations import Destinations, storage_folder, workspace_folder
from linarite.monitoring.entries import ERROR, HttpFacts
from linarite.monitoring.resource_logs import LIVE_TRACE, HubName, Peer, ResourceLogs
from linarite.monitoring.setting_book import SettingBook
from linarite.monitoring.workspace import EntryFilter, search
from linarite.settings import Settings

CHAT = HubName("demo", "chat")
ANNA = Peer("c1", "anna")
ADDRESS = "10.0.0.7"
AT = 1_700_000_000.25
TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
STORAGE = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/archive"


class Logs:
    def __init__(self, logs, book, settings):
        self.logs = logs
        self.book = book
        self.settings = settings

    def entries(self, workspace="logs"):
        until(lambda: self.logs.is_written)
        folder = workspace_folder(self.settings.data_folder, workspace)
        return search(folder, EntryFilter(), 1000).entries


@contextmanager
def resource_logs(book, registry, settings):
    logs = ResourceLogs(registry, book, Destinations(settings), lambda: AT)
    try:
        yield Logs(logs, book, settings)
    finally:
        logs.close(5)


@pytest.fixture
def settings(tmp_path):
    return Settings(data_folder=tmp_path / "data", resource_log_flush_seconds=0.01)


@pytest.fixture
def kept(book, registry, settings):
    with resource_logs(book, registry, settings) as logs:
        yield logs


def test_without_settings_nothing_is_wanted_and_nothing_made(kept):
    logs = kept.logs
    assert not logs.connectivity
    assert not logs.messaging
    assert not logs.http_requests
    logs.connection_started(CHAT, ANNA)
    logs.connection_ended(CHAT, ANNA, "", CloseCategory.NORMAL)
    assert not (kept.settings.data_folder / "workspaces").exists()


def test_a_connections_life_in_the_services_form(kept):
    kept.book.put("demo", "one", setting_body("ConnectivityLogs"))
    kept.logs.remember("c1", ADDRESS)
    kept.logs.connection_started(CHAT, Peer("c1", None))
    kept.logs.remember("c1", "10.0.0.8")
    kept.logs.connection_recovered(CHAT, ANNA)
    kept.logs.connection_ended(CHAT, ANNA, "The connection was lost.", CloseCategory.NORMAL)
    kept.logs.forget("c1")
    kept.logs.connection_ended(CHAT, Peer("c2", "ben"), "bye", CloseCategory.NORMAL)
    started, recovered, aborted, ended = kept.entries()
    assert started == {
        "time": "2023-11-14T22:13:20.250Z",
        "level": "Informational",
        "resourceId": "/SUBSCRIPTIONS/00000000-0000-0000-0000-000000000000/RESOURCEGROUPS/RG/PROVIDERS"
        "/MICROSOFT.SIGNALRSERVICE/WEBPUBSUB/DEMO",
        "location": "eastus",
        "category": "ConnectivityLogs",
        "operationName": "ConnectionStarted",
        "callerIpAddress": ADDRESS,
        "properties": {
            "message": "Connection started",
            "collection": "Connection",
            "connectionId": "c1",
            "userId": None,
            "hub": "chat",
        },
    }
    assert (recovered["operationName"], recovered["callerIpAddress"]) == ("ConnectionRecovered", "10.0.0.8")
    assert (aborted["operationName"], aborted["level"]) == ("ConnectionAborted", "Warning")
    assert aborted["callerIpAddress"] == "10.0.0.8"
    assert (ended["operationName"], ended["level"]) == ("ConnectionEnded", "Informational")
    assert ended["properties"]["message"] == "Connection ended. Reason: bye"
    assert kept.logs._callers == {}


def test_who_is_kept_out(kept):
    kept.book.put("demo", "one", setting_body("ConnectivityLogs"))
    text = "Expected Audiences: http://a. Actual Audiences: http://b"
    kept.logs.authorization_failed(CHAT, ADDRESS, "audience", text)
    kept.logs.authorization_failed(CHAT, ADDRESS, "expiry", "expected exp in the future, got one 9 s ago")
    kept.logs.connection_throttled(CHAT, "anna", ADDRESS, "Connection count reaches limit")
    audience, expiry, throttled = kept.entries()
    assert audience["properties"] | {"message": None} == {
        "message": None,
        "collection": "Authorization",
        "connectionId": None,
        "userId": None,
        "hub": "chat",
    }
    assert audience["properties"]["message"] == f"Failed to validate audience. {text}"
    assert expiry["properties"]["message"] == "Failed to validate expiry. Expected exp in the future, got one 9 s ago"
    assert throttled["operationName"] == "ConnectionThrottled"
    assert throttled["properties"]["collection"] == "Throttling"
    assert throttled["properties"]["userId"] == "anna"


def test_messages_and_requests(kept):
    kept.book.put("demo", "one", setting_body("MessagingLogs", "HttpRequestLogs"))
    kept.logs.message(CHAT, ANNA, TRACE_ID, "MessageReceived", "Received", message_type="text", size=5, group="g")
    kept.logs.message(CHAT, Peer(None, None), TRACE_ID, "EventFailed", "No", level=ERROR, caller="::1")
    facts = HttpFacts("HTTP request received", "chat", "/api/x", "POST", "http://h/api/x", TRACE_ID)
    kept.logs.request_started("demo", ADDRESS, facts)
    for status in (202, 404, 500):
        kept.logs.request_ended("demo", ADDRESS, status, facts)
    by_operation = {}
    for entry in kept.entries():
        by_operation.setdefault(entry["operationName"], []).append(entry)
    (received,), (failed,) = by_operation["MessageReceived"], by_operation["EventFailed"]
    assert received["properties"] == {
        "message": "Received",
        "connectionId": "c1",
        "userId": "anna",
        "hub": "chat",
        "traceId": TRACE_ID,
        "messageType": "text",
        "size": 5,
        "group": "g",
    }
    assert (failed["level"], failed["callerIpAddress"]) == ("Error", "::1")
    assert [one["level"] for one in by_operation["HttpRequestEnded"]] == ["Informational", "Warning", "Error"]
    assert by_operation["HttpRequestStarted"][0]["properties"]["routeTemplate"] == "/api/x"


def test_a_category_goes_to_the_settings_that_want_it_and_of_its_resource_alone(kept):
    kept.book.put("demo", "one", setting_body("ConnectivityLogs", workspace="first"))
    kept.book.put("demo", "two", setting_body("ConnectivityLogs", "MessagingLogs", workspace="second"))
    kept.logs.connection_started(CHAT, ANNA)
    kept.logs.message(CHAT, ANNA, TRACE_ID, "MessageReceived", "Received")
    kept.logs.connection_started(HubName("linarite", "chat"), Peer("c2", None))
    assert [one["category"] for one in kept.entries("first")] == ["ConnectivityLogs"]
    assert {one["category"] for one in kept.entries("second")} == {"ConnectivityLogs", "MessagingLogs"}


def test_a_change_applies_at_once(kept):
    kept.book.put("demo", "one", setting_body("ConnectivityLogs"))
    kept.logs.connection_started(CHAT, ANNA)
    kept.book.put("demo", "one", setting_body("MessagingLogs"))
    assert not kept.logs.connectivity
    kept.logs.connection_started(CHAT, Peer("c2", None))
    kept.book.delete("demo", "one")
    assert not kept.logs.messaging
    folder = workspace_folder(kept.settings.data_folder, "logs")
    until(lambda: len(search(folder, EntryFilter(), 10).entries) == 1)


def test_an_archive_has_the_services_tree(kept):
    kept.book.put("demo", "one", setting_body("ConnectivityLogs", workspaceId=None, storageAccountId=STORAGE))
    kept.logs.connection_started(CHAT, ANNA)
    until(lambda: kept.logs.is_written)
    (file,) = storage_folder(kept.settings, "archive").rglob("PT1H.json")
    assert "WEBPUBSUB/DEMO/y=2023/m=11/d=14/h=22/m=00/PT1H.json" in str(file)
    assert json.loads(file.read_text())["operationName"] == "ConnectionStarted"


def test_resource_log_configuration_turns_categories_off(kept, registry):
    kept.book.put("demo", "one", setting_body("ConnectivityLogs", "MessagingLogs"))
    off = {
        "categories": [{"name": "MessagingLogs", "enabled": "False"}, {"name": "ConnectivityLogs", "enabled": "true"}]
    }
    registry.update("rg", "demo", {"properties": {"resourceLogConfiguration": off}})
    assert (list(kept.logs.connectivity), list(kept.logs.messaging)) == (["demo"], [])


def test_live_trace_fills_a_workspace_of_its_own_without_any_setting(kept, registry):
    trace = {"enabled": "True", "categories": [{"name": "ConnectivityLogs", "enabled": "true"}]}
    registry.update("rg", "demo", {"properties": {"liveTraceConfiguration": trace}})
    kept.logs.connection_started(CHAT, ANNA)
    assert [one["operationName"] for one in kept.entries(LIVE_TRACE.name)] == ["ConnectionStarted"]
    trace = trace | {"enabled": "false"}
    registry.update("rg", "demo", {"properties": {"liveTraceConfiguration": trace}})
    assert not kept.logs.connectivity


def test_entries_end_with_their_resource(kept, registry):
    kept.book.put("demo", "one", setting_body("ConnectivityLogs"))
    registry.delete("rg", "demo")
    assert not kept.logs.connectivity


def test_settings_of_an_earlier_process_apply_from_the_start(book, registry, settings, store):
    book.put("demo", "one", setting_body("ConnectivityLogs"))
    later = SettingBook(store, registry, has_collector=False)
    with resource_logs(later, registry, settings) as logs:
        assert list(logs.logs.connectivity) == ["demo"]


def test_the_end_writes_everything(book, registry, settings):
    slow = Settings(data_folder=settings.data_folder, resource_log_flush_seconds=60)
    book.put("demo", "one", setting_body("ConnectivityLogs"))
    with resource_logs(book, registry, slow) as logs:
        logs.logs.connection_started(CHAT, ANNA)
    assert logs.logs.dropped == 0
    assert len(search(workspace_folder(slow.data_folder, "logs"), EntryFilter(), 10).entries) == 1


def test_texts_that_no_encoding_has_do_not_stop_the_others(kept):
    kept.book.put("demo", "one", setting_body("ConnectivityLogs"))
    kept.logs.connection_started(CHAT, Peer("c1", "half \ud800"))
    kept.logs.connection_started(CHAT, Peer("c2", None))
    assert [one["properties"]["userId"] for one in kept.entries()] == ["half ?", None]
