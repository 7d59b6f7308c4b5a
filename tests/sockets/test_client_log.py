"""What resource logs are told of clients that do not read."""

import asyncio

from tests.running_server import eventually, running_server
from tests.sockets.test_slow_clients import API, publish, sleeper, wake

from linarite.monitoring.destinations import workspace_folder
from linarite.monitoring.workspace import EntryFilter, search

WORKSPACE = "/subscriptions/0/resourceGroups/rg/providers/microsoft.OperationalInsights/workspaces/logs"


def log(server, *categories):
    logs = [{"category": category, "enabled": True} for category in categories]
    body = {"properties": {"workspaceId": WORKSPACE, "logs": logs}}
    server.server._setting_book.put(server.resource.name, "all", body)


async def told(server, operation):
    await eventually(lambda: server.server._logs.is_written)
    found = search(workspace_folder(server.settings.data_folder, "logs"), EntryFilter(operation=operation), 100)
    return [entry["properties"]["message"] for entry in found.entries]


async def test_what_a_slow_client_loses_is_told_with_its_end(tmp_path):
    async with running_server(
        tmp_path, outbox_limit_messages=50, close_timeout_seconds=0.1, resource_log_flush_seconds=0.01
    ) as server:
        log(server, "ConnectivityLogs", "MessagingLogs")
        reader = await server.connect("chat", subprotocol=None, groups=["g"])
        async with sleeper(server):
            await publish(server, range(300), [reader])
            await eventually(lambda: server.connections == 1)
        assert await told(server, "MessageDropped") == ["51 frames dropped. Reason: slow client"]
        assert (await told(server, "ConnectionAborted"))[0] == "Slow client"


async def test_what_expires_before_a_client_reads_it_is_told(tmp_path):
    async with running_server(tmp_path, resource_log_flush_seconds=0.01) as server:
        reader = await server.connect("chat", subprotocol=None, groups=["g"])
        async with sleeper(server) as slow:
            await publish(server, range(150), [reader])
            log(server, "MessagingLogs")
            path = f"/api/hubs/chat/groups/g/:send?messageTtlSeconds=1&{API}"
            assert (await server.rest("POST", path, "short-lived", "text/plain")).status == 202
            sent = asyncio.get_running_loop().time()
            await eventually(lambda: asyncio.get_running_loop().time() > sent + 1)
            wake(slow)
            for _ in range(150):
                await slow.frame()
            await eventually(lambda: not server.hub_of("chat").delivery.stalled)
            assert await told(server, "MessageDropped") == [
                "1 frame dropped. Reason: expired before the client read them"
            ]
