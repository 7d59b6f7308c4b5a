"""The data plane of one resource, called with its primary access key as the extension of `az` does it."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

from knack.util import CLIError

from linarite.access.tokens import make_token
from linarite.cli.azure.exchange import CallRefused, Reply, exchange
from linarite.cli.azure.management import Management
from linarite.cli.azure.running_server import ServerAddress

__all__ = ["DataPlane", "open_data_plane", "refusal"]

# The version by which the extension of `az` (webpubsub 1.7) calls.
_VERSION = "2021-05-01-preview"
# As the service's client libraries do it for calls and for client access URLs.
_TOKEN_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class DataPlane:
    """One resource's data plane: where it is, and what signs its tokens."""

    server: ServerAddress
    key: str = field(repr=False)

    def call(
        self, method: str, *segments: str, query: Mapping[str, str] | None = None, payload: str | None = None
    ) -> Reply:
        """The reply to a call below `/api/hubs`, whatever its status; `:send` and its like end a path as they stand."""
        path = "/api/hubs/" + "/".join(quote(part, safe=":" if part.startswith(":") else "") for part in segments)
        headers = {"Authorization": f"Bearer {self._token(self._address(path), {})}"}
        content = None
        if payload is not None:
            headers["Content-Type"] = "text/plain"
            content = payload.encode()
        parameters = urlencode({"api-version": _VERSION, **(query or {})})
        return exchange(self.server, method, f"{path}?{parameters}", headers, content)

    def do(
        self, method: str, *segments: str, query: Mapping[str, str] | None = None, payload: str | None = None
    ) -> None:
        """Make a call that has to succeed. Raises CallRefused."""
        reply = self.call(method, *segments, query=query, payload=payload)
        if reply.status >= 400:
            raise refusal(reply)

    def client_url(self, hub: str, roles: Sequence[str], user_id: str | None) -> str:
        """The address by which a WebSocket client with these roles connects to a hub; it holds a token."""
        path = f"/client/hubs/{quote(hub, safe='')}"
        claims: dict[str, object] = {"role": list(roles)}
        if user_id is not None:
            claims["sub"] = user_id
        token = self._token(self._address(path), claims)
        # http becomes ws, and https wss.
        return f"ws{self._address(path).removeprefix('http')}?access_token={token}"

    def _address(self, path: str) -> str:
        return self.server.url.geturl().rstrip("/") + path

    def _token(self, audience: str, claims: Mapping[str, object]) -> str:
        now = int(time.time())
        return make_token(self.key, {**claims, "aud": audience, "iat": now, "exp": now + _TOKEN_SECONDS})


def open_data_plane(client: Management, group: str, name: str) -> DataPlane:
    """The data plane of a resource, by its primary connection string. Raises CLIError when its keys are disabled."""
    connection_string = client.resource("POST", group, name, "listKeys")["primaryConnectionString"]
    if not connection_string:
        raise CLIError(
            f"The access keys of resource '{name}' are disabled (disableLocalAuth), and this command calls with one of "
            "them. Call the data plane with a Microsoft Entra token, or enable the keys."
        )
    parts = dict(part.split("=", 1) for part in connection_string.split(";") if part)
    return DataPlane(client.at_endpoint(parts["Endpoint"]), parts["AccessKey"])


def refusal(reply: Reply) -> CallRefused:
    """What a reply with an error status says."""
    try:
        document = json.loads(reply.content)
        return CallRefused(reply.status, document["code"], document["message"], document.get("target"))
    except (ValueError, KeyError, TypeError):
        reason = reply.headers.get("www-authenticate") or reply.content[:200].decode(errors="replace").strip()
        return CallRefused(reply.status, str(reply.status), reason or "The server gives no reason.")
