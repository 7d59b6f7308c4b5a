"""What roles allow."""

import pytest

from linarite.access.roles import Assignment, Role, may_call, may_manage, parse_role

# Role; may read and write by management; may read and write by REST.
ROLES = [
    (Role.OWNER, True, True, False, False),
    (Role.CONTRIBUTOR, True, True, False, False),
    (Role.READER, True, False, False, False),
    (Role.SERVICE_OWNER, False, False, True, True),
    (Role.SERVICE_READER, False, False, True, False),
]


@pytest.mark.parametrize(("role", "reads", "changes", "hears", "sends"), ROLES)
def test_what_each_role_allows(role, reads, changes, hears, sends):
    held = [Assignment(role)]
    for method in ("GET", "HEAD"):
        assert may_manage(held, method) is reads
        assert may_call(held, "demo", method) is hears
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert may_manage(held, method) is changes
        assert may_call(held, "demo", method) is sends


def test_no_role_allows_nothing():
    assert not may_manage([], "GET")
    assert not may_call([], "demo", "GET")


def test_role_on_a_resource_is_for_that_one_in_any_case():
    held = [Assignment(Role.SERVICE_OWNER, "Demo"), Assignment(Role.SERVICE_READER)]
    assert may_call(held, "dEMO", "POST")
    assert not may_call(held, "other", "POST")
    assert may_call(held, "other", "GET")


def test_roles_are_named_in_any_case():
    assert parse_role("web pubsub service owner") is Role.SERVICE_OWNER
    with pytest.raises(ValueError, match="expected one of Owner, Contributor"):
        parse_role("Boss")
