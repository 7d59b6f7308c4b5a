import base64

import pytest
from tests.monitoring.sinks import RESOURCE_ID, line

from linarite.monitoring.hourly_files import HourlyFiles, WorkspaceTree, workspace_files
from linarite.monitoring.outflow import Stream
from linarite.monitoring.workspace import EntryFilter, InvalidCursor, follow, search

HOUR = 3600.0
AT = 1_700_000_000.0  # 2023-11-14T22:13:20Z
MESSAGING = Stream("MessagingLogs", RESOURCE_ID)
EVERYTHING = EntryFilter()


class Workspace:
    def __init__(self, folder):
        self.folder = folder
        self.sink = HourlyFiles(folder, WorkspaceTree(folder, retention_days=30, limit_bytes=10_000_000))

    def write(self, *lines):
        self.sink.write(lines)

    def messages(self, top=100, **wanted):
        return told(search(self.folder, EntryFilter(**wanted), top))


def told(found):
    return [entry["properties"]["message"] for entry in found.entries]


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path)


def test_a_workspace_that_nobody_wrote_to_is_empty(workspace):
    found = search(workspace.folder / "none", EVERYTHING, 10)
    assert found.entries == []
    assert follow(workspace.folder / "none", EVERYTHING, found.cursor).entries == []


def test_entries_of_all_categories_and_hours_come_in_the_order_of_their_times(workspace):
    workspace.write(line("3", at=AT + HOUR), line("1", at=AT), line("2", at=AT + 1, stream=MESSAGING))
    assert workspace.messages() == ["1", "2", "3"]


def test_top_takes_the_newest(workspace):
    workspace.write(*[line(str(number), at=AT + number * HOUR / 2) for number in range(10)])
    assert workspace.messages(top=3) == ["7", "8", "9"]


def test_each_filter_takes_what_it_names(workspace):
    other = Stream("MessagingLogs", RESOURCE_ID.replace("DEMO", "OTHER"))
    workspace.write(
        line("a", at=AT, connection="c1", user="anna", hub="chat"),
        line("b", at=AT + 1, connection="c2", user='b"ö', hub="chat2", operation="ConnectionEnded"),
        line("c", at=AT + 2, connection="c11", stream=other),
    )
    assert workspace.messages(connection_id="c1") == ["a"]
    assert workspace.messages(user_id='b"ö') == ["b"]
    assert workspace.messages(hub="chat") == ["a", "c"]
    assert workspace.messages(operation="connectionended") == ["b"]
    assert workspace.messages(resource="other") == ["c"]
    assert workspace.messages(categories=["messaginglogs"]) == ["c"]
    assert workspace.messages(level="informational", hub="chat2") == ["b"]
    assert workspace.messages(level="warning") == []
    assert workspace.messages(start="2023-11-14T22:13:21.000Z") == ["b", "c"]
    assert workspace.messages(end="2023-11-14T22:13:21.000Z") == ["a"]


def test_times_choose_among_files_too(workspace):
    workspace.write(*[line(str(number), at=AT + number * HOUR) for number in range(4)])
    assert workspace.messages(start="2023-11-14T23:00:00.000Z", end="2023-11-15T01:00:00.000Z") == ["1", "2"]


def test_following_gives_what_is_new_and_nothing_twice(workspace):
    workspace.write(line("1", at=AT), line("2", at=AT, stream=MESSAGING))
    found = search(workspace.folder, EVERYTHING, 1)
    assert follow(workspace.folder, EVERYTHING, found.cursor).entries == []
    workspace.write(line("3", at=AT), line("4", at=AT + HOUR, stream=MESSAGING))
    found = follow(workspace.folder, EVERYTHING, found.cursor)
    assert told(found) == ["3", "4"]
    workspace.write(line("5", at=AT), line("6", at=AT + HOUR))
    found = follow(workspace.folder, EntryFilter(hub="chat"), found.cursor)
    assert told(found) == ["5", "6"]
    assert follow(workspace.folder, EVERYTHING, found.cursor).entries == []


def test_following_from_a_search_that_read_some_categories_only_begins_at_its_moment(workspace):
    workspace.write(line("1", at=AT), line("2", at=AT, stream=MESSAGING))
    found = search(workspace.folder, EntryFilter(categories=["ConnectivityLogs"]), 10)
    assert told(found) == ["1"]
    assert follow(workspace.folder, EVERYTHING, found.cursor).entries == []


def test_a_line_that_is_being_written_waits_for_the_next_look(workspace):
    workspace.write(line("1", at=AT))
    found = search(workspace.folder, EVERYTHING, 10)
    (file,) = workspace_files(workspace.folder)
    whole = file.path.read_bytes() + line("2", at=AT)[1] + b"\n"
    file.path.write_bytes(whole[:-20])
    assert workspace.messages() == ["1"]
    found = follow(workspace.folder, EVERYTHING, found.cursor)
    assert found.entries == []
    file.path.write_bytes(whole)
    assert told(follow(workspace.folder, EVERYTHING, found.cursor)) == ["2"]


def test_lines_that_a_crash_has_spoiled_are_passed_over(workspace):
    workspace.write(line("1", at=AT))
    (file,) = workspace_files(workspace.folder)
    file.path.write_bytes(b'{"time":"2023\n[]\n\xff\n{}\n' + file.path.read_bytes())
    assert workspace.messages() == ["1"]


@pytest.mark.parametrize("content", [b"", b"[]", b'["",{"a":-1}]', b'["",{"a":"b"}]', b'["",{"a":%d}]' % 2**70])
def test_a_cursor_that_no_search_gave_is_refused(workspace, content):
    with pytest.raises(InvalidCursor, match="cursor: expected one that a search gave"):
        follow(workspace.folder, EVERYTHING, base64.urlsafe_b64encode(content).decode())
    with pytest.raises(InvalidCursor):
        follow(workspace.folder, EVERYTHING, "ü")
