"""Puts together who may come in: to clients' doors, to the REST API and to the management API."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from linarite.access.administrator import Administrator
from linarite.access.audit import AuditLog
from linarite.access.authority import SERVICE_AUDIENCE, Authority
from linarite.access.bearer_tokens import BearerTokens, Issuer
from linarite.access.entra_tenant import EntraTenant, TenantSettings
from linarite.access.entrance import Entrance
from linarite.access.management import ManagementAccess
from linarite.resources.registry import Registry
from linarite.settings import Settings

__all__ = ["Access", "FetchKeys", "open_access"]

FetchKeys = Callable[[str], Awaitable[bytes]]


@dataclass(frozen=True, slots=True)
class Access:
    """The parts; `tenant` is there if the settings name one."""

    administrator: Administrator
    authority: Authority
    entrance: Entrance
    management: ManagementAccess
    audit: AuditLog
    tenant: EntraTenant | None


def open_access(
    settings: Settings,
    registry: Registry,
    fetch: FetchKeys,
    *,
    clock: Callable[[], float],
    loop_clock: Callable[[], float],
) -> Access:
    """The parts for these settings; `clock` gives seconds since 1970, `fetch` what is to be had at a URL.

    Raises ValueError for an administrator's credential that is empty.
    """
    administrator = Administrator(settings.data_folder)
    authority = Authority(settings.data_folder, administrator, clock, settings.authority_token_seconds)
    tenant = _open_tenant(settings, fetch, loop_clock)
    issuers: list[Issuer] = [authority] if tenant is None else [authority, tenant]
    entrance = Entrance(
        registry,
        clock,
        domain=settings.domain,
        public_endpoint=settings.public_endpoint,
        bearers=BearerTokens({SERVICE_AUDIENCE, *settings.entra_audiences}, issuers, clock),
        tenant=tenant,
    )
    audit = AuditLog(settings.data_folder, settings.audit_limit_bytes)
    return Access(administrator, authority, entrance, ManagementAccess(administrator, authority, clock), audit, tenant)


def _open_tenant(settings: Settings, fetch: FetchKeys, clock: Callable[[], float]) -> EntraTenant | None:
    uri = settings.entra_jwks_uri
    if uri is None:
        return None
    chosen = TenantSettings(
        settings.entra_issuers,
        settings.entra_service_owners,
        settings.entra_service_readers,
        settings.entra_keys_seconds,
    )
    return EntraTenant(chosen, lambda: fetch(uri), clock)
