"""What az asks around its commands: subscriptions, tenants, providers, resources; and the audit log of all of it."""

from __future__ import annotations

import json

import httpx
import pytest
from tests.http.authority.conftest import MANAGEMENT_SCOPE, SERVICE_SCOPE
from tests.running_server import RunningServer

from linarite.access.administrator import administrator_token, rotate_administrator_token
from linarite.access.applications import Applications
from linarite.access.authority import TENANT_ID
from linarite.access.roles import Assignment, Role

SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000000"
VERSION = {"api-version": "2022-12-01"}
RESOURCE = f"{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.SignalRService/webPubSub/Demo"


async def token_for(http: httpx.AsyncClient, form: dict[str, str], scope: str) -> str:
    answer = await http.post("/adfs/oauth2/token", data={**form, "scope": scope})
    return answer.json()["access_token"]


@pytest.fixture
async def arm(http, form):
    """Give a client that is signed in as the administrator, by a token of the authority."""
    http.headers["Authorization"] = f"Bearer {await token_for(http, form, MANAGEMENT_SCOPE)}"
    http.params = VERSION
    return http


@pytest.fixture
async def resources(arm):
    """Two groups; in the first a resource with a tag."""
    for group, location in (("rg", "eastus"), ("other", "westus")):
        await arm.put(f"{SUBSCRIPTION}/resourcegroups/{group}", json={"location": location})
    body = {"location": "eastus", "sku": {"name": "Free_F1"}, "tags": {"it's": "x"}}
    answer = await arm.put(RESOURCE, params={"api-version": "2024-03-01"}, json=body)
    assert answer.status_code == 201


async def test_subscriptions_and_tenants(arm):
    [subscription] = (await arm.get("/subscriptions")).json()["value"]
    assert subscription["id"] == SUBSCRIPTION
    assert (subscription["tenantId"], subscription["state"]) == (TENANT_ID, "Enabled")
    assert {"authorizationSource", "managedByTenants", "displayName", "subscriptionId"} <= subscription.keys()
    assert (await arm.get(SUBSCRIPTION)).json() == subscription
    assert (await arm.get("/SUBSCRIPTIONS/mine")).json()["subscriptionId"] == "mine"
    [tenant] = (await arm.get("/tenants")).json()["value"]
    assert tenant["tenantId"] == TENANT_ID


async def test_providers_are_registered(arm):
    provider = (await arm.get(f"{SUBSCRIPTION}/providers/microsoft.signalrservice")).json()
    assert (provider["namespace"], provider["registrationState"]) == ("Microsoft.SignalRService", "Registered")
    versions = {kind["resourceType"]: kind["apiVersions"] for kind in provider["resourceTypes"]}
    assert versions["WebPubSub"][0] == "2024-03-01"
    assert provider in (await arm.get(f"{SUBSCRIPTION}/providers")).json()["value"]
    registered = await arm.post(f"{SUBSCRIPTION}/providers/Microsoft.SignalRService/register")
    assert registered.json() == provider


async def test_provider_that_is_not_there_is_told(arm):
    answer = await arm.get(f"{SUBSCRIPTION}/providers/Microsoft.Web")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "InvalidResourceNamespace")


async def test_locations_are_those_of_groups_and_resources(arm, resources):
    names = [each["name"] for each in (await arm.get(f"{SUBSCRIPTION}/locations")).json()["value"]]
    assert names == ["eastus", "local", "westus"]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, ["linarite", "Demo"]),
        ({"$filter": "resourceGroup eq 'RG'", "$expand": "createdTime,changedTime,provisioningState"}, ["Demo"]),
        ({"$filter": "resourceGroup eq 'other'"}, []),
        ({"$filter": "resourceType eq 'microsoft.signalrservice/webpubsub'"}, ["linarite", "Demo"]),
        ({"$filter": "resourceType eq 'Microsoft.Web/sites'"}, []),
        ({"$filter": "location eq 'East US' and name eq 'demo'"}, ["Demo"]),
        ({"$filter": "tagName eq 'it''s' AND tagValue eq 'x'"}, ["Demo"]),
        ({"$filter": "tagname eq 'it''s' and tagvalue eq 'y'"}, []),
        ({"$filter": " "}, ["linarite", "Demo"]),
        ({"$top": "1"}, ["linarite"]),
    ],
)
async def test_resources_are_listed_as_the_filter_says(arm, resources, query, names):
    found = (await arm.get(f"{SUBSCRIPTION}/resources", params={**VERSION, **query})).json()["value"]
    assert [each["name"] for each in found] == names


async def test_resources_of_a_group(arm, resources):
    [demo] = (await arm.get(f"{SUBSCRIPTION}/resourcegroups/rg/resources")).json()["value"]
    assert demo["id"] == RESOURCE.replace("webPubSub", "WebPubSub")
    assert (demo["type"], demo["sku"]["name"]) == ("Microsoft.SignalRService/WebPubSub", "Free_F1")
    missing = await arm.get(f"{SUBSCRIPTION}/resourcegroups/none/resources")
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "ResourceGroupNotFound")


@pytest.mark.parametrize(
    "query",
    [
        {"$filter": "name"},
        {"$filter": "name ne 'x'"},
        {"$filter": "color eq 'x'"},
        {"$filter": "name eq 'x' or name eq 'y'"},
        {"$filter": "name eq 'x' and"},
        {"$filter": "name eq 'x' name eq 'y'"},
        {"$filter": "name eq 'x"},
        {"$filter": "a" * 5000},
        {"$top": "0"},
        {"$top": "x"},
    ],
)
async def test_filter_that_is_none_is_told(arm, query):
    answer = await arm.get(f"{SUBSCRIPTION}/resources", params={**VERSION, **query})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "InvalidFilterInQueryString")
    assert answer.json()["error"]["target"] in query


async def test_token_for_the_rest_api_opens_no_management_call(http, form):
    token = await token_for(http, form, SERVICE_SCOPE)
    answer = await http.get("/subscriptions", params=VERSION, headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "InvalidAuthenticationTokenAudience")


async def test_token_for_management_sends_no_message(http, form):
    token = await token_for(http, form, MANAGEMENT_SCOPE)
    answer = await http.post("/api/hubs/chat/:send", headers={"Authorization": f"Bearer {token}"}, json={})
    assert answer.status_code == 401
    assert "audience" in answer.headers["www-authenticate"]


async def test_refused_call_is_told_where_tokens_are_to_be_had(http, server):
    answer = await http.get("/subscriptions", params=VERSION)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == (
        f'Bearer authorization_uri="{server.endpoint}/adfs", error="invalid_token", '
        "error_description=\"Authentication failed. The 'Authorization' header is missing.\""
    )


async def test_reader_reads_and_changes_nothing(http, server):
    application, secret = Applications(server.settings.data_folder).create("reader", [Assignment(Role.READER)])
    form = {"client_id": application.client_id, "client_secret": secret, "grant_type": "client_credentials"}
    http.headers["Authorization"] = f"Bearer {await token_for(http, form, MANAGEMENT_SCOPE)}"
    http.params = VERSION
    assert (await http.get(f"{SUBSCRIPTION}/resourcegroups")).status_code == 200
    answer = await http.put(f"{SUBSCRIPTION}/resourcegroups/rg", json={"location": "eastus"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "AuthorizationFailed")
    keys = f"{SUBSCRIPTION}/resourceGroups/linarite/providers/Microsoft.SignalRService/webPubSub/linarite/listKeys"
    assert (await http.post(keys, params={"api-version": "2024-03-01"})).status_code == 403
    assert (await http.get(f"{SUBSCRIPTION}/resourcegroups/rg")).status_code == 404


async def test_rotated_credential_opens_nothing_in_the_running_server(arm, server: RunningServer):
    folder = server.settings.data_folder
    old = {"Authorization": f"Bearer {administrator_token(folder)}"}
    assert (await arm.get("/subscriptions", headers=old)).status_code == 200
    new = {"Authorization": f"Bearer {rotate_administrator_token(folder)}"}
    assert (await arm.get("/subscriptions", headers=new)).status_code == 200
    assert (await arm.get("/subscriptions", headers=old)).status_code == 401
    assert (await arm.get("/subscriptions")).status_code == 401  # the token that the old one got
    assert (await arm.get("/metrics", headers=old)).status_code == 401
    assert (await arm.get("/metrics", headers=new)).status_code == 200


def last_line(server: RunningServer, name: str) -> dict[str, object]:
    return json.loads((server.settings.data_folder / name).read_text().splitlines()[-1])


async def test_every_management_call_leaves_a_line(arm, server):
    body = {"location": "eastus", "tags": {"private": "not for the log"}}
    await arm.put(f"{SUBSCRIPTION}/resourcegroups/rg", json=body)
    answer = await arm.delete(f"{SUBSCRIPTION}/resourcegroups/none", headers={"Authorization": "Bearer wrong"})
    first = last_line(server, "audit.log")
    second = last_line(server, "audit-refused.log")
    assert (first["method"], first["path"], first["status"]) == ("PUT", f"{SUBSCRIPTION}/resourcegroups/rg", 201)
    assert first["caller"]
    assert first["client"] == "127.0.0.1"
    assert (second["method"], second["status"], second["check"]) == ("DELETE", 401, "credential")
    assert "caller" not in second
    assert second["request"] == answer.headers["x-ms-request-id"]
    assert "not for the log" not in (server.settings.data_folder / "audit.log").read_text()


async def test_several_slashes_are_one(arm, resources):
    address = RESOURCE.replace("/webPubSub", "//webPubSub")
    assert (await arm.get(address, params={"api-version": "2024-03-01"})).json()["name"] == "Demo"
