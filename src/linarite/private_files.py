"""Files and folders that only their owner may read, written whole or not at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["exclusive_access", "make_private_folder", "make_private_folders", "write_private_file"]


def make_private_folder(folder: Path) -> Path:
    """Return a folder that exists and that nobody else may enter, with its parents made where missing."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_mode & 0o077:
        folder.chmod(0o700)
    return folder


def make_private_folders(folder: Path) -> None:
    """Make a folder, and those above it that are missing, so that nobody else may enter any of them.

    `Path.mkdir` with its parents gives the rights to the last one alone. Folders that are there keep theirs.
    """
    for each in reversed([folder, *folder.parents]):
        if not each.is_dir():
            each.mkdir(mode=0o700, exist_ok=True)


def write_private_file(file: Path, content: bytes) -> None:
    """Write a file with rights 0600; a crash or a reader at any moment finds old content or new."""
    descriptor, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")  # mkstemp gives 0600
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, file)
    except BaseException:
        os.unlink(temporary)
        raise


@contextmanager
def exclusive_access(folder: Path) -> Iterator[None]:
    """Keep other processes that ask for the same folder waiting; the end of a process gives it back."""
    try:
        import fcntl
    except ImportError:  # Windows: the last writer wins, each file whole
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
