"""Which addresses the console answers at, and from which page a request may come.

A page of another site can make a browser send requests here: to this server's address, which the cookie's SameSite and
`Origin` stop, or to a name of its own that suddenly means this server's address (DNS rebinding), which looks like the
same origin to the browser. So the console answers only at names that are this server's. An address written in numbers
is nobody's name, and cannot be rebound.
"""

from __future__ import annotations

import ipaddress
from typing import NamedTuple
from urllib.parse import urlsplit

from starlette.requests import Request

from linarite.access.entrance import host_without_port
from linarite.resources.registry import Registry
from linarite.settings import Settings
from linarite.sockets.forwarded import HOST, TrustedProxies, address_of_request

__all__ = ["Addresses", "Called"]

_DEFAULT_PORTS = {"http": 80, "https": 443}
_LOCAL = "localhost"


class Called(NamedTuple):
    """How a request came in, as its browser sees it."""

    scheme: str
    host: str
    """In lower case, with the port if it is not the scheme's own."""
    port: int
    client: str

    @property
    def origin(self) -> str:
        """The origin of pages of this address."""
        return f"{self.scheme}://{self.host}"


class Addresses:
    """Knows the names of this server."""

    def __init__(self, settings: Settings, registry: Registry) -> None:
        self._registry = registry
        self._proxies = TrustedProxies(settings.trusted_proxies)
        self._domain = settings.domain.lower()
        public = urlsplit(settings.public_endpoint or "").hostname
        self._names = {_LOCAL, self._domain, settings.host.lower(), *([public] if public else [])}

    def called(self, request: Request) -> Called | None:
        """How the request came in; None if not by a name or address of this server."""
        peer = request.client.host if request.client else ""
        hosts = request.headers.getlist("host")
        if len(hosts) != 1:
            return None
        address = address_of_request(peer, request.scope["scheme"], hosts[0], request.headers.raw, self._proxies)
        if HOST.fullmatch(address.host) is None:
            return None
        host = address.host.lower()
        name = host_without_port(host)
        if not self._is_ours(name.rstrip(".")):
            return None
        port_text = host[len(name) :].removeprefix(":")
        port = int(port_text) if port_text else _DEFAULT_PORTS.get(address.scheme, 0)
        if port == _DEFAULT_PORTS.get(address.scheme):
            host = name
        return Called(address.scheme, host, port, address.client)

    def _is_ours(self, name: str) -> bool:
        if name in self._names or name.endswith((f".{_LOCAL}", f".{self._domain}")):
            return True
        try:
            ipaddress.ip_address(name.strip("[]"))
        except ValueError:
            return self._registry.by_custom_domain(name) is not None
        return True
