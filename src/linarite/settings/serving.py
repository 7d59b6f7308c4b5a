"""How the server runs, and where it listens."""

from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Literal

from linarite.settings.definitions import Description, described, setting

__all__ = ["ServingSettings", "default_data_folder"]


def default_data_folder() -> Path:
    """Return the data folder used when none is named."""
    return Path.home() / ".linarite"


@dataclass(frozen=True, kw_only=True)
class ServingSettings:
    """How the server runs, and where it listens."""

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
    head_limit_bytes: int = setting(
        32_768,
        section="Listening",
        unit="bytes",
        minimum=1024,
        maximum=1_048_576,
        reason="The longest request head. It holds an access token and a list of excluded connections; "
        "Node.js stops at 16 KiB, nginx at 32 KiB.",
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
