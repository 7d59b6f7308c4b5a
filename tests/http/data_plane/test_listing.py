"""Listing a group's connections page by page, while members come and go."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import pytest_asyncio
from tests.http.data_plane.conftest import Connect
from tests.http.data_plane.exchange import Api
from tests.running_server import RunningServer, running_server

pytestmark = pytest.mark.asyncio(loop_scope="module")

MANY = 201


async def page(api: Api, hub: str, query: str = "", group: str = "g", **options: Any) -> dict[str, Any]:
    reply = await api("GET", f"/api/hubs/{hub}/groups/{group}/connections?{query}", **options)
    assert (reply.status, reply.header("content-type")) == (200, "application/json; charset=utf-8"), reply
    return reply.json()


async def follow(api: Api, link: str) -> dict[str, Any]:
    """The page behind a link, asked for exactly as it stands, as the JavaScript client does."""
    parts = urlsplit(link)
    reply = await api("GET", f"{parts.path}?{parts.query}", version=None)
    assert reply.status == 200, reply
    return reply.json()


def ids(document: dict[str, Any]) -> list[str]:
    return [row["connectionId"] for row in document["value"]]


def parameters(link: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(link).query))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def crowd(server: RunningServer) -> list[str]:
    """The connection ids, in order, of 201 members of the group `g` in the hub `crowd`."""
    clients = [await server.connect("crowd", groups=["g"], user=f"u{number}") for number in range(MANY)]
    return sorted(client.connection_id for client in clients)


async def test_pages_hold_200_unless_told_otherwise(api: Api, crowd: list[str]) -> None:
    first = await page(api, "crowd")
    assert ids(first) == crowd[:200]
    link = first["nextLink"]
    assert urlsplit(link)[:3] == ("http", f"localhost:{api.server.port}", "/api/hubs/crowd/groups/g/connections")
    assert list(parameters(link)) == ["api-version", "maxpagesize", "continuationToken"]
    assert (parameters(link)["api-version"], parameters(link)["maxpagesize"]) == ("2024-12-01", "200")
    last = await follow(api, link)
    assert (ids(last), last["nextLink"]) == (crowd[200:], None)


async def test_top_bounds_all_pages_together(api: Api, crowd: list[str]) -> None:
    first = await page(api, "crowd", "maxpagesize=1&top=2")
    assert ids(first) == crowd[:1]
    assert (parameters(first["nextLink"])["maxpagesize"], parameters(first["nextLink"])["top"]) == ("1", "1")
    second = await follow(api, first["nextLink"])
    assert (ids(second), second["nextLink"]) == (crowd[1:2], None)


@pytest.mark.parametrize(
    ("query", "pages"),
    [
        ("maxpagesize=67", [67, 67, 67]),
        ("maxpagesize=100", [100, 100, 1]),
        ("maxpagesize=100&top=150", [100, 50]),
        ("top=200", [200]),
        ("top=201", [200, 1]),
        ("top=2147483647", [200, 1]),
        ("maxpagesize=200&top=1", [1]),
    ],
)
async def test_every_member_comes_once(api: Api, crowd: list[str], query: str, pages: list[int]) -> None:
    document = await page(api, "crowd", query)
    found = [ids(document)]
    while document["nextLink"] is not None:
        document = await follow(api, document["nextLink"])
        found.append(ids(document))
    assert [len(one) for one in found] == pages
    assert [one for part in found for one in part] == crowd[: sum(pages)]


async def test_link_names_the_newest_version_and_survives_another_order(api: Api, crowd: list[str]) -> None:
    """The Python client takes a link apart and writes its parameters anew."""
    first = await page(api, "crowd", "maxpagesize=150", version="2021-10-01")
    link = parameters(first["nextLink"])
    assert link["api-version"] == "2024-12-01"
    rewritten = urlencode(dict(reversed(list(link.items()))))
    reply = await api("GET", f"/api/hubs/CROWD/groups/g/connections?{rewritten}", version=None)
    assert ids(reply.json()) == crowd[150:]


async def test_row_tells_the_user_or_null(api: Api, connect: Connect, hub: str) -> None:
    anonymous, ann = await connect(groups=["g"]), await connect(user="é/", groups=["g"])
    document = await page(api, hub)
    rows = [
        {"connectionId": anonymous.connection_id, "userId": None},
        {"connectionId": ann.connection_id, "userId": "é/"},
    ]
    assert document == {"value": sorted(rows, key=lambda row: row["connectionId"]), "nextLink": None}


async def test_nobody_is_an_empty_page(api: Api, connect: Connect, hub: str) -> None:
    """Unknown hub, unknown group."""
    reply = await api("GET", f"/api/hubs/{hub}/groups/g/connections")
    assert reply.body == b'{"value":[],"nextLink":null}'
    await connect(groups=["h"])
    assert (await api("GET", f"/api/hubs/{hub}/groups/g/connections")).body == reply.body


async def test_members_who_leave_between_pages_cost_nobody_else_a_place(api: Api, connect: Connect, hub: str) -> None:
    """Also the one after whom the next page begins."""
    clients = {}
    for _ in range(6):
        client = await connect(groups=["g"])
        clients[client.connection_id] = client
    order = sorted(clients)
    first = await page(api, hub, "maxpagesize=2")
    assert ids(first) == order[:2]
    for gone in (order[1], order[0], order[2]):
        assert (await api("DELETE", f"/api/hubs/{hub}/groups/g/connections/{gone}")).status == 204
    second = await follow(api, first["nextLink"])
    assert ids(second) == order[3:5]
    newcomer = await connect(groups=["g"])
    third = await follow(api, second["nextLink"])
    assert ids(third) == sorted([order[5], *([newcomer.connection_id] if newcomer.connection_id > order[4] else [])])
    assert third["nextLink"] is None


@pytest.mark.parametrize("name", ["maxpagesize", "top"])
@pytest.mark.parametrize("value", ["0", "-1", "1.5", "x", "", "%20", "1e2", "2147483648", "99999999999", "%D9%A1"])
async def test_wrong_size_is_answered_400(api: Api, name: str, value: str) -> None:
    reply = await api("GET", f"/api/hubs/chat/groups/g/connections?{name}={value}")
    assert (reply.status, reply.error_code, reply.json()["target"]) == (400, "Error.BadRequest", name)


@pytest.mark.parametrize("query", ["maxpagesize=201", "maxpagesize=1&maxpagesize=1", "top=1&top=1"])
async def test_size_beyond_the_limit_or_twice_is_answered_400(api: Api, query: str) -> None:
    reply = await api("GET", f"/api/hubs/chat/groups/g/connections?{query}")
    assert (reply.status, reply.json()["target"]) == (400, query.partition("=")[0])


def changed(token: str, at: int) -> str:
    return token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda token: "",
        lambda token: " ",
        lambda token: "x",
        lambda token: "é",
        lambda token: "x" * 2049,
        lambda token: token[:-4],
        lambda token: token + "AAAA",
        lambda token: changed(token, 0),
        lambda token: changed(token, 30),
        lambda token: f"{token}&continuationToken={token}",
    ],
)
async def test_wrong_token_is_answered_400(api: Api, crowd: list[str], wrong: Any) -> None:
    good = parameters((await page(api, "crowd"))["nextLink"])["continuationToken"]
    reply = await api("GET", f"/api/hubs/crowd/groups/g/connections?continuationToken={quoted(wrong(good))}")
    assert (reply.status, reply.error_code, reply.json()["target"]) == (400, "Error.BadRequest", "continuationToken")


def quoted(text: str) -> str:
    return text.replace(" ", "%20").replace("é", "%C3%A9")


@pytest.mark.parametrize(
    ("path", "status"),
    [("crowd/groups/g", 200), ("CROWD/groups/g", 200), ("crowd/groups/G", 400), ("other/groups/g", 400)],
)
async def test_token_is_good_for_its_hub_and_group_only(api: Api, crowd: list[str], path: str, status: int) -> None:
    good = parameters((await page(api, "crowd"))["nextLink"])["continuationToken"]
    reply = await api("GET", f"/api/hubs/{path}/connections?continuationToken={good}")
    assert reply.status == status


async def test_token_is_more_than_the_id_after_which_to_go_on(api: Api, crowd: list[str]) -> None:
    reply = await api("GET", f"/api/hubs/crowd/groups/g/connections?continuationToken={crowd[3]}")
    assert reply.status == 400


async def test_token_of_another_resource_is_refused(api: Api, crowd: list[str]) -> None:
    made, _ = api.server.registry.create_or_update("linarite", "listing", {"location": "local"})
    good = parameters((await page(api, "crowd"))["nextLink"])["continuationToken"]
    path = f"/api/hubs/crowd/groups/g/connections?continuationToken={good}"
    reply = await api("GET", path, host=f"listing.localhost:{api.server.port}", key=made.keys.primary)
    assert reply.status == 400


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def proxied(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningServer]:
    """A server that trusts the proxy at 127.0.0.1."""
    async with running_server(tmp_path_factory.mktemp("proxied"), trusted_proxies=("127.0.0.1",)) as running:
        yield running


async def test_link_is_the_address_that_the_caller_used(proxied: RunningServer) -> None:
    """Behind a proxy: its scheme, host and path, so that the caller can follow the link."""
    api = Api(proxied)
    for _ in range(2):
        await proxied.connect("chat", groups=["a/b"])
    headers = {
        "X-Forwarded-For": "203.0.113.7",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "pubsub.example.com",
        "X-Forwarded-Prefix": "/realtime",
    }
    path = "/api/hubs/chat/groups/a%2Fb/connections"
    token = proxied.token("chat", aud=f"https://pubsub.example.com/realtime{path}")
    reply = await api("GET", f"{path}?maxpagesize=1", headers=headers, token=token)
    link = reply.json()["nextLink"]
    assert link.startswith(
        f"https://pubsub.example.com/realtime{path}?api-version=2024-12-01&maxpagesize=1&continuation"
    )
