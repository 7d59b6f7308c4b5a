"""Linarite's own Python client: the official one with the two calls that it lacks."""

import subprocess
import sys

import pytest
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError

from linarite.client import WebPubSubServiceClient
from linarite.client.aio import WebPubSubServiceClient as AsyncWebPubSubServiceClient


async def test_client_access_url_opens_a_connection(endpoint, hub, open_websocket):
    options = {"user_id": "anna", "groups": ("g",), "roles": ("webpubsub.joinLeaveGroup",)}
    client = WebPubSubServiceClient.from_connection_string(endpoint.connection_string, hub, **endpoint.client_options)
    with client:
        access = client.get_client_access_url(**options)
        opened = await open_websocket(access["url"], endpoint)
        assert opened.connected["userId"] == "anna"
        assert access["url"] == f"{access['baseUrl']}?access_token={access['token']}"
        assert client.has_permission("joinLeaveGroup", opened.connection_id, target_name="any")


async def test_asynchronous_client_access_url_opens_a_connection(endpoint, hub, open_websocket):
    client = AsyncWebPubSubServiceClient.from_connection_string(
        endpoint.connection_string, hub, **endpoint.client_options
    )
    async with client:
        access = await client.get_client_access_url(user_id="anna", groups=["g"])
        opened = await open_websocket(access["url"], endpoint)
        assert opened.connected["userId"] == "anna"
        assert await client.group_exists("g")


async def test_user_exists_in_group_while_a_connection_of_the_user_is_a_member(endpoint, hub, subscriber):
    await subscriber(user_id="a/b é", groups=["g/1 é"])
    client = WebPubSubServiceClient.from_connection_string(endpoint.connection_string, hub, **endpoint.client_options)
    with client:
        assert client.user_exists_in_group("g/1 é", "a/b é")
        assert not client.user_exists_in_group("g/1 é", "bert")
        assert not client.user_exists_in_group("other", "a/b é")
        client.remove_user_from_group("g/1 é", "a/b é")
        assert not client.user_exists_in_group("g/1 é", "a/b é")


async def test_asynchronous_user_exists_in_group(endpoint, hub, subscriber):
    await subscriber(user_id="anna", groups=["g"])
    client = AsyncWebPubSubServiceClient.from_connection_string(
        endpoint.connection_string, hub, **endpoint.client_options
    )
    async with client:
        assert await client.user_exists_in_group("g", "anna")
        assert not await client.user_exists_in_group("g", "bert")


def test_wrong_key_is_an_error(endpoint, hub):
    stranger = WebPubSubServiceClient(endpoint.url, hub, AzureKeyCredential("x" * 44), **endpoint.client_options)
    with stranger, pytest.raises(ClientAuthenticationError):
        stranger.user_exists_in_group("g", "anna")


def test_invalid_group_is_an_error(endpoint, hub):
    client = WebPubSubServiceClient.from_connection_string(endpoint.connection_string, hub, **endpoint.client_options)
    with client, pytest.raises(HttpResponseError) as refused:
        client.user_exists_in_group("g" * 1025, "anna")
    assert refused.value.status_code == 400


@pytest.mark.parametrize(
    ("missing", "module"),
    [
        ("azure.messaging.webpubsubservice", "linarite.client"),
        ("aiohttp", "linarite.client.aio"),
    ],
)
def test_missing_package_is_answered_with_how_to_install_it(missing, module):
    program = f"import sys; sys.modules[{missing!r}] = None; import {module}"
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert finished.returncode == 1
    assert "pip install 'linarite[client]'" in finished.stderr
