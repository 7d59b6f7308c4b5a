import logging
import threading
import time
from contextlib import contextmanager

import pytest
from tests.monitoring.sinks import FullDisk, Sink, line, until

from linarite.monitoring import outflow as module
from linarite.monitoring.outflow import Outflow, SinkError


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    monkeypatch.setattr(module, "_RETRY_SECONDS", 0.01)


def put(outflow, one):
    stream, text = one
    outflow.add(stream, len(text), 1, lambda text: (text,), (text,))


@contextmanager
def carrying_to(sink, *, flush_seconds=0.01, limit_bytes=1_000_000):
    outflow = Outflow("workspace logs", sink, flush_seconds=flush_seconds, limit_bytes=limit_bytes)
    try:
        yield outflow
    finally:
        sink.is_open.set()
        outflow.end(0.1)
        outflow.join(5)


def test_lines_arrive_in_order():
    sink = Sink()
    lines = [line(str(number)) for number in range(2500)]
    with carrying_to(sink) as outflow:
        for one in lines:
            put(outflow, one)
        until(lambda: outflow.is_empty)
        assert sink.lines == lines
        assert outflow.dropped == 0
    assert sink.is_closed


def test_a_sink_that_hangs_holds_up_nobody_and_costs_lines_only(caplog):
    sink = Sink()
    one = line()
    with carrying_to(sink, limit_bytes=100 * len(one[1])) as outflow:
        sink.is_open.clear()
        put(outflow, one)
        until(lambda: sink.calls == 1)
        started = time.perf_counter()
        for _ in range(1000):
            put(outflow, one)
        assert time.perf_counter() - started < 1
        assert outflow.dropped == 900
        with caplog.at_level(logging.WARNING):
            sink.is_open.set()
            until(lambda: outflow.is_empty)
            until(lambda: "log lines dropped" in caplog.text)
        assert len(sink.lines) == 101
        (record,) = [record for record in caplog.records if record.message == "log lines dropped"]
        assert record.fields == {"destination": "workspace logs", "lines": 900, "altogether": 900}


def test_a_full_disk_is_told_once_and_gets_the_same_lines_when_it_has_room(caplog):
    sink = FullDisk()
    lines = [line(str(number)) for number in range(10)]
    with carrying_to(sink) as outflow, caplog.at_level(logging.INFO):
        for one in lines:
            put(outflow, one)
        until(lambda: sink.calls >= 3)
        assert not outflow.is_empty
        sink.has_room = True
        until(lambda: outflow.is_empty)
        assert sink.lines == lines
        assert outflow.dropped == 0
    told = [record.message for record in caplog.records]
    assert told == ["log destination fails", "log destination works again"]


def test_only_the_lines_that_a_sink_gives_back_are_tried_again():
    lines = [line(str(number)) for number in range(5)]
    sink = Sink(SinkError("half", lines[3:]))
    sink.is_open.clear()
    with carrying_to(sink, flush_seconds=0.05) as outflow:
        for one in lines:
            put(outflow, one)
        sink.is_open.set()
        until(lambda: outflow.is_empty)
        assert sink.lines == lines[3:]


def test_lines_that_a_sink_will_never_take_are_counted():
    sink = Sink(SinkError("refused", lost=3))
    with carrying_to(sink) as outflow:
        put(outflow, line())
        until(lambda: outflow.dropped == 3)


def test_a_fault_in_a_sink_costs_its_lot_and_no_more(caplog):
    sink = Sink(RuntimeError("a fault"))
    with carrying_to(sink, flush_seconds=0.05) as outflow, caplog.at_level(logging.ERROR):
        put(outflow, line("lost"))
        until(lambda: outflow.dropped == 1)
        put(outflow, line("kept"))
        until(lambda: outflow.is_empty)
        assert sink.lines == [line("kept")]
    assert "log lines lost" in caplog.text


def test_a_buffer_that_fills_is_emptied_before_the_interval_ends():
    sink = Sink()
    one = line()
    with carrying_to(sink, flush_seconds=60, limit_bytes=100 * len(one[1])) as outflow:
        for _ in range(30):
            put(outflow, one)
        until(lambda: len(sink.lines) == 30)


def test_the_end_writes_what_waits():
    sink = Sink()
    with carrying_to(sink, flush_seconds=60) as outflow:
        put(outflow, line())
        outflow.end(5)
        outflow.join(5)
        assert outflow.is_over
        assert sink.lines == [line()]


def test_the_end_does_not_wait_for_a_sink_that_never_works():
    sink = FullDisk()
    with carrying_to(sink) as outflow:
        put(outflow, line())
        outflow.end(0.05)
        outflow.join(5)
        assert outflow.is_over
        assert outflow.dropped == 1


def test_the_end_leaves_a_sink_behind_that_hangs(caplog):
    sink = Sink()
    sink.is_open.clear()
    with carrying_to(sink) as outflow:
        put(outflow, line())
        until(lambda: sink.calls == 1)
        outflow.end(0)
        outflow.join(0.01)
        assert "log destination left behind" in caplog.text


def test_lines_from_one_thread_are_neither_lost_nor_doubled_while_another_writes():
    sink = Sink()
    lines = [line(str(number)) for number in range(20_000)]
    with carrying_to(sink, flush_seconds=0.001, limit_bytes=100_000_000) as outflow:
        feeder = threading.Thread(target=lambda: [put(outflow, one) for one in lines])
        feeder.start()
        feeder.join()
        until(lambda: outflow.is_empty)
        assert sink.lines == lines


def test_a_note_that_nothing_can_be_made_of_costs_itself(caplog):
    sink = Sink()
    with carrying_to(sink) as outflow:
        stream, text = line()
        outflow.add(stream, 1, 2, lambda: [text] * (1 // 0), ())
        outflow.add(stream, 1, 2, lambda: [text, text], ())
        until(lambda: len(sink.lines) == 2)
        assert outflow.dropped == 2
    assert "log lines lost" in caplog.text


def test_notes_are_made_lines_of_in_another_thread():
    sink = Sink()
    threads = []
    with carrying_to(sink) as outflow:
        stream, text = line()
        outflow.add(stream, 1, 1, lambda: [threads.append(threading.get_ident()) or text], ())
        until(lambda: sink.lines)
    assert threads != [threading.get_ident()]
