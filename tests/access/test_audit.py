"""The audit log: lines of JSON, bounded, private, and no burden when the disk is full."""

import json
import logging
import stat
from datetime import UTC, datetime

import pytest

from linarite.access.audit import AUDIT_FILE, REFUSED_FILE, AuditLog

MOMENT = datetime(2026, 1, 2, 3, 4, 5, 678_000, UTC)


def lines(file):
    return [json.loads(line) for line in file.read_text().splitlines()]


@pytest.fixture
def file(tmp_path):
    return tmp_path / AUDIT_FILE


def test_line_says_when_and_what(tmp_path, file, caplog):
    with caplog.at_level(logging.INFO, "linarite.audit"):
        AuditLog(tmp_path, 10_000, lambda: MOMENT).record("call", {"caller": "a", "status": 200, "check": None})
    assert lines(file) == [{"time": "2026-01-02T03:04:05.678Z", "event": "call", "caller": "a", "status": 200}]
    [record] = caplog.records
    assert (record.name, record.message) == ("linarite.audit", "call")
    assert record.fields == {"category": "audit", "caller": "a", "status": 200}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_line_stays_one_line_and_short(tmp_path, file):
    AuditLog(tmp_path, 10_000).record("call", {"path": "/a\n\u2028" + "x" * 5000})
    assert file.read_bytes().count(b"\n") == 1
    assert len(file.read_bytes()) < 700


def test_log_goes_on_after_a_restart(tmp_path, file):
    for number in range(3):
        AuditLog(tmp_path, 10_000).record("call", {"number": number})
    assert [line["number"] for line in lines(file)] == [0, 1, 2]


def test_full_log_becomes_the_old_one_and_both_stay_within_the_limit(tmp_path, file):
    audit = AuditLog(tmp_path, 1000)
    for number in range(200):
        audit.record("call", {"number": number})
    old = file.with_name(f"{AUDIT_FILE}.1")
    numbers = [line["number"] for line in [*lines(old), *lines(file)]]
    assert numbers == list(range(200 - len(numbers), 200))
    assert len(numbers) > 10
    for each in (old, file):
        assert each.stat().st_size <= 1000
        assert stat.S_IMODE(each.stat().st_mode) == 0o600


def test_log_that_cannot_be_written_holds_up_nobody_and_is_told_once(tmp_path, file, caplog):
    file.mkdir()
    audit = AuditLog(tmp_path, 1000)
    with caplog.at_level(logging.INFO):
        for _ in range(3):
            audit.record("call", {})
    assert [record.message for record in caplog.records if record.levelno == logging.ERROR] == ["audit log not written"]
    assert [record.message for record in caplog.records].count("call") == 3
    file.rmdir()
    audit.record("call", {})
    assert len(lines(file)) == 1


def test_refused_calls_drive_out_no_others(tmp_path, file):
    audit = AuditLog(tmp_path, 1000)
    audit.record("call", {"caller": "a"})
    for number in range(200):
        audit.record("call", {"number": number}, is_refused=True)
    assert [line["caller"] for line in lines(file)] == ["a"]
    assert lines(tmp_path / REFUSED_FILE)[-1]["number"] == 199
    assert {each.name for each in tmp_path.iterdir()} == {AUDIT_FILE, REFUSED_FILE, f"{REFUSED_FILE}.1"}
