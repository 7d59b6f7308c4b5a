"""Recordings of what a client hears: JSON lines, the first about the recording, each other a frame and its time."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from linarite.cli.tools.clients import Frame, compact, without_secrets
from linarite.cli.tools.failures import WrongUse

__all__ = ["Recorded", "RecordingFile", "read_recording"]

_VERSION = 1


@dataclass(frozen=True, slots=True)
class Recorded:
    """A frame, and how many seconds after the recording's begin it came."""

    at: float
    frame: Frame


class RecordingFile:
    """A new file; it exists from the first frame on, and every frame is there as soon as it came."""

    def __init__(self, path: Path, about: dict[str, Any]) -> None:
        """Raises WrongUse if the file is there already."""
        if path.exists():
            raise WrongUse(f"{path}: expected a file that is not there yet")
        self._path = path
        self._about = about
        self._file: TextIO | None = None
        self.frames = 0

    def write(self, at: float, frame: Frame) -> None:
        """Add a frame. Raises WrongUse if the file cannot be written."""
        try:
            file = self._file or self._open()
            # Lone surrogates of strangers are kept as JSON writes them: in escapes.
            file.write(json.dumps({"at": round(at, 6), "frame": without_secrets(frame)}) + "\n")
            file.flush()
        except OSError as error:
            raise WrongUse(f"{self._path} cannot be written: {error.strerror}") from None
        self.frames += 1

    def close(self) -> None:
        """Close the file, if there is one."""
        if self._file is not None:
            self._file.close()

    def discard(self) -> None:
        """Remove the file again."""
        if self._file is not None:
            self.close()
            self._path.unlink(missing_ok=True)

    def _open(self) -> TextIO:
        # What clients hear is not for everybody on this machine.
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._file = os.fdopen(descriptor, "w", encoding="utf-8")
        started = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self._file.write(compact({"linariteRecording": _VERSION, **self._about, "startedAt": started}) + "\n")
        return self._file


def read_recording(path: Path) -> tuple[dict[str, Any], Sequence[Recorded]]:
    """What a recording says about itself, and its messages. Raises WrongUse, which names the line."""
    try:
        with path.open(encoding="utf-8") as file:
            about = _object(path, 1, file.readline())
            if about.get("linariteRecording") != _VERSION:
                raise WrongUse(f"{path}, line 1: expected a recording of version {_VERSION}, got something else")
            return about, list(_messages(path, file))
    except OSError as error:
        raise WrongUse(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise WrongUse(f"{path}: expected UTF-8, got other bytes") from None


def _messages(path: Path, lines: TextIO) -> Iterator[Recorded]:
    for number, line in enumerate(lines, 2):
        document = _object(path, number, line)
        at, frame = document.get("at"), document.get("frame")
        if not isinstance(at, int | float) or not isinstance(frame, dict):
            raise WrongUse(f"{path}, line {number}: expected the members at and frame")
        if frame.get("type") == "message":
            yield Recorded(float(at), frame)


def _object(path: Path, number: int, line: str) -> dict[str, Any]:
    try:
        document = json.loads(line)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise WrongUse(f"{path}, line {number}: expected a JSON object, got something else")
    return document
