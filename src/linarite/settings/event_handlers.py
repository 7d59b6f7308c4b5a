"""Calls to event handlers: time, order, retries, tokens, and where they may go."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from linarite.settings.definitions import setting

__all__ = ["EventHandlerSettings"]


@dataclass(frozen=True, kw_only=True)
class EventHandlerSettings:
    """Calls to event handlers: time, order, retries, tokens, and where they may go."""

    upstream_timeout_seconds: float = setting(
        100.0,
        section="Event handlers",
        unit="seconds",
        minimum=0.1,
        maximum=3600,
        reason="One event with all its attempts and waits; the service gives it as long.",
    )
    upstream_connect_timeout_seconds: float = setting(
        10.0,
        section="Event handlers",
        unit="seconds",
        minimum=0.1,
        maximum=600,
        reason="Opening a connection to one address of an event handler; then the next address is tried.",
    )
    upstream_reply_limit_bytes: int = setting(
        16_777_216,
        section="Event handlers",
        unit="bytes",
        minimum=1024,
        maximum=1_073_741_824,
        reason="The longest reply of an event handler, as in the service.",
    )
    upstream_connections_limit: int = setting(
        1000,
        section="Event handlers",
        unit="connections",
        minimum=1,
        maximum=100_000,
        reason="Connections to one endpoint; further events wait in line within their time.",
    )
    upstream_idle_seconds: float = setting(
        30.0,
        section="Event handlers",
        unit="seconds",
        minimum=0.1,
        maximum=3600,
        reason="An unused connection to an event handler is closed after this time.",
    )
    upstream_connection_age_seconds: float = setting(
        60.0,
        section="Event handlers",
        unit="seconds",
        minimum=0,
        maximum=86_400,
        reason="An older connection to an event handler is not used again, so that changes of DNS are noticed.",
    )
    upstream_queue_limit: int = setting(
        100,
        section="Event handlers",
        unit="events",
        minimum=1,
        maximum=100_000,
        reason="Unblocking events that wait for one connection; past it joined and left are dropped and counted, "
        "connected and disconnected never.",
    )
    upstream_order_seconds: float = setting(
        1.0,
        section="Event handlers",
        unit="seconds",
        minimum=0,
        maximum=100,
        reason="How long a user event waits for earlier connected, joined and left events of its connection; 0 sends "
        "it at once, as the service does.",
    )
    upstream_abuse_protection: Literal["strict", "off"] = setting(
        "strict",
        section="Event handlers",
        reason="`strict` asks endpoints whether they want events before any is sent, as the service does.",
    )
    upstream_validation_timeout_seconds: float = setting(
        10.0,
        section="Event handlers",
        unit="seconds",
        minimum=0.1,
        maximum=600,
        reason="Each of the two validation requests with its retries, as in the service.",
    )
    upstream_legacy_claim_names: Literal["on", "off"] = setting(
        "on",
        section="Event handlers",
        reason="The connect event repeats role and user id under .NET's claim names, as the service does.",
    )
    upstream_denied_networks: tuple[str, ...] | None = setting(
        None,
        section="Event handlers",
        default_words="none in `linarite dev`; link-local and cloud metadata addresses in `linarite serve`",
        reason="Networks (CIDR) that event handlers' URLs may not lead to, judged after DNS.",
    )
    upstream_ca_file: Path | None = setting(
        None,
        section="Event handlers",
        default_words="none",
        reason="PEM file of certificate authorities that event handlers are trusted by besides the system's.",
    )
    upstream_token_endpoint: str | None = setting(
        None,
        section="Event handlers",
        default_words="none",
        reason="OAuth 2 token endpoint for event handlers whose auth is ManagedIdentity.",
    )
    upstream_client_id: str | None = setting(
        None,
        section="Event handlers",
        default_words="none",
        reason="The client that asks the token endpoint for tokens.",
    )
    upstream_client_secret_file: Path | None = setting(
        None,
        section="Event handlers",
        default_words="none",
        reason="File with that client's secret: a secret belongs in no argument or variable.",
    )
    upstream_calls_kept: int = setting(
        200,
        section="Event handlers",
        unit="calls",
        minimum=0,
        maximum=100_000,
        reason="Calls to event handlers that `linarite dev` keeps for inspection.",
    )
    upstream_calls_kept_bytes: int = setting(
        16_777_216,
        section="Event handlers",
        unit="bytes",
        minimum=0,
        maximum=1_073_741_824,
        reason="The same limit in bytes.",
    )
