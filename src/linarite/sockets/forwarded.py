"""Which scheme, host and client a request came with when reverse proxies stand in front of the server.

A proxy says so in headers: `X-Forwarded-For`, `-Proto`, `-Host` and `-Prefix`, or `Forwarded` (RFC 7239).
Anybody can send these headers, so they count only when the connection's peer is a trusted proxy, and only
as far as trusted proxies wrote them. Each proxy appends the address that it was called from, so the list is
walked from its right end: the first address that is no trusted proxy is the client, and the proxy that
named it also named the scheme and host that the client used. What stands further left is the client's own
claim.

Where both kinds came, `X-Forwarded-…` wins: common proxies set these by default, and pass on a `Forwarded`
header that the client made up. A proxy that sets `Forwarded` must therefore remove `X-Forwarded-…` from
what it is sent.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import NamedTuple

__all__ = ["RequestAddress", "TrustedProxies", "address_of_request"]

SCHEMES = {"http": "http", "https": "https", "ws": "http", "wss": "https"}
"""Schemes that a proxy may name; some name the WebSocket's own for an upgrade."""

HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?")
"""A host as it may stand in a URL (RFC 3986, section 3.2.2) without escapes; it ends up in answers."""

PREFIX = re.compile(r"(/[A-Za-z0-9._~!$&'()*+,;=:@%-]+)+")
"""A path without empty segments, so that it cannot be taken for another host (`//evil.example`)."""

PAIR = re.compile(r"""([\w!#$%&'*+.^`|~-]+)=(?:"((?:[^"\\]|\\.)*)"|([\w!#$%&'*+.^`|~-]+))""")
"""One `name=value` of a Forwarded header (RFC 7239, section 4)."""

X_FORWARDED = frozenset({b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"x-forwarded-prefix"})

KNOWN_ADDRESSES_LIMIT = 1024
"""Addresses remembered with what became of them: parsing one takes microseconds, and they come again."""


class RequestAddress(NamedTuple):
    """How a request reached us, as its client saw it. A tuple, since one is made for every request."""

    scheme: str
    host: str
    client: str
    prefix: str = ""


class TrustedProxies:
    """The addresses and networks whose forwarded headers count, parsed once."""

    __slots__ = ("_networks", "_verdicts")

    def __init__(self, networks: Iterable[str]) -> None:
        self._networks: Sequence[IPv4Network | IPv6Network] = [ip_network(text) for text in networks]
        self._verdicts: dict[str, bool] = {}

    def __bool__(self) -> bool:
        return bool(self._networks)

    def __contains__(self, address: str) -> bool:
        verdict = self._verdicts.get(address)
        if verdict is None:
            if len(self._verdicts) >= KNOWN_ADDRESSES_LIMIT:
                self._verdicts.clear()
            verdict = self._verdicts[address] = self._is_trusted(address)
        return verdict

    def _is_trusted(self, text: str) -> bool:
        try:
            address = ip_address(text)
        except ValueError:
            return False
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped  # a dual-stack socket shows IPv4 peers as ::ffff:10.0.0.1
        return any(address in network for network in self._networks)


def address_of_request(
    peer: str, scheme: str, host: str, headers: Iterable[tuple[bytes, bytes]], proxies: TrustedProxies
) -> RequestAddress:
    """Return scheme, host (with its port, if any), client address and path prefix as the client used them.

    `headers` have lower-case names, as in ASGI. Without trusted proxies they are not looked at (0.2 us).
    """
    if not proxies or peer not in proxies:
        return RequestAddress(scheme, host, peer)
    found: dict[bytes, str] = {}
    for name, value in headers:
        if name == b"forwarded" or name.startswith(b"x-forwarded-"):
            text = value.decode("latin-1")
            found[name] = f"{found[name]},{text}" if name in found else text
    hop = _x_forwarded_hop(found, proxies) if X_FORWARDED & found.keys() else _forwarded_hop(found, proxies)
    return RequestAddress(
        SCHEMES.get(hop.scheme.lower(), scheme),
        hop.host if HOST.fullmatch(hop.host) else host,
        hop.client or peer,
        hop.prefix if PREFIX.fullmatch(hop.prefix) else "",
    )


class Hop(NamedTuple):
    """What the outermost trusted proxy said; an empty text where it said nothing."""

    client: str = ""
    scheme: str = ""
    host: str = ""
    prefix: str = ""


def _x_forwarded_hop(found: Mapping[bytes, str], proxies: TrustedProxies) -> Hop:
    nodes = _split(found.get(b"x-forwarded-for", ""))
    distance = _distance_of_client([_address_of_node(node) for node in nodes], proxies)

    def named(header: bytes) -> str:
        # Each proxy appends to these as to the addresses; one that overwrites them leaves a single value.
        values = _split(found.get(header, ""))
        return values[max(0, len(values) - 1 - distance)] if values else ""

    prefix = named(b"x-forwarded-prefix").rstrip("/")
    client = _address_of_node(nodes[-1 - distance]) if nodes else ""
    return Hop(client, named(b"x-forwarded-proto"), named(b"x-forwarded-host"), prefix)


def _forwarded_hop(found: Mapping[bytes, str], proxies: TrustedProxies) -> Hop:
    if b"forwarded" not in found:
        return Hop()
    # Split at every comma, in quotes or not: the client's part may hold an open quote that would else swallow
    # what the proxies appended, and no address, scheme or host has a comma.
    elements = [_element(text) for text in found[b"forwarded"].split(",")]
    nodes = [_address_of_node(element.get("for", "")) for element in elements]
    distance = _distance_of_client(nodes, proxies)
    element = elements[-1 - distance]
    return Hop(nodes[-1 - distance], element.get("proto", ""), element.get("host", ""))


def _distance_of_client(addresses: Sequence[str], proxies: TrustedProxies) -> int:
    """Return how far from the right end of a list of addresses the client stands."""
    distance = 0
    while distance < len(addresses) - 1 and addresses[-1 - distance] in proxies:
        distance += 1
    return distance


def _split(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]


@lru_cache(maxsize=KNOWN_ADDRESSES_LIMIT)
def _address_of_node(node: str) -> str:
    """Return the address of a node without its port, or an empty text for `unknown` and invented names."""
    if node.startswith("["):
        node = node[1:].partition("]")[0]
    elif node.count(":") == 1:
        node = node.partition(":")[0]
    try:
        return str(ip_address(node))
    except ValueError:
        return ""


def _element(text: str) -> Mapping[str, str]:
    """Return the pairs of an element of a Forwarded header by lower-case name; none if it is malformed."""
    element: dict[str, str] = {}
    for part in text.split(";"):
        pair = PAIR.fullmatch(part.strip())
        if pair is None:
            return {}
        name, quoted, token = pair.groups()
        element[name.lower()] = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else token
    return element
