"""What the console shows of a live server."""

import pytest
from tests.http.console.conftest import error_code

from linarite.http.console.answers import to_json

HOSTILE = "<script>alert(1)</script>\u202e/../%2e\x00\U0001f4a9"


async def test_hubs_are_those_with_settings_and_those_with_connections(browser, server):
    server.registry.put_hub("linarite", "linarite", "quiet", {"properties": {}})
    await server.connect("chat", user="ann", groups=["g"])
    await server.connect("chat", user="ann")
    answer = await browser.get("/hubs")
    assert answer.json()["value"] == [
        {"resource": "linarite", "hub": "chat", "connections": 2, "users": 1, "groups": 1, "eventHandlers": 0},
        {"resource": "linarite", "hub": "quiet", "connections": 0, "users": 0, "groups": 0, "eventHandlers": 0},
    ]
    first = (await browser.get("/hubs", limit="1")).json()
    assert (len(first["value"]), first["next"]) == (1, "chat")
    second = (await browser.get("/hubs", limit="1", cursor="chat")).json()
    assert ([hub["hub"] for hub in second["value"]], second["next"]) == (["quiet"], None)
    assert [hub["hub"] for hub in (await browser.get("/hubs", search="UIE")).json()["value"]] == ["quiet"]


async def test_a_connection_is_shown_with_what_waits_and_what_it_may(browser, server):
    client = await server.connect(
        "chat", user="ann", groups=["g"], roles=["webpubsub.sendToGroup.g"], subprotocol="json.webpubsub.azure.v1"
    )
    (row,) = (await browser.get("/hubs/chat/connections")).json()["value"]
    assert row["connection"] == client.connection_id
    assert (row["user"], row["groups"], row["groupCount"], row["state"]) == ("ann", ["g"], 1, "open")
    assert row["protocol"] == "json.webpubsub.azure.v1"
    assert row["outbox"] == {"frames": 0, "bytes": 0}
    assert row["unacknowledged"] is None
    assert row["ageSeconds"] >= 0
    assert row["openedAt"].endswith("Z")
    detail = (await browser.get(f"/hubs/chat/connections/{client.connection_id}")).json()
    assert detail["permissions"] == [
        {"permission": "sendToGroup", "all": False, "granted": ["g"], "revoked": [], "patterns": 0}
    ]
    assert error_code(await browser.get("/hubs/chat/connections/none")) == (404, "NotFound")


async def test_pages_follow_each_other(browser, server):
    clients = [await server.connect("chat", user=f"user{number}") for number in range(5)]
    ids = [client.connection_id for client in clients]
    for order, expected in (("oldest", ids), ("newest", ids[::-1])):
        found, cursor = [], ""
        while True:
            page = (await browser.get("/hubs/chat/connections", limit="2", order=order, cursor=cursor)).json()
            found += [row["connection"] for row in page["value"]]
            assert page["total"] == 5
            cursor = page["next"]
            if cursor is None:
                break
        assert found == expected
    (one,) = (await browser.get("/hubs/chat/connections", search="USER3")).json()["value"]
    assert one["connection"] == ids[3]


async def test_groups_users_and_their_connections(browser, server):
    ann = await server.connect("chat", user="ann", groups=["g", "h"])
    ben = await server.connect("chat", user="ben", groups=["g"])
    assert (await browser.get("/hubs/chat/groups")).json()["value"] == [
        {"group": "g", "connections": 2},
        {"group": "h", "connections": 1},
    ]
    assert (await browser.get("/hubs/chat/users", search="B")).json()["value"] == [{"user": "ben", "connections": 1}]

    async def ids(**query):
        page = (await browser.get("/hubs/chat/connections", **query)).json()
        return {row["connection"] for row in page["value"]}

    assert await ids(group="g") == {ann.connection_id, ben.connection_id}
    assert await ids(user="ben") == {ben.connection_id}
    assert await ids(group="h", user="ben") == set()


async def test_hostile_names_are_data(browser, server):
    await server.connect("chat", user=HOSTILE, groups=[HOSTILE])
    answer = await browser.get("/hubs/chat/connections", user=HOSTILE, group=HOSTILE)
    (row,) = answer.json()["value"]
    assert (row["user"], row["groups"]) == (HOSTILE, [HOSTILE])
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert (await browser.get("/hubs/chat/groups", search="<SCRIPT>")).json()["value"] == [
        {"group": HOSTILE, "connections": 1}
    ]


def test_half_a_surrogate_pair_is_an_escape():
    assert to_json({"user": "half \ud83d"}) == b'{"user":"half \\ud83d"}'
    assert to_json({"user": "\u202e<b>"}) == '{"user":"\u202e<b>"}'.encode()


async def test_an_empty_hub_has_nothing(browser):
    for kind in ("connections", "groups", "users"):
        assert (await browser.get(f"/hubs/nobody/{kind}")).json() == {
            "value": [], "next": None, "looked": 0, "total": 0,
        }  # fmt: skip


@pytest.mark.parametrize(
    ("path", "query", "words"),
    [
        ("/hubs/chat/connections", {"limit": "0"}, "limit: expected a whole number from 1 to 200, got '0'"),
        ("/hubs/chat/connections", {"limit": "٣"}, "limit: expected"),
        ("/hubs/chat/connections", {"cursor": "x"}, "cursor: expected one that a page gave"),
        ("/hubs/chat/groups", {"search": "x" * 1025}, "search: expected at most 1024 characters, got 1025"),
        ("/hubs/chat/connections", {"order": "best"}, "order: expected newest or oldest, got 'best'"),
        ("/hubs/1/users", {}, "Invalid hub name"),
    ],
)
async def test_what_is_wrong_is_named(browser, path, query, words):
    answer = await browser.get(path, **query)
    assert error_code(answer) == (400, "BadRequest")
    assert words in answer.json()["error"]["message"]


async def test_an_unknown_resource_and_path_are_not_found(browser):
    assert error_code(await browser.get("/hubs", resource="none")) == (404, "NotFound")
    assert error_code(await browser.get("/nothing")) == (404, "NotFound")
