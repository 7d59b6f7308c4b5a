"""What a connection may do, against a reading of the rules."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linarite.domain.permissions import Permission, Permissions, TooManyTargets, parse_permission

JOIN, SEND = Permission.JOIN_LEAVE_GROUP, Permission.SEND_TO_GROUP
WORDS = {JOIN: "webpubsub.joinLeaveGroup", SEND: "webpubsub.sendToGroup"}
GROUPS = ["a", "a.b", "a.b.c", "b", "*", "A", "s.a"]
LIMIT = 3
# What each pattern matches of the groups above; the last two are invalid.
MATCHES = {
    "a.*": {"a.b"},
    "a.**": {"a.b", "a.b.c"},
    "?": {"a", "b", "*", "A"},
    "\\*": {"*"},
    "a": {"a"},
    "**": set(GROUPS),
    "******": set(),
    "\\a": set(),
}


@dataclass
class Reference:
    """One permission, decided the long way."""

    roles: list[str]
    permission: Permission
    changes: dict[str, bool] = field(default_factory=dict)

    def allows(self, group: str) -> bool:
        word = WORDS[self.permission]
        if group in self.changes:
            return self.changes[group]
        if f"{word}.{group}" in self.roles:
            return True
        if any(f"{word}s.{pattern}" in self.roles and group in names for pattern, names in MATCHES.items()):
            return True
        return word in self.roles


@st.composite
def roles(draw):
    word = draw(
        st.sampled_from([*WORDS.values(), "webpubsub.other", "webpubsub.sendToGroupx", "WEBPUBSUB.sendToGroup"])
    )
    ending = st.sampled_from(
        ["", ".", "s", "s.", *(f".{group}" for group in GROUPS), *(f"s.{pattern}" for pattern in MATCHES)]
    )
    return word + draw(ending)


changes = st.tuples(st.booleans(), st.sampled_from(list(Permission)), st.sampled_from(GROUPS))


@given(st.lists(roles(), max_size=6), st.lists(changes, max_size=6))
def test_roles_grants_and_revocations_decide_as_the_rules_read(given_roles, given_changes):
    permissions = Permissions(given_roles)
    references = {permission: Reference(given_roles, permission) for permission in Permission}
    for is_grant, permission, group in given_changes:
        (permissions.grant if is_grant else permissions.revoke)(permission, group, 1000)
        references[permission].changes[group] = is_grant
    for permission, reference in references.items():
        for group in GROUPS:
            assert permissions.allows(permission, group) == reference.allows(group), (permission, group)


def test_nobody_may_anything_without_a_role():
    assert not any(Permissions().allows(permission, group) for permission in Permission for group in GROUPS)


def test_literal_role_is_taken_as_it_stands():
    permissions = Permissions(["webpubsub.sendToGroup.a.*", "webpubsub.joinLeaveGroup.s.x"])
    assert permissions.allows(SEND, "a.*")
    assert not permissions.allows(SEND, "a.b")
    assert permissions.allows(JOIN, "s.x")
    assert not permissions.allows(SEND, "s.x")


@pytest.mark.parametrize("role", ["webpubsub.sendToGroups.**", "webpubsub.sendToGroup"])
def test_revocation_beats_what_roles_say_until_a_grant_lifts_it(role):
    permissions = Permissions([role])
    permissions.revoke(SEND, "a", LIMIT)
    assert not permissions.allows(SEND, "a")
    assert permissions.allows(SEND, "a.b.c")
    permissions.grant(SEND, "a", LIMIT)
    assert permissions.allows(SEND, "a")


def test_target_past_the_limit_is_refused_and_changes_nothing():
    permissions = Permissions()
    for number in range(LIMIT):
        permissions.grant(SEND, f"g{number}", LIMIT)
    with pytest.raises(TooManyTargets, match="at most 3 targets"):
        permissions.grant(SEND, "more", LIMIT)
    with pytest.raises(TooManyTargets):
        permissions.revoke(SEND, "more", LIMIT)
    assert not permissions.allows(SEND, "more")
    assert all(permissions.allows(SEND, f"g{number}") for number in range(LIMIT))


def test_target_that_is_kept_already_needs_no_room():
    permissions = Permissions()
    for number in range(LIMIT):
        permissions.grant(SEND, f"g{number}", LIMIT)
    permissions.grant(SEND, "g0", LIMIT)
    permissions.revoke(SEND, "g0", LIMIT)
    assert not permissions.allows(SEND, "g0")


def test_group_that_changed_sides_is_kept_once():
    permissions = Permissions()
    permissions.grant(SEND, "a", LIMIT)
    permissions.revoke(SEND, "a", LIMIT)
    permissions.grant(SEND, "a", LIMIT)
    permissions.revoke(SEND, "a", LIMIT)
    for group in ("b", "c"):
        permissions.grant(SEND, group, LIMIT)
    assert [permissions.allows(SEND, group) for group in "abc"] == [False, True, True]


def test_group_that_a_role_names_can_be_revoked_however_many_roles_there_are():
    """A token with more literal roles than the limit made every revocation of one of them fail."""
    permissions = Permissions([f"webpubsub.sendToGroup.g{number}" for number in range(LIMIT + 2)])
    permissions.revoke(SEND, "g1", LIMIT)
    assert not permissions.allows(SEND, "g1")


def test_nine_patterns_and_a_thousand_groups_of_the_roles_are_kept():
    word = WORDS[JOIN]
    permissions = Permissions(f"{word}s.p{number}.*" for number in range(10))
    assert [permissions.allows(JOIN, f"p{number}.x") for number in range(10)] == [True] * 9 + [False]
    permissions = Permissions(f"{word}.g{number}" for number in range(1001))
    assert [number for number in range(1001) if not permissions.allows(JOIN, f"g{number}")] == [1000]


def test_roles_that_name_no_possible_group_take_no_place():
    word = WORDS[JOIN]
    impossible = [f"{word}.", f"{word}. ", f"{word}.{'x' * 1025}"]
    permissions = Permissions([*impossible, *(f"{word}.g{number}" for number in range(1000))])
    assert all(permissions.allows(JOIN, f"g{number}") for number in range(1000))
    assert not permissions.allows(JOIN, " ")


def test_pattern_without_a_wildcard_is_a_literal_role_and_takes_no_pattern_place():
    """Such patterns used up the nine places, so that the roles behind them were lost."""
    word = WORDS[JOIN]
    permissions = Permissions([*(f"{word}s.g{number}" for number in range(20)), f"{word}s.room.*"])
    assert permissions.allows(JOIN, "g19")
    assert permissions.allows(JOIN, "room.1")


def test_pattern_for_everything_is_the_general_role_and_takes_no_pattern_place():
    word = WORDS[JOIN]
    permissions = Permissions([*(f"{word}s.p{number}.*" for number in range(9)), f"{word}s.**"])
    assert permissions.allows(JOIN, "any.thing")


@pytest.mark.parametrize(
    ("text", "permission"),
    [
        ("sendToGroup", SEND),
        ("SENDTOGROUP", SEND),
        ("1", SEND),
        ("joinleavegroup", JOIN),
        ("2", JOIN),
        ("0", None),
        ("3", None),
        ("-1", None),
        ("01", None),
        ("", None),
        ("sendToGroup,joinLeaveGroup", None),
        ("sendToGroups", None),
    ],
)
def test_permission_in_a_path(text, permission):
    assert parse_permission(text) is permission
