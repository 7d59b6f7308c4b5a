"""Tokens of an Entra tenant at the REST API, and access without keys: by a server whose tenant is another server."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from tests.access.rsa_tokens import flipped, key_document, key_set, rsa_token
from tests.running_server import RunningServer, eventually, running_server

ISSUER = "https://sts.windows.net/tenant/"
SEND = "/api/hubs/chat/:send?api-version=2024-12-01"


class Publisher:
    """What a tenant publishes, and how often it was read."""

    def __init__(self) -> None:
        self.content = key_set(key_document("k"))
        self.reads = 0
        self.uri = ""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        self.reads += 1
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(self.content)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + self.content)
        await writer.drain()
        writer.close()
        await writer.wait_closed()


@pytest.fixture
async def publisher() -> AsyncIterator[Publisher]:
    publisher = Publisher()
    async with await asyncio.start_server(publisher.answer, "127.0.0.1", 0) as listening:
        publisher.uri = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/keys"
        yield publisher


@asynccontextmanager
async def server_of(tmp_path, publisher: Publisher) -> AsyncIterator[RunningServer]:
    settings = {
        "entra_jwks_uri": publisher.uri,
        "entra_issuers": (ISSUER,),
        "entra_service_owners": ("owner",),
        "entra_service_readers": ("reader",),
    }
    async with running_server(tmp_path, **settings) as server:
        yield server


@pytest.fixture
async def server(tmp_path, publisher) -> AsyncIterator[RunningServer]:
    async with server_of(tmp_path, publisher) as server:
        await eventually(lambda: publisher.reads > 0)
        yield server


def token(key_id: str = "k", number: int = 0, **claims: object) -> str:
    now = time.time()
    standard = {"aud": "https://webpubsub.azure.com", "iss": ISSUER, "nbf": now, "exp": now + 3600, "appid": "owner"}
    return rsa_token({**standard, **claims}, key_id, number)


async def send(server: RunningServer, bearer: str) -> tuple[int, str]:
    answer = await server.rest("POST", SEND, "hi", "text/plain", headers={"Authorization": f"Bearer {bearer}"})
    return answer.status, answer.headers.get("www-authenticate", "")


async def test_owner_of_the_tenant_sends_a_message(server):
    client = await server.connect("chat")
    assert await send(server, token()) == (202, "")
    assert (await client.message())["data"] == "hi"


async def test_first_call_waits_for_the_keys(tmp_path, publisher):
    async with server_of(tmp_path, publisher) as server:
        assert (await send(server, token()))[0] == 202


async def test_reader_only_reads(server):
    assert (await send(server, token(appid="reader")))[0] == 403
    headers = {"Authorization": f"Bearer {token(appid='reader')}"}
    assert (await server.rest("HEAD", "/api/hubs/chat/users/nobody", headers=headers)).status == 404


@pytest.mark.parametrize(
    ("wrong", "status", "check"),
    [
        (lambda: token(appid="somebody"), 403, "role"),
        (lambda: token(iss="https://sts.windows.net/other/"), 401, "issuer"),
        (lambda: token(aud="https://management.azure.com"), 401, "audience"),
        (lambda: token(exp=time.time() - 400), 401, "expiry"),
        (lambda: token(nbf=time.time() + 400), 401, "start"),
        (lambda: token(number=1), 401, "signature"),
        (lambda: token(key_id="unknown"), 401, "key"),
        (lambda: flipped(token()), 401, "signature"),
        (lambda: token().rpartition(".")[0] + ".", 401, "signature"),
    ],
)
async def test_wrong_token_is_refused_and_the_log_names_the_check(server, caplog, wrong, status, check):
    with caplog.at_level("INFO", "linarite"):
        found, challenge = await send(server, wrong())
    assert found == status
    assert challenge.startswith(f'Bearer error="invalid_token", error_description="{check}: ')
    [record] = [record for record in caplog.records if record.message == "call refused"]
    assert record.fields["check"] == check


async def test_unknown_keys_have_the_tenant_asked_no_more_than_once_a_minute(server, publisher):
    reads = publisher.reads
    for number in range(20):
        assert (await send(server, token(key_id=f"unknown {number}")))[0] == 401
    assert publisher.reads == reads


async def test_tenants_token_does_not_manage(server):
    headers = {"Authorization": f"Bearer {token(aud='https://management.azure.com')}"}
    answer = await server.rest("GET", "/subscriptions?api-version=2022-12-01", headers=headers)
    assert (answer.status, answer.json()["error"]["code"]) == (401, "InvalidAuthenticationToken")


async def test_access_without_keys(server):
    """Access keys shut out, a bearer token makes tokens that let clients in."""
    resource = server.resource
    keyed = server.client_url("chat")
    server.registry.update(resource.resource_group, resource.name, {"properties": {"disableLocalAuth": True}})

    refused = await server.rest("POST", SEND, "hi", "text/plain")
    assert refused.status == 401
    assert "local authentication" in refused.headers["www-authenticate"]
    with pytest.raises(Exception, match="401"):
        await server.connect_to(keyed)

    headers = {"Authorization": f"Bearer {token()}"}
    generated = await server.rest("POST", "/api/hubs/chat/:generateToken?userId=anna&group=g", headers=headers)
    assert generated.status == 200
    url = f"ws{server.endpoint.removeprefix('http')}/client/hubs/chat?access_token={generated.json()['token']}"
    anna = await server.connect_to(url)
    assert anna.connected["userId"] == "anna"
    assert await send(server, token()) == (202, "")
    assert (await anna.message())["data"] == "hi"


async def test_keys_without_tokens(server):
    resource = server.resource
    server.registry.update(resource.resource_group, resource.name, {"properties": {"disableAadAuth": True}})
    status, challenge = await send(server, token())
    assert status == 401
    assert "Entra authentication" in challenge
    assert (await server.rest("POST", SEND, "hi", "text/plain")).status == 202
