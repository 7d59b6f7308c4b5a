"""Looking at a hub, page by page, while it changes."""

import pytest
from tests.hubs.outlets import connect
from tests.hubs.surroundings import AT

from linarite.domain import commands as do
from linarite.domain.inspection import (
    CountHub,
    DescribeConnection,
    HubCounts,
    InvalidCursor,
    ListConnections,
    ListGroups,
    ListUsers,
    PageWish,
)
from linarite.domain.permissions import Permission, PermissionRow
from linarite.protocols.json_codec import RELIABLE_JSON


def pages(hub, ask, *, limit=2, search="", between=lambda: None):
    """The pages of a list, one after the other."""
    cursor = None
    while True:
        page = hub.answer(ask(PageWish(limit, cursor, search)))
        yield page
        if page.next is None:
            return
        cursor = page.next
        between()


def ids(found):
    return [row.connection_id for page in found for row in page.rows]


@pytest.mark.parametrize("newest_first", [False, True])
def test_every_connection_is_on_one_page(hub, newest_first):
    names = [f"c{number}" for number in range(7)]
    for name in names:
        connect(hub, name)
    found = list(pages(hub, lambda page: ListConnections(AT, page, newest_first=newest_first)))
    assert [len(page.rows) for page in found] == [2, 2, 2, 1]
    assert {page.total for page in found} == {7}
    assert ids(found) == (names[::-1] if newest_first else names)


@pytest.mark.parametrize("newest_first", [False, True])
def test_connections_that_go_between_two_pages_take_no_others_with_them(hub, newest_first):
    for number in range(9):
        connect(hub, f"c{number}")
    going = iter(["c0", "c1"])

    def one_goes():
        name = next(going, None)
        if name is not None:
            hub.execute(do.CloseConnection(AT, name))

    found = pages(hub, lambda page: ListConnections(AT, page, newest_first=newest_first), between=one_goes)
    assert {"c2", "c3", "c4", "c5", "c6", "c7", "c8"} <= set(ids(found))


@pytest.mark.parametrize("newest_first", [False, True])
def test_a_cursor_of_a_connection_that_has_gone_goes_on_from_its_place(hub, newest_first):
    for number in range(4):
        connect(hub, f"c{number}")
    ask = ListConnections(AT, PageWish(2), newest_first=newest_first)
    first = hub.answer(ask)
    hub.execute(do.CloseConnection(AT, first.rows[-1].connection_id))
    second = hub.answer(ListConnections(AT, PageWish(5, first.next), newest_first=newest_first))
    assert set(ids([second])) <= {"c0", "c1", "c2", "c3"}
    assert second.next is None


def test_a_page_looks_through_so_many_rows_and_no_more(hub):
    for number in range(5001):
        connect(hub, f"c{number}", user_id="last" if number == 5000 else None)
    found = list(pages(hub, lambda page: ListConnections(AT, page), search="LAST"))
    assert [page.looked for page in found] == [2000, 2000, 1001]
    assert ids(found) == ["c5000"]


def test_connections_are_found_by_user_group_protocol_and_a_part_of_their_names(hub):
    connect(hub, "a1", user_id="Ann", groups=["g", "h"])
    connect(hub, "b1", user_id="ben", groups=["g"], codec=RELIABLE_JSON)

    def found(search="", **more):
        return ids([hub.answer(ListConnections(AT, PageWish(10, None, search), **more))])

    assert found(user_id="Ann") == ["a1"]
    assert found(user_id="ann") == []
    assert found(group="g") == ["a1", "b1"]
    assert found(group="g", user_id="ben") == ["b1"]
    assert found(group="none") == []
    assert found(protocol=RELIABLE_JSON.name) == ["b1"]
    assert found("ANN") == ["a1"]
    assert found("b1") == ["b1"]


def test_groups_and_users_come_with_the_number_of_their_connections(hub):
    connect(hub, "a", user_id="ann", groups=["g", "<b>"])
    connect(hub, "b", user_id="ann", groups=["g"])
    assert hub.answer(CountHub(AT)) == HubCounts(2, 1, 2)
    groups = hub.answer(ListGroups(AT, PageWish(10)))
    assert groups.rows == [("g", 2), ("<b>", 1)]
    assert hub.answer(ListGroups(AT, PageWish(10, None, "<B"))).rows == [("<b>", 1)]
    assert hub.answer(ListUsers(AT, PageWish(10))).rows == [("ann", 2)]


def test_a_connection_tells_what_waits_and_what_it_may(hub):
    roles = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup.g", "webpubsub.sendToGroups.room-*"]
    client = connect(hub, "a", user_id="ann", groups=["g"], roles=roles, codec=RELIABLE_JSON)
    client.connection.permissions.revoke(Permission.JOIN_LEAVE_GROUP, "secret", 10)
    row = hub.answer(DescribeConnection(AT, "a"))
    assert (row.user_id, row.groups, row.group_count, row.protocol) == ("ann", ("g",), 1, RELIABLE_JSON.name)
    assert row.state.word == "detached"  # an outlet that tells nothing of itself is no socket
    assert row.state.unacknowledged == (0, 0)
    assert row.age_seconds >= 0
    assert list(row.permissions) == [
        PermissionRow(Permission.JOIN_LEAVE_GROUP, True, [], ["secret"], 0),
        PermissionRow(Permission.SEND_TO_GROUP, False, ["g"], [], 1),
    ]
    assert hub.answer(DescribeConnection(AT, "b")) is None


@pytest.mark.parametrize("cursor", ["x", "", "WzEsMl0=", "WyJ4IiwgInkiXQ==", "€"])
def test_a_cursor_that_no_page_gave_is_refused(hub, cursor):
    with pytest.raises(InvalidCursor, match="cursor: expected one that a page gave"):
        hub.answer(ListGroups(AT, PageWish(10, cursor)))
