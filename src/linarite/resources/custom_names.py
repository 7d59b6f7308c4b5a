"""Other host names of a resource, and the certificates that show them to be ours.

A custom domain here is a host name that means this resource, whoever brings clients to it: DNS and perhaps a reverse
proxy, neither of which the server needs to know. A custom certificate is for servers that speak TLS themselves. The
service keeps it in a key vault, which a self-hosted server cannot reach; here it is a PEM file in the folder of the
setting `custom_certificates_folder`, named by `keyVaultSecretName`, and `keyVaultBaseUri` is `file:`. It is read when
it is put and when the server starts. (CustomDomain and CustomCertificate, management API 2024-03-01.)
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from linarite.resources.errors import ResourceError, expected, object_at
from linarite.resources.model import CustomCertificate, CustomDomain, JsonObject, Resource

__all__ = [
    "certificate_properties",
    "certificate_tls_context",
    "domain_properties",
    "parse_certificate",
    "parse_domain",
    "taken_domain",
    "with_certificate",
    "with_domain",
    "without_certificate",
    "without_domain",
]

_Item = TypeVar("_Item")

_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,126}[A-Za-z0-9])?")
# RFC 1123, section 2.1: labels of letters, digits and hyphens; two at least, since one alone names no public host.
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"(?=.{{1,253}}$){_LABEL}(\.{_LABEL})+")
# "About keys, secrets, and certificates": names of a key vault's objects. None can lead out of a folder.
_SECRET_NAME = re.compile(r"[0-9a-zA-Z-]{1,127}")
_CERTIFICATE_ID = re.compile(r"(/[^/]+)*/customCertificates/(?P<name>[^/]+)", re.IGNORECASE)
_FILE_VAULT = "file:"


def parse_domain(name: str, properties: object) -> CustomDomain:
    """The custom domain that `properties` means; ResourceError names the member that is wrong."""
    _check_name(name)
    members = object_at("properties", properties)
    domain = members.get("domainName")
    if not isinstance(domain, str) or _DOMAIN.fullmatch(domain) is None:
        raise expected("properties.domainName", "a host name such as pubsub.example.com", domain)
    return CustomDomain(name, domain.lower(), _parse_reference(members.get("customCertificate")))


def domain_properties(domain: CustomDomain) -> dict[str, object]:
    """The properties as the store keeps them; an answer says where the certificate is."""
    reference = None if domain.certificate is None else {"id": f"/customCertificates/{domain.certificate}"}
    return {"domainName": domain.domain_name, "customCertificate": reference}


def parse_certificate(name: str, properties: object) -> CustomCertificate:
    """The custom certificate that `properties` means; ResourceError names the member that is wrong."""
    _check_name(name)
    members = object_at("properties", properties)
    vault, secret = members.get("keyVaultBaseUri"), members.get("keyVaultSecretName")
    if not isinstance(vault, str) or not vault:
        raise expected("properties.keyVaultBaseUri", "file:", vault)
    if vault.lower().rstrip("/") != _FILE_VAULT:
        target = "properties.keyVaultBaseUri"
        message = f"{target}: this server reaches no key vault; expected file:, its own folder of certificates."
        raise ResourceError("NotSupported", message, target)
    if not isinstance(secret, str) or _SECRET_NAME.fullmatch(secret) is None:
        wanted = "the name of a certificate's file without .pem: letters, digits, hyphens"
        raise expected("properties.keyVaultSecretName", wanted, secret)
    if members.get("keyVaultSecretVersion") not in (None, ""):
        target = "properties.keyVaultSecretVersion"
        raise ResourceError("NotSupported", f"{target}: files have no versions; leave it out.", target)
    return CustomCertificate(name, secret)


def certificate_properties(certificate: CustomCertificate) -> dict[str, object]:
    """The properties of a custom certificate as an answer and the store have them."""
    return {
        "keyVaultBaseUri": _FILE_VAULT,
        "keyVaultSecretName": certificate.secret_name,
        "keyVaultSecretVersion": None,
    }


def with_domain(resource: Resource, name: str, body: JsonObject, now: datetime) -> tuple[Resource, CustomDomain]:
    """The resource with the custom domain that a PUT of `body` makes or replaces."""
    domain = parse_domain(name, body.get("properties"))
    if domain.certificate is not None and domain.certificate.lower() not in resource.custom_certificates:
        wanted = "the id of one of this resource's custom certificates"
        raise expected("properties.customCertificate.id", wanted, domain.certificate)
    for other in resource.custom_domains.values():
        if other.domain_name == domain.domain_name and other.name.lower() != name.lower():
            raise taken_domain(domain.domain_name)
    before = resource.custom_domains.get(name.lower())
    if before is not None:
        domain = replace(domain, name=before.name)
    domain = replace(domain, created_at=now if before is None else before.created_at, changed_at=now)
    return replace(resource, custom_domains={**resource.custom_domains, name.lower(): domain}), domain


def taken_domain(domain_name: str) -> ResourceError:
    """The error for a host name that means something already."""
    target = "properties.domainName"
    return ResourceError("NameAlreadyExists", f"{target}: the domain '{domain_name}' is already taken.", target)


def without_domain(resource: Resource, name: str) -> Resource:
    """The resource without the custom domain of that name."""
    return replace(resource, custom_domains=_without(resource.custom_domains, name))


def with_certificate(
    resource: Resource, name: str, body: JsonObject, folder: Path | None, now: datetime
) -> tuple[Resource, CustomCertificate]:
    """The resource with the custom certificate that a PUT of `body` makes or replaces; its file has been read."""
    certificate = parse_certificate(name, body.get("properties"))
    certificate_tls_context(certificate, folder)
    before = resource.custom_certificates.get(name.lower())
    if before is not None:
        certificate = replace(certificate, name=before.name)
    certificate = replace(certificate, created_at=now if before is None else before.created_at, changed_at=now)
    return replace(
        resource, custom_certificates={**resource.custom_certificates, name.lower(): certificate}
    ), certificate


def without_certificate(resource: Resource, name: str) -> Resource:
    """The resource without that certificate; ResourceError while a custom domain needs it."""
    for domain in resource.custom_domains.values():
        if domain.certificate is not None and domain.certificate.lower() == name.lower():
            message = f"The custom certificate '{name}' is used by the custom domain '{domain.name}'."
            raise ResourceError("CertificateInUse", message)
    return replace(resource, custom_certificates=_without(resource.custom_certificates, name))


def certificate_tls_context(certificate: CustomCertificate, folder: Path | None) -> ssl.SSLContext:
    """A server's TLS context with the certificate and key of the file; ResourceError says why there is none."""
    target = "properties.keyVaultSecretName"
    if folder is None:
        message = "custom certificates: the setting custom_certificates_folder names no folder with their files."
        raise ResourceError("NotSupported", message, "properties.keyVaultBaseUri")
    file = folder / f"{certificate.secret_name}.pem"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(file, password=_refuse_passphrase)
    except (OSError, ValueError) as error:
        wanted = f"{file.name} in the folder of certificates, with a certificate and its key without a passphrase"
        raise expected(target, wanted, getattr(error, "reason", None) or error.__class__.__name__) from None
    return context


def _refuse_passphrase() -> str:
    """Answer OpenSSL's question for a passphrase, which it would else ask on the terminal."""
    raise ValueError("the private key has a passphrase")


def _parse_reference(value: object) -> str | None:
    """The certificate's name in `{"id": "…/customCertificates/NAME"}`."""
    identifier = None if value is None else object_at("properties.customCertificate", value).get("id")
    if identifier is None:
        return None
    match = _CERTIFICATE_ID.fullmatch(identifier) if isinstance(identifier, str) else None
    if match is None:
        raise expected("properties.customCertificate.id", "…/customCertificates/NAME", identifier)
    return match["name"]


def _check_name(name: str) -> None:
    if _NAME.fullmatch(name) is None:
        raise expected("name", "1 to 128 letters, digits or any of ._-, a letter or digit first and last", name)


def _without(items: Mapping[str, _Item], name: str) -> dict[str, _Item]:
    return {key: item for key, item in items.items() if key != name.lower()}
