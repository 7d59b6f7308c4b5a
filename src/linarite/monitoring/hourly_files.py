"""Log lines in files by the hour: the tree of a storage account, and that of a workspace.

A storage account has the service's own tree ("howto-troubleshoot-resource-logs", archive to a storage account):
`insights-logs-<category>/resourceId=/SUBSCRIPTIONS/…/y=YYYY/m=MM/d=DD/h=HH/m=00/PT1H.json`, the minute always 00. A
workspace, which is there to be searched, has one folder a category with files that begin with the hour.

A line is in its file whole or not at all: what a full disk has cut is cut off again, and a file whose last line lacks
its end, after a crash of the machine, gets it before the next line. Files are for their owner alone: entries name
users and addresses.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from linarite.monitoring.outflow import Line, SinkError, Stream
from linarite.private_files import make_private_folders

__all__ = ["FileTree", "HourlyFiles", "StorageTree", "WorkspaceFile", "WorkspaceTree", "workspace_files"]

# Where the hour stands in a line: {"time":"2026-01-31T23:…
_HOUR = slice(9, 22)
_TEND_SECONDS = 60.0
_DAY_SECONDS = 86_400
# A workspace's files end at this part of its limit, so that the oldest can go one by one.
_SEGMENTS_OF_LIMIT = 16
_SEGMENT = re.compile(r"(?P<hour>\d{4}-\d\d-\d\dT\d\d)-(?P<number>\d{4,})\.jsonl")


class FileTree(Protocol):
    """Where lines go below a folder, and what becomes of old files."""

    def path(self, stream: Stream, hour: str) -> Path:
        """The file, relative to the folder, of an hour such as `2026-01-31T23`."""

    def is_full(self, size: int) -> bool:
        """Whether a file of this many bytes takes no more lines."""

    def turn(self, stream: Stream, hour: str) -> None:
        """The file of this hour is full; the next answer of `path` shall be another one."""

    def outdated(self, folder: Path, now: float) -> Iterator[Path]:
        """The files that have been kept long enough."""


class StorageTree:
    """The tree of a storage account; an archive has no limit but the days of each diagnostic setting."""

    def __init__(self) -> None:
        self._days: dict[Path, int] = {}

    def path(self, stream: Stream, hour: str) -> Path:
        """The service's path: a blob of an hour and category."""
        folder = Path(f"insights-logs-{stream.category.lower()}") / f"resourceId={stream.resource_id}"
        self._days[folder] = stream.retention_days
        return (
            folder / f"y={hour[:4]}" / f"m={hour[5:7]}" / f"d={hour[8:10]}" / f"h={hour[11:13]}" / "m=00" / "PT1H.json"
        )

    def is_full(self, size: int) -> bool:
        """Never: one file an hour."""
        return False

    def turn(self, stream: Stream, hour: str) -> None:
        """Never called."""

    def outdated(self, folder: Path, now: float) -> Iterator[Path]:
        """Files older than the retention policy of their category, where it has one."""
        for below, days in self._days.items():
            if days:
                for file in (folder / below).glob("y=*/m=*/d=*/h=*/m=00/PT1H.json"):
                    if _age_seconds(file, now) > days * _DAY_SECONDS:
                        yield file


class WorkspaceFile(NamedTuple):
    """One file of a workspace. Files sort by hour, then by number."""

    hour: str
    number: int
    category: str
    path: Path


class WorkspaceTree:
    """The tree of a workspace, with limits in days and bytes."""

    def __init__(self, folder: Path, *, retention_days: int, limit_bytes: int) -> None:
        self._retention_days = retention_days
        self._limit_bytes = limit_bytes
        self._numbers: dict[tuple[str, str], int] = {}
        for file in workspace_files(folder):
            key = (file.category, file.hour)
            self._numbers[key] = max(file.number, self._numbers.get(key, 0))

    def path(self, stream: Stream, hour: str) -> Path:
        """`<category>/<hour>-<number>.jsonl`."""
        number = self._numbers.setdefault((stream.category, hour), 0)
        return Path(stream.category, f"{hour}-{number:04d}.jsonl")

    def is_full(self, size: int) -> bool:
        """Whether the next file of the hour shall be begun."""
        return size > self._limit_bytes // _SEGMENTS_OF_LIMIT

    def turn(self, stream: Stream, hour: str) -> None:
        """Begin the next file of the hour."""
        self._numbers[stream.category, hour] += 1

    def outdated(self, folder: Path, now: float) -> Iterator[Path]:
        """Files older than the retention, and the oldest while all together are over the limit."""
        files = workspace_files(folder)
        sizes = {file.path: file.path.stat().st_size for file in files}
        total = sum(sizes.values())
        for file in files:
            if total > self._limit_bytes or _age_seconds(file.path, now) > self._retention_days * _DAY_SECONDS:
                total -= sizes[file.path]
                yield file.path
        newest = max((file.hour for file in files), default="")
        self._numbers = {key: number for key, number in self._numbers.items() if key[1] >= newest}


def workspace_files(folder: Path) -> list[WorkspaceFile]:
    """The files of a workspace, oldest first."""
    files = []
    for path in folder.glob("*/*.jsonl"):
        match = _SEGMENT.fullmatch(path.name)
        if match is not None:
            files.append(WorkspaceFile(match["hour"], int(match["number"]), path.parent.name, path))
    return sorted(files)


class HourlyFiles:
    """A sink that appends lines to files of a tree."""

    def __init__(self, folder: Path, tree: FileTree, clock: Callable[[], float] = time.time) -> None:
        """`clock` gives seconds since 1970; nothing is made before the first line."""
        self._folder = folder
        self._tree = tree
        self._clock = clock
        self._open: dict[Path, int] = {}
        self._tended_at = float("-inf")

    def write(self, lines: Sequence[Line]) -> None:
        """Append the lines, each file's in their order. Raises SinkError with those that have to wait."""
        files: dict[tuple[Stream, bytes], list[Line]] = {}
        of_file: list[Line] = []
        last: tuple[Stream | None, bytes] = (None, b"")
        for line in lines:
            stream, text = line
            hour = text[_HOUR]
            if stream is not last[0] or hour != last[1]:  # lines come in rows of one stream: most need no look-up
                last = (stream, hour)
                of_file = files.setdefault((stream, hour), [])
            of_file.append(line)
        rest: list[Line] = []
        reason = ""
        for (stream, hour), of_file in files.items():
            try:
                self._append(stream, hour.decode(), of_file)
            except OSError as error:
                rest += of_file
                reason = f"{error.strerror}: {self._folder}"
        if rest:
            raise SinkError(reason, rest)

    def _append(self, stream: Stream, hour: str, lines: list[Line]) -> None:
        """Append all lines of one file or, on an error, none."""
        path = self._tree.path(stream, hour)
        descriptor = self._descriptor(path)
        if self._tree.is_full(os.fstat(descriptor).st_size):
            self._tree.turn(stream, hour)
            self._close(path)
            path = self._tree.path(stream, hour)
            descriptor = self._descriptor(path)
        content = memoryview(b"\n".join([*[text for _, text in lines], b""]))
        before = os.fstat(descriptor).st_size
        written = 0
        try:
            while written < len(content):
                written += os.write(descriptor, content[written:])
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(descriptor, before)
            self._close(path)  # a later attempt opens it anew, which mends a line that could not be cut off
            raise

    def _descriptor(self, path: Path) -> int:
        descriptor = self._open.get(path)
        if descriptor is None:
            file = self._folder / path
            make_private_folders(file.parent)
            descriptor = os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            self._open[path] = descriptor
            size = os.fstat(descriptor).st_size
            if size and os.pread(descriptor, 1, size - 1) != b"\n":
                os.write(descriptor, b"\n")
        return descriptor

    def tend(self) -> None:
        """Once a minute, close the files of past hours and delete those that were kept long enough."""
        now = self._clock()
        if now - self._tended_at < _TEND_SECONDS:
            return
        self._tended_at = now
        self.close()
        for file in list(self._tree.outdated(self._folder, now)):
            file.unlink(missing_ok=True)
            self._remove_empty_folders(file.parent)

    def _remove_empty_folders(self, folder: Path) -> None:
        with contextlib.suppress(OSError):  # the first that is not empty ends it
            while folder != self._folder:
                folder.rmdir()
                folder = folder.parent

    def close(self) -> None:
        """Close all files."""
        for path in tuple(self._open):
            self._close(path)

    def _close(self, path: Path) -> None:
        descriptor = self._open.pop(path, None)
        if descriptor is not None:
            os.close(descriptor)


def _age_seconds(file: Path, now: float) -> float:
    """Seconds since the last line."""
    return now - file.stat().st_mtime
