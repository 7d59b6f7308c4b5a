"""Searching workspaces over HTTP."""

import pytest
from tests.running_server import Answer, running_server

WORKSPACE = "/subscriptions/0/resourceGroups/rg/providers/microsoft.OperationalInsights/workspaces/logs"
ENTRIES = "/linarite/workspaces/logs/entries"


@pytest.fixture
async def server(tmp_path):
    # An interval that no test waits for: a search has to find what has just happened all the same.
    async with running_server(tmp_path, resource_log_flush_seconds=60) as server:
        logs = [{"categoryGroup": "allLogs", "enabled": True}]
        body = {"properties": {"workspaceId": WORKSPACE, "logs": logs}}
        server.server._setting_book.put(server.resource.name, "all", body)
        yield server


async def ask(server, path=ENTRIES, credential=None, **query):
    token = credential or (server.settings.data_folder / "administrator-token").read_text().strip()
    headers = {"Authorization": f"Bearer {token}"}
    async with server._session.get(server.endpoint + path, params=query, headers=headers) as response:
        return Answer(response.status, response.headers, await response.read())


def operations(answer):
    return [entry["operationName"] for entry in answer.json()["value"]]


async def test_what_has_just_happened_is_found_by_filters(server):
    anna = await server.connect("chat", user="anna")
    await server.connect("news", user="ben")
    found = await ask(server, category="connectivitylogs", connectionId=anna.connection_id)
    assert found.status == 200
    assert operations(found) == ["ConnectionStarted"]
    assert operations(await ask(server, hub="news", category="ConnectivityLogs")) == ["ConnectionStarted"]
    assert operations(await ask(server, userId="ben", operation="connectionstarted")) == ["ConnectionStarted"]
    assert operations(await ask(server, end="2020-01-01")) == []
    assert len(operations(await ask(server, start="2020-01-01T00:00:00+02:00", top="3"))) == 3


async def test_a_cursor_gives_what_has_come_since(server):
    await server.connect("chat")
    first = await ask(server, category="ConnectivityLogs")
    assert operations(first) == ["ConnectionStarted"]
    again = await ask(server, category="ConnectivityLogs", cursor=first.json()["cursor"])
    assert operations(again) == []
    await server.connect("chat")
    assert operations(await ask(server, category="ConnectivityLogs", cursor=again.json()["cursor"])) == [
        "ConnectionStarted"
    ]


async def test_workspaces_are_those_that_a_setting_has_named(server):
    assert (await ask(server, "/linarite/workspaces")).json() == {"value": [{"name": "logs"}]}
    assert operations(await ask(server)) == []
    missing = await ask(server, "/linarite/workspaces/other/entries")
    assert (missing.status, missing.json()["error"]["code"]) == (404, "NotFound")
    assert (await ask(server, "/linarite/workspaces/..%2Fworkspaces/entries")).status == 404


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"top": "0"}, "top: expected a whole number from 1 to 100000, got '0'."),
        ({"top": "x"}, "got 'x'"),
        ({"top": "9" * 5000}, "top: expected a whole number from 1 to 100000, got '999"),
        ({"top": "\u0663"}, "top: expected a whole number from 1 to 100000"),
        ({"start": "0001-01-01T00:00:00+01:00"}, "start: expected a time such as"),
        ({"category": "x"}, "category: expected one of ConnectivityLogs, MessagingLogs, HttpRequestLogs, got 'x'."),
        ({"start": "today"}, "start: expected a time such as 2026-01-31T23:59:00Z, got 'today'."),
        ({"cursor": "x"}, "cursor: expected one that a search gave"),
    ],
)
async def test_what_is_wrong_is_named(server, query, message):
    await server.connect("chat")
    answer = await ask(server, **query)
    assert answer.status == 400
    assert message in answer.json()["error"]["message"]


async def test_nobody_but_the_administrator_is_answered(server):
    for path in (ENTRIES, "/linarite/workspaces"):
        assert (await ask(server, path, credential="wrong")).status == 401
