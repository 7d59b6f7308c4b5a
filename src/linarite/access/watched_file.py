"""A value that stands in a file of the data folder and is read again whenever the file has been replaced.

What the command line writes there (`linarite token rotate`, `linarite application create`) applies to the next request:
looking whether the file is another one costs a microsecond.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from linarite.monitoring.logs import log_event

__all__ = ["WatchedFile"]

_log = logging.getLogger(__name__)

T = TypeVar("T")


class WatchedFile(Generic[T]):
    """Gives what a file says now. Files are replaced, never written in place (`private_files.py`)."""

    def __init__(self, path: Path, parse: Callable[[bytes], T], absent: T) -> None:
        """`absent` stands for a file that is missing or not valid; `parse` raises ValueError for the latter."""
        self.path = path
        self._parse = parse
        self._absent = absent
        self._value = absent
        self._seen: tuple[int, int, int] | None = None

    @property
    def value(self) -> T:
        """What the file says now."""
        try:
            status = os.stat(self.path)
        except FileNotFoundError:
            self._seen, self._value = None, self._absent
            return self._absent
        seen = (status.st_mtime_ns, status.st_ino, status.st_size)
        if seen != self._seen:
            self._value = self._read()
            self._seen = seen
        return self._value

    def _read(self) -> T:
        try:
            return self._parse(self.path.read_bytes())
        except (OSError, ValueError) as error:
            log_event(_log, logging.ERROR, "file not valid", file=self.path, reason=str(error))
            return self._absent
