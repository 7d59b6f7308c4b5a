"""Which addresses a token is good for: its `aud` against the address by which the request came.

Client libraries sign the complete URL that they call. What counts is scheme-free authority and path: query and
fragment are cut off, a trailing slash is ignored, default ports are the same as none, and a reverse proxy may stand
between the address that was signed and the one that arrives.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from urllib.parse import unquote

from linarite.access.tokens import Claims, TokenRefused

__all__ = ["authority_of", "check_audience", "split_address"]

_SCHEMES = ("http", "https", "ws", "wss")
_SHOWN = 300  # characters of a foreign address that go into answers and logs


def authority_of(host: str) -> str:
    """Host and port as audiences are compared: lower case, without a default port.

    The port of either scheme is one: where TLS ends before the server, the scheme of a request says nothing.
    """
    return host.lower().removesuffix(":80").removesuffix(":443")


def split_address(address: str) -> tuple[str, str]:
    """Authority and path of a URL, both empty if it is none of the service; no slash at the path's end."""
    scheme, _, rest = address.partition("://")
    if scheme.lower() not in _SCHEMES:
        return "", ""
    host, _, path = rest.partition("?")[0].partition("#")[0].partition("/")
    return authority_of(host), f"/{path}".rstrip("/")


def check_audience(
    claims: Claims, authorities: Collection[str], paths: Sequence[str], *, ignore_case: bool = False
) -> None:
    """Pass if one audience names one of the authorities and one of the paths. Raises TokenRefused.

    `paths` are as sent in the request, percent-encoding included; both sides are compared as they stand and, failing
    that, decoded.
    """
    for audience in claims.audiences:
        authority, path = split_address(audience)
        if authority in authorities and _is_same(path, paths, ignore_case):
            return
    expected = ", ".join(f"{authority}{paths[0]}" for authority in sorted(authorities))
    got = ", ".join(audience.partition("?")[0] for audience in claims.audiences) or "none"
    raise TokenRefused("audience", f"Expected Audiences: {expected[:_SHOWN]}. Actual Audiences: {got[:_SHOWN]}")


def _is_same(path: str, paths: Sequence[str], ignore_case: bool) -> bool:
    for wanted in paths:
        wanted = wanted.rstrip("/")
        if path == wanted or _decoded(path, ignore_case) == _decoded(wanted, ignore_case):
            return True
    return False


def _decoded(path: str, ignore_case: bool) -> list[str]:
    """The segments, each decoded by itself: `a%2Fb` is one and never the same as `a/b`."""
    return [unquote(part).lower() if ignore_case else unquote(part) for part in path.split("/")]
