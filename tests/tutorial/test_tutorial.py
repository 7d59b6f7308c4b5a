"""The tutorial that this project reproduces, from an empty folder: its commands and scripts, and what they print.

"How to Configure Azure Web PubSub for Real-Time WebSocket Communication", steps 1, 2, 3 and 5. Commands stand as
it prints them; the scripts make its calls in its order and print its lines.
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


@pytest.fixture
async def user(tmp_path):
    """Give a user for whom a development server runs; it must stop cleanly when asked."""
    folder = tmp_path / "pubsub-demo"
    folder.mkdir()
    commands = os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]])
    user = User(folder, os.environ | {"PATH": commands, "LINARITE_DATA_FOLDER": str(tmp_path / "data")})
    async with user.runs_in_background("linarite dev --port 0 --tls-port 0") as server:
        banner = await line(server)
        while not banner.startswith("Health"):
            banner = await line(server)
        yield user
        server.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(server.wait(), DEADLINE_SECONDS + 10) == 0


async def test_tutorial_runs_as_printed(user):
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
    async with user.runs_in_background(f"node client.js '{url}'") as client:
        assert await line(client) == "Connected to Azure Web PubSub"
        assert "Message sent to all clients" in await user.runs("node server.js")
        assert await line(client) == "Received: Hello from the server!"

        # Step 5: a group.
        assert await user.runs("node group-example.js") == "User in group: true\n"
        assert await line(client) == "Received: Welcome to room 1!"
