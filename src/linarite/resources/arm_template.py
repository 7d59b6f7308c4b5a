"""Resources declared by an ARM template, as `bicep build` and the Azure portal write it.

Of a template counts what this server can have: resources of the type Microsoft.SignalRService/webPubSub and their hubs,
custom certificates and custom domains, written below each other or beside each other. Resources of other types are
passed over and told of. The template is deployed into the group of the default resource, as a template names none.
("Understand the structure and syntax of ARM templates".)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from linarite.resources.declared import DeclarationError, Declared, DeclaredResource
from linarite.resources.model import JsonObject
from linarite.resources.registry import DEFAULT_GROUP, DEFAULT_LOCATION
from linarite.resources.template_expressions import ExpressionError, Scope, evaluate

__all__ = ["parse_template"]

_RESOURCE_TYPE = "microsoft.signalrservice/webpubsub"
_PART_KINDS = {
    f"{_RESOURCE_TYPE}/hubs": "hubs",
    f"{_RESOURCE_TYPE}/customcertificates": "custom_certificates",
    f"{_RESOURCE_TYPE}/customdomains": "custom_domains",
}


@dataclass(slots=True)
class _Found:
    """What has been read of one resource so far."""

    name: str
    body: JsonObject | None = None
    parts: dict[str, dict[str, JsonObject]] = field(default_factory=dict)


def parse_template(template: JsonObject, given: Mapping[str, object]) -> Declared:
    """What a template declares with the values of parameters that are given; DeclarationError says what is wrong."""
    scope = _scope(template, {name.lower(): value for name, value in given.items()})
    found: dict[str, _Found] = {}
    ignored: list[str] = []
    for kind, name, resource in _resources(template.get("resources"), "", "", scope):
        if kind != _RESOURCE_TYPE and kind not in _PART_KINDS:
            ignored.append(f"{resource.get('type')} {name}")
            continue
        owner, _, part = name.partition("/")
        one = found.setdefault(owner.lower(), _Found(owner))
        if kind == _RESOURCE_TYPE:
            one.body = _body(resource, scope)
        else:
            properties = _object(_evaluate(resource.get("properties", {}), scope, name), f"{name}.properties")
            one.parts.setdefault(_PART_KINDS[kind], {})[part] = properties
    return Declared({}, [_declared(one) for one in found.values()], ignored)


def _declared(one: _Found) -> DeclaredResource:
    if one.body is None:
        kinds = ", ".join(one.parts)
        raise DeclarationError(f"{one.name}: the template declares its {kinds} and not the resource itself")
    return DeclaredResource(one.name, one.body, DEFAULT_GROUP, one.parts)


def _body(resource: JsonObject, scope: Scope) -> JsonObject:
    members = ("location", "sku", "kind", "tags", "identity", "properties")
    return {name: _evaluate(resource[name], scope, str(resource.get("type"))) for name in members if name in resource}


def _resources(resources: object, owner_type: str, owner: str, scope: Scope) -> Iterator[tuple[str, str, JsonObject]]:
    """Type in lower case, whole name and text of each resource, those of others below them; conditions are obeyed."""
    for resource in _listed(resources):
        kind, name = str(resource.get("type", "")), str(_evaluate(resource.get("name", ""), scope, "name"))
        if owner:
            kind, name = f"{owner_type}/{kind}", f"{owner}/{name}"
        if "copy" in resource:
            raise DeclarationError(f"{name}: copies are not read; expected each resource by itself")
        if resource.get("existing") is True or not _evaluate(resource.get("condition", True), scope, name):
            continue
        yield kind.lower(), name, resource
        yield from _resources(resource.get("resources", []), kind, name, scope)


def _listed(resources: object) -> list[JsonObject]:
    """The resources of an array, or of an object with a symbolic name for each (languageVersion 2.0)."""
    items = list(resources.values()) if isinstance(resources, Mapping) else resources
    if not isinstance(items, list):
        raise DeclarationError(f"resources: expected an array or an object, got {type(items).__name__}")
    return [_object(item, "resources") for item in items]


def _scope(template: JsonObject, given: Mapping[str, object]) -> Scope:
    """Parameters and variables, each evaluated when it is asked for, since variables may use all others."""
    parameters = {name.lower(): one for name, one in _object(template.get("parameters", {}), "parameters").items()}
    variables = {name.lower(): one for name, one in _object(template.get("variables", {}), "variables").items()}

    def parameter(name: str) -> object:
        if name in given:
            return given[name]
        definition = _object(_named(parameters, "parameter", name), f"parameters.{name}")
        if "defaultValue" not in definition:
            raise ExpressionError(f"the parameter '{name}' has no value: give it in the file of parameters")
        return evaluate(definition["defaultValue"], scope)

    def variable(name: str) -> object:
        return evaluate(_named(variables, "variable", name), scope)

    scope = Scope(_unless_circular(parameter), _unless_circular(variable), DEFAULT_GROUP, DEFAULT_LOCATION)
    return scope


def _unless_circular(look_up: Callable[[str], object]) -> Callable[[str], object]:
    """The look-up, refused for a name whose value needs itself."""
    under_way: set[str] = set()

    def checked(name: str) -> object:
        if name in under_way:
            raise ExpressionError(f"the value of '{name}' needs itself")
        under_way.add(name)
        try:
            return look_up(name)
        finally:
            under_way.discard(name)

    return checked


def _named(items: Mapping[str, object], kind: str, name: str) -> object:
    if name not in items:
        raise ExpressionError(f"the template has no {kind} '{name}'")
    return items[name]


def _evaluate(value: object, scope: Scope, place: str) -> object:
    try:
        return evaluate(value, scope)
    except (ExpressionError, RecursionError) as error:
        raise DeclarationError(f"{place}: {error}") from None


def _object(value: object, place: str) -> JsonObject:
    if not isinstance(value, Mapping):
        raise DeclarationError(f"{place}: expected an object, got {type(value).__name__}")
    return value
