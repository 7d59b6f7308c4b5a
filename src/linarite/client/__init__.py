"""Azure's own Python client for Web PubSub, plus the two calls that it lacks.

`WebPubSubServiceClient` is the class of the same name in `azure.messaging.webpubsubservice`: every method,
option and exception of the official package works unchanged, against Azure as well as against Linarite. Added
are `get_client_access_url`, which is `get_client_access_token` under the name that says what it gives, and
`user_exists_in_group`, which asks Linarite's one extension of the data plane (Azure lacks that route).
The asynchronous twin is `linarite.client.aio.WebPubSubServiceClient`.
"""

# ruff: noqa: ANN401  # options go through to the official client, which types them so

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Self, TypedDict, cast
from urllib.parse import quote

try:
    from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, map_error
    from azure.core.rest import AsyncHttpResponse, HttpRequest, HttpResponse
    from azure.messaging.webpubsubservice import WebPubSubServiceClient as OfficialClient
except ImportError as error:
    raise ImportError(
        "linarite.client stands on azure-messaging-webpubsubservice, which is not installed: "
        "pip install 'linarite[client]'"
    ) from error

__all__ = ["ClientAccess", "ClientProtocol", "WebPubSubServiceClient"]

ClientProtocol = Literal["Default", "MQTT", "SocketIO"]


class ClientAccess(TypedDict):
    """What a client connects with, spelled as the official package spells it."""

    baseUrl: str
    token: str
    url: str


class WebPubSubServiceClient(OfficialClient):
    """The official service client with `get_client_access_url` and `user_exists_in_group`."""

    @classmethod
    def from_connection_string(cls, connection_string: str, hub: str, **options: Any) -> Self:
        """Return a client for a hub of the resource that the connection string names."""
        return cast(Self, super().from_connection_string(connection_string, hub, **options))

    def get_client_access_url(
        self,
        *,
        user_id: str | None = None,
        roles: Sequence[str] | None = None,
        groups: Sequence[str] | None = None,
        minutes_to_expire: int = 60,
        client_protocol: ClientProtocol = "Default",
        **options: Any,
    ) -> ClientAccess:
        """Return the URL with which a client connects, its token, and the URL without the token."""
        access = self.get_client_access_token(
            user_id=user_id,
            roles=None if roles is None else list(roles),
            groups=None if groups is None else list(groups),
            minutes_to_expire=minutes_to_expire,
            client_protocol=client_protocol,
            **options,
        )
        return cast(ClientAccess, access)

    def user_exists_in_group(self, group: str, user_id: str, **options: Any) -> bool:
        """Return whether at least one connection of the user is in the group."""
        request = user_in_group_request(self._config.hub, group, user_id, self._config.api_version)
        return existence(self.send_request(request, **options))


def user_in_group_request(hub: str, group: str, user_id: str, api_version: str) -> HttpRequest:
    """Return the request that asks whether a user is in a group, relative to the client's endpoint."""
    hub, group, user_id = (quote(segment, safe="") for segment in (hub, group, user_id))
    path = f"/api/hubs/{hub}/groups/{group}/users/{user_id}"
    return HttpRequest("HEAD", path, params={"api-version": api_version})


def existence(response: HttpResponse | AsyncHttpResponse) -> bool:
    """Return what a HEAD answer says; raise what the official client raises for any other status."""
    if response.status_code in (200, 404):
        return response.status_code == 200
    map_error(response.status_code, response, {401: ClientAuthenticationError})
    raise HttpResponseError(response=response)
