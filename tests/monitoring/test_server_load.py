"""The server's load in percent."""

from pathlib import Path

import pytest

from linarite.monitoring.server_load import ServerLoad, allowed_processors


class Machine:
    """Clocks that the test moves."""

    def __init__(self, processors: float = 1.0) -> None:
        self.now = self.used = 0.0
        self.load = ServerLoad(lambda: self.now, lambda: self.used, processors)

    def work(self, seconds: float, used: float) -> float:
        self.now += seconds
        self.used += used
        return self.load()


def test_load_is_the_processor_time_since_the_last_look() -> None:
    machine = Machine()
    assert machine.work(10, 5) == 50
    assert machine.work(10, 1) == 10


def test_two_looks_at_one_time_say_the_same() -> None:
    machine = Machine()
    assert machine.work(10, 5) == machine.load() == 50


def test_load_is_measured_by_what_is_allowed_and_never_more_than_all_of_it() -> None:
    machine = Machine(0.5)
    assert machine.work(10, 2.5) == 50
    assert machine.work(10, 20) == 100


@pytest.mark.parametrize(
    ("text", "processors"),
    [("50000 100000", 0.5), ("400000 100000", 1.0), ("max 100000", 1.0), ("", 1.0), ("1 0", 1.0), ("a b", 1.0)],
)
def test_a_container_s_quota_counts(tmp_path: Path, text: str, processors: float) -> None:
    file = tmp_path / "cpu.max"
    file.write_text(text)
    assert allowed_processors(file) == processors


def test_without_a_quota_one_processor_is_all(tmp_path: Path) -> None:
    assert allowed_processors(tmp_path / "missing") == 1.0
