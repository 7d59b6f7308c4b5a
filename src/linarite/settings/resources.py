"""Resources, how they are called, and whose tokens are taken."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from linarite.settings.definitions import setting

__all__ = ["ResourceSettings"]


@dataclass(frozen=True, kw_only=True)
class ResourceSettings:
    """Resources, how they are called, and whose tokens are taken."""

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
    cors_allowed_origins: tuple[str, ...] | None = setting(
        None,
        section="REST API",
        default_words="in `linarite dev` pages of this machine, in `linarite serve` none",
        reason="Origins whose pages may call the REST API in a browser, such as https://app.example.com; `*` in place "
        "of a port means any, `*` alone every origin. Calls need a token all the same.",
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
