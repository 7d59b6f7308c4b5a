"""Resources that a file declares: what there shall be when the server starts.

A start makes what is missing. What is there already and is not as declared has drifted: somebody has changed it since,
or the file. That is told, and put right only when the operator wants it so: an emergency change must not be undone by
the next restart. Only what the file says is compared; other members, hubs and resources are nobody's business here, so
that a second start changes nothing. The whole file is checked before anything is made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from linarite.resources import definitions
from linarite.resources.declared_parts import PARTS, Part
from linarite.resources.errors import ResourceError
from linarite.resources.model import AccessKeys, JsonObject, Resource, ResourceGroup
from linarite.resources.registry import DEFAULT_GROUP, DEFAULT_LOCATION, Registry
from linarite.resources.resource_properties import UNSET_PROPERTIES

__all__ = ["DeclarationError", "Declared", "DeclaredResource", "Outcome", "carry_out", "check_declared"]

_NO_KEYS = AccessKeys("", "", "")


class DeclarationError(ResourceError):
    """A file cannot be read as a declaration of resources; the text says where and why."""

    def __init__(self, message: str) -> None:
        super().__init__("InvalidDeclaration", message)


@dataclass(frozen=True, slots=True)
class DeclaredResource:
    """One resource: `body` is that of a PUT, in the words of the management API.

    `parts` are the properties of its hubs, custom certificates and custom domains, by kind and name.
    """

    name: str
    body: JsonObject = field(default_factory=dict)
    group: str = DEFAULT_GROUP
    parts: Mapping[str, Mapping[str, JsonObject]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Declared:
    """What a file declares: groups by name, with the bodies of their PUTs; resources; and what was passed over."""

    groups: Mapping[str, JsonObject] = field(default_factory=dict)
    resources: Sequence[DeclaredResource] = ()
    ignored: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a start has found: `members` are those that were not as declared, none mean that all of it was missing."""

    subject: str
    members: tuple[str, ...] = ()
    is_done: bool = True
    """Whether it is as declared now."""


def carry_out(
    registry: Registry, declared: Declared, *, correct: bool, fresh: frozenset[str] = frozenset()
) -> Sequence[Outcome]:
    """Make what is missing, and with `correct` put right what has drifted; what was found, nothing for what is right.

    `fresh` are names in lower case of resources that this start has made with defaults, which nobody has changed yet.
    Raises ResourceError, which names the place in the declaration, before anything is changed.
    """
    check_declared(declared)
    outcomes: list[Outcome] = []
    for name, body in declared.groups.items():
        outcomes += _carry_out_group(registry, name, body, correct)
    for one in declared.resources:
        with _place(f"resources.{one.name}"):
            may_change = correct or one.name.lower() in fresh
            outcomes += _carry_out_resource(registry, one, declared, may_change)
            for part in PARTS:
                for name, properties in one.parts.get(part.kind, {}).items():
                    outcomes += _carry_out_part(registry, one, part, name, properties, may_change)
    return outcomes


def check_declared(declared: Declared) -> None:
    """Raise ResourceError, which names the place, unless all that is declared could be made."""
    for name, body in declared.groups.items():
        with _place(f"groups.{name}"):
            definitions.parse_group(name, body, None, _now())
    for one in declared.resources:
        _check(one, declared)


def _check(one: DeclaredResource, declared: Declared) -> None:
    with _place(f"resources.{one.name}"):
        definitions.check_group_name(one.group)
        definitions.new_resource(one.group, one.name, _whole_body(one, declared), _NO_KEYS, _now())
        for part in PARTS:
            for name, properties in one.parts.get(part.kind, {}).items():
                with _place(f"{part.kind}.{name}"):
                    part.normal_form(name, properties)


def _whole_body(one: DeclaredResource, declared: Declared) -> JsonObject:
    """The body with a location: where its group is, if it says nothing of it."""
    group = next((body for name, body in declared.groups.items() if name.lower() == one.group.lower()), {})
    return {"location": group.get("location") or DEFAULT_LOCATION, **one.body}


def _carry_out_group(registry: Registry, name: str, body: JsonObject, correct: bool) -> Sequence[Outcome]:
    existing = _find_group(registry, name)
    if existing is None:
        registry.put_group(name, body)
        return [Outcome(f"groups.{name}")]
    wanted = definitions.parse_group(name, body, None, existing.created_at)
    members = [member for member in ("location", "tags") if member in body and _differs(wanted, existing, member)]
    if not members:
        return []
    is_done = correct and "location" not in members
    if is_done:
        registry.put_group(name, {"location": existing.location, "managedBy": existing.managed_by, **body})
    return [Outcome(f"groups.{existing.name}", tuple(members), is_done)]


def _carry_out_resource(
    registry: Registry, one: DeclaredResource, declared: Declared, may_change: bool
) -> Sequence[Outcome]:
    existing = registry.get(one.name)
    subject = f"resources.{one.name}"
    if existing is None:
        body = _whole_body(one, declared)
        if _find_group(registry, one.group) is None:
            registry.put_group(one.group, {"location": body["location"]})
        registry.create_or_update(one.group, one.name, body)
        return [Outcome(subject)]
    changes = {name: value for name, value in one.body.items() if name in ("sku", "tags", "properties")}
    fixed = _fixed_differences(existing, one, declared)
    members = _differences(existing, definitions.patched_resource(existing, changes, existing.changed_at), changes)
    if members and may_change:
        registry.update(existing.resource_group, existing.name, changes)
    if not fixed and not members:
        return []
    return [Outcome(subject, (*fixed, *members), may_change and not fixed)]


def _fixed_differences(existing: Resource, one: DeclaredResource, declared: Declared) -> list[str]:
    """What is not as declared and cannot be changed: where the resource is."""
    members = [] if existing.resource_group.lower() == one.group.lower() else ["resource_group"]
    if "location" in one.body:
        wanted = definitions.new_resource(one.group, one.name, _whole_body(one, declared), _NO_KEYS, _now())
        members += ["location"] if wanted.location != existing.location else []
    return members


def _differences(existing: Resource, wanted: Resource, declared: JsonObject) -> list[str]:
    members = [name for name in ("sku", "tags") if name in declared and _differs(wanted, existing, name)]
    properties = declared.get("properties")
    for name in properties if isinstance(properties, Mapping) else ():
        default = UNSET_PROPERTIES.get(name)
        if wanted.properties.get(name, default) != existing.properties.get(name, default):
            members.append(f"properties.{name}")
    return members


def _carry_out_part(
    registry: Registry, one: DeclaredResource, part: Part, name: str, properties: JsonObject, may_change: bool
) -> Sequence[Outcome]:
    resource = registry.get(one.name)
    assert resource is not None, "the resource has been made before its parts"
    subject = f"resources.{one.name}.{part.kind}.{name}"
    found = part.found(resource, name)
    if found is None:
        part.put(registry, resource, name, properties)
        return [Outcome(subject)]
    wanted = part.normal_form(name, properties)
    members = tuple(member for member in properties if wanted.get(member) != found.get(member))
    if members and may_change:
        part.put(registry, resource, name, {**found, **properties})
    return [Outcome(subject, members, may_change)] if members else []


def _find_group(registry: Registry, name: str) -> ResourceGroup | None:
    return next((group for group in registry.groups() if group.name.lower() == name.lower()), None)


def _differs(one: object, other: object, member: str) -> bool:
    return bool(getattr(one, member) != getattr(other, member))


@contextmanager
def _place(place: str) -> Iterator[None]:
    """Say in an error where in the declaration it is."""
    try:
        yield
    except ResourceError as error:
        raise ResourceError(error.code, f"{place}: {error.message}", error.target) from None


def _now() -> datetime:
    return datetime.now(UTC)
