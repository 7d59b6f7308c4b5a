"""Operations on custom domains and custom certificates of a resource."""

from __future__ import annotations

from linarite.http.management.calls import Answer, Call
from linarite.http.management.documents import certificate_document, domain_document, list_document
from linarite.resources.custom_names import (
    with_certificate,
    with_domain,
    without_certificate,
    without_domain,
)
from linarite.resources.errors import ResourceError

__all__ = [
    "create_certificate",
    "create_domain",
    "delete_certificate",
    "delete_domain",
    "list_certificates",
    "list_domains",
    "show_certificate",
    "show_domain",
]


def list_domains(call: Call) -> Answer:
    """The custom domains of a resource."""
    resource = call.find_resource()
    documents = [domain_document(one, resource, call.subscription) for one in resource.custom_domains.values()]
    return Answer(body=list_document(documents))


def show_domain(call: Call) -> Answer:
    """One custom domain."""
    resource = call.find_resource()
    domain = resource.custom_domains.get(call.parameters["name"].lower())
    if domain is None:
        raise _not_found("custom domain", call)
    return Answer(body=domain_document(domain, resource, call.subscription))


def create_domain(call: Call) -> Answer:
    """Make or replace a custom domain; a request to that host belongs to the resource from now on."""
    before = call.find_resource()
    resource, domain = with_domain(before, call.parameters["name"], call.body, call.registry.now())
    call.registry.keep(resource)
    is_new = domain.name.lower() not in before.custom_domains
    return Answer(201 if is_new else 200, domain_document(domain, resource, call.subscription))


def delete_domain(call: Call) -> Answer:
    """Take a host name from a resource: 200, or 204 when there was none of that name."""
    resource = call.find_resource()
    if call.parameters["name"].lower() not in resource.custom_domains:
        return Answer(204)
    call.registry.keep(without_domain(resource, call.parameters["name"]))
    return Answer(200)


def list_certificates(call: Call) -> Answer:
    """The custom certificates of a resource."""
    resource = call.find_resource()
    certificates = resource.custom_certificates.values()
    documents = [certificate_document(one, resource, call.subscription) for one in certificates]
    return Answer(body=list_document(documents))


def show_certificate(call: Call) -> Answer:
    """One custom certificate, never its key."""
    resource = call.find_resource()
    certificate = resource.custom_certificates.get(call.parameters["name"].lower())
    if certificate is None:
        raise _not_found("custom certificate", call)
    return Answer(body=certificate_document(certificate, resource, call.subscription))


def create_certificate(call: Call) -> Answer:
    """Make or replace a custom certificate; its file is read now."""
    before, folder = call.find_resource(), call.registry.certificates_folder
    resource, certificate = with_certificate(before, call.parameters["name"], call.body, folder, call.registry.now())
    call.registry.keep(resource)
    is_new = certificate.name.lower() not in before.custom_certificates
    return Answer(201 if is_new else 200, certificate_document(certificate, resource, call.subscription))


def delete_certificate(call: Call) -> Answer:
    """Forget a custom certificate that no domain needs: 200, or 204 when there was none of that name."""
    resource = call.find_resource()
    if call.parameters["name"].lower() not in resource.custom_certificates:
        return Answer(204)
    call.registry.keep(without_certificate(resource, call.parameters["name"]))
    return Answer(200)


def _not_found(kind: str, call: Call) -> ResourceError:
    name = call.parameters["name"]
    return ResourceError("NotFound", f"The {kind} '{name}' of resource '{call.resource}' was not found.")
