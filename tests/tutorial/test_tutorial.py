"""The tutorial that this project reproduces, from an empty folder: its commands and scripts, and what they print.

"How to Configure Azure Web PubSub for Real-Time WebSocket Communication", steps 1 to 5. Commands stand as it prints
them, but for the host of its event handler; the scripts make its calls in its order and print its lines.
"""

import asyncio
import json
import os
import re
import shutil
import signal
import sysconfig
from asyncio.subprocess import PIPE, STDOUT, create_subprocess_exec
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from starlette.responses import Response
from tests.starlette_handler import certificate, event_handler

DEADLINE_SECONDS = 10.0
INSTALL_SECONDS = 60.0
SCRIPTS = Path(__file__).parent / "scripts"
SDK = Path(__file__).parents[2] / "sdk" / "javascript"

CREATE_GROUP = """
az group create --name rg-pubsub-demo --location eastus
"""

CREATE_RESOURCE = """
az webpubsub create \\
  --name my-pubsub-demo \\
  --resource-group rg-pubsub-demo \\
  --location eastus \\
  --sku Free_F1
"""

SHOW_CONNECTION_STRING = """
az webpubsub key show \\
  --name my-pubsub-demo \\
  --resource-group rg-pubsub-demo \\
  --query primaryConnectionString \\
  --output tsv
"""

SHOW_KEYS = """
az webpubsub key show --name my-pubsub-demo --resource-group rg-pubsub-demo --output json
"""

CREATE_HUB = """
az webpubsub hub create \\
  --name my-pubsub-demo \\
  --resource-group rg-pubsub-demo \\
  --hub-name demo-hub \\
  --event-handler url-template="https://your-server.com/api/pubsub" \\
    user-event-pattern="*" \\
    system-event="connect,connected,disconnected"
"""

CREATE_DIAGNOSTIC_SETTING = """
az monitor diagnostic-settings create \\
  --name pubsub-diagnostics \\
  --resource "$(az webpubsub show --name my-pubsub-demo --resource-group rg-pubsub-demo --query id --output tsv)" \\
  --workspace pubsub-logs \\
  --logs '[{"category": "ConnectivityLogs", "enabled": true}, {"category": "MessagingLogs", "enabled": true}]'
"""

QUERY_LOGS = "az monitor logs query --workspace pubsub-logs --user-id user-123"


class User:
    """Somebody at a shell in an empty folder, with `az` as an alias of `linarite`."""

    def __init__(self, folder, environment):
        self.folder = folder
        self.environment = environment

    async def runs(self, command, seconds=DEADLINE_SECONDS):
        """Give what a command prints; it must end well."""
        process = await self.starts(command)
        output, _ = await asyncio.wait_for(process.communicate(), seconds)
        assert process.returncode == 0, f"{command}\n{output.decode()}"
        return output.decode()

    async def starts(self, command):
        script = f"shopt -s expand_aliases\nalias az=linarite\n{command}"
        return await create_subprocess_exec(
            "bash", "-c", script, cwd=self.folder, env=self.environment, stdout=PIPE, stderr=STDOUT
        )

    @asynccontextmanager
    async def runs_in_background(self, command):
        """Give the process of a command; it is ended when the block ends."""
        process = await self.starts(f"exec {command}")
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


async def line(process):
    """Give the next line that a process prints."""
    return (await asyncio.wait_for(process.stdout.readline(), DEADLINE_SECONDS)).decode().rstrip("\n")


def answer(event):
    """Let everybody in, and answer what they say."""
    said = "" if event.kind == "sys.connect" else f"You said: {event.body.decode()}"
    return Response(said, media_type="text/plain")


@pytest.fixture
def handler_certificate(tmp_path):
    """Give a certificate for the event handler, of an authority of its own."""
    return certificate(tmp_path)


@pytest.fixture
async def user(tmp_path, handler_certificate):
    """Give a user for whom a development server runs; it must stop cleanly when asked."""
    folder = tmp_path / "pubsub-demo"
    folder.mkdir()
    commands = os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]])
    user = User(folder, os.environ | {"PATH": commands, "LINARITE_DATA_FOLDER": str(tmp_path / "data")})
    trust = f"--upstream-ca-file {handler_certificate.authority}"
    async with user.runs_in_background(f"linarite dev --port 0 --tls-port 0 {trust}") as server:
        banner = await line(server)
        while not banner.startswith("Health"):
            banner = await line(server)
        yield user
        server.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(server.wait(), DEADLINE_SECONDS + 10) == 0


async def test_tutorial_runs_as_printed(user, handler_certificate):
    # Step 1: the resource and its connection string.
    assert json.loads(await user.runs(CREATE_GROUP))["properties"]["provisioningState"] == "Succeeded"
    created = json.loads(await user.runs(CREATE_RESOURCE))
    assert (created["name"], created["location"], created["sku"]["name"]) == ("my-pubsub-demo", "eastus", "Free_F1")
    connection_string = (await user.runs(SHOW_CONNECTION_STRING)).strip()
    assert re.fullmatch(r"Endpoint=http://[^;]+;AccessKey=[^;]+;Version=1\.0;", connection_string)
    user.environment["WEBPUBSUB_CONNECTION_STRING"] = connection_string

    # Step 2: the server, with Linarite's package under the official name.
    await user.runs(f'npm install "@azure/web-pubsub@file:$(npm pack --silent {SDK})"', INSTALL_SECONDS)
    await user.runs("npm install @azure/web-pubsub", INSTALL_SECONDS)
    shutil.copytree(SCRIPTS, user.folder, dirs_exist_ok=True)
    first, second = (await user.runs("node server.js")).splitlines()
    url = first.removeprefix("Client access URL: ")
    assert re.fullmatch(r"ws://[^/]+/client/hubs/demo-hub\?access_token=[^&]+", url)
    assert second == "Message sent to all clients"

    # Step 3: a client that hears the server.
    await user.runs("npm install ws", INSTALL_SECONDS)
    keys = json.loads(await user.runs(SHOW_KEYS))
    async with (
        event_handler((keys["primaryKey"], keys["secondaryKey"]), handler_certificate) as handler,
        user.runs_in_background(f"node client.js '{url}'") as client,
    ):
        assert await line(client) == "Connected to Azure Web PubSub"
        assert "Message sent to all clients" in await user.runs("node server.js")
        assert await line(client) == "Received: Hello from the server!"

        # Step 4: a server of the user's own that hears of clients, on another port and over https.
        assert handler.url.startswith("https:")
        saved = json.loads(await user.runs(CREATE_HUB.replace("https://your-server.com", handler.url)))
        assert saved["properties"]["eventHandlers"][0]["systemEvents"] == ["connect", "connected", "disconnected"]
        async with user.runs_in_background(f"node client.js '{url}'") as another:
            assert await line(another) == "Connected to Azure Web PubSub"
            connected = await handler.heard("sys.connected")
        await handler.heard("sys.disconnected")
        assert handler.kinds() == ["sys.connect", "sys.connected", "sys.disconnected"]
        assert (connected.headers["ce-userid"], connected.headers["ce-hub"]) == ("user-123", "demo-hub")
        assert connected.request.url.path == "/api/pubsub"

        handler.events.clear()
        handler.reply = answer
        assert await user.runs(f"node say.js '{url}'") == "Received: You said: Hello\n"
        await handler.heard("sys.disconnected")
        assert handler.kinds() == ["sys.connect", "sys.connected", "user.message", "sys.disconnected"]

        # Step 5: a group.
        assert await user.runs("node group-example.js") == "User in group: true\n"
        assert await line(client) == "Received: Welcome to room 1!"
        client.kill()
        await handler.heard("sys.disconnected", 2)

        # Step 6: logs, which are found by query afterwards.
        assert json.loads(await user.runs(CREATE_DIAGNOSTIC_SETTING))["name"] == "pubsub-diagnostics"
        assert await user.runs(f"node say.js '{url}'") == "Received: You said: Hello\n"
        await handler.heard("sys.disconnected", 3)
        connectivity = json.loads(await user.runs(f"{QUERY_LOGS} --category ConnectivityLogs"))
        assert [one["operationName"] for one in connectivity] == ["ConnectionStarted", "ConnectionEnded"]
        messaging = json.loads(await user.runs(f"{QUERY_LOGS} --category MessagingLogs"))
        told = [one["operationName"] for one in messaging]
        assert sorted(told) == ["EventSent"] * 4 + ["MessageReceived", "MessageSent"]
