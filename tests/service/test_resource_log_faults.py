"""What resource logs cost when things go wrong: entries, never messages."""

import asyncio
import logging
import os
import signal
import socket
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.running_server import eventually, running_server
from tests.server_process import server_process
from websockets.asyncio.client import connect

from linarite.monitoring.destinations import workspace_folder
from linarite.monitoring.entries import CATEGORIES
from linarite.monitoring.workspace import EntryFilter, search

GROUP = "/subscriptions/0/resourceGroups/rg/providers"
WORKSPACE = {"workspaceId": f"{GROUP}/microsoft.OperationalInsights/workspaces/logs"}
COLLECTOR = {"eventHubAuthorizationRuleId": f"{GROUP}/Microsoft.EventHub/namespaces/otlp/authorizationRules/send"}
MESSAGES = 2000


def log(server, **destination):
    logs = [{"category": category, "enabled": True} for category in CATEGORIES]
    server.server._setting_book.put(server.resource.name, "all", {"properties": {**destination, "logs": logs}})


async def talk(server):
    """Send messages by a client to itself; all of them have to come back, in order."""
    client = await server.connect(
        "chat", subprotocol=None, roles=["webpubsub.sendToGroup"], groups=["g"], query=TO_GROUP
    )
    for number in range(MESSAGES):
        await client.send(str(number))
    assert [await client.frame() for _ in range(MESSAGES)] == [str(number) for number in range(MESSAGES)]


TO_GROUP = {"webpubsub_mode": "sendToGroup", "group": "g"}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is always full")
async def test_a_full_disk_loses_entries_and_tells_it(tmp_path, caplog):
    async with running_server(tmp_path, resource_log_flush_seconds=0.01, resource_log_buffer_bytes=65_536) as server:
        folder = workspace_folder(server.settings.data_folder, "logs")
        for category in CATEGORIES:
            (folder / category).mkdir(parents=True)
            for hours in (0, 1):  # the test may run across the end of an hour
                hour = (datetime.now(UTC) + timedelta(hours=hours)).strftime("%Y-%m-%dT%H")
                (folder / category / f"{hour}-0000.jsonl").symlink_to("/dev/full")
        with caplog.at_level(logging.WARNING):
            log(server, **WORKSPACE)
            await talk(server)
            await eventually(lambda: server.server._logs.dropped > MESSAGES)
            await eventually(lambda: "log lines dropped" in caplog.text)
        failing = [one for one in caplog.records if one.message == "log destination fails"]
        assert len(failing) == 1
        assert "No space left on device" in failing[0].fields["reason"]

        for file in folder.glob("*/*"):
            file.unlink()
        await eventually(lambda: server.server._logs.is_written)
        late = await server.connect("chat")
        await eventually(lambda: server.server._logs.is_written)
        (started,) = search(folder, EntryFilter(connection_id=late.connection_id), 10).entries
        assert started["operationName"] == "ConnectionStarted"


async def test_a_collector_that_never_answers_holds_up_nothing(tmp_path):
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        async with running_server(
            tmp_path, otlp_endpoint=endpoint, resource_log_flush_seconds=0.01, resource_log_buffer_bytes=65_536
        ) as server:
            log(server, **COLLECTOR)
            await talk(server)
            await eventually(lambda: server.server._logs.dropped > MESSAGES)
            silent.close()


def run(server, *words):
    command = [sys.executable, "-m", "linarite", *words, "--data-folder", str(server.data_folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def count(folder, operation):
    return len(search(folder, EntryFilter(operation=operation), 10_000).entries)


async def test_entries_survive_a_kill_but_for_the_last_interval(tmp_path):
    """Entries of an interval that is over are in their file when the process is killed; the next server finds them."""
    target = ["--resource", "linarite", "-g", "linarite", "--resource-type", "Microsoft.SignalRService/webPubSub"]
    logs = ["--workspace", "logs", "--logs", "[{category-group:allLogs,enabled:true}]"]
    arguments = ("--resource-log-flush-seconds", "0.1")
    with server_process(tmp_path, *arguments) as server:
        run(server, "monitor", "diagnostic-settings", "create", "-n", "all", *target, *logs)
        folder = workspace_folder(server.data_folder, "logs")
        url = server.client_url("chat", query=TO_GROUP, role=["webpubsub.sendToGroup"], **{"webpubsub.group": ["g"]})
        async with connect(url, proxy=None, close_timeout=0.1) as client:
            for number in range(500):
                await client.send(str(number))
                await client.recv()
            # Written while nothing asks for it: no connection ends here, and no entry follows these.
            await eventually(lambda: count(folder, "MessageReceived") == 500)
            for number in range(500):
                await client.send(str(number))
            os.kill(server.process.pid, signal.SIGKILL)
        server.end()
        assert count(folder, "MessageReceived") >= 500
        assert count(folder, "MessageSent") >= 500

    with server_process(tmp_path, *arguments) as server:
        shown = run(server, "monitor", "logs", "query", "-w", "logs", "--operation", "MessageReceived", "-o", "tsv")
        assert shown.count("MessageReceived") >= 500


async def test_following_shows_what_comes(tmp_path):
    target = ["--resource", "linarite", "-g", "linarite", "--resource-type", "Microsoft.SignalRService/webPubSub"]
    logs = ["--workspace", "logs", "--logs", "[{category:ConnectivityLogs,enabled:true}]"]
    with server_process(tmp_path, "--resource-log-flush-seconds", "0.05") as server:
        run(server, "monitor", "diagnostic-settings", "create", "-n", "all", *target, *logs)
        command = [sys.executable, "-m", "linarite", "monitor", "logs", "query", "-w", "logs", "--follow"]
        follower = await asyncio.create_subprocess_exec(
            *command, "--data-folder", str(server.data_folder), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        try:
            for _ in range(2):
                async with connect(server.client_url("chat"), proxy=None):
                    line = await asyncio.wait_for(follower.stdout.readline(), 10)
                    assert b'"operationName": "ConnectionStarted"' in line
                line = await asyncio.wait_for(follower.stdout.readline(), 10)
                assert b'"operationName": "ConnectionEnded"' in line
            follower.send_signal(signal.SIGINT)
            rest, errors = await asyncio.wait_for(follower.communicate(), 10)
            assert (rest, errors, follower.returncode) == (b"", b"", 0)
        finally:
            if follower.returncode is None:
                follower.kill()
                await follower.wait()
