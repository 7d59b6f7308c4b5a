"""The audit log: who did what to the server, when, and what came of it.

One line for each management call and each sign-in, in the server's log (logger `linarite.audit`) and in `audit.log` of
the data folder, where each line is a JSON object. What was refused for want of a credential stands in a file of its
own, `audit-refused.log`: strangers can make as many such lines as they like, and shall drive out none of the others.
Each file is bounded: past its limit it becomes `audit.log.1` and a new one begins. What calls and answers hold is not
written, since it may be keys. A disk that is full is told once and holds up nobody: the lines of the server's log are
then what there is.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from linarite.monitoring.logs import log_event

__all__ = ["AUDIT_FILE", "REFUSED_FILE", "AuditLog"]

_log = logging.getLogger(__name__)
_audit = logging.getLogger("linarite.audit")

AUDIT_FILE = "audit.log"
REFUSED_FILE = "audit-refused.log"
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_APPEND
_SHOWN = 500  # characters of a field: paths are as long as clients make them


def _utc_now() -> datetime:
    return datetime.now(UTC)


class AuditLog:
    """Writes lines; each is in the operating system's hands when `record` returns."""

    def __init__(self, data_folder: Path, limit_bytes: int, clock: Callable[[], datetime] = _utc_now) -> None:
        self._folder = data_folder
        self._limit_bytes = limit_bytes
        self._clock = clock
        self._is_failing = False

    def record(self, event: str, fields: Mapping[str, object], *, is_refused: bool = False) -> None:
        """Write what happened; fields without a value are left out. `is_refused`: nobody known has done it."""
        shown = {name: _short(value) for name, value in fields.items() if value is not None}
        _audit.info("%s", event, extra={"fields": {"category": "audit", **shown}})
        time = self._clock().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line = json.dumps({"time": time, "event": event, **shown}, separators=(",", ":"), ensure_ascii=True)
        path = self._folder / (REFUSED_FILE if is_refused else AUDIT_FILE)
        try:
            self._append(path, line.encode() + b"\n")
            self._is_failing = False
        except OSError as error:
            if not self._is_failing:
                log_event(_log, logging.ERROR, "audit log not written", file=path, reason=error.strerror)
            self._is_failing = True

    def _append(self, path: Path, line: bytes) -> None:
        descriptor = os.open(path, _FLAGS, 0o600)
        try:
            if os.fstat(descriptor).st_size + len(line) > self._limit_bytes:
                os.close(descriptor)
                descriptor = -1
                os.replace(path, path.with_name(f"{path.name}.1"))
                descriptor = os.open(path, _FLAGS, 0o600)
            os.write(descriptor, line)
        finally:
            if descriptor != -1:
                os.close(descriptor)


def _short(value: object) -> object:
    if isinstance(value, int | float):
        return value
    text = str(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
