"""The official azure-identity, unmodified, against the server's authority: code without keys sends messages."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.identity import ClientSecretCredential, DefaultAzureCredential
from azure.messaging.webpubsubservice import WebPubSubServiceClient
from azure.mgmt.webpubsub import WebPubSubManagementClient
from tests.service.conftest import Endpoint, ServerProcess

from linarite.access.administrator import administrator_token
from linarite.access.applications import Applications
from linarite.access.authority import ADMINISTRATOR_CLIENT_ID
from linarite.access.roles import Assignment, Role

SCOPE = "https://webpubsub.azure.com/.default"


@pytest.fixture
def https(server: ServerProcess) -> Endpoint:
    return server.https


@pytest.fixture
def data_folder(https: Endpoint) -> Path:
    return https.authority.parents[1]


@pytest.fixture
def sign_in(https: Endpoint, data_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    """Give a function that makes an application with a role and puts its credential into the environment."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(https.authority))
    made = []

    def sign_in(role: Role | None, resource: str | None = None) -> DefaultAzureCredential:
        assignments = [] if role is None else [Assignment(role, resource)]
        application, secret = Applications(data_folder).create(f"test {uuid.uuid4()}", assignments)
        monkeypatch.setenv("AZURE_AUTHORITY_HOST", https.url)
        monkeypatch.setenv("AZURE_TENANT_ID", "adfs")
        monkeypatch.setenv("AZURE_CLIENT_ID", application.client_id)
        monkeypatch.setenv("AZURE_CLIENT_SECRET", secret)
        made.append(DefaultAzureCredential())
        return made[-1]

    yield sign_in
    for credential in made:
        credential.close()


@pytest.fixture
def open_client(https: Endpoint, hub: str) -> Iterator[object]:
    """Give a function that makes a client of this test's hub; the clients are closed at the end."""
    made = []

    def open_client(credential: object) -> WebPubSubServiceClient:
        made.append(WebPubSubServiceClient(https.url, hub, credential))
        return made[-1]

    yield open_client
    for client in made:
        client.close()


async def test_default_credential_sends_a_message_over_https(sign_in, open_client, open_websocket, https):
    client = open_client(sign_in(Role.SERVICE_OWNER))
    access = client.get_client_access_token(user_id="anna", roles=["webpubsub.sendToGroup"], groups=["g"])
    anna = await open_websocket(access["url"], https)
    assert anna.connected["userId"] == "anna"

    client.send_to_all({"said": "hello"})

    assert (await anna.message())["data"] == {"said": "hello"}
    assert client.user_exists("anna")
    assert [each.connection_id for each in client.list_connections(group="g")] == [anna.connection_id]


async def test_the_administrators_own_credential_does_as_well(https, data_folder, open_client, hub):
    credential = ClientSecretCredential(
        "adfs",
        ADMINISTRATOR_CLIENT_ID,
        administrator_token(data_folder),
        authority=https.url,
        disable_instance_discovery=True,
        connection_verify=str(https.authority),
    )
    with credential, WebPubSubServiceClient(https.url, hub, credential, **https.client_options) as client:
        client.send_to_all("hello", content_type="text/plain")


def test_role_decides_what_may_be_done(sign_in, open_client):
    client = open_client(sign_in(Role.SERVICE_READER))
    assert client.user_exists("nobody") is False
    with pytest.raises(HttpResponseError) as refused:
        client.send_to_all("hello", content_type="text/plain")
    assert refused.value.status_code == 403


@pytest.mark.parametrize(("role", "resource"), [(None, None), (Role.OWNER, None), (Role.SERVICE_OWNER, "another")])
def test_without_a_role_on_the_resource_nothing_may_be_done(sign_in, open_client, role, resource):
    client = open_client(sign_in(role, resource))
    with pytest.raises(HttpResponseError) as refused:
        client.user_exists("nobody")
    assert refused.value.status_code == 403


def test_wrong_secret_gets_no_token(sign_in, monkeypatch):
    sign_in(Role.SERVICE_OWNER)
    monkeypatch.setenv("AZURE_CLIENT_SECRET", "wrong")
    with DefaultAzureCredential() as credential, pytest.raises(ClientAuthenticationError, match="this secret"):
        credential.get_token(SCOPE)


def test_management_client_takes_the_authoritys_token(sign_in, https):
    credential = sign_in(Role.CONTRIBUTOR)
    with WebPubSubManagementClient(
        credential,
        "00000000-0000-0000-0000-000000000000",
        base_url=https.url,
        credential_scopes=[f"{https.url}/.default"],
    ) as management:
        names = [resource.name for resource in management.web_pub_sub.list_by_subscription()]
    assert "linarite" in names
