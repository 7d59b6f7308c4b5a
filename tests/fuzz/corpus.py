"""The stored inputs: one client message a file, its kind in the file's name (`.text` or `.binary`)."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent / "corpus"
# What is added by itself stays readable; a larger input is in the report of the test that found it.
_LIMIT_BYTES = 4096


class Sample(NamedTuple):
    """One message of a client."""

    is_text: bool
    payload: bytes


def stored(corpus: str) -> dict[str, Sample]:
    """Give the inputs of a corpus by the names of their files."""
    files = sorted((FOLDER / corpus).iterdir())
    return {file.name: Sample(file.suffix == ".text", file.read_bytes()) for file in files}


def store(corpus: str, description: str, sample: Sample) -> None:
    """Add an input to a corpus under a name of these words, unless it is too large to be read."""
    if len(sample.payload) <= _LIMIT_BYTES:
        name = re.sub(r"[^a-z0-9]+", "-", description.lower()).strip("-")[:80]
        digest = hashlib.sha256(sample.payload).hexdigest()[:6]
        suffix = "text" if sample.is_text else "binary"
        (FOLDER / corpus / f"{name}-{digest}.{suffix}").write_bytes(sample.payload)
