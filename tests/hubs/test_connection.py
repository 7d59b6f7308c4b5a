from tests.hubs.outlets import make_client

from linarite.protocols.json_codec import JSON
from linarite.protocols.simple_codec import SIMPLE


def test_memberships_are_remembered_and_an_empty_set_takes_no_memory():
    connection = make_client("c").connection
    nothing = connection.groups
    connection.note_joined("a")
    connection.note_joined("b")
    connection.note_joined("a")
    assert connection.groups == {"a", "b"}
    connection.note_left("a")
    connection.note_left("unknown")
    assert connection.groups == {"b"}
    connection.note_left("b")
    assert connection.groups is nothing
    connection.note_left("b")
    assert connection.groups is nothing is make_client("d").connection.groups


def test_close_tells_the_client_why_and_then_closes():
    connection, outlet = make_client("c")
    connection.close(1000, "", "Enough.")
    assert outlet.writes == [JSON.disconnected("Enough.")]
    assert outlet.closed == (1000, "")
    assert connection.is_closing


def test_close_without_a_text_only_closes():
    connection, outlet = make_client("c")
    connection.close(1008, "no")
    assert outlet.writes == []
    assert outlet.closed == (1008, "no")


def test_plain_client_is_closed_without_a_frame():
    connection, outlet = make_client("c", codec=SIMPLE)
    connection.close(1000, "", "Enough.")
    assert outlet.writes == []
    assert outlet.closed == (1000, "")


def test_stalled_client_is_told_after_what_waits():
    connection, outlet = make_client("c")
    connection.is_stalled = True
    outlet.hold(JSON.pong(), None)
    connection.close(1000, "", "Enough.")
    assert outlet.writes == [JSON.pong(), JSON.disconnected("Enough.")]


def test_second_close_changes_nothing():
    connection, outlet = make_client("c")
    connection.close(1000, "", "first")
    connection.close(1008, "second", "second")
    assert outlet.closed == (1000, "")
    assert outlet.writes == [JSON.disconnected("first")]
