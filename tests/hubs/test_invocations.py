"""Which invocations are pending, what each is answered, and what becomes of the cancelled ones."""

import pytest

from linarite.domain.messages import DataType
from linarite.events.replies import EventReply
from linarite.hubs.invocations import Invocations
from linarite.protocols.codec import AckError, InvocationAnswer
from linarite.protocols.requests import Invoke, Payload

FAILED = AckError("InternalServerError", "Internal server error")
TEXT = Payload(DataType.TEXT, b"hi")


class Call:
    """A call upstream."""

    def __init__(self):
        self.cancelled = 0

    def cancel(self):
        self.cancelled += 1


def invoke(invocation_id="1", **more):
    return Invoke(invocation_id, "e", TEXT, **more)


@pytest.fixture
def told():
    return []


@pytest.fixture
def invocations(told):
    return Invocations(lambda *said: told.append(said))


@pytest.mark.parametrize(
    ("answer", "frame"),
    [
        (EventReply(DataType.JSON, b"[1]"), InvocationAnswer(Payload(DataType.JSON, b"[1]"), {})),
        (EventReply(DataType.TEXT, b"", {"k": "v"}), InvocationAnswer(Payload(DataType.TEXT, b""), {"k": "v"})),
        (EventReply(), InvocationAnswer(None, {})),
        (None, FAILED),
    ],
)
def test_answer_reaches_the_client_once(invocations, told, answer, frame):
    request = invoke()
    assert invocations.admit(request)
    invocations.began(request, Call())
    invocations.answered(request, answer)
    invocations.answered(request, answer)
    assert told == [("1", frame)]
    assert len(invocations) == 0


def test_answer_may_come_before_the_call_is_known(invocations, told):
    request = invoke()
    invocations.admit(request)
    invocations.answered(request, None)
    invocations.began(request, None)
    assert told == [("1", FAILED)]
    assert not invocations.cancel("1")


def test_faulty_invocation_is_a_bad_request_and_leaves_nothing_behind(invocations, told):
    assert not invocations.admit(invoke(fault="target: expected event, got group."))
    assert told == [("1", AckError("BadRequest", "target: expected event, got group."))]
    assert invocations.admit(invoke())


def test_pending_id_is_a_bad_request_and_changes_nothing(invocations, told):
    first = invoke()
    invocations.admit(first)
    assert not invocations.admit(invoke())
    [(invocation_id, error)] = told
    assert (invocation_id, error.name) == ("1", "BadRequest")
    invocations.answered(first, None)
    assert told[1:] == [("1", FAILED)]


def test_id_may_be_used_again_after_its_answer(invocations):
    request = invoke()
    invocations.admit(request)
    invocations.answered(request, None)
    assert invocations.admit(invoke())


def test_cancelled_call_is_ended_and_answered_by_nothing(invocations, told):
    request, call = invoke(), Call()
    invocations.admit(request)
    invocations.began(request, call)
    assert invocations.cancel("1")
    invocations.answered(request, EventReply())
    assert (told, call.cancelled) == ([], 1)
    assert not invocations.cancel("1")
    assert call.cancelled == 1


def test_cancelled_invocation_that_waits_is_never_carried_out(invocations, told):
    request = invoke()
    invocations.admit(request)
    assert invocations.is_wanted(request)
    assert not invocations.cancel("1"), "nothing waits behind it"
    assert not invocations.is_wanted(request)
    assert told == []


def test_cancelled_id_that_is_used_again_is_another_invocation(invocations, told):
    first, second = invoke(), invoke()
    invocations.admit(first)
    invocations.cancel("1")
    assert invocations.admit(second)
    assert not invocations.is_wanted(first)
    assert invocations.is_wanted(second)
    invocations.answered(first, EventReply())
    assert told == []


def test_unknown_id_is_cancelled_in_silence(invocations, told):
    assert not invocations.cancel("1")
    assert told == []


def test_lost_socket_ends_what_is_under_way_and_forgets_what_waits(invocations, told):
    first, second, call = invoke("1"), invoke("2"), Call()
    invocations.admit(first)
    invocations.began(first, call)
    invocations.admit(second)
    assert invocations.give_up()
    invocations.answered(first, EventReply())
    assert (told, call.cancelled) == ([], 1)
    assert not invocations.is_wanted(second)
    assert invocations.admit(invoke("1"))


def test_lost_socket_of_an_invocation_that_waits_leaves_nothing_to_resume(invocations):
    invocations.admit(invoke())
    assert not invocations.give_up()
    assert not invocations.give_up()
