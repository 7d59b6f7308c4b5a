"""What becomes of a stream's frames: the publisher's side of the table in docs/reference/clients.md, row by row."""

import pytest
from tests.hubs.stream_desk import LIMITS, Desk, alive, data, end, error_of, start

from linarite.domain.messages import DataType
from linarite.domain.permissions import Permission
from linarite.protocols.requests import Payload, StreamData, UserError

ACK_1 = ("ack", "s", 1)
CLOSED = ("closed", "s", None)
NOT_FOUND = ("closed", "s", "StreamNotFound")
BAD = ("closed", "s", "BadRequest")


@pytest.fixture
def desk():
    return Desk()


# The table: what the publisher says, what it is told, what members of the group hear.


@pytest.mark.parametrize(
    ("said", "told", "heard"),
    [
        ([start()], [ACK_1], []),
        ([start(), data(1), data(2)], [ACK_1, ("ack", "s", 3)], [(1, "d1"), (2, "d2")]),
        ([start(), end()], [ACK_1, CLOSED], [(1, "end")]),
        ([start(), data(1), end()], [ACK_1, ("ack", "s", 2), CLOSED], [(1, "d1"), (2, "end")]),
        (
            [start(), data(1), end(error=UserError("why", "c"))],
            [ACK_1, ("ack", "s", 2), CLOSED],
            [(1, "d1"), (2, "UserError")],
        ),
        ([start(), data(1), data(1, "again")], [ACK_1, ("ack", "s", 2)], [(1, "d1")]),
        ([start(), data(2)], [ACK_1, ("nack", "s", 1, "InvalidSequenceId")], []),
        (
            [start(), data(1), data(5), data(2)],
            [ACK_1, ("ack", "s", 2), ("nack", "s", 2, "InvalidSequenceId"), ("ack", "s", 3)],
            [(1, "d1"), (2, "d2")],
        ),
        ([start(), data(0)], [ACK_1, ("ack", "s", 1)], []),
        ([start(), data(2**64 - 1)], [ACK_1, ("nack", "s", 1, "InvalidSequenceId")], []),
        ([start(), alive()], [ACK_1], []),
        ([data(1)], [NOT_FOUND], []),
        ([alive()], [NOT_FOUND], []),
        ([end()], [NOT_FOUND], []),
        ([start(), end(), data(1)], [ACK_1, CLOSED, NOT_FOUND], [(1, "end")]),
        ([start(), end(), end()], [ACK_1, CLOSED, NOT_FOUND], [(1, "end")]),
        ([start(), data(1), start(), data(2)], [ACK_1, BAD, ("ack", "s", 3)], [(1, "d1"), (2, "d2")]),
        ([start(fault="no")], [BAD], []),
        ([start(fault="no"), data(1)], [BAD, NOT_FOUND], []),
        ([start("123456789")], [("closed", "123456789", "BadRequest")], []),
        ([start("12345678")], [("ack", "12345678", 1)], []),
    ],
)
def test_stream_is_told_and_heard(desk, said, told, heard):
    assert desk.says(*said).all_news == told
    assert desk.heard == heard


# What is published


def test_fragment_is_a_message_of_its_type_from_the_user(desk):
    desk.says(start(), StreamData("s", 1, Payload(DataType.JSON, b'{"a" : 1}')))
    [(group, message, excluded)] = desk.messages
    assert (group, message.group, message.from_user_id) == ("g", "g", "user-c")
    assert (message.data_type, message.data) == (DataType.JSON, b'{"a" : 1}')
    assert (message.stream.stream_id, message.stream.sequence_id) == ("s", 1)
    assert not message.stream.end_of_stream
    assert message.expires_at is None
    assert excluded == frozenset()


def test_no_echo_leaves_the_publisher_out_of_fragments_and_end(desk):
    desk.says(start(no_echo=True), data(1), end())
    assert [excluded for _, _, excluded in desk.messages] == [frozenset(["c"])] * 2


def test_no_echo_holds_for_ends_that_the_service_makes(desk):
    desk.says(start(no_echo=True), start("t", no_echo=True, idle_timeout_ms=500))
    desk.time.pass_(1)
    desk.streams.cancel()
    assert [excluded for _, _, excluded in desk.messages] == [frozenset(["c"])] * 2


def test_publishers_error_reaches_the_members_in_its_own_words(desk):
    desk.says(start(), end(error=UserError("why", "E1")))
    error = error_of(desk.messages[0][1])
    assert (error.name, error.message, error.user_error_code) == ("UserError", "why", "E1")


def test_error_without_words_is_a_user_error_all_the_same(desk):
    desk.says(start(), end(error=UserError()))
    error = error_of(desk.messages[0][1])
    assert (error.name, error.message, error.user_error_code) == ("UserError", None, None)


def test_members_hear_the_end_before_the_publisher_is_told_of_it(desk):
    heard_when_told = []
    desk.answer = lambda frame: heard_when_told.append((frame[0], len(desk.messages)))
    desk.says(start(), end()).all_news  # noqa: B018
    assert heard_when_told == [("ack", 0), ("closed", 1)]


# Acknowledgements


def test_fragments_of_one_turn_are_acknowledged_together(desk):
    desk.says(start(), *(data(number) for number in range(1, 101)))
    assert desk.news == [ACK_1, ("ack", "s", 101)]
    desk.says(data(101))
    assert desk.news == [("ack", "s", 102)]


def test_streams_of_one_turn_are_acknowledged_each(desk):
    desk.says(start("a"), start("b"), data(1, stream_id="b"), data(1, stream_id="a"), data(2, stream_id="b"))
    assert desk.news == [("ack", "a", 1), ("ack", "b", 1), ("ack", "b", 3), ("ack", "a", 2)]


def test_acknowledgement_follows_what_it_acknowledges(desk):
    desk.says(start(), data(1))
    assert desk.told == [ACK_1]
    assert desk.heard == [(1, "d1")]
    assert desk.news[-1] == ("ack", "s", 2)


def test_repeated_fragments_are_acknowledged_together_too(desk):
    desk.says(start(), data(1), data(2), data(3))
    desk.news  # noqa: B018 - looked at and let go
    desk.says(data(1), data(2), data(3))
    assert desk.news == [("ack", "s", 4)]


def test_id_that_is_used_again_begins_anew(desk):
    """The old stream's acknowledgement came after the new stream's 1, and a client fails its stream then."""
    desk.says(start(), data(1), data(2), end(), start())
    assert desk.news == [ACK_1, ("ack", "s", 3), CLOSED, ACK_1]
    desk.says(data(1, "new"))
    assert desk.news == [("ack", "s", 2)]
    assert desk.heard[-1] == (1, "new")


# The end that a publisher asked for


def test_end_is_confirmed_in_a_moment_and_not_at_once(desk):
    """Told at once, the official JavaScript client takes its `end()` for failed, now and then."""
    desk.says(start(), end())
    assert desk.news == [ACK_1]
    desk.time.pass_(0.019)
    assert desk.news == []
    desk.time.pass_(0.001)
    assert desk.news == [CLOSED]


def test_end_is_confirmed_once_and_before_the_id_is_used_again(desk):
    desk.says(start(), end(), start(), end())
    assert desk.all_news == [ACK_1, CLOSED, ACK_1, CLOSED]
    assert desk.all_news == []


def test_ends_that_wait_to_be_confirmed_are_bounded(desk):
    for name in "abcde":
        desk.says(start(name), end(name))
    assert [frame for frame in desk.news if frame[0] == "closed"] == [("closed", "a", None), ("closed", "b", None)]
    assert desk.all_news == [("closed", name, None) for name in "cde"]


def test_end_is_not_confirmed_to_a_connection_that_is_gone(desk):
    desk.says(start(), end())
    desk.streams.cancel()
    assert desk.all_news == [ACK_1]


# Who may


def test_start_without_permission_is_forbidden():
    desk = Desk(roles=["webpubsub.sendToGroup.other", "webpubsub.joinLeaveGroup"])
    assert desk.says(start()).news == [("closed", "s", "Forbidden")]
    assert desk.says(data(1)).news == [NOT_FOUND]
    assert desk.says(start(group="other")).news == [ACK_1]


@pytest.mark.parametrize("next_", [data(2), data(1), data(9), end(), end(error=UserError("still here"))])
def test_revoked_permission_ends_the_stream_at_its_next_frame(desk, next_):
    desk.says(start(), data(1))
    desk.news, desk.heard  # noqa: B018
    desk.connection.permissions.revoke(Permission.SEND_TO_GROUP, "g", 10)
    assert desk.news == []
    assert desk.says(next_).news == [("closed", "s", "Forbidden")]
    assert desk.heard == [(2, "Forbidden")]
    assert desk.says(data(2)).news == [NOT_FOUND]


def test_permission_that_comes_back_in_time_was_never_missed(desk):
    desk.says(start(), data(1))
    desk.connection.permissions.revoke(Permission.SEND_TO_GROUP, "g", 10)
    desk.connection.permissions.grant(Permission.SEND_TO_GROUP, "g", 10)
    desk.says(data(2))
    assert desk.heard == [(1, "d1"), (2, "d2")]


# Limits


def test_no_more_streams_than_the_limit(desk):
    for name in "abc":
        assert desk.says(start(name)).news == [("ack", name, 1)]
    assert desk.says(start("d")).news == [("closed", "d", "BadRequest")]
    desk.says(end("b"))
    assert desk.says(start("d")).news[-1] == ("ack", "d", 1)
    assert len(desk.streams) == 3


# Idle time


def test_idle_stream_ends_for_both_sides(desk):
    desk.says(start(idle_timeout_ms=500), data(1))
    desk.news  # noqa: B018
    desk.time.pass_(0.499)
    assert len(desk.streams) == 1
    desk.time.pass_(0.001)
    assert desk.news == [("closed", "s", "IdleTimeout")]
    assert desk.heard == [(1, "d1"), (2, "IdleTimeout")]
    assert desk.says(data(2)).news == [NOT_FOUND]


def test_idle_time_is_the_services_own_unless_the_start_says_otherwise(desk):
    desk.says(start())
    desk.time.pass_(LIMITS.stream_idle_seconds - 0.001)
    assert desk.heard == []
    desk.time.pass_(0.001)
    assert desk.heard == [(1, "IdleTimeout")]


@pytest.mark.parametrize("next_", [lambda number: alive(), data])
def test_stream_that_takes_something_in_time_stays(desk, next_):
    desk.says(start(idle_timeout_ms=500))
    for number in range(1, 10):
        desk.time.pass_(0.3)
        desk.says(next_(number))
    desk.time.pass_(0.499)
    assert len(desk.streams) == 1
    desk.time.pass_(0.001)
    assert len(desk.streams) == 0


@pytest.mark.parametrize("next_", [data(1), data(9)])
def test_what_is_not_taken_is_no_sign_of_life(desk, next_):
    desk.says(start(idle_timeout_ms=500), data(1))
    desk.time.pass_(0.4)
    desk.says(next_)
    desk.time.pass_(0.1)
    assert desk.heard == [(1, "d1"), (2, "IdleTimeout")]


def test_time_does_not_count_while_the_publishers_requests_wait(desk):
    """A fragment that came in time but had to wait behind an event found its stream closed."""
    desk.says(start(idle_timeout_ms=500))
    desk.is_waiting = True
    desk.time.pass_(100)
    desk.is_waiting = False
    desk.says(data(1))
    assert desk.heard == [(1, "d1")]
    desk.time.pass_(0.5)
    assert desk.heard == [(2, "IdleTimeout")]


def test_fragments_set_no_timers(desk):
    desk.says(start(idle_timeout_ms=1000), *(data(number) for number in range(1, 1001)))
    assert desk.time.calls == 1
    desk.time.pass_(10)
    assert desk.time.calls == 1, "the last fragment came at the same time as the start"


@pytest.mark.parametrize("last", [[end()], [data(1), end(error=UserError())]])
def test_ended_stream_leaves_no_timer(desk, last):
    desk.says(start(), *last)
    desk.all_news  # noqa: B018
    assert desk.time.pending == 0


# The connection's end


def test_streams_are_cancelled_when_their_connection_is_gone(desk):
    desk.says(start("a"), start("b"), data(1, stream_id="b"))
    desk.news, desk.heard  # noqa: B018
    desk.streams.cancel()
    assert desk.heard == [(1, "Cancelled"), (2, "Cancelled")]
    assert desk.news == []
    assert (len(desk.streams), desk.time.pending) == (0, 0)
    desk.streams.cancel()
    assert desk.heard == []


def test_acknowledgement_that_was_due_is_not_sent_after_the_end(desk):
    desk.says(start(), data(1))
    desk.streams.cancel()
    assert desk.news == [ACK_1]


# What is said in errors


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ([start(fault="streamId: expected a text, got none.")], "streamId: expected a text, got none."),
        ([start("123456789")], "streamId: expected at most 8 characters, got 9."),
        ([start(), start()], "streamId: a stream of this connection is open under this id."),
        (
            [start("a"), start("b"), start("c"), start("d")],
            "The connection has 3 open streams, the most it may.",
        ),
        ([data(1)], "No stream of this connection is open under this id."),
        ([start(group="it's", stream_id="x")], None),
    ],
)
def test_error_says_what_was_wrong(desk, said, text):
    errors = []
    desk.connection.codec.stream_closed = lambda _, error: errors.append(error.message)
    desk.says(*said)
    assert errors == ([] if text is None else [text])


def test_forbidden_names_the_group():
    desk = Desk(roles=())
    errors = []
    desk.connection.codec.stream_closed = lambda _, error: errors.append(error.message)
    desk.says(start(group="g"))
    assert errors == ["The client does not have permission to send to group 'g'."]


def test_gap_names_both_numbers(desk):
    errors = []
    desk.connection.codec.stream_nack = lambda _, expected, error: errors.append(error.message)
    desk.says(start(), data(1), data(7))
    assert errors == ["The stream expects the fragment 2, got 7."]
