"""The bounds and choices of everything that is sent upstream, each the setting `upstream_…` of the same name."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal

from linarite.events.addresses import DENIED_NETWORKS
from linarite.settings import Settings

__all__ = ["UpstreamLimits", "limits_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamLimits:
    """What a server's settings say about calls upstream; without arguments, the defaults of `linarite dev`."""

    timeout_seconds: float = 100.0
    reply_limit_bytes: int = 16 * 1024 * 1024
    connect_timeout_seconds: float = 10.0
    connections_limit: int = 1000
    idle_seconds: float = 30.0
    connection_age_seconds: float = 60.0
    queue_limit: int = 100
    order_seconds: float = 1.0
    abuse_protection: Literal["strict", "off"] = "strict"
    validation_timeout_seconds: float = 10.0
    legacy_claim_names: Literal["on", "off"] = "on"
    denied_networks: tuple[str, ...] = ()
    ca_file: Path | None = None
    token_endpoint: str | None = None
    client_id: str | None = None
    client_secret_file: Path | None = None
    calls_kept: int = 200
    calls_kept_bytes: int = 16 * 1024 * 1024


def limits_of(settings: Settings) -> UpstreamLimits:
    """The limits that a server's settings say; in production the metadata addresses of clouds are denied by default."""
    values = {field.name: getattr(settings, f"upstream_{field.name}") for field in fields(UpstreamLimits)}
    if values["denied_networks"] is None:
        values["denied_networks"] = DENIED_NETWORKS if settings.mode == "serve" else ()
    return UpstreamLimits(**values)
