"""Searching a workspace: what was logged, by filters, and what comes next.

The files are read as they are, oldest hour last, until enough is found. A line is parsed only if it holds the text of
every filter; a line without its end is still being written, and left for the next look.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import msgspec

from linarite.monitoring.hourly_files import WorkspaceFile, workspace_files

__all__ = ["EntryFilter", "Found", "InvalidCursor", "entry_time", "follow", "search"]

LogEntry = Mapping[str, Any]
# Larger than any file, and no more than a seek can take.
_Offset = Annotated[int, msgspec.Meta(ge=0, le=2**62)]


class InvalidCursor(ValueError):
    """A cursor that no search has given."""


class EntryFilter(msgspec.Struct, frozen=True):
    """Which entries are wanted; None: any. Texts compare as they are, categories and operations without case."""

    start: str = ""
    """The first time, in the form of `entry_time`."""
    end: str = "9999"
    """The time that is too late."""
    categories: Sequence[str] = ()
    resource: str | None = None
    operation: str | None = None
    level: str | None = None
    hub: str | None = None
    connection_id: str | None = None
    user_id: str | None = None
    trace_id: str | None = None

    def needles(self) -> list[bytes]:
        """What every line that is wanted has in it."""
        exact = (self.hub, self.connection_id, self.user_id, self.trace_id)
        return [msgspec.json.encode(text) for text in exact if text is not None]

    def wants_file(self, file: WorkspaceFile) -> bool:
        """Whether a file may hold what is wanted."""
        names = [category.lower() for category in self.categories]
        is_in_time = self.start[: len(file.hour)] <= file.hour < self.end
        return is_in_time and (not names or file.category.lower() in names)

    def matches(self, entry: LogEntry) -> bool:
        """Whether an entry is wanted."""
        facts = entry["properties"]
        return (
            self.start <= entry["time"] < self.end
            and _is(self.resource, entry["resourceId"].rpartition("/")[2], ignore_case=True)
            and _is(self.operation, entry["operationName"], ignore_case=True)
            and _is(self.level, entry["level"], ignore_case=True)
            and _is(self.hub, facts.get("hub"))
            and _is(self.connection_id, facts.get("connectionId"))
            and _is(self.user_id, facts.get("userId"))
            and _is(self.trace_id, facts.get("traceId"))
        )


class Found(NamedTuple):
    """Entries in the order of their times, and the cursor from which `follow` goes on."""

    entries: Sequence[LogEntry]
    cursor: str


def entry_time(moment: datetime) -> str:
    """A moment as entries have it, so that texts compare as times do."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def search(folder: Path, wanted: EntryFilter, top: int) -> Found:
    """The newest entries that are wanted, so many at most."""
    files = workspace_files(folder)
    offsets: dict[Path, int] = {}
    found: list[LogEntry] = []
    by_hour: dict[str, list[WorkspaceFile]] = {}
    for file in files:
        by_hour.setdefault(file.hour, []).append(file)
    for hour in sorted(by_hour, reverse=True):
        of_hour: list[LogEntry] = []
        for file in by_hour[hour]:
            if wanted.wants_file(file):
                content = _complete_lines(file.path, 0)
                offsets[file.path] = len(content)
                of_hour += _matching(content, wanted)
        of_hour.sort(key=_time)
        found = of_hour + found
        if len(found) >= top:
            break
    return Found(found[len(found) - top :] if len(found) > top else found, _cursor(files, offsets))


def follow(folder: Path, wanted: EntryFilter, cursor: str) -> Found:
    """What has come since `cursor` was given. Raises InvalidCursor."""
    since, known = _read_cursor(cursor)
    files = [file for file in workspace_files(folder) if file.hour >= since]
    offsets: dict[Path, int] = {}
    found: list[LogEntry] = []
    for file in files:
        start = known.get(_name(file.path), 0)
        content = _complete_lines(file.path, start)
        offsets[file.path] = start + len(content)
        if wanted.wants_file(file):
            found += _matching(content, wanted)
    found.sort(key=_time)
    return Found(found, _cursor(files, offsets, since))


def _complete_lines(path: Path, start: int) -> bytes:
    """The file from an offset on, up to the end of its last whole line; empty if it has gone meanwhile."""
    try:
        with path.open("rb") as file:
            file.seek(start)
            content = file.read()
    except FileNotFoundError:
        return b""
    return content[: content.rfind(b"\n") + 1]


def _matching(content: bytes, wanted: EntryFilter) -> Iterator[LogEntry]:
    needles = wanted.needles()
    if any(needle not in content for needle in needles):
        return
    for line in content.split(b"\n"):
        if line and all(needle in line for needle in needles):
            try:
                entry = msgspec.json.decode(line)
                is_wanted = wanted.matches(entry)
            except (ValueError, KeyError, TypeError, AttributeError):
                continue  # cut by a crash of the machine
            if is_wanted:
                yield entry


def _is(wanted: str | None, found: object, *, ignore_case: bool = False) -> bool:
    if wanted is None:
        return True
    return str(found).lower() == wanted.lower() if ignore_case else found == wanted


def _time(entry: LogEntry) -> str:
    time: str = entry["time"]
    return time


# A cursor holds an hour and how far each file from it on had been read. It is the last hour but one that has files: the
# end of an hour may be written after the next one has begun.


def _name(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def _cursor(files: Sequence[WorkspaceFile], offsets: Mapping[Path, int], since: str = "") -> str:
    hours = sorted({file.hour for file in files})[-2:]
    since = hours[0] if hours else since
    read = {}
    for file in files:
        if file.hour >= since:
            offset = offsets.get(file.path)
            read[_name(file.path)] = len(_complete_lines(file.path, 0)) if offset is None else offset
    return base64.urlsafe_b64encode(msgspec.json.encode([since, read])).decode()


def _read_cursor(cursor: str) -> tuple[str, Mapping[str, int]]:
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(cursor), type=tuple[str, dict[str, _Offset]])
    except ValueError as error:
        raise InvalidCursor(f"cursor: expected one that a search gave, got {cursor[:40]!r}") from error
