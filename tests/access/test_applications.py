"""Applications in their file: made, found, renewed, deleted, and never with their secrets."""

import stat
import threading

import pytest

from linarite.access.applications import APPLICATIONS_FILE, ApplicationError, Applications
from linarite.access.roles import Assignment, Role

ROLES = (Assignment(Role.SERVICE_OWNER, "demo"), Assignment(Role.READER))


def test_made_application_is_found_by_its_id_with_its_roles(tmp_path):
    made, secret = Applications(tmp_path).create("chat", ROLES)
    found = Applications(tmp_path).get(made.client_id.upper())
    assert found == made
    assert found.assignments == ROLES
    assert found.has_secret(secret)
    assert not found.has_secret(secret + "x")
    assert not found.has_secret("")


def test_file_is_private_and_keeps_no_secret(tmp_path):
    _, secret = Applications(tmp_path).create("chat", ROLES)
    file = tmp_path / APPLICATIONS_FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert secret not in file.read_text()


def test_another_process_sees_each_change_at_once(tmp_path):
    writer, server = Applications(tmp_path), Applications(tmp_path)
    assert server.all() == ()
    made, old = writer.create("chat", ROLES)
    assert [each.name for each in server.all()] == ["chat"]
    _, new = writer.renew_secret("chat")
    assert (server.get(made.client_id).has_secret(old), server.get(made.client_id).has_secret(new)) == (False, True)
    writer.delete(made.client_id)
    assert server.get(made.client_id) is None


@pytest.mark.parametrize("name", ["", " ", "a\nb", "x" * 121])
def test_name_that_is_none_is_refused(tmp_path, name):
    with pytest.raises(ApplicationError, match="name: expected"):
        Applications(tmp_path).create(name, ROLES)


def test_taken_name_and_absent_application_are_told(tmp_path):
    applications = Applications(tmp_path)
    applications.create("chat", ROLES)
    with pytest.raises(ApplicationError, match="no application has"):
        applications.create("chat", ROLES)
    for act in (applications.delete, applications.renew_secret):
        with pytest.raises(ApplicationError, match="name or client id"):
            act("other")
    assert len(applications.all()) == 1


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b"\xff",
        b'{"applications":[{}]}',
        b'{"applications":[{"clientId":"a","name":"b","secretHash":"zz","roles":[],"createdAt":"2026-01-01T00:00:00Z"}]}',
        b'{"applications":[{"clientId":"a","name":"b","secretHash":"00","roles":[{"role":"Boss"}],'
        b'"createdAt":"2026-01-01T00:00:00Z"}]}',
    ],
)
def test_broken_file_lets_nobody_in_and_is_not_written_over(tmp_path, content):
    file = tmp_path / APPLICATIONS_FILE
    file.write_bytes(content)
    applications = Applications(tmp_path)
    assert applications.all() == ()
    with pytest.raises(ApplicationError, match="expected a list of applications"):
        applications.create("chat", ROLES)
    assert file.read_bytes() == content


def test_those_made_at_the_same_time_are_all_kept(tmp_path):
    threads = [
        threading.Thread(target=Applications(tmp_path).create, args=(f"chat {number}", ROLES)) for number in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(Applications(tmp_path).all()) == 8
