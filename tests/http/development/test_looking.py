"""Inspection: counts, connections, groups, users."""

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="module")
GROUPS = {"roles": ("webpubsub.joinLeaveGroup", "webpubsub.sendToGroup")}


async def test_the_state_counts_connections_users_and_groups_by_hub(server, tester, hub):
    await server.connect(hub, user="anna", groups=("room", "hall"))
    await server.connect(hub, user="anna", groups=("room",))
    await server.connect(hub)

    state = await tester.get("/state")

    assert state["connections"] == 3
    assert state["hubs"] == [{"resource": "linarite", "hub": hub, "connections": 3, "users": 1, "groups": 2}]
    assert state["faults"] == 0


async def test_connections_come_in_pages_in_the_order_of_their_ids(server, tester, hub):
    ids = sorted([(await server.connect(hub, user=f"user-{number}")).connection_id for number in range(5)])

    first = await tester.get("/connections", hub=hub.upper(), top=3)
    second = await tester.get("/connections", hub=hub, top=3, after=first["next"])

    assert [each["connectionId"] for each in first["value"] + second["value"]] == ids
    assert second["next"] is None


async def test_a_connection_is_told_with_user_groups_and_what_it_has_not_acknowledged(server, tester, hub):
    client = await server.connect(hub, user="anna", groups=("room",), subprotocol="json.reliable.webpubsub.azure.v1")
    await server.send_to_group(hub, "room", "one")
    await client.message()

    (seen,) = (await tester.get("/connections", hub=hub, user="anna"))["value"]

    assert seen == {
        "resource": "linarite",
        "hub": hub,
        "connectionId": client.connection_id,
        "userId": "anna",
        "protocol": "json.reliable.webpubsub.azure.v1",
        "groups": ["room"],
        "hasSocket": True,
        "unacknowledged": 1,
    }


async def test_groups_and_users_are_counted(server, tester, hub):
    await server.connect(hub, user="anna", groups=("room", "hall"))
    await server.connect(hub, user="bert", groups=("room",))

    groups = await tester.get("/groups", hub=hub)
    users = await tester.get("/users", hub=hub, group="hall")

    assert [(each["name"], each["connections"]) for each in groups["value"]] == [("hall", 1), ("room", 2)]
    assert [(each["name"], each["connections"]) for each in users["value"]] == [("anna", 1)]


@pytest.mark.parametrize(
    ("path", "query", "told"),
    [
        ("/connections", {"top": 0}, "top: expected a whole number from 1 to 10000, got '0'"),
        ("/connections", {"top": "many"}, "top: expected a whole number from 1 to 10000, got 'many'"),
        ("/connections", {"hubs": "chat"}, "hubs: expected one of hub, user, group, after, top"),
        ("/state", {"hub": "chat"}, "hub: expected one of no parameter"),
        ("/wait/connections", {}, "atLeast: expected a number here or in atMost, got neither"),
        ("/wait/connections", {"atLeast": 1, "seconds": "nan"}, "seconds: expected a number from 0 to 300, got 'nan'"),
        ("/wait/messages", {"since": "yesterday"}, "since: expected a mark of this server, got 'yesterday'"),
    ],
)
async def test_a_wrong_parameter_is_named(tester, path, query, told):
    answer = await tester.call("GET", path, **query)

    assert (answer.status, answer.json()["error"]["message"]) == (400, told)


async def test_what_is_not_there_is_404_and_another_method_405(tester):
    assert (await tester.call("GET", "/nothing")).status == 404
    refused = await tester.call("GET", "/reset")
    assert (refused.status, refused.headers["Allow"]) == (405, "POST")
