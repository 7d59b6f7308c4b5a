"""The administrator's credential: whoever can read the data folder may manage the server."""

from __future__ import annotations

import secrets
from pathlib import Path

from linarite.private_files import exclusive_access, write_private_file

__all__ = ["ADMINISTRATOR_TOKEN_FILE", "administrator_token"]

ADMINISTRATOR_TOKEN_FILE = "administrator-token"  # noqa: S105 - a file's name
# 256 bits: nobody guesses it, however long they try.
_TOKEN_BYTES = 32


def administrator_token(data_folder: Path) -> str:
    """The credential in the data folder, made on first use; only the folder's owner can read it."""
    path = data_folder / ADMINISTRATOR_TOKEN_FILE
    with exclusive_access(data_folder):  # of servers that start together one makes it and all read the same
        if not path.exists():
            write_private_file(path, secrets.token_urlsafe(_TOKEN_BYTES).encode())
    return _read(path)


def _read(path: Path) -> str:
    token = path.read_text().strip()
    if not token:
        raise ValueError(f"{path}: expected the administrator's credential, got an empty file; delete it to make one")
    return token
