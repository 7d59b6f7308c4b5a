"""Lines as the server makes them, and sinks that do what a test asks for."""

import threading
import time
from collections.abc import Callable

import msgspec

from linarite.monitoring.entries import Clock
from linarite.monitoring.outflow import Line, SinkError, Stream

DEADLINE_SECONDS = 10.0
RESOURCE_ID = "/SUBSCRIPTIONS/0/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.SIGNALRSERVICE/WEBPUBSUB/DEMO"
STREAM = Stream("ConnectivityLogs", RESOURCE_ID)


def line(text="hello", *, at=0.0, stream=STREAM, connection="c1", user=None, hub="chat", operation="ConnectionStarted"):
    """A line about a connection; `at` is in seconds since 1970."""
    facts = {"message": text, "collection": "Connection", "connectionId": connection, "userId": user, "hub": hub}
    return entry_line(facts, at=at, stream=stream, operation=operation)


def entry_line(
    facts, *, at=0.0, stream=STREAM, operation="ConnectionStarted", level="Informational", caller="10.0.0.1"
):
    """A line with these properties, its members in their order."""
    entry = {
        "time": Clock().text(at).decode(),
        "level": level,
        "resourceId": stream.resource_id,
        "location": "local",
        "category": stream.category,
        "operationName": operation,
        "callerIpAddress": caller,
        "properties": facts,
    }
    return stream, msgspec.json.encode(entry)


class Sink:
    """Keeps what it is given; `failures` are raised first, one a call, and `is_open` lets it go on."""

    def __init__(self, *failures: Exception):
        self.failures = list(failures)
        self.lines: list[Line] = []
        self.is_open = threading.Event()
        self.is_open.set()
        self.calls = 0
        self.is_closed = False

    def write(self, lines):
        self.calls += 1
        self.is_open.wait(DEADLINE_SECONDS)
        if self.failures:
            raise self.failures.pop(0)
        self.lines += lines

    def tend(self):
        pass

    def close(self):
        self.is_closed = True


class FullDisk(Sink):
    """Takes nothing until it is given room."""

    def __init__(self):
        super().__init__()
        self.has_room = False

    def write(self, lines):
        self.calls += 1
        if not self.has_room:
            raise SinkError("No space left on device", lines)
        self.lines += lines


def until(question: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not question():
        assert time.monotonic() < deadline, "it did not come to be"
        time.sleep(0.002)
