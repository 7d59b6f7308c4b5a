"""Which addresses a token is good for: its `aud` against the address by which the request came.

Client libraries sign the complete URL that they call. What counts is scheme-free authority and path: query and
fragment are cut off, a trailing slash is ignored, default ports are the same as none, and a reverse proxy may stand
between the address that was signed and the one that arrives.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from urllib.parse import unquote, urlsplit

from linarite.access.tokens import Claims, TokenRefused

__all__ = ["authority_of", "check_audience"]

_DEFAULT_PORTS = {"http": ":80", "ws": ":80", "https": ":443", "wss": ":443"}
_SHOWN = 300  # characters of a foreign address that go into answers and logs


def authority_of(endpoint: str) -> str:
    """Host and port of an endpoint's URL as audiences are compared: lower case, without a default port."""
    parts = urlsplit(endpoint if "://" in endpoint else f"http://{endpoint}")
    return parts.netloc.lower().removesuffix(_DEFAULT_PORTS.get(parts.scheme, ":80"))


def check_audience(
    claims: Claims, authorities: Collection[str], paths: Sequence[str], *, ignore_case: bool = False
) -> None:
    """Pass if one audience names one of the authorities and one of the paths. Raises TokenRefused.

    `paths` are as sent in the request, percent-encoding included; both sides are compared as they stand and, failing
    that, decoded.
    """
    for audience in claims.audiences:
        authority, path = _split(audience)
        if authority in authorities and _is_same(path, paths, ignore_case):
            return
    expected = ", ".join(f"{authority}{paths[0]}" for authority in sorted(authorities))
    got = ", ".join(audience.partition("?")[0] for audience in claims.audiences) or "none"
    raise TokenRefused("audience", f"Expected Audiences: {expected[:_SHOWN]}. Actual Audiences: {got[:_SHOWN]}")


def _split(audience: str) -> tuple[str, str]:
    """Authority and path of an address; the authority is empty if this is no address of the service."""
    scheme, _, rest = audience.partition("://")
    port = _DEFAULT_PORTS.get(scheme.lower())
    if port is None:
        return "", ""
    netloc, _, path = rest.partition("?")[0].partition("#")[0].partition("/")
    return netloc.lower().removesuffix(port), "/" + path.rstrip("/") if path else ""


def _is_same(path: str, paths: Sequence[str], ignore_case: bool) -> bool:
    for wanted in paths:
        if path == wanted.rstrip("/"):
            return True
        plain, wanted_plain = unquote(path), unquote(wanted.rstrip("/"))
        if ignore_case:
            plain, wanted_plain = plain.lower(), wanted_plain.lower()
        if plain == wanted_plain:
            return True
    return False
