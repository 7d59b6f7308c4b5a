"""The tutorial's commands by the real `az`, and what it prints and returns when something is wrong."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.documents.conftest import clean_environment

from linarite.access.administrator import administrator_token
from linarite.access.applications import Applications
from linarite.access.authority import ADMINISTRATOR_CLIENT_ID, TENANT_ID
from linarite.access.roles import Assignment, Role

SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000000"
RESOURCE_TYPE = "Microsoft.SignalRService/webPubSub"
API_VERSION = "2024-03-01"

Az = Callable[..., "Done"]


class Done:
    """A command that has ended."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code = code
        self.out = out
        self.err = err

    def json(self) -> Any:
        assert self.code == 0, self.err
        return json.loads(self.out)


@pytest.fixture
def az(server_folder: Path, az_settings: None) -> Az:
    """Give a function that runs `az` with these words, for the registered cloud but not signed in."""
    environment = clean_environment() | {
        "PATH": os.environ["PATH"],
        "AZURE_CONFIG_DIR": os.environ["AZURE_CONFIG_DIR"],
        "REQUESTS_CA_BUNDLE": str(server_folder / "certificates" / "bundle.pem"),
    }
    command = shutil.which("az", path=os.environ["PATH"])
    assert command is not None

    def az(*words: str) -> Done:
        done = subprocess.run([command, *words], env=environment, capture_output=True, text=True, timeout=60)
        return Done(done.returncode, done.stdout, done.stderr)

    https = json.loads((server_folder / "server.json").read_text())["https"]
    assert az("cloud", "register", "--name", "Linarite", "--endpoint-resource-manager", https).code == 0
    assert az("cloud", "set", "--name", "Linarite").code == 0
    return az


def sign_in(az: Az, client_id: str, secret: str, tenant: str = TENANT_ID) -> Done:
    words = ("--service-principal", "--username", client_id, "--password", secret, "--tenant", tenant)
    return az("login", *words, "--output", "json")


@pytest.fixture
def signed_in(az: Az, server_folder: Path) -> Az:
    """Give `az` after the administrator has signed in."""
    assert sign_in(az, ADMINISTRATOR_CLIENT_ID, administrator_token(server_folder)).code == 0
    return az


@pytest.fixture
def group(signed_in: Az) -> str:
    name = "rg-pubsub-demo"
    assert signed_in("group", "create", "--name", name, "--location", "eastus").code == 0
    yield name
    signed_in("group", "delete", "--name", name, "--yes")


def test_registered_cloud_knows_the_servers_endpoints(az, server_folder):
    https = json.loads((server_folder / "server.json").read_text())["https"]
    endpoints = az("cloud", "show", "--name", "Linarite").json()["endpoints"]
    assert endpoints["resourceManager"] == https
    assert endpoints["activeDirectory"] == f"{https}/adfs"
    assert endpoints["activeDirectoryResourceId"] == "https://management.azure.com"


@pytest.mark.parametrize("tenant", [TENANT_ID, "adfs"])
def test_sign_in_shows_the_subscription(az, server_folder, tenant):
    [account] = sign_in(az, ADMINISTRATOR_CLIENT_ID, administrator_token(server_folder), tenant).json()
    assert (account["name"], account["state"], account["cloudName"]) == ("Linarite", "Enabled", "Linarite")
    assert az("account", "show", "--query", "id", "--output", "tsv").out.strip() == SUBSCRIPTION.rpartition("/")[2]


def test_wrong_secret_is_told_in_our_words(az):
    done = sign_in(az, ADMINISTRATOR_CLIENT_ID, "wrong")
    assert done.code == 1
    assert "No application has the client id" in done.err


def test_groups_are_made_once_and_shown(signed_in, group):
    for _ in range(2):
        made = signed_in("group", "create", "--name", group, "--location", "eastus").json()
        assert made["properties"]["provisioningState"] == "Succeeded"
    assert signed_in("group", "show", "--name", group).json() == made
    assert signed_in("group", "exists", "--name", group).out.strip() == "true"
    assert group in signed_in("group", "list", "--query", "[].name", "--output", "tsv").out.split()


def test_refusals_have_the_platforms_codes(signed_in, group):
    done = signed_in("group", "create", "--name", group, "--location", "westus")
    assert (done.code, "InvalidResourceGroupLocation" in done.err) == (1, True)
    done = signed_in("group", "show", "--name", "rg-missing")
    assert (done.code, "ResourceGroupNotFound" in done.err) == (3, True)


def test_tutorials_resource_is_made_found_changed_and_deleted(signed_in, group):
    named = ("--resource-group", group, "--name", "az-demo", "--resource-type", RESOURCE_TYPE)
    body = json.dumps({"location": "eastus", "sku": {"name": "Free_F1", "capacity": 1}})
    made = signed_in(
        "resource", "create", *named, "--location", "eastus", "--is-full-object", "--properties", body
    ).json()
    assert (made["name"], made["sku"]["name"]) == ("az-demo", "Free_F1")
    assert made["properties"]["provisioningState"] == "Succeeded"
    assert signed_in("resource", "show", "--ids", made["id"]).json()["properties"]["hostName"]
    changed = signed_in("resource", "update", *named, "--set", "properties.disableLocalAuth=true").json()
    assert changed["properties"]["disableLocalAuth"] is True
    assert [one["name"] for one in signed_in("resource", "list", "--resource-group", group).json()] == ["az-demo"]
    assert [one["name"] for one in signed_in("resource", "list", "--name", "az-demo").json()] == ["az-demo"]
    assert signed_in("resource", "delete", *named).code == 0
    assert signed_in("resource", "list", "--resource-group", group).json() == []


def rest(az: Az, method: str, group: str, tail: str, body: object = None) -> Done:
    url = f"{SUBSCRIPTION}/resourceGroups/{group}/providers/{RESOURCE_TYPE}/{tail}?api-version={API_VERSION}"
    words = ("--body", json.dumps(body)) if body is not None else ()
    return az("rest", "--method", method, "--url", url, *words)


def test_requests_of_the_webpubsub_extension_by_az_rest(signed_in, group):
    """What the extension's `create`, `key show`, `hub create`, `hub list` and `delete` send."""
    made = rest(signed_in, "put", group, "az-rest", {"location": "eastus", "sku": {"name": "Free_F1", "capacity": 1}})
    assert made.json()["properties"]["provisioningState"] == "Succeeded"
    keys = rest(signed_in, "post", group, "az-rest/listKeys").json()
    assert keys["primaryConnectionString"].startswith("Endpoint=https://localhost:")
    regenerated = rest(signed_in, "post", group, "az-rest/regenerateKey", {"keyType": "Primary"}).json()
    assert regenerated["primaryKey"] != keys["primaryKey"]
    handler = {
        "urlTemplate": "http://host.com",
        "userEventPattern": "event1,event2",
        "systemEvents": ["connect"],
    }
    hub = {"properties": {"eventHandlers": [handler], "anonymousConnectPolicy": "deny"}}
    assert rest(signed_in, "put", group, "az-rest/hubs/chat", hub).json()["name"] == "chat"
    assert [each["name"] for each in rest(signed_in, "get", group, "az-rest/hubs").json()["value"]] == ["chat"]
    assert rest(signed_in, "delete", group, "az-rest").code == 0


def test_logs_and_metrics_by_az_monitor(signed_in, group):
    """Step 6 of the tutorial; `az` encodes the time span of metrics twice."""
    body = {"location": "eastus", "sku": {"name": "Free_F1", "capacity": 1}}
    resource = rest(signed_in, "put", group, "az-monitor", body).json()["id"]
    named = ("--name", "pubsub-diagnostics", "--resource", resource)
    settings = ("monitor", "diagnostic-settings")
    logs = json.dumps([{"category": name, "enabled": True} for name in ("ConnectivityLogs", "MessagingLogs")])
    made = signed_in(*settings, "create", *named, "--workspace", "pubsub-logs", "--logs", logs).json()
    assert [each["category"] for each in made["logs"] if each["enabled"]] == ["ConnectivityLogs", "MessagingLogs"]
    assert signed_in(*settings, "show", *named).json()["name"] == "pubsub-diagnostics"
    assert [each["name"] for each in signed_in(*settings, "list", "--resource", resource).json()] == [made["name"]]

    span = ("--start-time", "2026-01-01T00:00:00Z", "--end-time", "2026-01-01T00:05:00Z", "--interval", "PT1M")
    metrics = signed_in("monitor", "metrics", "list", "--resource", resource, "--metric", "TotalConnectionCount", *span)
    assert [each["name"]["value"] for each in metrics.json()["value"]] == ["TotalConnectionCount"]
    done = signed_in("monitor", "metrics", "list", "--resource", resource, "--metric", "Unknown")
    assert (done.code, "Valid metrics: " in done.err) == (1, True)

    assert signed_in(*settings, "delete", *named).code == 0
    assert signed_in(*settings, "list", "--resource", resource).json() == []


def test_providers_and_locations(signed_in, group):
    shown = signed_in("provider", "show", "--namespace", "Microsoft.SignalRService").json()
    assert shown["registrationState"] == "Registered"
    assert signed_in("provider", "register", "--namespace", "Microsoft.SignalRService").code == 0
    assert "eastus" in signed_in("account", "list-locations", "--query", "[].name", "--output", "tsv").out.split()


def test_token_that_az_hands_out_is_for_what_was_asked(signed_in):
    management = signed_in("account", "get-access-token").json()
    service = signed_in("account", "get-access-token", "--resource", "https://webpubsub.azure.com").json()
    assert management["accessToken"] != service["accessToken"]
    assert management["tokenType"] == "Bearer"


def test_reader_is_told_what_it_may_not_do(az, server_folder):
    application, secret = Applications(server_folder).create("az reader", [Assignment(Role.READER)])
    try:
        assert sign_in(az, application.client_id, secret).code == 0
        assert az("group", "list").code == 0
        done = az("group", "create", "--name", "rg-of-a-reader", "--location", "eastus")
        assert (done.code, "AuthorizationFailed" in done.err) == (1, True)
    finally:
        Applications(server_folder).delete("az reader")


def test_undone_az_is_where_it_was(signed_in):
    assert signed_in("logout", "--username", ADMINISTRATOR_CLIENT_ID).code == 0
    assert signed_in("cloud", "set", "--name", "AzureCloud").code == 0
    assert signed_in("cloud", "unregister", "--name", "Linarite").code == 0
    assert signed_in("account", "list").json() == []
