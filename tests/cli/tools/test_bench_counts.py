"""What a load test counts."""

import random

import pytest

from linarite.cli.tools.bench_counts import Latencies, Sequence, Tally


@pytest.mark.parametrize(
    ("numbers", "received", "duplicated", "reordered", "missing"),
    [
        ([0, 1, 2], 3, 0, 0, set()),
        ([0, 2], 2, 0, 0, {1}),
        ([0, 2, 1], 3, 0, 1, set()),
        ([0, 0, 1], 2, 1, 0, set()),
        ([0, 2, 1, 1, 0], 3, 2, 1, set()),
        ([3], 1, 0, 0, {0, 1, 2}),
        ([3, 0, 1, 2], 4, 0, 3, set()),
        ([], 0, 0, 0, set()),
    ],
)
def test_what_is_missing_doubled_or_late_is_counted(numbers, received, duplicated, reordered, missing):
    tally = Tally()
    sequence = Sequence(tally)
    for number in numbers:
        sequence.take(number)

    assert (tally.received, tally.duplicated, tally.reordered) == (received, duplicated, reordered)
    assert sequence.missing == missing


def test_percentiles_are_right_to_one_percent():
    draw = random.Random(1)
    values = sorted(draw.lognormvariate(-6, 1.5) for _ in range(20_000))
    latencies = Latencies()
    for value in values:
        latencies.add(value)

    for share in (0.5, 0.9, 0.99, 0.999, 1.0):
        exact = values[int(share * len(values)) - 1]
        assert latencies.percentile(share) == pytest.approx(exact, rel=0.011)
    assert latencies.greatest == values[-1]


def test_nothing_has_no_percentile():
    assert Latencies().percentile(0.5) is None


def test_no_time_at_all_is_counted():
    latencies = Latencies()
    latencies.add(0.0)
    latencies.add(-1e-9)

    assert latencies.count == 2
    assert latencies.percentile(0.5) == pytest.approx(0, abs=1e-6)
