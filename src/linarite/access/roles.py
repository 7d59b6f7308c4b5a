"""What roles allow, by the names and meanings of the platform's built-in ones.

Management roles open the management API, service roles the REST API of resources, and none opens both: that is how the
platform keeps those who set up a resource apart from those who send its messages ("Authorize access to Web PubSub
resources using Microsoft Entra ID"; "Azure built-in roles").
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Assignment", "Role", "may_call", "may_manage", "parse_role"]

_READING_METHODS = ("GET", "HEAD")


class Role(StrEnum):
    """The roles that an application can have."""

    OWNER = "Owner"
    CONTRIBUTOR = "Contributor"
    READER = "Reader"
    SERVICE_OWNER = "Web PubSub Service Owner"
    SERVICE_READER = "Web PubSub Service Reader"


@dataclass(frozen=True, slots=True)
class Assignment:
    """A role, on one resource or, without a name, on all of them. Management roles are always on all."""

    role: Role
    resource: str | None = None

    def covers(self, resource: str) -> bool:
        """Whether the role is held on that resource; names compare without case."""
        return self.resource is None or self.resource.lower() == resource.lower()


def parse_role(text: str) -> Role:
    """The role of that name, in any case. Raises ValueError that names them all."""
    for role in Role:
        if role.value.lower() == text.lower():
            return role
    raise ValueError(f"role: expected one of {', '.join(role.value for role in Role)}, got {text!r}")


def may_manage(assignments: Iterable[Assignment], method: str) -> bool:
    """Whether one of the roles allows a management call of that method; `listKeys` is a POST, and a reader has none."""
    held = {assignment.role for assignment in assignments}
    if Role.OWNER in held or Role.CONTRIBUTOR in held:
        return True
    return Role.READER in held and method in _READING_METHODS


def may_call(assignments: Iterable[Assignment], resource: str, method: str) -> bool:
    """Whether one of the roles allows a REST call of that method on that resource."""
    held = {assignment.role for assignment in assignments if assignment.covers(resource)}
    if Role.SERVICE_OWNER in held:
        return True
    return Role.SERVICE_READER in held and method in _READING_METHODS
