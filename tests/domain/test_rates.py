"""Token buckets: bursts, refilling, debts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linarite.domain.rates import Bucket, Buckets, RateLimit


def test_a_burst_passes_at_once_and_the_next_has_to_wait() -> None:
    bucket = Bucket(RateLimit(per_second=2, burst=3), now=10.0)
    assert [bucket.take(1, 10.0) for _ in range(4)] == [True, True, True, False]
    assert bucket.wait(1, 10.0) == 0.5
    assert not bucket.take(1, 10.4)
    assert bucket.take(1, 10.5)


def test_refused_amounts_cost_nothing() -> None:
    bucket = Bucket(RateLimit(per_second=1, burst=2), now=0.0)
    assert bucket.take(2, 0.0)
    assert not any(bucket.take(1, 0.5) for _ in range(100))
    assert bucket.take(1, 1.0)


def test_a_bucket_never_holds_more_than_its_burst() -> None:
    bucket = Bucket(RateLimit(per_second=100, burst=5), now=0.0)
    assert [bucket.take(1, 3600.0) for _ in range(6)] == [True] * 5 + [False]


def test_an_amount_above_the_burst_passes_a_full_bucket_and_is_earned_afterwards() -> None:
    bucket = Bucket(RateLimit(per_second=10, burst=10), now=0.0)
    assert bucket.take(30, 0.0)
    assert bucket.wait(1, 0.0) == pytest.approx(2.1)
    assert not bucket.take(1, 2.05)
    assert bucket.take(1, 2.11)


def test_without_a_burst_one_second_s_worth_passes_at_once() -> None:
    bucket = Bucket(RateLimit(per_second=4), now=0.0)
    assert [bucket.take(1, 0.0) for _ in range(5)] == [True] * 4 + [False]
    slow = Bucket(RateLimit(per_second=0.5), now=0.0)
    assert slow.take(1, 0.0)
    assert slow.wait(1, 0.0) == 2.0


def test_what_is_spent_in_any_case_tells_how_long_to_wait() -> None:
    bucket = Bucket(RateLimit(per_second=10, burst=10), now=0.0)
    assert bucket.spend(10, 0.0) == 0.0
    assert bucket.spend(5, 0.0) == 0.5
    assert bucket.spend(0, 0.5) == 0.0


def test_a_clock_that_goes_backwards_gives_no_tokens() -> None:
    bucket = Bucket(RateLimit(per_second=1, burst=1), now=100.0)
    assert bucket.take(1, 100.0)
    assert not bucket.take(1, 50.0)
    assert not bucket.take(1, 100.5)
    assert bucket.take(1, 101.0)


def test_no_rate_means_no_bucket() -> None:
    assert RateLimit(0).bucket(0.0) is None
    assert isinstance(RateLimit(1).bucket(0.0), Bucket)
    with pytest.raises(ValueError, match="above 0"):
        Bucket(RateLimit(0), 0.0)


@pytest.mark.parametrize("limit", [(-1, 0), (1, -1)])
def test_negative_limits_are_errors(limit: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="expects numbers from 0 on"):
        RateLimit(*limit)


@given(
    per_second=st.floats(0.5, 1000),
    burst=st.floats(1, 1000),
    steps=st.lists(st.tuples(st.floats(0, 2), st.floats(0, 1000)), max_size=60),
)
def test_over_any_time_no_more_passes_than_burst_and_rate_and_one_amount(
    per_second: float, burst: float, steps: list[tuple[float, float]]
) -> None:
    bucket = Bucket(RateLimit(per_second, burst), now=0.0)
    now = passed = largest = 0.0
    for ahead, amount in steps:
        now += ahead
        if bucket.take(amount, now):
            passed += amount
            largest = max(largest, amount - burst)
    assert passed <= burst + per_second * now + max(0.0, largest) + 1e-6


def test_names_have_buckets_of_their_own_and_learn_how_long_to_wait() -> None:
    buckets = Buckets(RateLimit(per_second=2, burst=1))
    assert buckets.wait("one", 0.0) == 0.0
    assert buckets.wait("one", 0.0) == 0.5
    assert buckets.wait("other", 0.0) == 0.0
    assert buckets.wait("one", 0.5) == 0.0


def test_without_a_limit_nobody_waits() -> None:
    buckets = Buckets(RateLimit(0))
    assert {buckets.wait("one", 0.0) for _ in range(1000)} == {0.0}
