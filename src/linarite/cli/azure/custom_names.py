"""What `webpubsub custom-domain …` and `webpubsub custom-certificate …` do.

First sentences of the texts here are the commands' help.
"""

from __future__ import annotations

from linarite.cli.azure.management import Document, Management
from linarite.cli.azure.output import flat

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

_DOMAINS, _CERTIFICATES = "customDomains", "customCertificates"


def create_domain(
    client: Management,
    resource_group_name: str,
    webpubsub_name: str,
    name: str,
    domain_name: str,
    certificate_resource_id: str | None = None,
) -> Document:
    """Create a custom domain: a host name that belongs to the resource."""
    properties: dict[str, object] = {"domainName": domain_name}
    if certificate_resource_id is not None:
        properties["customCertificate"] = {"id": certificate_resource_id}
    return _put(client, resource_group_name, webpubsub_name, _DOMAINS, name, properties)


def show_domain(client: Management, resource_group_name: str, webpubsub_name: str, name: str) -> Document:
    """Show a custom domain."""
    return flat(client.resource("GET", resource_group_name, webpubsub_name, _DOMAINS, name))


def list_domains(client: Management, resource_group_name: str, webpubsub_name: str) -> Document:
    """List the custom domains of a Web PubSub resource."""
    return [flat(one) for one in client.resource("GET", resource_group_name, webpubsub_name, _DOMAINS)["value"]]


def delete_domain(client: Management, resource_group_name: str, webpubsub_name: str, name: str) -> None:
    """Delete a custom domain."""
    client.resource("DELETE", resource_group_name, webpubsub_name, _DOMAINS, name)


def create_certificate(
    client: Management,
    resource_group_name: str,
    webpubsub_name: str,
    certificate_name: str,
    key_vault_base_uri: str,
    key_vault_secret_name: str,
    key_vault_secret_version: str | None = None,
) -> Document:
    """Create a custom certificate, from a file in the server's folder of certificates.

    A self-hosted server reaches no key vault; the address of the folder stands in its place.
    """
    properties: dict[str, object] = {
        "keyVaultBaseUri": key_vault_base_uri,
        "keyVaultSecretName": key_vault_secret_name,
    }
    if key_vault_secret_version is not None:
        properties["keyVaultSecretVersion"] = key_vault_secret_version
    return _put(client, resource_group_name, webpubsub_name, _CERTIFICATES, certificate_name, properties)


def show_certificate(
    client: Management, resource_group_name: str, webpubsub_name: str, certificate_name: str
) -> Document:
    """Show a custom certificate."""
    return flat(client.resource("GET", resource_group_name, webpubsub_name, _CERTIFICATES, certificate_name))


def list_certificates(client: Management, resource_group_name: str, webpubsub_name: str) -> Document:
    """List the custom certificates of a Web PubSub resource."""
    return [flat(one) for one in client.resource("GET", resource_group_name, webpubsub_name, _CERTIFICATES)["value"]]


def delete_certificate(
    client: Management, resource_group_name: str, webpubsub_name: str, certificate_name: str
) -> None:
    """Delete a custom certificate that no custom domain needs."""
    client.resource("DELETE", resource_group_name, webpubsub_name, _CERTIFICATES, certificate_name)


def _put(client: Management, group: str, name: str, kind: str, part: str, properties: dict[str, object]) -> Document:
    return flat(client.resource("PUT", group, name, kind, part, body={"properties": properties}))
