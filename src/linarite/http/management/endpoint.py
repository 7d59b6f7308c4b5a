"""The address that connection strings and host names in answers carry."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.requests import Request

from linarite.access.entrance import host_without_port
from linarite.resources.errors import expected
from linarite.sockets.forwarded import TrustedProxies, address_of_request

__all__ = ["Endpoint", "endpoint_of"]

_DEFAULT_PORTS = {"http": 80, "https": 443}
# RFC 9110 section 7.2: uri-host and an optional port. Anything else could not stand in a connection string.
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where clients reach this server: the URL as connection strings have it, its host and its port."""

    url: str
    host: str
    port: int
    called: str = ""
    """The URL by which this call came in, as its caller wrote it."""

    @property
    def origin(self) -> str:
        """The host as event handlers are told it, without port (`WebHook-Request-Origin`)."""
        return host_without_port(urlsplit(self.url).netloc)

    @property
    def address(self) -> str:
        """The host if it is an address, else the loopback one."""
        try:
            return str(ipaddress.ip_address(self.host))
        except ValueError:
            return "127.0.0.1"


def endpoint_of(request: Request, public_endpoint: str | None, proxies: TrustedProxies) -> Endpoint:
    """The public endpoint if there is one, else the scheme and Host by which `request` came in.

    Raises ResourceError for a Host that is none.
    """
    peer = request.client.host if request.client else ""
    host = request.headers.get("host", "")
    address = address_of_request(peer, request.scope["scheme"], host, request.headers.raw, proxies)
    if _HOST.fullmatch(address.host) is None:
        raise expected("Host", "the host of this server and its port, if any", address.host)
    called = f"{address.scheme}://{address.host}{address.prefix}"
    return _parse(public_endpoint or called, called)


def _parse(url: str, called: str) -> Endpoint:
    parts = urlsplit(url)
    try:
        port = parts.port or _DEFAULT_PORTS[parts.scheme]
    except ValueError as error:
        raise expected("Host", "a host with a port from 0 to 65535", parts.netloc) from error
    return Endpoint(url, parts.hostname or "localhost", port, called)
