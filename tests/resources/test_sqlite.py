import os
import random
import signal
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing

import pytest

from linarite.resources.model import AccessKeys, HubSettings, Resource, ResourceGroup
from linarite.resources.sqlite import SqliteStore
from linarite.resources.store import StoredDocument, StoreError

GROUP = ResourceGroup("Rg", "eastus", {"a": "b"})
RESOURCE = Resource(name="One", resource_group="Rg", keys=AccessKeys("p", "s", "t"), hubs={"chat": HubSettings("chat")})


def test_a_new_store_is_empty_and_private(database):
    with closing(SqliteStore(database)) as store:
        assert (store.load().groups, store.load().resources) == ([], [])
        assert stat.S_IMODE(database.parent.stat().st_mode) == 0o700
        files = list(database.parent.iterdir())
        assert len(files) >= 2, "the write-ahead log is a file of its own"
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_a_file_that_others_could_read_is_made_private(database):
    SqliteStore(database).close()
    database.chmod(0o644)
    SqliteStore(database).close()
    assert stat.S_IMODE(database.stat().st_mode) == 0o600


def test_a_folder_that_is_there_keeps_its_rights(database):
    database.parent.mkdir(mode=0o755)
    database.parent.chmod(0o755)
    SqliteStore(database).close()
    assert stat.S_IMODE(database.parent.stat().st_mode) == 0o755


def test_commits_are_synced_to_a_write_ahead_log(store):
    pragma = store._connection.execute
    assert pragma("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert pragma("PRAGMA synchronous").fetchone()[0] == 2, "2 is FULL"


def test_saving_again_replaces_by_name_in_any_case(database):
    with closing(SqliteStore(database)) as store:
        store.save_group(GROUP)
        store.save_resource(RESOURCE)
        store.save_group(ResourceGroup("rG", "westus"))
        store.save_resource(Resource(name="oNE", resource_group="rg", keys=AccessKeys("1", "2", "3")))
    with closing(SqliteStore(database)) as store:
        snapshot = store.load()
    assert [(group.name, group.location) for group in snapshot.groups] == [("rG", "westus")]
    assert [(one.name, one.resource_group, one.keys.primary, dict(one.hubs)) for one in snapshot.resources] == [
        ("oNE", "rG", "1", {})
    ]


def test_deleting_a_group_deletes_what_is_in_it(store):
    store.save_group(GROUP)
    store.save_resource(RESOURCE)
    store.delete_group("RG")
    assert (store.load().groups, store.load().resources) == ([], [])
    assert store._connection.execute("SELECT count(*) FROM hubs").fetchone()[0] == 0


def test_a_change_that_fails_leaves_the_state_before_it(store):
    store.save_group(GROUP)
    store.save_resource(RESOURCE)
    before = store.load()
    broken = Resource(
        name="One",
        resource_group="Rg",
        keys=AccessKeys("x", "x", "x"),
        hubs={"a": HubSettings("a", properties={})},
    )
    store._connection.execute("CREATE TRIGGER stop BEFORE INSERT ON hubs BEGIN SELECT RAISE(ABORT, 'no room'); END")
    with pytest.raises(StoreError, match="the change was not kept: no room"):
        store.save_resource(broken)
    assert store.load() == before


def test_a_resource_needs_its_group(store):
    with pytest.raises(StoreError, match="FOREIGN KEY"):
        store.save_resource(RESOURCE)


def test_one_file_serves_one_server(store, database):
    with pytest.raises(StoreError, match="is in use by another server"):
        SqliteStore(database)


def test_a_newer_schema_is_refused_and_left_as_it_is(database):
    SqliteStore(database).close()
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA user_version=99")
    content = database.read_bytes()
    with pytest.raises(StoreError, match=r"has schema version 99; this release knows up to \d+\. Start the newer"):
        SqliteStore(database)
    assert database.read_bytes() == content


def test_an_older_schema_is_brought_up_to_date(database, monkeypatch):
    SqliteStore(database).close()
    from linarite.resources import sqlite

    later = (*sqlite._MIGRATIONS, ("ALTER TABLE resources ADD COLUMN note TEXT NOT NULL DEFAULT 'kept'",))
    with closing(SqliteStore(database)) as store:
        store.save_group(GROUP)
        store.save_resource(RESOURCE)
    monkeypatch.setattr(sqlite, "_MIGRATIONS", later)
    with closing(SqliteStore(database)) as store:
        assert store._connection.execute("PRAGMA user_version").fetchone()[0] == len(later)
        assert store._connection.execute("SELECT note FROM resources").fetchone()[0] == "kept"
        assert [one.name for one in store.load().resources] == ["One"]


def test_a_migration_that_fails_leaves_the_old_schema(database, monkeypatch):
    SqliteStore(database).close()
    from linarite.resources import sqlite

    broken = (*sqlite._MIGRATIONS, ("CREATE TABLE extra (a)", "CREATE TABLE extra (a)"))
    with monkeypatch.context() as patch:
        patch.setattr(sqlite, "_MIGRATIONS", broken)
        with pytest.raises(StoreError, match="table extra already exists"):
            SqliteStore(database)
    with closing(SqliteStore(database)) as store:
        assert store._connection.execute("PRAGMA user_version").fetchone()[0] == len(sqlite._MIGRATIONS)


def test_a_file_that_is_no_database_is_refused(database):
    database.parent.mkdir()
    database.write_bytes(b"not a database, but long enough to be looked at as one " * 30)
    with pytest.raises(StoreError, match="cannot be opened as a Linarite database: file is not a database"):
        SqliteStore(database)


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be opened for writing"):
        SqliteStore(tmp_path / "file" / "linarite.db")


def test_a_row_that_cannot_be_read_is_told(store):
    store.save_group(GROUP)
    store._connection.execute("UPDATE resource_groups SET tags = '{'")
    with pytest.raises(StoreError, match="cannot be read"):
        store.load()


WRITER = """
import sys
from pathlib import Path
from linarite.resources.registry import Registry
from linarite.resources.sqlite import SqliteStore

registry = Registry(SqliteStore(Path(sys.argv[1])), "linarite")
registry.put_group("rg", {"location": "eastus"})
registry.create_or_update("rg", "one", {"location": "eastus"})
for number in range(int(sys.argv[2]), 1_000_000):
    registry.put_hub("rg", "one", f"hub{number}", {"properties": {"number": number}})
    registry.update("rg", "one", {"tags": {"last": str(number)}})
    print(number, flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_kill_9_at_any_moment_loses_no_acknowledged_write(database):
    """A writer is killed again and again in the middle of its work; each time the file holds all."""
    written, seed = -1, random.randrange(2**32)
    rounds = random.Random(seed)
    for _ in range(4):
        command = [sys.executable, "-c", WRITER, str(database), str(written + 1)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            for _ in range(rounds.randrange(1, 40)):
                written = int(writer.stdout.readline())
            os.kill(writer.pid, signal.SIGKILL)
            # What was printed between the last line read and the signal was acknowledged as well.
            written = max([written, *(int(line) for line in writer.stdout if line.endswith("\n"))])
        with closing(SqliteStore(database)) as store:
            (resource,) = store.load().resources
        numbers = sorted(settings.properties["number"] for settings in resource.hubs.values())
        assert numbers in (list(range(written + 1)), list(range(written + 2))), f"seed {seed}"
        assert int(resource.tags["last"]) in (written, written + 1), f"seed {seed}"
        written = numbers[-1]


def test_documents_are_kept_by_kind_owner_and_key(database):
    first = StoredDocument("setting", "one", "a", {"text": "ü", "n": 1})
    with closing(SqliteStore(database)) as store:
        for document in (first, StoredDocument("setting", "two", "a", {}), StoredDocument("other", "one", "a", {})):
            store.save_document(document)
        store.save_document(StoredDocument("setting", "one", "a", {"n": 2}))
        store.delete_document("setting", "two", "a")
        store.delete_document("setting", "nobody", "a")
    with closing(SqliteStore(database)) as store:
        assert store.documents("setting") == [StoredDocument("setting", "one", "a", {"n": 2})]
        assert store.documents("other") == [StoredDocument("other", "one", "a", {})]
