"""The parts of a resource that a file can declare: hubs, custom certificates, custom domains."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from linarite.resources.custom_names import (
    certificate_properties,
    domain_properties,
    parse_certificate,
    parse_domain,
    with_certificate,
    with_domain,
)
from linarite.resources.hub_settings import hub_properties, parse_hub_settings
from linarite.resources.model import JsonObject, Resource
from linarite.resources.registry import Registry

__all__ = ["PARTS", "Part"]

Put: TypeAlias = Callable[[Registry, Resource, str, JsonObject], None]


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of parts: `normal_form` checks properties and adds defaults, `found` gives those that are there."""

    kind: str
    normal_form: Callable[[str, JsonObject], Mapping[str, object]]
    found: Callable[[Resource, str], Mapping[str, object] | None]
    put: Put


def _hub_form(name: str, properties: JsonObject) -> Mapping[str, object]:
    return hub_properties(parse_hub_settings(name, properties))


def _found_hub(resource: Resource, name: str) -> Mapping[str, object] | None:
    settings = resource.hubs.get(name.lower())
    return None if settings is None else hub_properties(settings)


def _put_hub(registry: Registry, resource: Resource, name: str, properties: JsonObject) -> None:
    registry.put_hub(resource.resource_group, resource.name, name, {"properties": properties})


def _certificate_form(name: str, properties: JsonObject) -> Mapping[str, object]:
    return certificate_properties(parse_certificate(name, properties))


def _found_certificate(resource: Resource, name: str) -> Mapping[str, object] | None:
    certificate = resource.custom_certificates.get(name.lower())
    return None if certificate is None else certificate_properties(certificate)


def _put_certificate(registry: Registry, resource: Resource, name: str, properties: JsonObject) -> None:
    body, folder = {"properties": properties}, registry.certificates_folder
    registry.keep(with_certificate(resource, name, body, folder, registry.now())[0])


def _domain_form(name: str, properties: JsonObject) -> Mapping[str, object]:
    return domain_properties(parse_domain(name, properties))


def _found_domain(resource: Resource, name: str) -> Mapping[str, object] | None:
    domain = resource.custom_domains.get(name.lower())
    return None if domain is None else domain_properties(domain)


def _put_domain(registry: Registry, resource: Resource, name: str, properties: JsonObject) -> None:
    registry.keep(with_domain(resource, name, {"properties": properties}, registry.now())[0])


PARTS = (
    Part("hubs", _hub_form, _found_hub, _put_hub),
    Part("custom_certificates", _certificate_form, _found_certificate, _put_certificate),
    Part("custom_domains", _domain_form, _found_domain, _put_domain),
)
"""Every kind, in the order they are made: a domain may name a certificate."""
