"""Chooses the certificate of a TLS handshake by the custom domain that the client asks for.

A handshake that names a custom domain with a custom certificate (RFC 6066, section 3) gets that one, every other the
server's own. Files that can no longer be read leave the domain with the server's own, and a warning in the log.
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import Mapping
from pathlib import Path

from linarite.monitoring.logs import log_event
from linarite.resources.custom_names import certificate_tls_context
from linarite.resources.errors import ResourceError
from linarite.resources.model import CustomCertificate, Resource
from linarite.resources.registry import Registry

__all__ = ["CustomCertificates"]

_log = logging.getLogger(__name__)


class CustomCertificates:
    """The TLS contexts of all custom domains, kept as the registry says."""

    def __init__(self, registry: Registry, folder: Path | None) -> None:
        self._folder = folder
        self._wanted: dict[str, Mapping[str, CustomCertificate]] = {}
        self._contexts: dict[str, dict[str, ssl.SSLContext]] = {}
        for resource in registry.all():
            self._changed(resource.name, resource)
        registry.subscribe(self._changed)

    def attach(self, context: ssl.SSLContext) -> None:
        """Have handshakes that `context` begins use the certificate of the domain they name."""
        context.sni_callback = self._choose

    def _choose(self, handshake: ssl.SSLSocket | ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> None:
        for contexts in self._contexts.values():
            chosen = contexts.get((name or "").lower())
            if chosen is not None:
                handshake.context = chosen

    def _changed(self, name: str, resource: Resource | None) -> None:
        """Read the files of a resource whose domains or certificates have changed; a new date is a change too."""
        wanted = {} if resource is None else _certificates_by_domain(resource)
        if wanted == self._wanted.get(name, {}):
            return
        self._wanted[name] = wanted
        self._contexts[name] = {}
        for domain, certificate in wanted.items():
            try:
                self._contexts[name][domain] = certificate_tls_context(certificate, self._folder)
            except ResourceError as error:
                log_event(_log, logging.WARNING, "custom certificate not usable", domain=domain, reason=error.message)


def _certificates_by_domain(resource: Resource) -> dict[str, CustomCertificate]:
    return {
        domain.domain_name: resource.custom_certificates[domain.certificate.lower()]
        for domain in resource.custom_domains.values()
        if domain.certificate is not None
    }
