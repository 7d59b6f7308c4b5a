"""Who may use the endpoints for tests: programs of this machine, and whoever has the administrator's credential.

`linarite dev` has a key that everybody knows; a program of the same machine needs no credential to make tests easy to
write. Pages in a browser run on this machine, too, and are not meant: a request that bears an `Origin`, that names the
server otherwise than this machine is named (DNS rebinding), or that a proxy has passed on needs the credential.
"""

from __future__ import annotations

from ipaddress import ip_address

from starlette.requests import Request

from linarite.access.entrance import host_without_port
from linarite.access.management import ManagementAccess

__all__ = ["may_use"]

_BROWSERS_AND_PROXIES = ("origin", "forwarded", "x-forwarded-for", "x-forwarded-host")


def may_use(access: ManagementAccess, request: Request) -> bool:
    """Whether the request may look, wait, reset and set faults."""
    authorization = request.headers.get("authorization")
    if authorization is not None:
        return access.is_administrator(authorization)
    is_programs = not any(name in request.headers for name in _BROWSERS_AND_PROXIES)
    peer = request.client.host if request.client is not None else ""
    return is_programs and _is_loopback(peer) and _is_local_name(request.headers.get("host", ""))


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def _is_local_name(host: str) -> bool:
    name = host_without_port(host).lower().strip("[]")
    return name == "localhost" or name.endswith(".localhost") or _is_loopback(name)
