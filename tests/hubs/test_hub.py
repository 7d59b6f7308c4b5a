"""What a hub can be told and asked; how messages reach their receivers is tested with delivery."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.hubs.outlets import connect, resume, stall
from tests.hubs.surroundings import AT, Ticks, make_hub

from linarite.domain import commands as do
from linarite.domain.commands import Granted, GroupMember
from linarite.domain.filters import compile_filter
from linarite.domain.messages import DataType, Message
from linarite.domain.permissions import Permission

JOIN, SEND = Permission.JOIN_LEAVE_GROUP, Permission.SEND_TO_GROUP
ONLY_A = compile_filter("startswith(userId,'a')")


def text(data: str) -> Message:
    return Message(DataType.TEXT, data.encode())


def heard(client) -> list[str]:
    return [frame["data"] for frame in client.outlet.told if frame["type"] == "message"]


def members(hub, group: str) -> list[str]:
    return [row.connection_id for row in hub.answer(do.ListGroupConnections(AT, group, 100))]


# Existence


def existence(connection_id: str, user_id: str, group: str) -> list[do.Question[bool]]:
    return [
        do.ConnectionExists(AT, connection_id),
        do.UserExists(AT, user_id),
        do.GroupExists(AT, group),
        do.UserInGroup(AT, user_id, group),
    ]


def test_connection_user_and_group_exist_while_somebody_is_there(hub):
    asked = [
        do.ConnectionExists(AT, "c"),
        do.UserExists(AT, "u"),
        do.GroupExists(AT, "g"),
        do.UserInGroup(AT, "u", "g"),
    ]
    assert not any(map(hub.answer, asked))
    client = connect(hub, "c", "u", ["g"])
    assert all(map(hub.answer, asked))
    assert hub.find("c") is client.connection
    assert hub.connections() == [client.connection]
    assert len(hub) == 1
    hub.detach(client.connection)
    assert not any(map(hub.answer, asked))
    assert len(hub) == 0


def test_names_compare_with_case(hub):
    connect(hub, "c", "u", ["g"])
    asked = [
        do.ConnectionExists(AT, "C"),
        do.UserExists(AT, "U"),
        do.GroupExists(AT, "G"),
        do.UserInGroup(AT, "u", "G"),
    ]
    assert not any(map(hub.answer, asked))


def test_user_and_group_last_as_long_as_their_last_connection(hub):
    first, second = (connect(hub, name, "u", ["g"]) for name in ("c1", "c2"))
    hub.detach(first.connection)
    assert hub.answer(do.UserExists(AT, "u"))
    assert hub.answer(do.GroupExists(AT, "g"))
    hub.detach(second.connection)
    assert not hub.answer(do.UserExists(AT, "u"))
    assert not hub.answer(do.GroupExists(AT, "g"))


def test_connection_without_a_user_is_nobodys(hub):
    connect(hub, "c", None)
    assert not hub.answer(do.UserExists(AT, ""))


def test_detached_connection_leaves_nothing_behind(hub, ticks):
    client = connect(hub, "c", "u", ["g", "h"])
    stall(hub, client)
    hub.detach(client.connection)
    hub.detach(client.connection)
    assert client.connection.groups == set()
    assert not hub.delivery.stalled
    hub.execute(do.SendToAll(AT, text("x")))
    ticks.end()
    assert client.outlet.held == client.outlet.writes == []


# Membership


def test_adding_and_removing_a_connection(hub):
    connect(hub, "c")
    for _ in range(2):
        assert hub.answer(do.AddConnectionToGroup(AT, "c", "g")) is do.Added.DONE
        assert members(hub, "g") == ["c"]
    for _ in range(2):
        hub.execute(do.RemoveConnectionFromGroup(AT, "c", "g"))
        assert members(hub, "g") == []
    assert hub.answer(do.AddConnectionToGroup(AT, "unknown", "g")) is do.Added.NOBODY
    assert not hub.answer(do.GroupExists(AT, "g"))


def test_removing_what_is_not_there_is_no_error(hub):
    connect(hub, "c", "u")
    for command in (
        do.RemoveConnectionFromGroup(AT, "unknown", "g"),
        do.RemoveConnectionFromGroup(AT, "c", "unknown"),
        do.RemoveConnectionFromAllGroups(AT, "unknown"),
        do.RemoveUserFromGroup(AT, "unknown", "g"),
        do.RemoveUserFromAllGroups(AT, "unknown"),
        do.CloseConnection(AT, "unknown"),
        do.CloseUser(AT, "unknown"),
        do.CloseGroup(AT, "unknown"),
        do.SendToConnection(AT, "unknown", text("x")),
        do.SendToUser(AT, "unknown", text("x")),
        do.SendToUser(AT, "unknown", text("x"), ONLY_A),
        do.SendToGroup(AT, "unknown", text("x")),
        do.RemoveConnectionsFromGroups(AT, ["unknown"]),
    ):
        hub.execute(command)
    assert len(hub) == 1


def test_removing_from_all_groups(hub):
    connect(hub, "c", groups=["g", "h"])
    connect(hub, "d", groups=["g"])
    hub.execute(do.RemoveConnectionFromAllGroups(AT, "c"))
    assert members(hub, "g") == ["d"]
    assert members(hub, "h") == []


def test_adding_a_user_means_the_connections_of_this_moment(hub):
    assert hub.answer(do.AddUserToGroup(AT, "u", "g")) is do.Added.NOBODY
    connect(hub, "c1", "u")
    connect(hub, "c2", "u")
    connect(hub, "other", "v")
    assert hub.answer(do.AddUserToGroup(AT, "u", "g")) is do.Added.DONE
    connect(hub, "later", "u")
    assert members(hub, "g") == ["c1", "c2"]
    hub.execute(do.RemoveUserFromGroup(AT, "u", "g"))
    assert members(hub, "g") == []


def test_removing_a_user_from_all_groups(hub):
    connect(hub, "c1", "u", ["g"])
    connect(hub, "c2", "u", ["g", "h"])
    connect(hub, "other", "v", ["g"])
    hub.execute(do.RemoveUserFromAllGroups(AT, "u"))
    assert members(hub, "g") == ["other"]
    assert members(hub, "h") == []


def test_many_connections_join_and_leave_many_groups(hub):
    for name, user in (("c1", "alice"), ("c2", "bob"), ("c3", None), ("c4", "anna")):
        connect(hub, name, user)
    hub.execute(do.AddConnectionsToGroups(AT, ["g", "h"]))
    assert members(hub, "g") == members(hub, "h") == ["c1", "c2", "c3", "c4"]
    hub.execute(do.RemoveConnectionsFromGroups(AT, ["g"], ONLY_A))
    assert members(hub, "g") == ["c2", "c3"]
    hub.execute(do.RemoveConnectionsFromGroups(AT, ["g"]))
    hub.execute(do.AddConnectionsToGroups(AT, ["g"], ONLY_A))
    assert members(hub, "g") == ["c1", "c4"]


def test_filter_sees_the_memberships_from_before_the_command(hub):
    connect(hub, "c1")
    connect(hub, "c2")
    hub.execute(do.AddConnectionsToGroups(AT, ["g"], compile_filter("length(groups) eq 0")))
    assert members(hub, "g") == ["c1", "c2"]


def test_members_are_told_upstream_when_they_come_and_go(hub, events):
    client = connect(hub, "c", groups=["g"])
    hub.join(client.connection, "g")
    hub.leave(client.connection, "unknown")
    hub.leave(client.connection, "g")
    assert events.memberships == [("joined", "c", "g"), ("left", "c", "g")]


# Members of the moment of sending


def test_who_joins_in_the_same_tick_hears_what_is_said_afterwards(hub, ticks):
    first, second = connect(hub, "c1", groups=["g"]), connect(hub, "c2")
    hub.execute(do.SendToGroup(AT, "g", text("1")))
    hub.join(second.connection, "g")
    hub.execute(do.SendToGroup(AT, "g", text("2")))
    ticks.end()
    assert (heard(first), heard(second)) == (["1", "2"], ["2"])


def test_who_leaves_in_the_same_tick_hears_what_was_said_before(hub, ticks):
    first, second = (connect(hub, name, groups=["g"]) for name in ("c1", "c2"))
    hub.execute(do.SendToGroup(AT, "g", text("1")))
    hub.leave(second.connection, "g")
    hub.execute(do.SendToGroup(AT, "g", text("2")))
    ticks.end()
    assert (heard(first), heard(second)) == (["1", "2"], ["1"])


def test_group_that_ends_and_begins_anew_in_a_tick(hub, ticks):
    first, second = connect(hub, "c1", groups=["g"]), connect(hub, "c2")
    hub.execute(do.SendToGroup(AT, "g", text("1")))
    hub.leave(first.connection, "g")
    hub.execute(do.SendToGroup(AT, "g", text("nobody")))
    hub.join(second.connection, "g")
    hub.execute(do.SendToGroup(AT, "g", text("2")))
    hub.join(first.connection, "g")
    hub.execute(do.SendToGroup(AT, "g", text("3")))
    ticks.end()
    assert (heard(first), heard(second)) == (["1", "3"], ["2", "3"])


def test_who_comes_in_the_same_tick_hears_what_is_said_afterwards(hub, ticks):
    first = connect(hub, "c1", "u", ["g"])
    for command in (do.SendToAll(AT, text("1")), do.SendToUser(AT, "u", text("2")), do.SendToGroup(AT, "g", text("3"))):
        hub.execute(command)
    second = connect(hub, "c2", "u", ["g"])
    hub.execute(do.SendToUser(AT, "u", text("4")))
    ticks.end()
    assert (heard(first), heard(second)) == (["1", "2", "3", "4"], ["4"])


def test_who_is_lost_in_the_same_tick_takes_nothing_from_the_others(hub, ticks):
    first, second, third = (connect(hub, name, "u", ["g"]) for name in ("c1", "c2", "c3"))
    hub.execute(do.SendToAll(AT, text("1")))
    hub.execute(do.SendToGroup(AT, "g", text("2"), frozenset(["c2"])))
    hub.execute(do.SendToUser(AT, "u", text("3")))
    hub.execute(do.SendToConnection(AT, "c2", text("4")))
    hub.detach(second.connection)
    hub.execute(do.SendToUser(AT, "u", text("5")))
    ticks.end()
    assert heard(first) == heard(third) == ["1", "2", "3", "5"]


def test_user_who_comes_back_in_the_same_tick_hears_what_is_said_afterwards(hub, ticks):
    first = connect(hub, "c1", "u")
    hub.execute(do.SendToUser(AT, "u", text("1")))
    hub.detach(first.connection)
    second = connect(hub, "c2", "u")
    hub.execute(do.SendToUser(AT, "u", text("2")))
    ticks.end()
    assert heard(second) == ["2"]


# Filters and exclusions


def test_filter_chooses_within_the_audience_and_exclusions_count_too(hub, ticks):
    clients = {name: connect(hub, name, name, ["g"]) for name in ("anna", "alice", "bob")}
    clients["away"] = connect(hub, "away", "away")
    hub.execute(do.SendToGroup(AT, "g", text("1"), frozenset(["alice", "bob"]), ONLY_A))
    hub.execute(do.SendToAll(AT, text("2"), frozenset(["alice"]), ONLY_A))
    hub.execute(do.SendToUser(AT, "bob", text("3"), ONLY_A))
    hub.execute(do.SendToUser(AT, "anna", text("4"), ONLY_A))
    ticks.end()
    assert {name: heard(client) for name, client in clients.items()} == {
        "anna": ["1", "2", "4"],
        "alice": [],
        "bob": [],
        "away": ["2"],
    }


# Closing


def test_closed_connection_is_told_the_reason_and_is_gone_at_once(hub, ticks):
    client = connect(hub, "c", "u", ["g"])
    hub.execute(do.SendToAll(AT, text("before")))
    hub.execute(do.CloseConnection(AT, "c", "bye bye"))
    assert heard(client) == ["before"]
    assert client.outlet.told[-1] == {
        "type": "system",
        "event": "disconnected",
        "message": "Application server closed the connection. Reason: bye bye",
    }
    assert client.outlet.closed == (1000, "")
    assert not hub.answer(do.ConnectionExists(AT, "c"))
    hub.execute(do.SendToAll(AT, text("after")))
    ticks.end()
    assert heard(client) == ["before"]


@pytest.mark.parametrize("reason", [None, ""])
def test_close_without_a_reason(hub, reason):
    client = connect(hub, "c")
    hub.execute(do.CloseConnection(AT, "c", reason))
    assert client.outlet.told[-1]["message"] == "Application server closed the connection."


def test_closing_many_leaves_out_the_excluded(hub):
    clients = {name: connect(hub, name, f"user-{name[0]}", [f"group-{name[1]}"]) for name in ("a1", "a2", "b1", "b2")}

    def closed() -> list[str]:
        return sorted(name for name, client in clients.items() if client.outlet.closed)

    hub.execute(do.CloseUser(AT, "user-a", frozenset(["a1", "b1"])))
    assert closed() == ["a2"]
    hub.execute(do.CloseGroup(AT, "group-1", frozenset(["a1"])))
    assert closed() == ["a2", "b1"]
    hub.execute(do.CloseAll(AT, frozenset(["b2"])))
    assert closed() == ["a1", "a2", "b1"]
    hub.execute(do.CloseAll(AT))
    assert closed() == ["a1", "a2", "b1", "b2"]
    assert len(hub) == 0


def test_client_that_does_not_read_is_closed_after_what_waits_for_it(hub):
    client = connect(hub, "c")
    stall(hub, client)
    hub.execute(do.SendToAll(AT, text("1")))
    hub.execute(do.CloseAll(AT, reason="R"))
    assert [frame["type"] for frame in client.outlet.told] == ["message", "system"]
    assert not hub.delivery.stalled


def test_client_that_reads_again_gets_new_messages_after_the_old(hub, ticks):
    client = connect(hub, "c")
    stall(hub, client)
    hub.execute(do.SendToAll(AT, text("1")))
    ticks.end()
    hub.execute(do.SendToAll(AT, text("2")))
    resume(hub, client)
    ticks.end()
    assert heard(client) == ["1", "2"]


# Permissions


def test_grant_check_and_revoke(hub):
    connect(hub, "c")
    check = do.CheckPermission(AT, "c", SEND, "g")
    assert not hub.answer(check)
    for _ in range(2):
        assert hub.answer(do.GrantPermission(AT, "c", SEND, "g")) is Granted.DONE
        assert hub.answer(check)
    assert not hub.answer(do.CheckPermission(AT, "c", JOIN, "g"))
    assert not hub.answer(do.CheckPermission(AT, "c", SEND, "G"))
    for _ in range(2):
        assert hub.answer(do.RevokePermission(AT, "c", SEND, "g")) is Granted.DONE
        assert not hub.answer(check)


def test_permission_of_nobody(hub):
    assert hub.answer(do.GrantPermission(AT, "c", SEND, "g")) is Granted.NO_CONNECTION
    assert hub.answer(do.RevokePermission(AT, "c", SEND, "g")) is Granted.NO_CONNECTION
    assert not hub.answer(do.CheckPermission(AT, "c", SEND, "g"))


def test_too_many_targets_change_nothing(hub):
    connect(hub, "c", roles=["webpubsub.sendToGroup"])
    for number in range(3):
        assert hub.answer(do.GrantPermission(AT, "c", SEND, f"g{number}")) is Granted.DONE
    assert hub.answer(do.GrantPermission(AT, "c", SEND, "more")) is Granted.TOO_MANY_TARGETS
    assert hub.answer(do.RevokePermission(AT, "c", SEND, "more")) is Granted.TOO_MANY_TARGETS
    assert hub.answer(do.CheckPermission(AT, "c", SEND, "more"))
    assert hub.answer(do.GrantPermission(AT, "c", JOIN, "more")) is Granted.DONE


def test_revoked_permission_does_not_evict_a_member(hub):
    connect(hub, "c", groups=["g"], roles=["webpubsub.joinLeaveGroup"])
    hub.answer(do.RevokePermission(AT, "c", JOIN, "g"))
    assert members(hub, "g") == ["c"]


# Lists


def test_list_tells_users_in_the_order_of_connection_ids(hub):
    for name, user in (("b", "u"), ("a", None), ("B", "v")):
        connect(hub, name, user, ["g"])
    assert hub.answer(do.ListGroupConnections(AT, "g", 10)) == [
        GroupMember("B", "v"),
        GroupMember("a", None),
        GroupMember("b", "u"),
    ]
    assert hub.answer(do.ListGroupConnections(AT, "unknown", 10)) == []


@given(st.sets(st.text("abAB0", min_size=1, max_size=3), max_size=12), st.integers(1, 5), st.data())
def test_pages_lose_and_repeat_nobody_even_when_the_last_one_leaves(names, size, data):
    hub = make_hub(Ticks())
    clients = {name: connect(hub, name, groups=["g"]) for name in names}
    listed, after = [], ""
    while page := hub.answer(do.ListGroupConnections(AT, "g", size, after)):
        assert len(page) <= size
        listed.extend(row.connection_id for row in page)
        after = page[-1].connection_id
        if data.draw(st.booleans()):
            hub.leave(clients[after].connection, "g")
    assert listed == sorted(names)


def test_a_connection_may_be_in_so_many_groups_and_no_more(hub):
    client = connect(hub, "c", "u", groups=[f"g{number}" for number in range(20)])
    other = connect(hub, "d", "u")
    assert hub.answer(do.AddConnectionToGroup(AT, "c", "g0")) is do.Added.DONE
    assert hub.answer(do.AddConnectionToGroup(AT, "c", "more")) is do.Added.TOO_MANY_GROUPS
    assert hub.answer(do.AddUserToGroup(AT, "u", "more")) is do.Added.TOO_MANY_GROUPS
    hub.execute(do.AddConnectionsToGroups(AT, ["also"]))
    assert client.connection.groups == {f"g{number}" for number in range(20)}
    assert other.connection.groups == {"more", "also"}
    hub.execute(do.RemoveConnectionFromGroup(AT, "c", "g0"))
    assert hub.answer(do.AddConnectionToGroup(AT, "c", "more")) is do.Added.DONE
