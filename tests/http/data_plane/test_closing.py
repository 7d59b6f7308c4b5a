"""Closing connections by REST: whose, how, and with which last words."""

from __future__ import annotations

import pytest
from tests.http.data_plane.conftest import Connect, Heard
from tests.http.data_plane.exchange import Api
from tests.running_server import Client

pytestmark = pytest.mark.asyncio(loop_scope="module")

CLOSED = "Application server closed the connection."


async def is_closed_with(client: Client, told: str) -> bool:
    """Whether the client is told this and then closed normally, without a description."""
    expected = {"type": "system", "event": "disconnected", "message": told}
    return await client.message() == expected and await client.closed() == (1000, "")


async def close(api: Api, hub: str, method: str, path: str) -> None:
    reply = await api(method, f"/api/hubs/{hub}{path}")
    assert (reply.status, reply.body, reply.header("content-length")) == (204, b"", None)


SCOPES = [
    ("DELETE", "/connections/{id}"),
    ("POST", "/:closeConnections"),
    ("POST", "/groups/g/:closeConnections"),
    ("POST", "/users/ann/:closeConnections"),
]


@pytest.mark.parametrize(("method", "path"), SCOPES)
@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("", CLOSED),
        ("?reason=", CLOSED),
        ("?reason=bye%20bye", f"{CLOSED} Reason: bye bye"),
        ("?reason=%C3%A9+%22", f'{CLOSED} Reason: é "'),
    ],
)
async def test_client_hears_the_reason_and_is_closed(
    api: Api, connect: Connect, hub: str, method: str, path: str, query: str, told: str
) -> None:
    client = await connect(user="ann", groups=["g"])
    await close(api, hub, method, path.format(id=client.connection_id) + query)
    assert await is_closed_with(client, told)


@pytest.mark.parametrize("reason", ["", "?reason=bye"])
async def test_plain_client_is_closed_without_a_word(api: Api, connect: Connect, hub: str, reason: str) -> None:
    client = await connect(subprotocol=None)
    await close(api, hub, "POST", f"/:closeConnections{reason}")
    assert await client.closed() == (1000, "")


@pytest.mark.parametrize("scope", ["", "/groups/g", "/users/ann"])
async def test_only_those_addressed_and_not_excluded_are_closed(
    api: Api, connect: Connect, hub: str, heard: Heard, scope: str
) -> None:
    spared, also_spared, closed = [await connect(user="ann", groups=["g"]) for _ in range(3)]
    outside = await connect(user="bob")
    elsewhere = await connect(into=f"{hub}2", user="ann", groups=["g"])
    excluded = [spared.connection_id, also_spared.connection_id, "nobody", closed.connection_id.upper()]
    query = "&".join(["reason=bye%20bye", *(f"excluded={one}" for one in excluded)])
    await close(api, hub, "POST", f"{scope}/:closeConnections?{query}")
    assert await is_closed_with(closed, f"{CLOSED} Reason: bye bye")
    if scope == "":
        assert await is_closed_with(outside, f"{CLOSED} Reason: bye bye")
    else:
        assert await heard(outside) == []
    assert [await heard(client) for client in (spared, also_spared, elsewhere)] == [[], [], []]


@pytest.mark.parametrize(("method", "path"), SCOPES)
async def test_closing_nobody_is_success(
    api: Api, connect: Connect, hub: str, heard: Heard, method: str, path: str
) -> None:
    """In a hub without connections, and where nobody of that name is."""
    await close(api, f"{hub}2", method, path.format(id="nobody"))
    client = await connect(user="bob")
    if path != "/:closeConnections":
        await close(api, hub, method, path.format(id="nobody"))
        assert await heard(client) == []


async def test_closed_connection_is_gone_at_once(api: Api, connect: Connect, hub: str) -> None:
    """204 comes when the close has begun, and from then on nobody finds the connection."""
    client = await connect(user="ann", groups=["g"])
    await close(api, hub, "DELETE", f"/connections/{client.connection_id}")
    for path in (f"connections/{client.connection_id}", "users/ann", "groups/g"):
        assert (await api("HEAD", f"/api/hubs/{hub}/{path}")).status == 404
    assert (await api("PUT", f"/api/hubs/{hub}/groups/g/connections/{client.connection_id}")).status == 404


async def test_what_was_sent_before_arrives_before_the_close(api: Api, connect: Connect, hub: str) -> None:
    client = await connect()
    for number in range(20):
        await api.send_text(f"/api/hubs/{hub}/:send", str(number))
    await close(api, hub, "POST", "/:closeConnections?reason=end")
    assert [(await client.message())["data"] for _ in range(20)] == [str(number) for number in range(20)]
    assert await is_closed_with(client, f"{CLOSED} Reason: end")


async def test_too_many_excluded_are_refused(api: Api, connect: Connect, hub: str, heard: Heard) -> None:
    client = await connect()
    path = f"/api/hubs/{hub}/:closeConnections"
    reply = await api(
        "POST", f"{path}?{'&'.join(['excluded=x'] * 1001)}", token=api.server.token(hub, aud=api.url(path))
    )
    assert (reply.status, reply.json()["target"]) == (400, "excluded")
    assert await heard(client) == []
