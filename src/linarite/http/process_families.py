"""What Prometheus clients tell of their process, under the names that they agree on.

Not by the client's own collector: it lists `/proc/self/fd`, one entry for each connection, which for 15,000 of them
takes longer than all else in a scrape (`make bench`, metrics-scrape).
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

__all__ = ["process_families"]

# This is imported as the server starts.
_STARTED = time.time()


def process_families() -> Iterator[Metric]:
    """The families of this process; those that a system does not tell are left out."""
    from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily

    text = "Processor time, of user and system."
    yield CounterMetricFamily("process_cpu_seconds", text, value=time.process_time())
    yield GaugeMetricFamily("process_start_time_seconds", "When the process started, since 1970.", value=_STARTED)
    for name, text, value in (
        ("process_resident_memory_bytes", "Memory in use.", _resident_bytes()),
        ("process_open_fds", "Open files.", _open_files()),
        ("process_max_fds", "Files that may be open.", _most_files()),
    ):
        if value is not None:
            yield GaugeMetricFamily(name, text, value=value)


def _resident_bytes() -> int | None:
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return None


def _open_files() -> int | None:
    """Since version 6.2 Linux tells their number as the folder's size; before, they have to be listed."""
    try:
        return os.stat("/proc/self/fd").st_size or len(os.listdir("/proc/self/fd"))
    except OSError:
        return None


def _most_files() -> int | None:
    if sys.platform == "win32":
        return None
    import resource

    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]
