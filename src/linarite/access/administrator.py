"""The administrator's credential: whoever can read the data folder may manage the server."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

__all__ = ["ADMINISTRATOR_TOKEN_FILE", "administrator_token"]

ADMINISTRATOR_TOKEN_FILE = "administrator-token"  # noqa: S105 - a file's name
# 256 bits: nobody guesses it, however long they try.
_TOKEN_BYTES = 32


def administrator_token(data_folder: Path) -> str:
    """The credential in the data folder, made on first use; only the folder's owner can read it."""
    path = data_folder / ADMINISTRATOR_TOKEN_FILE
    try:
        return _read(path)
    except FileNotFoundError:
        pass
    # Written under a name of its own and then linked: a reader never sees half a token, and of two servers that start
    # together one wins and both read the same.
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(_TOKEN_BYTES))
        file.flush()
        os.fsync(file.fileno())
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return _read(path)


def _read(path: Path) -> str:
    token = path.read_text().strip()
    if not token:
        raise ValueError(f"{path}: expected the administrator's credential, got an empty file; delete it to make one")
    return token
