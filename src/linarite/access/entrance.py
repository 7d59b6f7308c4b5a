"""The one place that says whose request this is and whether its token opens the door.

A request belongs to the resource whose host name it names (`{name}.{domain}`), else to the one whose access key signed
its token, else to the default resource.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence

from linarite.access.audiences import authority_of, check_audience, split_address
from linarite.access.bearer_tokens import Bearer, BearerTokens
from linarite.access.entra_tenant import EntraTenant
from linarite.access.roles import may_call
from linarite.access.tokens import Claims, TokenRefused, TokenVerifier
from linarite.resources.model import AccessKeys, Resource
from linarite.resources.registry import Registry

__all__ = ["Entrance", "generated_token_key", "host_without_port"]

# Tokens whose resource is remembered, so that a server of many resources does not try every key for each request.
_REMEMBERED_OWNERS = 1024


class Entrance:
    """Finds a request's resource and checks its token."""

    def __init__(
        self,
        registry: Registry,
        clock: Callable[[], float],
        *,
        domain: str,
        public_endpoint: str | None,
        bearers: BearerTokens | None = None,
        tenant: EntraTenant | None = None,
    ) -> None:
        """`clock` gives seconds since 1970; `domain` and `public_endpoint` are the settings of those names.

        `bearers` checks bearer tokens, among them those of `tenant`; without it there are none.
        """
        self._registry = registry
        self._clock = clock
        self._domain = domain
        self._public = None if public_endpoint is None else split_address(public_endpoint)
        self._bearers = bearers
        self._known_bearers = {} if bearers is None else bearers.remembered
        self._tenant = tenant
        self._verifiers: dict[str, tuple[AccessKeys, TokenVerifier]] = {}
        self._owners: dict[str, str] = {}
        registry.subscribe(self._forget)

    def resource_of(self, host: str, token: str | None) -> Resource:
        """The resource that a request to `host` (with or without a port) belongs to."""
        named = self._registry.by_host(host_without_port(host), self._domain)
        if named is not None:
            return named
        default = self._registry.default
        if token is None or len(self._registry.all()) == 1 or token in self._known_bearers:
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
        claims = self._signed_claims(resource, token)
        authorities = {authority_of(host)}
        if self._public is not None:
            authority, prefix = self._public
            authorities.add(authority)
            if prefix:  # the proxy before the server takes it off, but clients sign what they call
                paths = (*paths, *(prefix + path for path in paths))
        check_audience(claims, authorities, paths, ignore_case=ignore_case)
        return claims

    def check_call(
        self, resource: Resource, token: str | None, method: str, host: str, paths: Sequence[str]
    ) -> Claims | Bearer:
        """What vouches for a REST call: `Claims` of an access key's token, or a `Bearer`.

        Raises TokenRefused; one with the check `role` means that the bearer is known and may not do this, and
        KeyUnknown that another try after `renew_keys` may pass.
        """
        if token not in self._known_bearers:
            try:
                return self.check(resource, token, host, paths)
            except TokenRefused as refused:
                if refused.check != "algorithm" or token is None:
                    raise
        return self._check_bearer(resource, str(token), method)

    async def renew_keys(self) -> None:
        """Read the tenant's keys again, if that was not done a moment ago."""
        if self._tenant is not None:
            await self._tenant.renew()

    def _check_bearer(self, resource: Resource, token: str, method: str) -> Bearer:
        if self._bearers is None:
            raise TokenRefused("algorithm", "expected HS256, got another one")
        if resource.properties.get("disableAadAuth") is True:
            raise TokenRefused("Entra authentication", "expected an access key's token: others are disabled")
        try:
            bearer = self._bearers.check(token)
        except TokenRefused as refused:
            if refused.check == "algorithm":
                text = str(refused).replace("expected", "expected HS256 or", 1)
                raise TokenRefused("algorithm", text) from None
            raise
        if not may_call(bearer.assignments, resource.name, method):
            raise TokenRefused(
                "role", f"expected a role that allows {method} on {resource.name}, {bearer.name} has none"
            )
        return bearer

    def _signed_claims(self, resource: Resource, token: str) -> Claims:
        try:
            return self._verifier(resource).verify(token)
        except TokenRefused as refused:
            if resource.local_auth_disabled and refused.check == "signature":
                text = "expected another kind of token: access keys are disabled"
                raise TokenRefused("local authentication", text) from None
            raise

    def _verifier(self, resource: Resource) -> TokenVerifier:
        known = self._verifiers.get(resource.name)
        if known is not None and known[0] is resource.keys:
            return known[1]
        keys = [] if resource.local_auth_disabled else [resource.keys.primary, resource.keys.secondary]
        verifier = TokenVerifier([*keys, generated_token_key(resource.keys)], self._clock)
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


def generated_token_key(keys: AccessKeys) -> str:
    """The key that signs what `:generateToken` makes for callers without an access key; a new salt is a new key."""
    return hmac.digest(keys.salt.encode(), b"tokens that :generateToken makes", "sha256").hex()


def host_without_port(host: str) -> str:
    """The host of an authority, whose port may be missing."""
    return host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() and not host.endswith("]") else host
