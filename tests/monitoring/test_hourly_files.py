import errno
import json
import os
import stat

import pytest
from tests.monitoring.sinks import RESOURCE_ID, line

from linarite.monitoring.hourly_files import HourlyFiles, StorageTree, WorkspaceTree, workspace_files
from linarite.monitoring.outflow import SinkError, Stream

HOUR = 3600.0
DAY = 86_400.0
AT = 1_700_000_000.0  # 2023-11-14T22:13:20Z


def workspace(folder, *, days=30, limit_bytes=10_000_000, clock=lambda: AT):
    return HourlyFiles(folder, WorkspaceTree(folder, retention_days=days, limit_bytes=limit_bytes), clock)


def test_a_storage_account_has_the_services_tree(tmp_path):
    sink = HourlyFiles(tmp_path, StorageTree())
    sink.write([line("one", at=AT), line("two", at=AT), line("later", at=AT + HOUR)])
    sink.write([line("three", at=AT)])
    folder = tmp_path / "insights-logs-connectivitylogs" / f"resourceId={RESOURCE_ID}" / "y=2023" / "m=11" / "d=14"
    texts = [
        json.loads(text)["properties"]["message"] for text in (folder / "h=22/m=00/PT1H.json").read_text().splitlines()
    ]
    assert texts == ["one", "two", "three"]
    assert (folder / "h=23/m=00/PT1H.json").read_text().count("\n") == 1


def test_a_workspace_has_a_folder_for_each_category(tmp_path):
    messaging = Stream("MessagingLogs", RESOURCE_ID)
    workspace(tmp_path).write([line(at=AT), line(at=AT, stream=messaging), line(at=AT + HOUR)])
    assert [(file.hour, file.category) for file in workspace_files(tmp_path)] == [
        ("2023-11-14T22", "ConnectivityLogs"),
        ("2023-11-14T22", "MessagingLogs"),
        ("2023-11-14T23", "ConnectivityLogs"),
    ]


def test_files_are_for_their_owner_alone(tmp_path):
    workspace(tmp_path / "w" / "w").write([line(at=AT)])
    HourlyFiles(tmp_path / "s" / "s", StorageTree()).write([line(at=AT)])
    for path in tmp_path.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)


def test_what_a_full_disk_has_cut_is_cut_off_and_written_again(tmp_path, monkeypatch):
    sink = workspace(tmp_path)
    sink.write([line("before", at=AT)])
    (file,) = tmp_path.glob("*/*")
    real_write = os.write
    room = [10]

    def write(descriptor, content):
        if not room:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real_write(descriptor, content[: room.pop()])

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", write)
        with pytest.raises(SinkError, match="No space left on device") as refused:
            sink.write([line("one", at=AT), line("two", at=AT)])
    assert refused.value.rest == [line("one", at=AT), line("two", at=AT)]
    assert file.read_bytes() == line("before", at=AT)[1] + b"\n"
    sink.write(refused.value.rest)
    assert [json.loads(text)["properties"]["message"] for text in file.read_text().splitlines()] == [
        "before",
        "one",
        "two",
    ]


def test_a_disk_that_is_full_for_one_category_takes_the_others(tmp_path, monkeypatch):
    messaging = Stream("MessagingLogs", RESOURCE_ID)
    sink = workspace(tmp_path)
    (tmp_path / "ConnectivityLogs").write_text("a file where a folder should be")
    with pytest.raises(SinkError) as refused:
        sink.write([line(at=AT), line("kept", at=AT, stream=messaging)])
    assert refused.value.rest == [line(at=AT)]
    assert b"kept" in next(tmp_path.glob("MessagingLogs/*")).read_bytes()


def test_a_file_whose_last_line_was_cut_by_a_crash_goes_on_with_a_line_of_its_own(tmp_path):
    workspace(tmp_path).write([line("one", at=AT)])
    (file,) = tmp_path.glob("*/*")
    file.write_bytes(file.read_bytes() + b'{"time":"2023')
    workspace(tmp_path).write([line("two", at=AT)])
    assert file.read_bytes().split(b"\n")[1:] == [b'{"time":"2023', line("two", at=AT)[1], b""]


def test_a_workspace_stays_below_its_limit_and_loses_the_oldest(tmp_path):
    limit = 100_000
    now = [AT]
    sink = workspace(tmp_path, limit_bytes=limit, clock=lambda: now[0])
    for number in range(1000):
        sink.write([line(f"{number:04}", at=AT)])
        if number % 10 == 9:
            now[0] += 60
            sink.tend()
    files = workspace_files(tmp_path)
    assert limit / 2 < sum(file.path.stat().st_size for file in files) <= limit
    assert b'"0999"' in files[-1].path.read_bytes()
    assert b'"0000"' not in files[0].path.read_bytes()
    kept = b"".join(file.path.read_bytes() for file in files).splitlines()
    messages = [json.loads(text)["properties"]["message"] for text in kept]
    assert messages == [f"{number:04}" for number in range(1000 - len(messages), 1000)]


def test_a_workspace_that_is_opened_again_goes_on_with_its_newest_file(tmp_path):
    for text in ("a" * 700, "b" * 700, "c"):
        sink = workspace(tmp_path, limit_bytes=16 * 500)
        sink.write([line(text, at=AT)])
    assert [file.number for file in workspace_files(tmp_path)] == [0, 1, 2]


def test_a_workspace_keeps_entries_for_its_retention(tmp_path):
    sink = workspace(tmp_path, days=2, clock=lambda: AT + 3 * DAY)
    sink.write([line("old", at=AT), line("new", at=AT + 2.5 * DAY)])
    for file, at in zip(workspace_files(tmp_path), (AT, AT + 2.5 * DAY), strict=True):
        os.utime(file.path, (at, at))
    sink.tend()
    assert [file.hour for file in workspace_files(tmp_path)] == ["2023-11-17T10"]


def test_an_archive_is_kept_for_the_days_of_its_setting(tmp_path):
    for_good, short = Stream("MessagingLogs", RESOURCE_ID), Stream("ConnectivityLogs", RESOURCE_ID, 1)
    sink = HourlyFiles(tmp_path, StorageTree(), lambda: AT + 3 * DAY)
    sink.write([line(at=AT, stream=for_good), line(at=AT, stream=short)])
    for file in tmp_path.rglob("PT1H.json"):
        os.utime(file, (AT, AT))
    sink.tend()
    assert [path.name for path in tmp_path.iterdir()] == ["insights-logs-messaginglogs"]
