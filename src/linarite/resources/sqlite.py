"""Resources kept in one SQLite file.

What it promises: a call that returned is on the disk, so that it survives kill -9 and loss of power
(write-ahead log, `synchronous=FULL`: SQLite syncs the log at each commit). A change is one transaction, so
that a process that ends in the middle of one leaves the state before it. The file belongs to one server at
a time: it is locked while open, because each server answers from memory and would not see what another one
writes. File and log can be read by their owner alone, for they hold access keys.

The schema has a version (`PRAGMA user_version`). Opening an older file brings it up to date in one
transaction; a file of a newer release is refused and left as it is.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from linarite.resources.custom_names import (
    certificate_properties,
    domain_properties,
    parse_certificate,
    parse_domain,
)
from linarite.resources.errors import ResourceError
from linarite.resources.hub_settings import hub_properties, parse_hub_settings
from linarite.resources.model import (
    AccessKeys,
    CustomCertificate,
    CustomDomain,
    HubSettings,
    Resource,
    ResourceGroup,
    Sku,
)
from linarite.resources.store import Snapshot, StoredDocument, StoreError

__all__ = ["DATABASE_NAME", "SqliteStore"]

# The file's name within the data folder.
DATABASE_NAME = "linarite.db"
# How long an open waits for a lock: long enough for a person's `sqlite3 linarite.db .dump`, short enough to
# tell soon that another server runs.
_LOCK_SECONDS = 1.0

# One entry a schema version; entry n brings version n to n + 1. Entries are never changed once released.
_MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE resource_groups (
            key TEXT PRIMARY KEY,
            name TEXT NOT NULL,
            location TEXT NOT NULL,
            tags TEXT NOT NULL,
            managed_by TEXT,
            created_at TEXT NOT NULL
        )""",
        """CREATE TABLE resources (
            key TEXT PRIMARY KEY,
            group_key TEXT NOT NULL REFERENCES resource_groups (key) ON DELETE CASCADE,
            name TEXT NOT NULL,
            location TEXT NOT NULL,
            sku_name TEXT NOT NULL,
            sku_capacity INTEGER NOT NULL,
            kind TEXT NOT NULL,
            tags TEXT NOT NULL,
            primary_key TEXT NOT NULL,
            secondary_key TEXT NOT NULL,
            salt TEXT NOT NULL,
            local_auth_disabled INTEGER NOT NULL,
            properties TEXT NOT NULL,
            created_at TEXT NOT NULL,
            changed_at TEXT NOT NULL
        )""",
        "CREATE INDEX resources_of_group ON resources (group_key)",
        """CREATE TABLE hubs (
            resource_key TEXT NOT NULL REFERENCES resources (key) ON DELETE CASCADE,
            key TEXT NOT NULL,
            name TEXT NOT NULL,
            properties TEXT NOT NULL,
            created_at TEXT NOT NULL,
            changed_at TEXT NOT NULL,
            PRIMARY KEY (resource_key, key)
        )""",
    ),
    (
        """CREATE TABLE documents (
            kind TEXT NOT NULL,
            owner TEXT NOT NULL,
            key TEXT NOT NULL,
            content TEXT NOT NULL,
            PRIMARY KEY (kind, owner, key)
        )""",
    ),
    tuple(
        f"""CREATE TABLE {table} (
            resource_key TEXT NOT NULL REFERENCES resources (key) ON DELETE CASCADE,
            key TEXT NOT NULL,
            name TEXT NOT NULL,
            properties TEXT NOT NULL,
            created_at TEXT NOT NULL,
            changed_at TEXT NOT NULL,
            PRIMARY KEY (resource_key, key)
        )"""
        for table in ("custom_certificates", "custom_domains")
    ),
)


_Part = TypeVar("_Part")


class SqliteStore:
    """A Store in the file at `path`; its folder is made when it is missing."""

    def __init__(self, path: Path) -> None:
        self._path = path
        _make_private_file(path)
        try:
            self._connection = sqlite3.connect(path, timeout=_LOCK_SECONDS, isolation_level=None)
            self._connection.row_factory = sqlite3.Row
            self._prepare()
        except sqlite3.Error as error:
            self.close()
            raise _open_error(path, error) from error
        except StoreError:
            self.close()
            raise

    def _prepare(self) -> None:
        for pragma in ("locking_mode=EXCLUSIVE", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            self._connection.execute(f"PRAGMA {pragma}")
        version: int = self._connection.execute("PRAGMA user_version").fetchone()[0]
        if version > len(_MIGRATIONS):
            raise StoreError(
                f"{self._path} has schema version {version}; this release knows up to {len(_MIGRATIONS)}. "
                "Start the newer Linarite that wrote it, or name another data folder."
            )
        with self._transaction():
            for number, statements in enumerate(_MIGRATIONS[version:], start=version + 1):
                for statement in statements:
                    self._connection.execute(statement)
                self._connection.execute(f"PRAGMA user_version={number}")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All statements within, or none; they are on the disk when this ends."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            # A commit that failed, on a full disk for one, may have rolled back already.
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._transaction():
                yield self._connection
        except sqlite3.Error as error:
            raise StoreError(f"{self._path}: the change was not kept: {error}.") from error

    def load(self) -> Snapshot:
        """All groups and resources, each resource with its hubs."""
        read = self._connection.execute
        try:
            hubs = _by_resource(read("SELECT * FROM hubs ORDER BY rowid"), _hub_of)
            domains = _by_resource(read("SELECT * FROM custom_domains ORDER BY rowid"), _domain_of)
            certificates = _by_resource(read("SELECT * FROM custom_certificates ORDER BY rowid"), _certificate_of)
            groups = [_group_of(row) for row in read("SELECT * FROM resource_groups ORDER BY rowid")]
            resources = [
                replace(
                    _resource_of(row, hubs.get(row["key"], {})),
                    custom_domains=domains.get(row["key"], {}),
                    custom_certificates=certificates.get(row["key"], {}),
                )
                for row in read(
                    "SELECT resources.*, resource_groups.name AS group_name FROM resources "
                    "JOIN resource_groups ON resource_groups.key = group_key ORDER BY resources.rowid"
                )
            ]
        except (sqlite3.Error, ValueError, ResourceError) as error:
            raise StoreError(f"{self._path} cannot be read: {error}.") from error
        return Snapshot(groups, resources)

    def save_group(self, group: ResourceGroup) -> None:
        """Keep `group` in place of one of the same name."""
        with self._change() as connection:
            _upsert(connection, "resource_groups", _group_row(group))

    def delete_group(self, name: str) -> None:
        """Forget the group, its resources and their hubs."""
        with self._change() as connection:
            connection.execute("DELETE FROM resource_groups WHERE key = ?", (name.lower(),))

    def save_resource(self, resource: Resource) -> None:
        """Keep `resource` with its hubs in place of one of the same name."""
        parts = {
            "hubs": [_hub_row(settings) for settings in resource.hubs.values()],
            "custom_domains": [_named_row(one, domain_properties(one)) for one in resource.custom_domains.values()],
            "custom_certificates": [
                _named_row(one, certificate_properties(one)) for one in resource.custom_certificates.values()
            ],
        }
        key = resource.name.lower()
        with self._change() as connection:
            _upsert(connection, "resources", _resource_row(resource))
            for table, rows in parts.items():
                connection.execute(f"DELETE FROM {table} WHERE resource_key = ?", (key,))  # noqa: S608 - literals above
                for row in rows:
                    _upsert(connection, table, {"resource_key": key, **row})

    def delete_resource(self, name: str) -> None:
        """Forget the resource and its hubs."""
        with self._change() as connection:
            connection.execute("DELETE FROM resources WHERE key = ?", (name.lower(),))

    def documents(self, kind: str) -> Sequence[StoredDocument]:
        """Every document of a kind, oldest first."""
        try:
            rows = self._connection.execute("SELECT * FROM documents WHERE kind = ? ORDER BY rowid", (kind,)).fetchall()
            return [StoredDocument(row["kind"], row["owner"], row["key"], json.loads(row["content"])) for row in rows]
        except (sqlite3.Error, ValueError) as error:
            raise StoreError(f"{self._path} cannot be read: {error}.") from error

    def save_document(self, document: StoredDocument) -> None:
        """Keep `document` in place of the one of the same kind, owner and key."""
        row = {"kind": document.kind, "owner": document.owner, "key": document.key}
        with self._change() as connection:
            _upsert(connection, "documents", {**row, "content": json.dumps(dict(document.content))})

    def delete_document(self, kind: str, owner: str, key: str) -> None:
        """Forget that document."""
        with self._change() as connection:
            connection.execute("DELETE FROM documents WHERE kind = ? AND owner = ? AND key = ?", (kind, owner, key))

    def close(self) -> None:
        """Close the file and let go of its lock."""
        if hasattr(self, "_connection"):
            self._connection.close()


def _make_private_file(path: Path) -> None:
    """Make folder and file readable by their owner alone; SQLite gives its log the rights of the file."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        path.chmod(0o600)
    except OSError as error:
        raise StoreError(f"{path} cannot be opened for writing: {error.strerror}.") from error


def _open_error(path: Path, error: sqlite3.Error) -> StoreError:
    if "locked" in str(error):
        return StoreError(f"{path} is in use by another server. Stop that one, or name another data folder.")
    return StoreError(f"{path} cannot be opened as a Linarite database: {error}.")


def _upsert(connection: sqlite3.Connection, table: str, row: Mapping[str, object]) -> None:
    """Insert `row`, or overwrite the row of its key; REPLACE would delete what refers to the row as well."""
    names = ", ".join(row)
    places = ", ".join(f":{name}" for name in row)
    changes = ", ".join(f"{name} = excluded.{name}" for name in row)
    # Table and columns are the literals of this module, values go by parameters.
    statement = f"INSERT INTO {table} ({names}) VALUES ({places}) ON CONFLICT DO UPDATE SET {changes}"  # noqa: S608
    connection.execute(statement, dict(row))


def _group_row(group: ResourceGroup) -> dict[str, object]:
    return {
        "key": group.name.lower(),
        "name": group.name,
        "location": group.location,
        "tags": json.dumps(dict(group.tags)),
        "managed_by": group.managed_by,
        "created_at": group.created_at.isoformat(),
    }


def _group_of(row: sqlite3.Row) -> ResourceGroup:
    created_at = datetime.fromisoformat(row["created_at"])
    return ResourceGroup(row["name"], row["location"], json.loads(row["tags"]), row["managed_by"], created_at)


def _resource_row(resource: Resource) -> dict[str, object]:
    return {
        "key": resource.name.lower(),
        "group_key": resource.resource_group.lower(),
        "name": resource.name,
        "location": resource.location,
        "sku_name": resource.sku.name,
        "sku_capacity": resource.sku.capacity,
        "kind": resource.kind,
        "tags": json.dumps(dict(resource.tags)),
        "primary_key": resource.keys.primary,
        "secondary_key": resource.keys.secondary,
        "salt": resource.keys.salt,
        "local_auth_disabled": int(resource.local_auth_disabled),
        "properties": json.dumps(dict(resource.properties)),
        "created_at": resource.created_at.isoformat(),
        "changed_at": resource.changed_at.isoformat(),
    }


def _resource_of(row: sqlite3.Row, hubs: Mapping[str, HubSettings]) -> Resource:
    return Resource(
        name=row["name"],
        resource_group=row["group_name"],
        location=row["location"],
        sku=Sku(row["sku_name"], row["sku_capacity"]),
        kind=row["kind"],
        tags=json.loads(row["tags"]),
        keys=AccessKeys(row["primary_key"], row["secondary_key"], row["salt"]),
        local_auth_disabled=bool(row["local_auth_disabled"]),
        properties=json.loads(row["properties"]),
        hubs=hubs,
        created_at=datetime.fromisoformat(row["created_at"]),
        changed_at=datetime.fromisoformat(row["changed_at"]),
    )


def _hub_row(settings: HubSettings) -> dict[str, object]:
    return {
        "key": settings.name,
        "name": settings.written_name or settings.name,
        "properties": json.dumps(hub_properties(settings)),
        "created_at": settings.created_at.isoformat(),
        "changed_at": settings.changed_at.isoformat(),
    }


def _hub_of(row: sqlite3.Row) -> HubSettings:
    settings = parse_hub_settings(row["name"], json.loads(row["properties"]))
    return replace(
        settings,
        created_at=datetime.fromisoformat(row["created_at"]),
        changed_at=datetime.fromisoformat(row["changed_at"]),
    )


def _by_resource(rows: Iterable[sqlite3.Row], part_of: Callable[[sqlite3.Row], _Part]) -> dict[str, dict[str, _Part]]:
    """The parts of each resource by their keys."""
    parts: dict[str, dict[str, _Part]] = {}
    for row in rows:
        parts.setdefault(row["resource_key"], {})[row["key"]] = part_of(row)
    return parts


def _named_row(one: CustomDomain | CustomCertificate, properties: Mapping[str, object]) -> dict[str, object]:
    return {
        "key": one.name.lower(),
        "name": one.name,
        "properties": json.dumps(properties),
        "created_at": one.created_at.isoformat(),
        "changed_at": one.changed_at.isoformat(),
    }


def _domain_of(row: sqlite3.Row) -> CustomDomain:
    created_at, changed_at = _times(row)
    domain = parse_domain(row["name"], json.loads(row["properties"]))
    return replace(domain, created_at=created_at, changed_at=changed_at)


def _certificate_of(row: sqlite3.Row) -> CustomCertificate:
    created_at, changed_at = _times(row)
    certificate = parse_certificate(row["name"], json.loads(row["properties"]))
    return replace(certificate, created_at=created_at, changed_at=changed_at)


def _times(row: sqlite3.Row) -> tuple[datetime, datetime]:
    return datetime.fromisoformat(row["created_at"]), datetime.fromisoformat(row["changed_at"])
