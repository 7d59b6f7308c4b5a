"""The playground's client URLs, and what a token says."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Annotated, Any
from urllib.parse import quote, urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from linarite.access.token_checks import Verdict, explain_token, meaning_of
from linarite.access.tokens import TOKEN_LIMIT, make_token
from linarite.domain.names import is_valid_group_name
from linarite.http.console.answers import answer
from linarite.http.console.door import ConsoleDoor, Refused
from linarite.http.console.wishes import bad_request, body_of, hub_of
from linarite.resources.model import Resource
from linarite.resources.registry import Registry

__all__ = ["ClientUrls"]

# As long as `:generateToken` allows: 30 days.
_LONGEST_MINUTES = 43_200
_DEFAULT_MINUTES = 60
_NAMES_LIMIT = 100


class UrlWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the client shall be."""

    user: str | None = None
    roles: Annotated[list[str], msgspec.Meta(max_length=_NAMES_LIMIT)] = []
    groups: Annotated[list[str], msgspec.Meta(max_length=_NAMES_LIMIT)] = []
    minutes: Annotated[int, msgspec.Meta(ge=1, le=_LONGEST_MINUTES)] = _DEFAULT_MINUTES


class TokenWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A token to be explained, and the address that it is used at, if that is known."""

    token: str
    address: str | None = None


class ClientUrls:
    """Makes URLs with which clients connect."""

    def __init__(
        self, registry: Registry, door: ConsoleDoor, public_endpoint: str | None, now: Callable[[], float] = time.time
    ) -> None:
        self._registry = registry
        self._door = door
        self._public_endpoint = public_endpoint
        self._now = now

    async def make(self, request: Request) -> Response:
        """A client URL with its token explained."""
        at = hub_of(self._registry, request)
        wish = await body_of(request, UrlWish)
        resource = self._registry.get(at.resource)
        assert resource is not None  # `hub_of` has found it
        if resource.local_auth_disabled:
            raise Refused(409, "Conflict", f"Access keys of the resource {resource.name} are disabled.")
        if not all(map(is_valid_group_name, wish.groups)):
            raise bad_request("groups: expected names of 1 to 1024 characters that are not all white space.")
        address = f"{self._public_endpoint or self._door.called(request).origin}/client/hubs/{quote(at.hub, safe='')}"
        token = make_token(resource.keys.primary, self._claims(wish, address))
        if len(token) > TOKEN_LIMIT:
            raise bad_request(f"roles and groups: expected a token of at most {TOKEN_LIMIT} characters.")
        url = f"ws{address.removeprefix('http')}?{urlencode({'access_token': token})}"
        return answer({"url": url, "token": token, "explanation": self._explanation(token, [resource], address)})

    async def explain(self, request: Request) -> Response:
        """What a token says, and which checks this server would pass it by."""
        wish = await body_of(request, TokenWish)
        return answer(self._explanation(wish.token, self._registry.all(), wish.address))

    def _claims(self, wish: UrlWish, address: str) -> dict[str, Any]:
        now = int(self._now())
        claims: dict[str, Any] = {"aud": address, "iat": now, "nbf": now, "exp": now + 60 * wish.minutes}
        if wish.user:
            claims["sub"] = wish.user
        if wish.roles:
            claims["role"] = wish.roles
        if wish.groups:
            claims["webpubsub.group"] = wish.groups
        return claims

    def _explanation(self, token: str, resources: Sequence[Resource], address: str | None) -> dict[str, object]:
        """Checked against the keys of the resource that signed it; of the first one if none did."""
        now = self._now()
        explanations = [
            (one, explain_token(token, (one.keys.primary, one.keys.secondary), address, now)) for one in resources
        ]
        signer, explanation = next(
            (
                pair
                for pair in explanations
                if any(one.check == "signature" and one.verdict is Verdict.GOOD for one in pair[1].findings)
            ),
            explanations[0],
        )
        return {
            "resource": signer.name,
            "header": explanation.header,
            "claims": explanation.claims,
            "lines": [
                {"claim": name, "value": value, "meaning": meaning_of(name, value, now)}
                for name, value in explanation.claims.items()
            ],
            "checks": [
                {
                    "check": one.check,
                    "passed": None if one.verdict is Verdict.UNKNOWN else one.verdict is Verdict.GOOD,
                    "text": one.text,
                }
                for one in explanation.findings
            ],
        }
