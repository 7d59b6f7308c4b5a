"""What every engine promises, wherever the connections are."""

import pytest

from linarite.domain import commands as do
from linarite.domain.commands import Granted, GroupMember, HubAddress
from linarite.domain.filters import compile_filter
from linarite.domain.messages import DataType, Message
from linarite.domain.permissions import Permission

AT = HubAddress("r", "h")
SEND = Permission.SEND_TO_GROUP


def text(data: str) -> Message:
    return Message(DataType.TEXT, data.encode())


def heard(client) -> list[str]:
    return [frame["data"] for frame in client.outlet.told if frame["type"] == "message"]


async def test_command_is_carried_out_here_before_the_call_returns(cluster):
    client = cluster.here.connect(AT, "c", groups=["g"])
    cluster.here.backplane.publish(do.RemoveConnectionFromGroup(AT, "c", "g"))
    assert client.connection.groups == set()


async def test_commands_keep_their_order_for_every_receiver(cluster):
    clients = [node.connect(AT, f"c{number}", "u", ["g"]) for number, node in enumerate(cluster.nodes * 2)]
    for number in range(20):
        message = text(str(number))
        cluster.here.backplane.publish(
            [do.SendToAll(AT, message), do.SendToGroup(AT, "g", message), do.SendToUser(AT, "u", message)][number % 3]
        )
    cluster.end_tick()
    for client in clients:
        assert heard(client) == [str(number) for number in range(20)]


async def test_message_and_membership_keep_their_order(cluster):
    client = cluster.there.connect(AT, "c", "u", ["g"])
    for command in (
        do.SendToGroup(AT, "g", text("member")),
        do.RemoveUserFromGroup(AT, "u", "g"),
        do.SendToGroup(AT, "g", text("stranger")),
        do.AddConnectionsToGroups(AT, ["g"], compile_filter("userId eq 'u'")),
        do.SendToGroup(AT, "g", text("member again")),
        do.CloseConnection(AT, "c", "R"),
        do.SendToAll(AT, text("gone")),
    ):
        cluster.here.backplane.publish(command)
    cluster.end_tick()
    assert heard(client) == ["member", "member again"]
    assert client.outlet.closed == (1000, "")


async def test_connection_user_and_group_are_found_wherever_they_are(cluster):
    cluster.there.connect(AT, "c", "u", ["g"])
    ask = cluster.here.backplane.ask
    assert await ask(do.ConnectionExists(AT, "c"))
    assert await ask(do.UserExists(AT, "u"))
    assert await ask(do.GroupExists(AT, "g"))
    assert await ask(do.UserInGroup(AT, "u", "g"))
    assert not await ask(do.ConnectionExists(AT, "d"))
    assert not await ask(do.UserExists(AT, "v"))
    assert not await ask(do.GroupExists(AT, "h"))
    assert not await ask(do.UserInGroup(AT, "u", "h"))


async def test_membership_is_changed_wherever_the_connection_is(cluster):
    client = cluster.there.connect(AT, "c", "u")
    ask = cluster.here.backplane.ask
    assert await ask(do.AddConnectionToGroup(AT, "c", "g")) is do.Added.DONE
    assert await ask(do.AddUserToGroup(AT, "u", "h")) is do.Added.DONE
    assert client.connection.groups == {"g", "h"}
    assert await ask(do.AddConnectionToGroup(AT, "d", "g")) is do.Added.NOBODY
    assert await ask(do.AddUserToGroup(AT, "v", "g")) is do.Added.NOBODY


async def test_all_connections_of_a_user_are_meant(cluster):
    clients = [node.connect(AT, f"c{number}", "u") for number, node in enumerate(cluster.nodes * 2)]
    assert await cluster.here.backplane.ask(do.AddUserToGroup(AT, "u", "g")) is do.Added.DONE
    assert all(client.connection.groups == {"g"} for client in clients)
    cluster.here.backplane.publish(do.CloseUser(AT, "u", frozenset(["c0"])))
    cluster.end_tick()
    assert [client.outlet.closed is None for client in clients] == [True] + [False] * (len(clients) - 1)


async def test_permission_is_changed_and_checked_wherever_the_connection_is(cluster):
    cluster.there.connect(AT, "c")
    ask = cluster.here.backplane.ask
    assert await ask(do.GrantPermission(AT, "c", SEND, "g")) is Granted.DONE
    assert await ask(do.CheckPermission(AT, "c", SEND, "g"))
    assert await ask(do.RevokePermission(AT, "c", SEND, "g")) is Granted.DONE
    assert not await ask(do.CheckPermission(AT, "c", SEND, "g"))
    for number in (1, 2):
        await ask(do.GrantPermission(AT, "c", SEND, f"g{number}"))
    assert await ask(do.GrantPermission(AT, "c", SEND, "more")) is Granted.TOO_MANY_TARGETS


async def test_list_is_one_list_in_order_of_ids(cluster):
    for number in range(6):
        node = cluster.nodes[number % len(cluster.nodes)]
        node.connect(AT, f"c{number}", f"u{number}" if number % 2 else None, ["g"])
    ask = cluster.here.backplane.ask
    rows = [GroupMember(f"c{number}", f"u{number}" if number % 2 else None) for number in range(6)]
    assert list(await ask(do.ListGroupConnections(AT, "g", 4))) == rows[:4]
    assert list(await ask(do.ListGroupConnections(AT, "g", 4, "c3"))) == rows[4:]


@pytest.mark.parametrize("other", [HubAddress("r", "other"), HubAddress("other", "h")])
async def test_hubs_never_meet(cluster, other):
    client, stranger = cluster.there.connect(AT, "c", "u", ["g"]), cluster.there.connect(other, "d", "u", ["g"])
    for command in (do.SendToAll(other, text("x")), do.SendToGroup(other, "g", text("x")), do.CloseConnection(AT, "d")):
        cluster.here.backplane.publish(command)
    cluster.end_tick()
    assert (heard(client), heard(stranger)) == ([], ["x", "x"])
    assert stranger.outlet.closed is None
    assert not await cluster.here.backplane.ask(do.ConnectionExists(other, "c"))


async def test_hub_without_connections_does_nothing_and_has_nothing(cluster):
    for command in (
        do.SendToAll(AT, text("x")),
        do.CloseAll(AT),
        do.AddConnectionsToGroups(AT, ["g"]),
        do.RemoveUserFromAllGroups(AT, "u"),
    ):
        cluster.here.backplane.publish(command)
    cluster.end_tick()
    ask = cluster.here.backplane.ask
    assert not await ask(do.GroupExists(AT, "g"))
    assert await ask(do.AddConnectionToGroup(AT, "c", "g")) is do.Added.NOBODY
    assert await ask(do.AddUserToGroup(AT, "u", "g")) is do.Added.NOBODY
    assert list(await ask(do.ListGroupConnections(AT, "g", 10))) == []
    assert await ask(do.GrantPermission(AT, "c", SEND, "g")) is Granted.NO_CONNECTION


async def test_connection_that_has_gone_is_found_no_more(cluster):
    client = cluster.there.connect(AT, "c", "u", ["g"])
    cluster.there.directory.detach(AT, client.connection)
    assert not await cluster.here.backplane.ask(do.ConnectionExists(AT, "c"))
    assert not await cluster.here.backplane.ask(do.GroupExists(AT, "g"))
