"""The book of faults: who is chosen, for how long, how often, and what is recorded. Time is a number here."""

import pytest

from linarite.domain.faults import Fault, FaultBook, FaultKind, InvalidFault, Subject


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def book(clock):
    return FaultBook(clock, lambda: 1.5, records_limit=3)


def rest(**members):
    return Fault(kind=FaultKind.REST, status=503, **members)


CHAT = Subject("chat", "anna", "c1")


def test_a_book_without_faults_is_empty_to_the_seams(book):
    assert book.active == ()
    assert book.choose(FaultKind.REST, CHAT) is None


@pytest.mark.parametrize(
    ("members", "is_meant"),
    [
        ({}, True),
        ({"hub": "CHAT"}, True),
        ({"hub": "other"}, False),
        ({"user": "anna"}, True),
        ({"user": "Anna"}, False),
        ({"connection": "c1", "user": "anna", "hub": "chat"}, True),
        ({"connection": "c2"}, False),
    ],
)
def test_a_fault_means_who_has_all_that_it_names(book, members, is_meant):
    book.set(rest(**members))

    assert (book.choose(FaultKind.REST, CHAT) is not None) is is_meant


def test_events_compare_without_case(book):
    book.set(Fault(kind=FaultKind.WEBHOOK, event="Connect", status=500))

    assert book.choose(FaultKind.WEBHOOK, Subject("chat", event="connect")) is not None
    assert book.choose(FaultKind.WEBHOOK, Subject("chat", event="connected")) is None


def test_a_fault_is_over_when_its_time_is(book, clock):
    book.set(rest(seconds=10))
    clock.now += 9.9
    assert book.choose(FaultKind.REST, CHAT) is not None
    clock.now += 0.1
    assert book.choose(FaultKind.REST, CHAT) is None
    assert book.active == ()


def test_a_fault_is_over_after_so_many_times_and_then_the_next_one_counts(book):
    book.set(rest(times=1))
    book.set(Fault(kind=FaultKind.REST, status=429))

    assert [book.choose(FaultKind.REST, CHAT).status for _ in range(3)] == [503, 429, 429]


def test_a_share_of_what_comes_one_by_one_is_the_same_for_the_same_seed(clock):
    def chosen(seed):
        book = FaultBook(clock, lambda: 0.0, records_limit=1)
        book.set(rest(share=0.25, seed=seed))
        return [book.choose(FaultKind.REST, CHAT) is not None for _ in range(400)]

    assert chosen(1) == chosen(1) != chosen(2)
    assert 60 < sum(chosen(1)) < 140


def test_a_share_of_those_who_are_there_is_exact_and_within_times(book):
    live = book.set(Fault(kind=FaultKind.CUT, share=0.5, times=3))
    there = [(Subject("chat", connection=str(number)), number) for number in range(10)]

    chosen = book.choose_among(live, there)

    assert len(chosen) == 3
    assert chosen == sorted(chosen)


def test_a_stall_lasts_after_it_was_done_to_all_it_may_be_done_to(book, clock):
    live = book.set(Fault(kind=FaultKind.STALL, times=1, new_connections=True, seconds=5))

    assert book.wants_new(CHAT) == [live]
    assert book.wants_new(CHAT) == []
    assert book.living() == (live,)
    clock.now += 5
    assert book.living() == ()


def test_the_record_keeps_the_last_and_tells_who_when_and_what(book):
    live = book.set(rest())
    for number in range(4):
        book.choose(FaultKind.REST, Subject("chat", connection=str(number)))

    assert [done.connection for done in book.records()] == ["1", "2", "3"]
    assert {(done.fault, done.kind, done.at, done.hub) for done in book.records(live.number)} == {
        (live.number, FaultKind.REST, 1.5, "chat")
    }
    assert book.records(live.number + 1) == []


def test_a_fault_can_be_ended_once(book):
    live = book.set(rest())

    assert book.end(live.number) is live
    assert book.end(live.number) is None
    assert book.active == ()


@pytest.mark.parametrize(
    "fault",
    [
        Fault(kind=FaultKind.SLOW),
        Fault(kind=FaultKind.CUT, status=500),
        Fault(kind=FaultKind.REST, status=500, new_connections=True),
        Fault(kind=FaultKind.REST, status=500, event="connect"),
        Fault(kind=FaultKind.WEBHOOK, status=500, is_unreachable=True),
    ],
)
def test_a_fault_that_means_nothing_is_refused_and_not_set(book, fault):
    with pytest.raises(InvalidFault):
        book.set(fault)
    assert book.active == ()
