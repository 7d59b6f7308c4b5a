"""The one place that says whose request this is and whether its token opens the door.

A request belongs to the resource whose host name it names (`{name}.{domain}`), else to the one whose access key signed
its token, else to the default resource.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from linarite.access.audiences import authority_of, check_audience, split_address
from linarite.access.tokens import Claims, TokenRefused, TokenVerifier
from linarite.resources.model import AccessKeys, Resource
from linarite.resources.registry import Registry

__all__ = ["Entrance", "host_without_port"]

# Tokens whose resource is remembered, so that a server of many resources does not try every key for each request.
_REMEMBERED_OWNERS = 1024


class Entrance:
    """Finds a request's resource and checks its token."""

    def __init__(
        self, registry: Registry, clock: Callable[[], float], *, domain: str, public_endpoint: str | None
    ) -> None:
        """`clock` gives seconds since 1970; `domain` and `public_endpoint` are the settings of those names."""
        self._registry = registry
        self._clock = clock
        self._domain = domain
        self._public = None if public_endpoint is None else split_address(public_endpoint)
        self._verifiers: dict[str, tuple[AccessKeys, TokenVerifier]] = {}
        self._owners: dict[str, str] = {}
        registry.subscribe(self._forget)

    def resource_of(self, host: str, token: str | None) -> Resource:
        """The resource that a request to `host` (with or without a port) belongs to."""
        named = self._registry.by_host(host_without_port(host), self._domain)
        if named is not None:
            return named
        default = self._registry.default
        if token is None or len(self._registry.all()) == 1:
            return default
        return self._owner(token) or default

    def check(
        self,
        resource: Resource,
        token: str | None,
        host: str,
        paths: Sequence[str],
        *,
        ignore_case: bool = False,
    ) -> Claims:
        """The claims of a token that is good for this resource at this address. Raises TokenRefused.

        `paths` are what the token's audience may name, as percent-encoded as the request; the first is shown in errors.
        """
        if token is None:
            raise TokenRefused("presence", "expected a bearer token, got none")
        if resource.local_auth_disabled:
            raise TokenRefused("local authentication", "expected another kind of token: access keys are disabled")
        claims = self._verifier(resource).verify(token)
        authorities = {authority_of(host)}
        if self._public is not None:
            authority, prefix = self._public
            authorities.add(authority)
            if prefix:  # the proxy before the server takes it off, but clients sign what they call
                paths = (*paths, *(prefix + path for path in paths))
        check_audience(claims, authorities, paths, ignore_case=ignore_case)
        return claims

    def _verifier(self, resource: Resource) -> TokenVerifier:
        known = self._verifiers.get(resource.name)
        if known is not None and known[0] is resource.keys:
            return known[1]
        verifier = TokenVerifier((resource.keys.primary, resource.keys.secondary), self._clock)
        self._verifiers[resource.name] = (resource.keys, verifier)
        return verifier

    def _owner(self, token: str) -> Resource | None:
        name = self._owners.get(token)
        if name is not None and (resource := self._registry.get(name)) is not None:
            return resource
        for resource in self._registry.all():
            if self._verifier(resource).signed(token):
                if len(self._owners) >= _REMEMBERED_OWNERS:
                    del self._owners[next(iter(self._owners))]
                self._owners[token] = resource.name
                return resource
        return None

    def _forget(self, name: str, resource: Resource | None) -> None:
        """A resource changed or is gone: its keys may have, too."""
        self._verifiers.pop(name, None)
        self._owners.clear()


def host_without_port(host: str) -> str:
    """The host of an authority, whose port may be missing."""
    return host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() and not host.endswith("]") else host
