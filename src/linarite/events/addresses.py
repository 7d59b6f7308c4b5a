"""Which addresses may be called upstream, and under which a host can be reached now.

A URL comes from whoever may change hub settings, and a name can be made to point anywhere. So it is the resolved
address that is judged, and the connection goes to that very address: a name that answers differently the second time
gains nothing. Names are resolved anew for new connections, after a few seconds in which one answer serves all.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

__all__ = ["DENIED_NETWORKS", "AddressDenied", "Addresses", "Resolve", "is_denied", "parse_networks", "system_resolve"]

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

DENIED_NETWORKS: tuple[str, ...] = (
    "169.254.0.0/16",  # link-local (RFC 3927); the metadata service of AWS, Azure, Google and most others
    "fe80::/10",  # link-local (RFC 4291)
    "fd00:ec2::/32",  # AWS: metadata and credentials over IPv6
    "fd20:ce::/32",  # Google: metadata over IPv6
    "168.63.129.16/32",  # Azure: the host's own services
    "100.100.100.200/32",  # Alibaba: metadata
    "192.0.0.192/32",  # Oracle: metadata
)
"""What `linarite serve` does not call: addresses that answer a machine's own questions, credentials among them."""

# RFC 6052: IPv4 addresses behind a NAT64 gateway.
_NAT64 = ip_network("64:ff9b::/96")
# One answer of the resolver serves all connections that are opened in this time.
_FRESH_SECONDS = 5.0
_REMEMBERED_NAMES = 1024


class AddressDenied(Exception):
    """Every address of the host is one that may not be called."""


def parse_networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """The networks of these addresses or CIDR texts. Raises ValueError."""
    return tuple(ip_network(text) for text in texts)


def is_denied(address: str, networks: Iterable[Network]) -> bool:
    """Whether the address, or an IPv4 address that it stands for, is in one of the networks."""
    parsed = ip_address(address.partition("%")[0])
    return any(form in network for network in networks for form in _forms(parsed) if form.version == network.version)


def _forms(address: Address) -> tuple[Address, ...]:
    """The address and the IPv4 addresses that reach the same place by way of it."""
    if isinstance(address, IPv4Address):
        return (address,)
    embedded = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in _NAT64:
        embedded.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return (address, *(form for form in embedded if form is not None))


async def system_resolve(host: str, port: int) -> Sequence[str]:
    """The addresses of a host by the operating system's resolver, in its order. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[0]) for _, _, _, _, address in found))


class Addresses:
    """Finds addresses that may be called."""

    def __init__(
        self,
        denied: Sequence[Network],
        clock: Callable[[], float],
        resolve: Resolve = system_resolve,
    ) -> None:
        self._denied = denied
        self._clock = clock
        self._resolve = resolve
        self._known: dict[tuple[str, int], tuple[float, Sequence[str]]] = {}

    async def find(self, host: str, port: int) -> Sequence[str]:
        """The addresses of the host that may be called, best first. Raises AddressDenied, OSError."""
        now = self._clock()
        known = self._known.get((host, port))
        if known is not None and now - known[0] < _FRESH_SECONDS:
            return known[1]
        resolved = await self._resolve(host, port)
        allowed = tuple(address for address in resolved if not is_denied(address, self._denied))
        if not allowed:
            raise AddressDenied(f"expected an address outside the denied networks, got {', '.join(resolved) or 'none'}")
        if len(self._known) >= _REMEMBERED_NAMES:
            self._known.clear()
        self._known[host, port] = (now, allowed)
        return allowed
