"""One run of the load generator: its options in, its line of JSON out."""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.pinning import GENERATOR_CORE, pinned

# Each counts frames of the whole run that did not reach whom they should, once and in order.
DELIVERY_FAULTS = ("lost", "dup", "reordered", "missing_at_end", "undelivered")
# Connections never opened, opened and then lost, not recovered, POSTs refused: such a run measured something else.
CONNECTION_FAULTS = ("failed", "closed", "post_errors", "unrecovered")

# wsload ends by itself: opening gives up after 30 s without progress and the drain after 20 s.
RUN_LIMIT_SECONDS = 300


class GeneratorError(Exception):
    """The generator was used wrongly or did not end; the text is what it said."""


@dataclass(frozen=True, slots=True)
class Line:
    """What one run printed: the figures by wsload's own names, and what it said of the first failure."""

    figures: Mapping[str, float]
    complaint: str = ""

    def __getitem__(self, name: str) -> float:
        return self.figures[name]

    def get(self, name: str) -> float | None:
        """Return a figure, or None when this run has none of that name."""
        return self.figures.get(name)

    def faults(self) -> dict[str, float]:
        """Return every count that must be zero and is not."""
        return {
            name: self.figures[name] for name in (*DELIVERY_FAULTS, *CONNECTION_FAULTS) if self.figures.get(name, 0)
        }


class Generator:
    """The compiled generator, pinned to its core."""

    def __init__(self, program: Path) -> None:
        self._program = program

    def run(self, options: Sequence[str]) -> Line:
        """Run the generator to its end and return what it measured."""
        with self._start(options) as process:
            try:
                output, complaint = process.communicate(timeout=RUN_LIMIT_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                raise GeneratorError(f"wsload did not end within {RUN_LIMIT_SECONDS} s") from None
        return _parse(output, complaint.decode(errors="replace"))

    @contextmanager
    def holding(self, options: Sequence[str]) -> Iterator[Line]:
        """Open connections, keep them silent while the caller works, and close them at the end."""
        with self._start([*options, "-i", str(RUN_LIMIT_SECONDS), "-t", "0"]) as process:
            assert process.stdout is not None
            try:
                # wsload writes this much once all are open, and the rest of its line after the idle time.
                opened = os.read(process.stdout.fileno(), 4096)
                yield _parse(opened.rstrip(b"}\n") + b"}", "")
            finally:
                process.terminate()
                process.communicate()

    def _start(self, options: Sequence[str]) -> "subprocess.Popen[bytes]":
        command = pinned([str(self._program), *options], GENERATOR_CORE)
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def _parse(output: bytes, complaint: str) -> Line:
    try:
        return Line(json.loads(output), complaint.strip())
    except json.JSONDecodeError:
        raise GeneratorError(f"wsload printed no figures: {complaint.strip()}") from None
