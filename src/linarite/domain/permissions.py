"""What a connection may do: roles from its token, and grants and revocations made later by REST.

A permission is decided in this order: a literal grant or revocation of that very group, then the patterns, then the
role for all groups, else no. (concept-wildcard-group-roles; REST permissions change one literal group at a time.)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum
from typing import NamedTuple

from linarite.domain.group_patterns import GroupPattern, parse_group_pattern
from linarite.domain.names import is_valid_group_name

__all__ = ["Permission", "PermissionRow", "Permissions", "TooManyTargets", "parse_permission"]


class Permission(Enum):
    """The two things that a client needs leave for."""

    JOIN_LEAVE_GROUP = "joinLeaveGroup"
    SEND_TO_GROUP = "sendToGroup"


# The numbers are the service's second spelling of the path segment `{permission}`.
_PERMISSION_WORDS = {
    "joinleavegroup": Permission.JOIN_LEAVE_GROUP,
    "sendtogroup": Permission.SEND_TO_GROUP,
    "1": Permission.SEND_TO_GROUP,
    "2": Permission.JOIN_LEAVE_GROUP,
}
# Patterns and single groups kept of the roles for one permission; more are skipped, as the service does.
_PATTERN_LIMIT = 9
_GROUP_LIMIT = 1000


def parse_permission(text: str) -> Permission | None:
    """The permission that a REST path names, in any letter case or by its number; None for anything else."""
    return _PERMISSION_WORDS.get(text.lower())


class PermissionRow(NamedTuple):
    """What a connection may do by roles and grants."""

    permission: Permission
    for_all: bool
    granted: Sequence[str]
    revoked: Sequence[str]
    patterns: int
    """How many patterns of its roles allow it for some groups."""


class TooManyTargets(Exception):
    """A grant or revocation would exceed the literal targets kept for one connection."""


class _Rule:
    """One permission of one connection."""

    __slots__ = ("for_all", "granted", "patterns", "revoked")

    def __init__(self) -> None:
        self.for_all = False
        self.granted: set[str] = set()
        self.revoked: set[str] = set()
        self.patterns: list[GroupPattern] = []

    def allows(self, group: str) -> bool:
        if group in self.revoked:
            return False
        if self.for_all or group in self.granted:
            return True
        return any(pattern.matches(group) for pattern in self.patterns)

    def add_group(self, group: str) -> None:
        if is_valid_group_name(group) and len(self.granted) < _GROUP_LIMIT:
            self.granted.add(group)

    def add_pattern(self, pattern: GroupPattern) -> None:
        if pattern.is_everything:
            self.for_all = True
        elif pattern.literal is not None:
            self.add_group(pattern.literal)
        elif len(self.patterns) < _PATTERN_LIMIT:
            self.patterns.append(pattern)


class Permissions:
    """The permissions of one connection.

    Most connections have none or a general role, so that a rule is made only when there is something to keep.
    """

    __slots__ = ("_rules",)

    def __init__(self, roles: Iterable[str] = ()) -> None:
        """Unknown roles and invalid patterns are skipped, never an error, as the service does."""
        self._rules: dict[Permission, _Rule] = {}
        for role in roles:
            self._add_role(role)

    def allows(self, permission: Permission, group: str) -> bool:
        """Whether the connection may do this to this group now."""
        rule = self._rules.get(permission)
        return rule is not None and rule.allows(group)

    def grant(self, permission: Permission, group: str, targets_limit: int) -> None:
        """Allow this for one literal group; lifts an earlier revocation. Raises TooManyTargets."""
        rule = self._rule(permission)
        if group not in rule.granted:
            self._check_room(rule, group, targets_limit)
            rule.granted.add(group)
        rule.revoked.discard(group)

    def revoke(self, permission: Permission, group: str, targets_limit: int) -> None:
        """Forbid this for one literal group, whatever the roles say. Raises TooManyTargets."""
        rule = self._rule(permission)
        if group not in rule.revoked:
            self._check_room(rule, group, targets_limit)
            rule.revoked.add(group)
        rule.granted.discard(group)

    def describe(self) -> Sequence[PermissionRow]:
        """What is allowed and forbidden, for somebody who looks."""
        return [
            PermissionRow(permission, rule.for_all, sorted(rule.granted), sorted(rule.revoked), len(rule.patterns))
            for permission, rule in self._rules.items()
        ]

    def _rule(self, permission: Permission) -> _Rule:
        return self._rules.setdefault(permission, _Rule())

    @staticmethod
    def _check_room(rule: _Rule, group: str, targets_limit: int) -> None:
        """A group that changes sides needs no room: a revocation must not fail because roles name many groups."""
        is_kept = group in rule.granted or group in rule.revoked
        if not is_kept and len(rule.granted) + len(rule.revoked) >= targets_limit:
            raise TooManyTargets(f"expected at most {targets_limit} targets for one connection")

    def _add_role(self, role: str) -> None:
        for prefix, permission in _ROLE_PREFIXES:
            if role == prefix:
                self._rule(permission).for_all = True
            elif role.startswith(prefix + "."):
                self._rule(permission).add_group(role[len(prefix) + 1 :])
            elif role.startswith(prefix + "s."):
                pattern = parse_group_pattern(role[len(prefix) + 2 :])
                if pattern is not None:
                    self._rule(permission).add_pattern(pattern)


_ROLE_PREFIXES = (
    ("webpubsub.joinLeaveGroup", Permission.JOIN_LEAVE_GROUP),
    ("webpubsub.sendToGroup", Permission.SEND_TO_GROUP),
)
