"""What is told of the process."""

import os
import time

from linarite.http.process_families import process_families


def values() -> dict[str, float]:
    return {sample.name: sample.value for family in process_families() for sample in family.samples}


def test_files_that_are_opened_are_counted() -> None:
    before = values()["process_open_fds"]
    descriptors = [os.open(os.devnull, os.O_RDONLY) for _ in range(10)]
    try:
        assert values()["process_open_fds"] == before + 10
    finally:
        for descriptor in descriptors:
            os.close(descriptor)
    assert before < values()["process_max_fds"]


def test_memory_processor_time_and_start_are_those_of_this_process() -> None:
    found = values()
    assert 10_000_000 < found["process_resident_memory_bytes"] < 10_000_000_000
    assert 0 < found["process_cpu_seconds_total"] <= time.process_time()
    assert found["process_start_time_seconds"] < time.time()
