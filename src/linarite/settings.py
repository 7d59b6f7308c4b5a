"""Every setting of Linarite, each declared once, and the reading of their four sources.

A value comes from the first source that has it: command-line argument, environment variable (`LINARITE_…`),
TOML file, default. docs/reference/settings.md is generated from the declarations below.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Literal

from linarite.setting_definitions import (
    Definition,
    Description,
    SettingsError,
    described,
    read_definitions,
    setting,
)
from linarite.setting_sources import find_value, read_file, read_hubs, unknown_keys, unknown_variables

__all__ = ["Definition", "Loaded", "Settings", "SettingsError", "default_data_folder", "definitions", "load"]


def default_data_folder() -> Path:
    """Return the data folder used when none is named."""
    return Path.home() / ".linarite"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one server; without arguments, the defaults of `linarite dev`."""

    mode: Literal["dev", "serve"] = setting(
        "dev",
        section="Server",
        reason="Set by the command: `linarite dev` is for development, loopback only with a well-known "
        "key; `linarite serve` is for production.",
    )
    data_folder: Path = field(
        default_factory=default_data_folder,
        metadata=described(
            Description(
                section="Server",
                default_words="~/.linarite",
                reason="Holds the database, the development certificate authority, the administrator's "
                "token and the running server's addresses; only its owner may read it.",
            )
        ),
    )
    log_level: Literal["debug", "info", "warning", "error"] = setting(
        "info",
        section="Server",
        reason="The least serious log lines that are written; `debug` writes one for every frame.",
    )
    log_format: Literal["text", "json"] = setting(
        "text",
        section="Server",
        serve_default="json",
        reason="`text` is for people; `json` writes one object a line, for log collectors.",
    )
    drain_seconds: float = setting(
        10.0,
        section="Server",
        unit="seconds",
        minimum=0,
        maximum=3600,
        reason="Over this time a stopping server closes its connections one after the other, so that "
        "clients do not all reconnect to another server at the same moment.",
    )
    shutdown_seconds: float = setting(
        25.0,
        section="Server",
        unit="seconds",
        minimum=0,
        maximum=3600,
        reason="After this time a stopping server ends whatever is still under way. Kubernetes kills a "
        "pod after 30 seconds by default; this leaves room before that.",
    )

    host: str = setting(
        "127.0.0.1",
        section="Listening",
        reason="The address that is listened on. `linarite serve` on an address that is not loopback "
        "refuses to start while a resource has the development key.",
    )
    port: int | None = setting(
        8080,
        section="Listening",
        minimum=0,
        maximum=65535,
        reason="HTTP and WebSocket. 0 takes a free port; `none` leaves HTTPS alone.",
    )
    tls_port: int | None = setting(
        8443,
        section="Listening",
        minimum=0,
        maximum=65535,
        reason="HTTPS and WSS. 0 takes a free port; `none` turns it off. Under `linarite serve` it is "
        "listened on only with a certificate file.",
    )
    certificate_file: Path | None = setting(
        None,
        section="Listening",
        default_words="none: `linarite dev` makes a certificate of its own",
        reason="PEM file with the server's certificate followed by its intermediate certificates.",
    )
    certificate_key_file: Path | None = setting(
        None,
        section="Listening",
        default_words="none",
        reason="PEM file with the private key of the certificate file, without a passphrase.",
    )
    public_endpoint: str | None = setting(
        None,
        section="Listening",
        pattern=r"https?://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?(/[^\s?#]*[^\s?#/])?",
        pattern_words="a URL such as https://pubsub.example.com, without a slash at its end",
        default_words="none: the address by which a request came in",
        reason="The endpoint that clients use when it is not the server's own address, as behind a load "
        "balancer. It stands in connection strings, and tokens may name it as their audience.",
    )
    domain: str = setting(
        "localhost",
        section="Listening",
        pattern=r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*",
        pattern_words="a domain name such as pubsub.example.com",
        reason="A request to the host `{resource}.{domain}` belongs to that resource.",
    )
    trusted_proxies: tuple[str, ...] = setting(
        (),
        section="Listening",
        default_words="none",
        reason="Addresses or networks (CIDR) of reverse proxies. Forwarded headers count only when they "
        "come from one of them: anybody else could claim any host or client address.",
    )
    backlog: int = setting(
        4096,
        section="Listening",
        unit="connections",
        minimum=1,
        maximum=65535,
        reason="Connections that wait to be accepted. Thousands of clients reconnect together after an "
        "outage; the operating system may cap it lower (Linux: net.core.somaxconn, 4096 by "
        "default).",
    )
    upgrade_timeout_seconds: float = setting(
        10.0,
        section="Listening",
        unit="seconds",
        minimum=0.1,
        maximum=600,
        reason="A new connection has this long to send its request head, so that silent connections do not pile up.",
    )
    close_timeout_seconds: float = setting(
        5.0,
        section="Connections",
        unit="seconds",
        minimum=0.1,
        maximum=600,
        reason="How long a client may take to answer a close frame before its socket is ended; most answer in one "
        "round trip.",
    )
    head_limit_bytes: int = setting(
        32_768,
        section="Listening",
        unit="bytes",
        minimum=1024,
        maximum=1_048_576,
        reason="The longest request head. It holds an access token and a list of excluded connections; "
        "Node.js stops at 16 KiB, nginx at 32 KiB.",
    )

    default_resource: str = setting(
        "linarite",
        section="Resources",
        pattern=r"[a-zA-Z][a-zA-Z0-9-]{1,61}[a-zA-Z0-9]",
        pattern_words="a resource name: 3 to 63 letters, digits and hyphens, a letter first, no hyphen last",
        reason="The resource that a request belongs to when neither its host name nor its token's key names another.",
    )
    unit_connections: int = setting(
        100_000,
        section="Resources",
        unit="connections",
        minimum=1,
        maximum=10_000_000,
        reason="Connections that one unit of a Standard or Premium resource allows. The service sells "
        "1,000 a unit; your own machine sets no such price.",
    )
    free_connections: int = setting(
        20,
        section="Resources",
        unit="connections",
        minimum=1,
        maximum=10_000_000,
        reason="Connections that a Free_F1 resource allows, as in the service's pricing.",
    )
    free_messages_per_day: int | None = setting(
        20_000,
        section="Resources",
        unit="messages of 2 KB",
        minimum=1,
        maximum=1_000_000_000_000,
        reason="Outbound traffic that a Free_F1 resource may have on a day (UTC), as in the service's pricing; past it "
        "sends are refused until midnight. `none` sets no quota. Other SKUs have none.",
    )
    usage_days_kept: int = setting(
        31,
        section="Resources",
        unit="days",
        minimum=1,
        maximum=3650,
        reason="Days whose traffic and peak of connections are kept by resource: a month, as bills go.",
    )
    connects_per_second: float = setting(
        0.0,
        section="Rates",
        unit="connections per second",
        minimum=0,
        maximum=1_000_000,
        reason="New connections of one resource; more are refused with status 429. 0 sets no limit.",
    )
    rest_calls_per_second: float = setting(
        0.0,
        section="Rates",
        unit="calls per second",
        minimum=0,
        maximum=10_000_000,
        reason="Calls of the REST API for one resource; more are answered 429 with `Retry-After`. 0 sets no limit.",
    )
    connection_messages_per_second: float = setting(
        0.0,
        section="Rates",
        unit="messages per second",
        minimum=0,
        maximum=10_000_000,
        reason="What one client may send; a faster one is read more slowly, and loses nothing. 0 sets no limit.",
    )
    connection_bytes_per_second: float = setting(
        0.0,
        section="Rates",
        unit="bytes per second",
        minimum=0,
        maximum=100_000_000_000,
        reason="The same in bytes of messages. 0 sets no limit.",
    )
    rate_debt_seconds: float = setting(
        60.0,
        section="Rates",
        unit="seconds",
        minimum=0,
        maximum=86_400,
        reason="A client that has sent so much at once that it could not be read for longer than this is closed with "
        "code 1008 instead.",
    )
    rate_burst_seconds: float = setting(
        2.0,
        section="Rates",
        unit="seconds",
        minimum=0.001,
        maximum=3600,
        reason="So many seconds' worth of each rate may come at once: clients that reconnect and servers that start do "
        "much in little time.",
    )
    cors_allowed_origins: tuple[str, ...] | None = setting(
        None,
        section="REST API",
        default_words="in `linarite dev` pages of this machine, in `linarite serve` none",
        reason="Origins whose pages may call the REST API in a browser, such as https://app.example.com; `*` in place "
        "of a port means any, `*` alone every origin. Calls need a token all the same.",
    )
    metrics_minutes_kept: int = setting(
        1440,
        section="Metrics",
        unit="minutes",
        minimum=1,
        maximum=525_600,
        reason="Minutes of metrics that `linarite monitor metrics list` can look back: a day. They are kept in memory, "
        "about 1 KB a minute and resource; for longer there are `/metrics` and OTLP.",
    )
    otlp_interval_seconds: float = setting(
        60.0,
        section="Metrics",
        unit="seconds",
        minimum=1,
        maximum=3600,
        reason="So often metrics go to `otlp_endpoint`, if there is one: OpenTelemetry's default.",
    )
    otlp_spans_limit: int = setting(
        10_000,
        section="Metrics",
        unit="spans",
        minimum=1,
        maximum=10_000_000,
        reason="Spans of traces that wait to be sent to `otlp_endpoint`; more are dropped and counted, so that a "
        "collector that does not answer holds up nothing.",
    )
    otlp_traces_ratio: float = setting(
        1.0,
        section="Metrics",
        minimum=0,
        maximum=1,
        reason="The share of traces that go to `otlp_endpoint`; calls that come with a trace follow its own sampling.",
    )

    authority_token_seconds: float = setting(
        3600.0,
        section="Tokens",
        unit="seconds",
        minimum=60,
        maximum=86_400,
        reason="How long a token of this server's authority is good for; Microsoft Entra's are good for about an hour. "
        "A rotated secret or a deleted application ends its tokens at once.",
    )
    audit_limit_bytes: int = setting(
        16_777_216,
        section="Tokens",
        unit="bytes",
        minimum=4096,
        maximum=1_099_511_627_776,
        reason="The size at which `audit.log` in the data folder becomes `audit.log.1` and a new one begins: about "
        "60,000 management calls.",
    )
    entra_jwks_uri: str | None = setting(
        None,
        section="Tokens",
        pattern=r"https://\S+|http://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?(/\S*)?",
        pattern_words="an https URL",
        default_words="none: no tokens but this server's own",
        reason="Where a Microsoft Entra tenant, or another OpenID provider, publishes its keys, such as "
        "`https://login.microsoftonline.com/{tenant}/discovery/v2.0/keys`. Its tokens then open the REST API.",
    )
    entra_issuers: tuple[str, ...] = setting(
        (),
        section="Tokens",
        default_words="none",
        reason="What that tenant's tokens have as `iss`: `https://sts.windows.net/{tenant}/` in tokens of version 1.0, "
        "`https://login.microsoftonline.com/{tenant}/v2.0` in those of 2.0.",
    )
    entra_audiences: tuple[str, ...] = setting(
        ("https://webpubsub.azure.com",),
        section="Tokens",
        default_words="https://webpubsub.azure.com",
        reason="What tokens have as `aud`; official clients ask for tokens for `https://webpubsub.azure.com`.",
    )
    entra_service_owners: tuple[str, ...] = setting(
        (),
        section="Tokens",
        default_words="none",
        reason="Ids of that tenant's applications, users or groups that have the role Web PubSub Service Owner on "
        "every resource. Tokens that name the role in their claim `roles` have it, too.",
    )
    entra_service_readers: tuple[str, ...] = setting(
        (),
        section="Tokens",
        default_words="none",
        reason="The same for the role Web PubSub Service Reader, which allows GET and HEAD.",
    )
    entra_keys_seconds: float = setting(
        3600.0,
        section="Tokens",
        unit="seconds",
        minimum=60,
        maximum=86_400,
        reason="The tenant's keys are read again after this time; Microsoft asks for once a day or more often. An "
        "unknown key has them read at once, at most once a minute.",
    )

    resources: Path | None = setting(
        None,
        section="Resources",
        default_words="none",
        reason="File that says which resources and hubs there shall be: TOML, or an ARM template in JSON. What is "
        "missing is made at each start.",
    )
    resources_drift: Literal["report", "correct"] = setting(
        "report",
        section="Resources",
        reason="What a start does about resources that are not as their file says: `report` only logs it, since "
        "somebody may have changed them on purpose; `correct` also puts them right.",
    )
    custom_certificates_folder: Path | None = setting(
        None,
        section="Resources",
        default_words="none: custom certificates are refused",
        reason="Folder of PEM files, each a certificate with its intermediate ones and its key, that custom "
        "certificates of resources name. It stands in for the key vault of the service.",
    )
    management_operation_seconds: float = setting(
        0.0,
        section="Resources",
        unit="seconds",
        minimum=0,
        maximum=3600,
        reason="More than 0 gives writes of the management API the asynchronous form of the service, in which "
        "clients poll for so long; for testing such clients. The change itself is made at once.",
    )

    message_limit_bytes: int = setting(
        1_048_576,
        section="Messages",
        unit="bytes",
        minimum=1024,
        maximum=134_217_728,
        reason="The longest message from a client or a REST call. The service documents 1 MB a frame.",
    )
    filter_limit_bytes: int = setting(
        16_384,
        section="Messages",
        unit="bytes",
        minimum=64,
        maximum=1_048_576,
        reason="The longest OData filter. It travels in the URL or a small body.",
    )
    filter_depth: int = setting(
        100,
        section="Messages",
        unit="levels",
        minimum=1,
        maximum=200,
        reason="How deep an OData filter may nest: the default of Microsoft's OData parser. More than 200 "
        "would meet Python's own limit on recursion.",
    )
    excluded_limit: int = setting(
        1000,
        section="Messages",
        unit="connection ids",
        minimum=1,
        maximum=100_000,
        reason="The most `excluded` parameters of one call. The service names no limit; the official "
        "clients sign the whole address, so that about 280 ids of 32 characters fit in a token.",
    )

    outbox_limit_messages: int = setting(
        1000,
        section="Connections",
        unit="messages",
        minimum=1,
        maximum=1_000_000,
        reason="Messages that wait for a slow reader before its connection is closed, so that it never "
        "takes its neighbours' time or memory. A reliable client's buffer in the service holds as "
        "many.",
    )
    outbox_limit_bytes: int = setting(
        16_777_216,
        section="Connections",
        unit="bytes",
        minimum=65_536,
        maximum=1_073_741_824,
        reason="The same limit in bytes; the service documents 16 MB for a reliable client's buffer.",
    )
    recovery_window_seconds: float = setting(
        30.0,
        section="Connections",
        unit="seconds",
        minimum=0,
        maximum=3600,
        reason="So long a reliable client that has lost its socket may come back to its connection; the service "
        "promises at least 30 seconds, and client libraries try for that long.",
    )
    recovery_limit_messages: int = setting(
        1000,
        section="Connections",
        unit="messages",
        minimum=1,
        maximum=1_000_000,
        reason="Messages kept for a reliable client until it acknowledges them, as in the service; one more ends its "
        "connection with close code 1008. Client libraries acknowledge once a second.",
    )
    recovery_limit_bytes: int = setting(
        16_777_216,
        section="Connections",
        unit="bytes",
        minimum=65_536,
        maximum=1_073_741_824,
        reason="The same limit in bytes; the service documents 16 MB.",
    )
    write_buffer_bytes: int = setting(
        65_536,
        section="Connections",
        unit="bytes",
        minimum=1024,
        maximum=16_777_216,
        reason="Bytes that the operating system has not taken yet before a connection over TLS counts as slow and "
        "its outbox fills: the high-water mark of asyncio's transports. Without TLS the first such byte counts.",
    )
    read_buffer_bytes: int = setting(
        2048,
        section="Connections",
        unit="bytes",
        minimum=2048,
        maximum=1_048_576,
        reason="What every open connection reserves for reading; the parser takes no less. Idle connections are many "
        "and their frames short.",
    )
    keep_alive_missed_intervals: int = setting(
        3,
        section="Connections",
        unit="intervals",
        minimum=1,
        maximum=100,
        reason="A connection that has been silent for so many of its hub's keep-alive intervals is "
        "dropped, as the service's troubleshooting guide says of PingTimeout.",
    )
    ack_memory: int = setting(
        1000,
        section="Connections",
        unit="ack ids",
        minimum=0,
        maximum=1_000_000,
        reason="The last ack ids of a connection that are remembered, so that a repeated request is "
        "answered Duplicate and not carried out twice.",
    )
    waiting_requests_limit: int = setting(
        64,
        section="Connections",
        unit="requests",
        minimum=1,
        maximum=100_000,
        reason="Requests of one client that wait while its event is being answered. Past it nothing more is read from "
        "this client until the answer: the service stops reading at once.",
    )
    waiting_bytes_limit: int = setting(
        1_048_576,
        section="Connections",
        unit="bytes",
        minimum=1024,
        maximum=134_217_728,
        reason="The same limit in bytes: one message of the longest kind.",
    )
    streams_limit: int = setting(
        100,
        section="Connections",
        unit="streams",
        minimum=1,
        maximum=100_000,
        reason="Streams that one connection may have open at a time; each keeps a timer. The service does not publish "
        "its limit.",
    )
    stream_id_limit: int = setting(
        256,
        section="Connections",
        unit="characters",
        minimum=36,
        maximum=65_536,
        reason="The longest id of a stream, which goes out with each of its fragments; official clients make UUIDs of "
        "36 characters.",
    )
    stream_idle_seconds: float = setting(
        300.0,
        section="Connections",
        unit="seconds",
        minimum=0.1,
        maximum=86_400,
        reason="A stream that takes nothing for so long is closed, unless its start names another time: the service's "
        "default.",
    )
    connection_groups_limit: int = setting(
        10_000,
        section="Connections",
        unit="groups",
        minimum=1,
        maximum=10_000_000,
        reason="Groups that one connection may be in; past it a join is answered `BadRequest`, by REST 409. "
        "The service names no number; this keeps one client from filling the memory.",
    )
    permission_targets_limit: int = setting(
        1000,
        section="Connections",
        unit="groups",
        minimum=1,
        maximum=100_000,
        reason="Groups that a connection's granted and revoked permissions may name; past it a grant is "
        "answered 409. The service has a limit too but does not publish it.",
    )

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
    workspace_retention_days: int = setting(
        30,
        section="Resource logs",
        unit="days",
        minimum=1,
        maximum=3650,
        reason="So long a workspace keeps entries: the default of a Log Analytics workspace.",
    )
    workspace_limit_bytes: int = setting(
        1_073_741_824,
        section="Resource logs",
        unit="bytes",
        minimum=1_048_576,
        maximum=1_099_511_627_776,
        reason="The size of a workspace; at it the oldest entries go.",
    )
    storage_folder: Path | None = setting(
        None,
        section="Resource logs",
        default_words="`storage` in the data folder",
        reason="Holds a folder for each storage account that diagnostic settings name.",
    )
    otlp_endpoint: str | None = setting(
        None,
        section="Resource logs",
        pattern=r"https?://[^\s/?#]+(/[^\s?#]*)?",
        pattern_words="a URL such as http://127.0.0.1:4318",
        default_words="none",
        reason="The OpenTelemetry collector (OTLP over HTTP); diagnostic settings call it event hub namespace `otlp`.",
    )
    resource_log_flush_seconds: float = setting(
        1.0,
        section="Resource logs",
        unit="seconds",
        minimum=0.01,
        maximum=60,
        reason="So often entries are handed to their destinations; a process that is killed loses those since then.",
    )
    resource_log_buffer_bytes: int = setting(
        16_777_216,
        section="Resource logs",
        unit="bytes",
        minimum=65_536,
        maximum=1_073_741_824,
        reason="Entries that wait for one destination; more are dropped and counted, so that a full disk or a dead "
        "collector holds up no message.",
    )
    resource_log_receivers: int = setting(
        10,
        section="Resource logs",
        unit="connections",
        minimum=0,
        maximum=10_000,
        reason="A message to at most so many connections has an entry for each in MessagingLogs; to more, one for all.",
    )

    @property
    def is_loopback_only(self) -> bool:
        """Whether nobody but this machine can reach the address that is listened on."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def serves_tls(self) -> bool:
        """Whether HTTPS and WSS are listened on: there is a port and a certificate for them."""
        return self.tls_port is not None and (self.mode == "dev" or self.certificate_file is not None)


@cache
def definitions() -> tuple[Definition, ...]:
    """Return the definition of every setting, in the order of the reference page."""
    return read_definitions(Settings)


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings with where each value came from, and what the reader should be warned of."""

    settings: Settings
    origins: Mapping[str, str]
    warnings: tuple[str, ...]
    hubs: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    """The file's hub settings by hub name, in the words of the management API; `resources` checks them."""


def load(arguments: Mapping[str, object], environment: Mapping[str, str], file: Path | None) -> Loaded:
    """Return the settings from arguments (by field name; None: not given), environment, TOML file, defaults.

    Raises SettingsError for a value of the wrong type or range, an unreadable file, or settings that exclude
    each other.
    """
    known = definitions()
    table = {} if file is None else read_file(file)
    hubs = read_hubs(table, file)
    values: dict[str, object] = {}
    origins: dict[str, str] = {}
    for definition in known:
        found = find_value(definition, arguments, environment, table, file)
        if found is not None:
            values[definition.name], origins[definition.name] = found
    for definition in known:
        if definition.name not in origins:
            origins[definition.name] = "default"
            if values.get("mode") == "serve" and definition.description.serve_default is not None:
                values[definition.name] = definition.description.serve_default
    settings = Settings(**values)  # type: ignore[arg-type]  # each value was read as its field's own type
    _check_together(settings, origins)
    warnings = (*unknown_variables(environment, known), *unknown_keys(table, file, known))
    return Loaded(settings, origins, warnings, hubs)


# RFC 6454, section 7: a serialized origin; with `*` in place of the port, or of everything.
_ORIGIN = re.compile(r"\*|https?://(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:([0-9]{1,5}|\*))?", re.IGNORECASE)


def _check_together(settings: Settings, origins: Mapping[str, str]) -> None:
    """Refuse settings that are valid each by itself but not together."""
    for one, other in (
        ("certificate_file", "certificate_key_file"),
        ("certificate_key_file", "certificate_file"),
    ):
        if getattr(settings, one) is not None and getattr(settings, other) is None:
            raise SettingsError(other, f"a path, since {one} is set", None, origins[other])
    if settings.tls_port is not None and not settings.serves_tls and origins["tls_port"] != "default":
        raise SettingsError("certificate_file", "a path, since tls_port is set", None, origins["certificate_file"])
    if settings.port is None and not settings.serves_tls:
        raise SettingsError("port", "a number, since no HTTPS is listened on", None, origins["port"])
    if settings.mode == "dev" and not settings.is_loopback_only:
        expected = "a loopback address; `linarite dev` has a well-known key, `linarite serve` is for others"
        raise SettingsError("host", expected, settings.host, origins["host"])
    if settings.entra_jwks_uri is not None and not settings.entra_issuers:
        raise SettingsError("entra_issuers", "an issuer, since entra_jwks_uri is set", (), origins["entra_issuers"])
    if settings.shutdown_seconds < settings.drain_seconds:
        expected = f"at least drain_seconds, {settings.drain_seconds:g}"
        raise SettingsError("shutdown_seconds", expected, settings.shutdown_seconds, origins["shutdown_seconds"])
    for origin in settings.cors_allowed_origins or ():
        if _ORIGIN.fullmatch(origin) is None:
            expected = "origins such as https://app.example.com or http://localhost:*, without a path, or *"
            raise SettingsError("cors_allowed_origins", expected, origin, origins["cors_allowed_origins"])
    for name in ("trusted_proxies", "upstream_denied_networks"):
        for network in getattr(settings, name) or ():
            try:
                ip_network(network)
            except ValueError:
                expected = "IP addresses or networks such as 10.0.0.0/8 (no bits set behind the prefix)"
                raise SettingsError(name, expected, network, origins[name]) from None
