"""Applications that sign in at the authority with a secret of their own, and the roles they have.

They stand in one file of the data folder, which the command line writes and a running server reads again when it has
changed. Secrets are random and shown once; the file keeps their SHA-256, which tells nothing of 256 random bits.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from linarite.access.roles import Assignment, Role
from linarite.access.watched_file import WatchedFile
from linarite.private_files import exclusive_access, write_private_file

__all__ = ["APPLICATIONS_FILE", "Application", "ApplicationError", "Applications", "hash_of_secret"]

APPLICATIONS_FILE = "applications.json"
_SECRET_BYTES = 32
_NAME_LIMIT = 120  # Entra's own limit for display names


class ApplicationError(ValueError):
    """An application cannot be made or is not there; the text says which and why."""


@dataclass(frozen=True, slots=True)
class Application:
    """One application; `secret_hash` is the SHA-256 of its secret."""

    client_id: str
    name: str
    secret_hash: bytes
    assignments: tuple[Assignment, ...]
    created_at: datetime

    def has_secret(self, secret: str) -> bool:
        """Whether that is its secret."""
        return hmac.compare_digest(hash_of_secret(secret), self.secret_hash)


class _Assigned(msgspec.Struct, forbid_unknown_fields=True):
    role: Role
    resource: str | None = None


class _Row(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    client_id: str
    name: str
    secret_hash: str
    roles: list[_Assigned]
    created_at: datetime


class _Document(msgspec.Struct, forbid_unknown_fields=True):
    applications: list[_Row]


class Applications:
    """The applications of a data folder."""

    def __init__(self, data_folder: Path) -> None:
        self._folder = data_folder
        nobody: Mapping[str, Application] = {}
        self._file = WatchedFile(data_folder / APPLICATIONS_FILE, _parse, nobody)

    def get(self, client_id: str) -> Application | None:
        """The application of that client id."""
        return self._file.value.get(client_id.lower())

    def all(self) -> Sequence[Application]:
        """Every application, oldest first."""
        return tuple(self._file.value.values())

    def create(self, name: str, assignments: Sequence[Assignment]) -> tuple[Application, str]:
        """A new application and its secret, which is not kept. Raises ApplicationError for a name that is taken."""
        if not name.strip() or len(name) > _NAME_LIMIT or not name.isprintable():
            raise ApplicationError(f"name: expected 1 to {_NAME_LIMIT} printable characters, got {name[:40]!r}")
        secret = _new_secret()
        made = Application(str(uuid.uuid4()), name, hash_of_secret(secret), tuple(assignments), datetime.now(UTC))
        with exclusive_access(self._folder):
            known = self._read_strictly()
            if any(application.name == name for application in known):
                raise ApplicationError(f"name: expected one that no application has, got {name!r}")
            self._write([*known, made])
        return made, secret

    def renew_secret(self, name: str) -> tuple[Application, str]:
        """An application with a new secret; the old one and its tokens open nothing any more."""
        secret = _new_secret()
        with exclusive_access(self._folder):
            known = self._read_strictly()
            renewed = replace(_find(known, name), secret_hash=hash_of_secret(secret))
            self._write([renewed if each.client_id == renewed.client_id else each for each in known])
        return renewed, secret

    def delete(self, name: str) -> None:
        """Take an application away, by its name or client id; its tokens open nothing any more."""
        with exclusive_access(self._folder):
            known = self._read_strictly()
            gone = _find(known, name)
            self._write([each for each in known if each.client_id != gone.client_id])

    def _read_strictly(self) -> Sequence[Application]:
        """Every application; a broken file is told and never written over."""
        try:
            return tuple(_parse(self._file.path.read_bytes()).values())
        except FileNotFoundError:
            return ()
        except ValueError as error:
            raise ApplicationError(f"{self._file.path}: {error}") from None

    def _write(self, applications: Sequence[Application]) -> None:
        rows = [
            _Row(
                each.client_id,
                each.name,
                each.secret_hash.hex(),
                [_Assigned(assignment.role, assignment.resource) for assignment in each.assignments],
                each.created_at,
            )
            for each in applications
        ]
        content = msgspec.json.format(msgspec.json.encode(_Document(rows)))
        write_private_file(self._file.path, content + b"\n")


def hash_of_secret(secret: str) -> bytes:
    """The SHA-256 of a secret."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def _new_secret() -> str:
    return secrets.token_urlsafe(_SECRET_BYTES)


def _find(applications: Sequence[Application], name: str) -> Application:
    for application in applications:
        if name in (application.name, application.client_id):
            return application
    raise ApplicationError(f"name: expected the name or client id of an application, got {name!r}")


def _parse(content: bytes) -> Mapping[str, Application]:
    try:
        document = msgspec.json.decode(content, type=_Document)
        found = [
            Application(
                row.client_id.lower(),
                row.name,
                bytes.fromhex(row.secret_hash),
                tuple(Assignment(assigned.role, assigned.resource) for assigned in row.roles),
                row.created_at,
            )
            for row in document.applications
        ]
    except (msgspec.MsgspecError, ValueError) as error:
        raise ValueError(f"expected a list of applications: {error}") from None
    return {application.client_id: application for application in found}
