"""Daily usage and message quotas: days, restarts, changes of the quota, stores that fail."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from linarite.monitoring.meters import Meters
from linarite.monitoring.usage import DayUsage, UsageBook, day_of
from linarite.resources.sqlite import SqliteStore
from linarite.resources.store import StoredDocument, StoreError

EVENING = datetime(2026, 1, 31, 23, 59, 50, tzinfo=UTC).timestamp()
QUOTA = 10
BYTES = QUOTA * 2048


class Process:
    """One life of a server's book."""

    def __init__(self, store: SqliteStore, now: float = EVENING, quota: int | None = QUOTA, days_kept: int = 2) -> None:
        self.meters = Meters()
        self.quota = quota
        self.book = UsageBook(self.meters, store, lambda _: self.quota, days_kept, now)
        self.book.allow("Demo")
        self.traffic = self.meters.traffic_of("demo")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore(tmp_path / "linarite.db")
    yield opened
    opened.close()


def test_a_quota_is_used_up_until_midnight_in_utc(store: SqliteStore) -> None:
    process = Process(store)
    process.traffic.outbound_bytes += BYTES - 1
    assert not process.traffic.is_used_up
    process.traffic.outbound_bytes += 1
    assert process.traffic.is_used_up
    process.book.observe(EVENING + 9)
    assert process.traffic.is_used_up
    process.book.observe(EVENING + 10)
    assert not process.traffic.is_used_up
    assert process.book.today("demo") == DayUsage()
    process.traffic.outbound_bytes += BYTES
    assert process.traffic.is_used_up


def test_a_restart_goes_on_counting_where_the_last_process_stopped(store: SqliteStore) -> None:
    first = Process(store)
    first.traffic.outbound_bytes += BYTES // 2
    first.traffic.inbound_bytes += 7
    first.meters.of("demo").connection_opened()
    first.book.observe(EVENING)
    second = Process(store)
    assert second.book.today("demo") == DayUsage(7, BYTES // 2, 1)
    second.traffic.outbound_bytes += BYTES // 2
    assert second.traffic.is_used_up
    second.book.close()
    third = Process(store)
    assert third.traffic.is_used_up
    assert third.book.today("demo").messages == QUOTA


def test_the_next_day_s_process_begins_with_nothing(store: SqliteStore) -> None:
    first = Process(store)
    first.traffic.outbound_bytes += BYTES
    first.book.close()
    second = Process(store, EVENING + 10)
    assert not second.traffic.is_used_up
    assert second.book.on("2026-01-31")["demo"]["messages"] == QUOTA


def test_a_change_of_the_quota_applies_at_once_both_ways(store: SqliteStore) -> None:
    process = Process(store)
    process.traffic.outbound_bytes += BYTES
    process.quota = None
    process.book.allow("demo")
    assert process.traffic.outbound_limit == math.inf
    process.traffic.outbound_bytes += BYTES
    process.quota = 2 * QUOTA + 1
    process.book.allow("demo")
    assert not process.traffic.is_used_up
    process.quota = 1
    process.book.allow("demo")
    assert process.traffic.is_used_up


def test_a_resource_that_is_deleted_and_made_again_has_no_new_day(store: SqliteStore) -> None:
    process = Process(store)
    process.traffic.outbound_bytes += BYTES
    process.book.forget("demo")
    process.meters.forget("demo")
    process.book.allow("demo")
    assert process.meters.traffic_of("demo").is_used_up


def test_what_is_used_is_saved_when_it_has_changed_and_old_days_are_forgotten(store: SqliteStore) -> None:
    process = Process(store)
    for day in range(4):
        process.traffic.outbound_bytes += 100
        process.book.observe(EVENING + day * 86_400)
        process.book.observe(EVENING + day * 86_400 + 10)
    process.traffic.outbound_bytes += 100
    process.book.close()
    assert sorted(document.key for document in store.documents("usage")) == ["2026-02-02", "2026-02-03", "2026-02-04"]
    assert process.book.on("2026-02-03")["demo"]["outboundBytes"] == 100
    assert process.book.on("2025-01-01") == {}


def test_the_log_tells_once_a_day_that_a_quota_is_used_up(store: SqliteStore, caplog: pytest.LogCaptureFixture) -> None:
    process = Process(store)
    process.traffic.outbound_bytes += BYTES
    with caplog.at_level(logging.WARNING):
        process.book.observe(EVENING)
        process.book.observe(EVENING + 1)
    (record,) = caplog.records
    assert record.getMessage() == "message quota reached"
    assert record.fields["resource"] == "demo"  # type: ignore[attr-defined]


def test_a_store_that_fails_loses_nothing_and_is_tried_again(
    store: SqliteStore, caplog: pytest.LogCaptureFixture
) -> None:
    class Failing(SqliteStore):
        def __init__(self) -> None:
            self.is_broken = True

        def documents(self, kind: str) -> Sequence[StoredDocument]:
            return store.documents(kind)

        def save_document(self, document: StoredDocument) -> None:
            if self.is_broken:
                raise StoreError("the disk is full")
            store.save_document(document)

    failing = Failing()
    process = Process(failing)
    process.traffic.outbound_bytes += 5
    process.book.observe(EVENING)
    assert "usage not saved" in caplog.text
    assert store.documents("usage") == []
    failing.is_broken = False
    process.book.observe(EVENING + 1)
    (document,) = store.documents("usage")
    assert document.content["demo"]["outboundBytes"] == 5


def test_documents_of_another_form_count_as_nothing(store: SqliteStore) -> None:
    store.save_document(StoredDocument("usage", "", "2026-01-31", {"demo": "much", "other": {"outboundBytes": "2"}}))
    process = Process(store)
    assert process.book.today("demo") == DayUsage()
    assert process.book.today("other") == DayUsage()


def test_days_are_those_of_utc() -> None:
    assert day_of(EVENING) == "2026-01-31"
    assert day_of(EVENING + 10) == "2026-02-01"
