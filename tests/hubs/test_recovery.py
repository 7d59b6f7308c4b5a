"""What a reliable client has not acknowledged is kept, in order, and nothing else is."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from linarite.hubs.recovery import Numbered, RecoveryLimits, RecoveryQueue

NO_LIMITS = RecoveryLimits(10**6, 10**9)


def numbered(queue: RecoveryQueue, *frames: bytes, expiries=None) -> Numbered:
    return Numbered(queue.next_id, frames, expiries)


def kept(queue: RecoveryQueue, now: float = 0) -> list[bytes]:
    return [frame for frame, _ in queue.unacknowledged(now)]


@pytest.fixture
def queue() -> RecoveryQueue:
    queue = RecoveryQueue(NO_LIMITS)
    queue.add(numbered(queue, b"1", b"22"))
    queue.add(numbered(queue, b"333"))
    return queue


def test_ids_count_from_1():
    assert RecoveryQueue(NO_LIMITS).next_id == 1


def test_nothing_is_forgotten_unacknowledged(queue):
    assert kept(queue) == [b"1", b"22", b"333"]
    assert (len(queue), queue.bytes, queue.next_id) == (3, 6, 4)


def test_an_acknowledgement_releases_all_up_to_it(queue):
    queue.acknowledge(1)
    assert kept(queue) == [b"22", b"333"]
    assert (len(queue), queue.bytes) == (2, 5)
    queue.acknowledge(3)
    assert kept(queue) == []
    assert (len(queue), queue.bytes, queue.next_id) == (0, 0, 4)


@pytest.mark.parametrize("old", [0, 1, 2])
def test_an_old_acknowledgement_says_nothing(queue, old):
    queue.acknowledge(2)
    queue.acknowledge(old)
    assert kept(queue) == [b"333"]
    assert (len(queue), queue.bytes) == (1, 3)


def test_an_acknowledgement_beyond_the_newest_releases_all_and_skips_no_id(queue):
    queue.acknowledge(999)
    assert (len(queue), queue.bytes, queue.next_id) == (0, 0, 4)
    queue.add(numbered(queue, b"4"))
    assert kept(queue) == [b"4"]


@pytest.mark.parametrize("limits", [RecoveryLimits(2, 100), RecoveryLimits(100, 2)])
def test_at_the_limit_all_is_kept_and_above_it_the_queue_says_so(limits):
    queue = RecoveryQueue(limits)
    assert queue.add(numbered(queue, b"1", b"2"))
    assert not queue.add(numbered(queue, b"3"))
    queue.acknowledge(2)
    assert queue.add(numbered(queue, b"4"))


def test_what_has_expired_is_not_sent_again(queue):
    queue.add(numbered(queue, b"4", b"5", expiries=[10.0, None]))
    assert kept(queue, now=9.9) == [b"1", b"22", b"333", b"4", b"5"]
    assert kept(queue, now=10.0) == [b"1", b"22", b"333", b"5"]


class QueueBesideAList(RuleBasedStateMachine):
    """The queue does what a plain list of frames with their ids would."""

    def __init__(self):
        super().__init__()
        self.limits = RecoveryLimits(12, 40)
        self.queue = RecoveryQueue(self.limits)
        self.model: list[tuple[int, bytes, float | None]] = []
        self.last_id = 0
        self.is_full = False

    @precondition(lambda self: not self.is_full)
    @rule(
        frames=st.lists(
            st.tuples(st.binary(min_size=1, max_size=9), st.none() | st.integers(0, 9)), min_size=1, max_size=4
        )
    )
    def send(self, frames):
        expiries = [end for _, end in frames]
        tick = Numbered(self.queue.next_id, [frame for frame, _ in frames], expiries if any(expiries) else None)
        for frame, end in frames:
            self.last_id += 1
            self.model.append((self.last_id, frame, end if any(expiries) else None))
        size = sum(len(frame) for _, frame, _ in self.model)
        fits = len(self.model) <= self.limits.messages and size <= self.limits.bytes
        assert self.queue.add(tick) == fits
        self.is_full = not fits

    @rule(back=st.integers(-3, 20))
    def acknowledge(self, back):
        sequence_id = max(0, self.last_id - back)
        self.queue.acknowledge(sequence_id)
        self.model = [row for row in self.model if row[0] > sequence_id]

    @rule(now=st.integers(0, 10))
    def recover(self, now):
        expected = [(frame, end) for _, frame, end in self.model if end is None or now < end]
        assert list(self.queue.unacknowledged(now)) == expected

    @invariant()
    def counts_agree(self):
        assert len(self.queue) == len(self.model)
        assert self.queue.bytes == sum(len(frame) for _, frame, _ in self.model)
        assert self.queue.next_id == self.last_id + 1


TestQueueBesideAList = QueueBesideAList.TestCase
TestQueueBesideAList.settings = settings(max_examples=200, stateful_step_count=30, deadline=None)
