"""The administrator's credential: whoever can read the data folder may manage the server.

It is good for two things: as bearer token of management calls, and as the secret with which the administrator's client
signs in at the authority (`access/authority.py`).
"""

from __future__ import annotations

import hmac
import secrets
from pathlib import Path

from linarite.access.watched_file import WatchedFile
from linarite.private_files import exclusive_access, write_private_file

__all__ = ["ADMINISTRATOR_TOKEN_FILE", "Administrator", "administrator_token", "rotate_administrator_token"]

ADMINISTRATOR_TOKEN_FILE = "administrator-token"  # noqa: S105 - a file's name
# 256 bits: nobody guesses it, however long they try.
_TOKEN_BYTES = 32


class Administrator:
    """Knows the credential as it is now: one that has been rotated opens nothing from that moment on."""

    def __init__(self, data_folder: Path) -> None:
        """Make the credential if there is none. Raises ValueError for a file without one."""
        administrator_token(data_folder)
        self._file = WatchedFile(data_folder / ADMINISTRATOR_TOKEN_FILE, _parse, b"")

    @property
    def credential(self) -> bytes:
        """The credential, empty if its file has gone."""
        return self._file.value

    def holds(self, token: str) -> bool:
        """Whether a text is the credential; the comparison takes the same time wherever it differs."""
        expected = self.credential
        # Header text is Latin-1 (RFC 9110, section 5.5).
        return bool(expected) and hmac.compare_digest(token.strip().encode("latin-1", "replace"), expected)


def administrator_token(data_folder: Path) -> str:
    """The credential in the data folder, made on first use; only the folder's owner can read it."""
    path = data_folder / ADMINISTRATOR_TOKEN_FILE
    with exclusive_access(data_folder):  # of servers that start together one makes it and all read the same
        if not path.exists():
            write_private_file(path, _new_token())
    return _read(path)


def rotate_administrator_token(data_folder: Path) -> str:
    """A new credential in place of the old one, which a running server refuses from then on."""
    path = data_folder / ADMINISTRATOR_TOKEN_FILE
    with exclusive_access(data_folder):
        write_private_file(path, _new_token())
    return _read(path)


def _new_token() -> bytes:
    return secrets.token_urlsafe(_TOKEN_BYTES).encode()


def _read(path: Path) -> str:
    token = _parse(path.read_bytes())
    if not token:
        raise ValueError(f"{path}: expected the administrator's credential, got an empty file; delete it to make one")
    return token.decode()


def _parse(content: bytes) -> bytes:
    return content.decode().strip().encode()
