"""Which endpoint a tool speaks to, and the key that signs its tokens."""

from __future__ import annotations

import os
import ssl
import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, quote, urlsplit

from joserfc.errors import SecurityWarning

from linarite.access.tokens import make_token
from linarite.cli.tools.failures import Unreachable, WrongUse
from linarite.domain.names import InvalidName, parse_hub_name
from linarite.settings import load
from linarite.settings.sources import CONFIG_VARIABLE

__all__ = [
    "CONNECTION_STRING_VARIABLES",
    "TOKEN_SECONDS",
    "Target",
    "check_hub",
    "client_claims",
    "development_authority",
    "find_target",
    "parse_connection_string",
    "trusted_authorities",
]

CONNECTION_STRING_VARIABLES = ("LINARITE_CONNECTION_STRING", "WebPubSubConnectionString")
"""Where a connection string is looked for: a name of our own, then that of the service's samples and bindings."""

TOKEN_SECONDS = 3600
"""How long tokens are good, as those of the service's client libraries."""

_EXAMPLE = "Endpoint=https://<name>.webpubsub.azure.com;AccessKey=<key>;Version=1.0;"


@dataclass(frozen=True, slots=True)
class Target:
    """An endpoint and the keys of its resource."""

    endpoint: SplitResult
    keys: tuple[str, ...] = field(repr=False)
    """The first one signs; a second one is known of a server on this machine only."""

    source: str
    """Where the tool has it from, for a person."""

    authority: Path | None = None
    """A certificate authority to trust besides others."""

    def address(self, path: str) -> str:
        """The address of a path, without a slash at the endpoint's end."""
        return self.endpoint.geturl().rstrip("/") + path

    def hub_address(self, hub: str) -> str:
        """The address of a hub for clients, which is the audience of their tokens."""
        return self.address(f"/client/hubs/{quote(hub, safe='')}")

    def token(self, audience: str, claims: Mapping[str, Any], seconds: float = TOKEN_SECONDS) -> str:
        """A token for an address, with these claims."""
        now = int(time.time())
        return self.signed({**claims, "aud": audience, "iat": now, "exp": int(now + seconds)})

    def signed(self, claims: Mapping[str, Any]) -> str:
        """A token with these claims and no others."""
        with warnings.catch_warnings(category=SecurityWarning, action="ignore"):  # a short key is its owner's choice
            return make_token(self.keys[0], dict(claims))

    def client_url(
        self,
        hub: str,
        *,
        user: str | None = None,
        roles: Sequence[str] = (),
        groups: Sequence[str] = (),
        seconds: float = TOKEN_SECONDS,
    ) -> str:
        """The address by which a client with these rights connects to a hub; it holds a token."""
        address = self.hub_address(hub)
        token = self.token(address, client_claims(user, roles, groups), seconds)
        # http becomes ws, and https wss.
        return f"ws{address.removeprefix('http')}?access_token={token}"


def client_claims(user: str | None, roles: Sequence[str], groups: Sequence[str]) -> dict[str, Any]:
    """The claims of a client's token; what is not there is left out."""
    claims: dict[str, Any] = {}
    if user is not None:
        claims["sub"] = user
    if roles:
        claims["role"] = list(roles)
    if groups:
        claims["webpubsub.group"] = list(groups)
    return claims


def parse_connection_string(text: str, source: str, authority: Path | None = None) -> Target:
    """The target that a connection string names. Raises WrongUse, whose text never holds the string."""
    parts: dict[str, str] = {}
    for part in text.strip().split(";"):
        name, equals, value = part.partition("=")
        if part.strip() and not equals:
            raise WrongUse(f"{source}: expected {_EXAMPLE}, got a part without '='")
        parts[name.strip().lower()] = value.strip()
    endpoint = _parse_endpoint(parts.get("endpoint", ""), parts.get("port"), source)
    if not parts.get("accesskey"):
        raise WrongUse(f"{source}: expected an AccessKey, got none: these tools sign their own tokens with it")
    return Target(endpoint, (parts["accesskey"],), source, authority)


def _parse_endpoint(text: str, port: str | None, source: str) -> SplitResult:
    url = SplitResult("", "", "", "", "")
    try:
        url = urlsplit(text)
        is_good = url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0 and not url.query
        if port is not None:
            # `Port=` is for local servers (the service's connection strings); it wins over one in the endpoint.
            host = url.netloc.rpartition(":")[0] if url.port is not None else url.netloc
            url = url._replace(netloc=f"{host}:{int(port)}")
    except ValueError:
        is_good = False
    if not is_good:
        raise WrongUse(f"{source}: expected an Endpoint such as https://<name>.webpubsub.azure.com, got {text[:100]!r}")
    return url._replace(path=url.path.rstrip("/"))


def find_target(
    connection_string: str | None, data_folder: str | None, resource: str | None, environment: Mapping[str, str]
) -> Target:
    """The target that is named, else that of the environment, else the server that runs on this machine.

    Raises WrongUse, Unreachable.
    """
    trusted = development_authority(data_folder, environment)
    if connection_string is not None:
        return parse_connection_string(connection_string, "--connection-string", trusted)
    # Who names a folder or a resource means the server on this machine.
    if data_folder is None and resource is None:
        for variable in CONNECTION_STRING_VARIABLES:
            if environment.get(variable):
                return parse_connection_string(environment[variable], variable, trusted)
    return _running_server(data_folder, resource, environment)


def development_authority(data_folder: str | None, environment: Mapping[str, str]) -> Path | None:
    """The certificate authority of the servers of this machine's data folder, if there is one."""
    file = _find_data_folder(data_folder, environment) / "certificates" / "authority.pem"
    return file if file.is_file() else None


def _find_data_folder(argument: str | None, environment: Mapping[str, str]) -> Path:
    """The data folder by the rules of the server's own settings."""
    named = environment.get(CONFIG_VARIABLE)
    return load(
        {"data_folder": argument}, environment, Path(named).expanduser() if named else None
    ).settings.data_folder


def _running_server(data_folder: str | None, resource: str | None, environment: Mapping[str, str]) -> Target:
    """The resource's keys from the management API of the server that was signed in to, else of the running one."""
    # What speaks to the management API takes a fifth of a second to load, for knack's sake.
    from knack.util import CLIError

    from linarite.cli.azure.management import LOCAL_SUBSCRIPTION, Management
    from linarite.cli.azure.running_server import find_server
    from linarite.cli.login import name_server

    chosen = dict(environment)
    if data_folder is None:
        name_server((), chosen)
    try:
        server = find_server(None, str(_find_data_folder(data_folder, environment)), chosen)
        management = Management(lambda: server, LOCAL_SUBSCRIPTION)
        group, name = _choose(management.resource("GET", None)["value"], resource, environment)
        keys = management.resource("POST", group, name, "listKeys")
    except CLIError as error:
        lines = str(error).splitlines() or [""]
        raise Unreachable(f"{lines[0]} Or give --connection-string, or set {CONNECTION_STRING_VARIABLES[0]}.") from None
    if not keys["primaryConnectionString"]:
        raise WrongUse(f"the access keys of resource {name} are disabled (disableLocalAuth); these tools need one")
    target = parse_connection_string(
        keys["primaryConnectionString"], "the server's connection string", server.authority
    )
    return Target(
        target.endpoint,
        tuple(key for key in (keys["primaryKey"], keys["secondaryKey"]) if key),
        f"the management API, resource {name}",
        server.authority,
    )


def _choose(
    resources: Sequence[Mapping[str, Any]], wanted: str | None, environment: Mapping[str, str]
) -> tuple[str, str]:
    """Group and name of the resource that is wanted, else of the server's default one. Raises WrongUse."""
    name = wanted or load({}, environment, None).settings.default_resource
    for resource in resources:
        if resource["name"].lower() == name.lower():
            return resource["id"].split("/")[4], resource["name"]
    if wanted is None and len(resources) == 1:
        return resources[0]["id"].split("/")[4], resources[0]["name"]
    known = ", ".join(resource["name"] for resource in resources)
    raise WrongUse(f"--resource: expected one of {known}, got {name!r}")


def check_hub(hub: str) -> str:
    """The hub's name as it was written. Raises WrongUse for one that no hub can have."""
    try:
        parse_hub_name(hub)
    except InvalidName as error:
        raise WrongUse(f"--hub: {error}") from None
    return hub


def trusted_authorities(authority: Path | None, named: str | None = None) -> ssl.SSLContext:
    """Whom to trust: the system, the development authority, and whom the environment or `named` says.

    Raises WrongUse for a file that has no certificates.
    """
    context = ssl.create_default_context()
    # The variable that everything built on requests takes, `az` among it.
    for file in (authority, os.environ.get("REQUESTS_CA_BUNDLE"), named):
        if file:
            try:
                context.load_verify_locations(file)
            except OSError as error:
                raise WrongUse(f"certificate authorities cannot be read from {file}: {error}") from None
    return context
