"""A Microsoft Entra tenant, or another OpenID provider, whose tokens open the REST API.

Its public keys are read from `entra_jwks_uri`, kept, and read again in good time; when that fails, the keys that are
there stay. A token with an unknown key has them read once more, at most once a minute however many such tokens come.
Nothing of this ever holds up the event loop. ("Access tokens", signing key rollover.)

Entra knows roles on Azure's own resources, not on those of this server: `entra_service_owners` and
`entra_service_readers` name who has them here, by the id of an application, user or group. A provider that puts the
role's name into the claim `roles` needs neither.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from linarite.access.bearer_tokens import KeyUnknown
from linarite.access.roles import Assignment, Role, parse_role
from linarite.access.tokens import Claims
from linarite.monitoring.logs import log_event

__all__ = ["EntraTenant", "FetchFailed", "TenantSettings", "parse_keys"]

_log = logging.getLogger(__name__)

# Keys are not asked for more often than this, whatever tokens come.
_LEAST_SECONDS = 60.0
# Entra publishes fewer than ten.
_KEYS_LIMIT = 100

Keys = Mapping[str, RSAKey]


class FetchFailed(Exception):
    """The keys could not be had; the text says why."""


@dataclass(frozen=True, slots=True)
class TenantSettings:
    """The settings of these names, without `entra_`."""

    issuers: Collection[str]
    service_owners: Collection[str]
    service_readers: Collection[str]
    keys_seconds: float


class EntraTenant:
    """An issuer whose keys come from elsewhere."""

    def __init__(
        self, settings: TenantSettings, fetch: Callable[[], Awaitable[bytes]], clock: Callable[[], float]
    ) -> None:
        """`fetch` gives the key set or raises FetchFailed; `clock` is the event loop's."""
        self._settings = settings
        self._fetch = fetch
        self._clock = clock
        self._keys: Keys = {}
        self._asked_at = float("-inf")
        self._asking: asyncio.Task[None] | None = None
        self._renewing: asyncio.Task[None] | None = None

    # As an issuer

    def is_named(self, name: str) -> bool:
        """Whether `iss` means this tenant."""
        return name in self._settings.issuers

    def key(self, key_id: str) -> RSAKey:
        """The key of that id. Raises KeyUnknown."""
        key = self._keys.get(key_id)
        if key is None:
            raise KeyUnknown("key", "expected the id of one of the issuer's published keys, got another one")
        return key

    def assignments(self, claims: Claims) -> Sequence[Assignment]:
        """The roles that the bearer has: by the settings, and by what the token says of roles."""
        everything = claims.everything
        ids = {everything.get(name) for name in ("appid", "azp", "oid") if isinstance(everything.get(name), str)}
        groups = everything.get("groups")
        ids |= {group for group in groups if isinstance(group, str)} if isinstance(groups, list) else set()
        found = [Assignment(role) for role in _named_roles(everything.get("roles"))]
        if not ids.isdisjoint(self._settings.service_owners):
            found.append(Assignment(Role.SERVICE_OWNER))
        if not ids.isdisjoint(self._settings.service_readers):
            found.append(Assignment(Role.SERVICE_READER))
        return found

    # Keys

    def start(self) -> None:
        """Read the keys now, and again whenever `keys_seconds` have passed."""
        self._renewing = asyncio.get_running_loop().create_task(self._renew_forever())

    async def renew(self) -> None:
        """Read the keys, unless that was done a moment ago; those who ask together wait for one answer."""
        if self._asking is None:
            if self._clock() - self._asked_at < _LEAST_SECONDS:
                return
            self._asked_at = self._clock()
            self._asking = asyncio.get_running_loop().create_task(self._read())
        await asyncio.shield(self._asking)

    async def close(self) -> None:
        """End what is under way."""
        for task in (self._renewing, self._asking):
            if task is not None:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    async def _renew_forever(self) -> None:
        while True:
            await self.renew()
            # Without keys nobody gets in: then it is tried as often as may be.
            await asyncio.sleep(self._settings.keys_seconds if self._keys else _LEAST_SECONDS)

    async def _read(self) -> None:
        try:
            keys = parse_keys(await self._fetch())
        except FetchFailed as error:
            log_event(_log, logging.WARNING, "keys of the tenant not read", reason=str(error), kept=len(self._keys))
        else:
            # A key that is published still stays the same object, so that its tokens need no new check.
            self._keys = {key_id: _same(self._keys.get(key_id), key) for key_id, key in keys.items()}
            log_event(_log, logging.INFO, "keys of the tenant read", keys=len(keys))
        finally:
            self._asking = None


def parse_keys(content: bytes) -> Keys:
    """The RSA signing keys of a key set by their ids (RFC 7517, section 5). Raises FetchFailed for none."""
    try:
        document = msgspec.json.decode(content, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise FetchFailed(f"expected a key set, got no JSON object: {error}") from None
    members = document.get("keys")
    if not isinstance(members, list):
        raise FetchFailed("expected a key set with a list of keys")
    keys = {}
    for member in members[:_KEYS_LIMIT]:
        key = _parse_key(member)
        if key is not None:
            keys[member["kid"]] = key
    if not keys:
        raise FetchFailed("expected an RSA key for signatures, got none")
    return keys


def _parse_key(member: object) -> RSAKey | None:
    """The key, None for one that is of another kind, for another use, or not valid."""
    if not isinstance(member, dict) or member.get("kty") != "RSA" or not isinstance(member.get("kid"), str):
        return None
    if member.get("use", "sig") != "sig":
        return None
    try:
        return RSAKey.import_key({"kty": "RSA", "n": member["n"], "e": member["e"]})
    except (JoseError, KeyError, ValueError, TypeError, AttributeError):
        return None


def _same(known: RSAKey | None, read: RSAKey) -> RSAKey:
    return known if known is not None and known.thumbprint() == read.thumbprint() else read


def _named_roles(value: object) -> list[Role]:
    roles = []
    for name in value if isinstance(value, list) else ():
        with suppress(ValueError):
            roles.append(parse_role(str(name)))
    return roles
