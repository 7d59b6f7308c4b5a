"""Settings from their four sources: command-line argument, environment variable, TOML file, default."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from ipaddress import ip_network
from pathlib import Path

from linarite.settings.declared import Settings
from linarite.settings.definitions import Definition, SettingsError, read_definitions
from linarite.settings.sources import find_value, read_file, read_hubs, unknown_keys, unknown_variables

__all__ = ["Loaded", "definitions", "load"]


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
    if settings.mode == "dev" and not settings.is_loopback_only and settings.development_network == "loopback":
        expected = (
            "a loopback address; `linarite dev` has a well-known key, `linarite serve` is for others "
            "(in a container: development_network)"
        )
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
