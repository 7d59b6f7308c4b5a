"""The asynchronous twin of `linarite.client`, on `azure.messaging.webpubsubservice.aio`."""

# ruff: noqa: ANN401  # options go through to the official client, which types them so

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self, cast

from linarite.client import ClientAccess, ClientProtocol, existence, user_in_group_request

try:
    import aiohttp  # noqa: F401  azure-core's default transport: missed here rather than at the first call
    from azure.messaging.webpubsubservice.aio import WebPubSubServiceClient as OfficialClient
except ImportError as error:
    raise ImportError(
        "linarite.client.aio stands on azure-messaging-webpubsubservice and aiohttp, "
        "of which one is not installed: pip install 'linarite[client]'"
    ) from error

__all__ = ["ClientAccess", "ClientProtocol", "WebPubSubServiceClient"]


class WebPubSubServiceClient(OfficialClient):
    """The official asynchronous service client with `get_client_access_url` and `user_exists_in_group`."""

    @classmethod
    def from_connection_string(cls, connection_string: str, hub: str, **options: Any) -> Self:
        """Return a client for a hub of the resource that the connection string names."""
        return cast(Self, super().from_connection_string(connection_string, hub, **options))

    async def get_client_access_url(
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
        access = await self.get_client_access_token(
            user_id=user_id,
            roles=None if roles is None else list(roles),
            groups=None if groups is None else list(groups),
            minutes_to_expire=minutes_to_expire,
            client_protocol=client_protocol,
            **options,
        )
        return cast(ClientAccess, access)

    async def user_exists_in_group(self, group: str, user_id: str, **options: Any) -> bool:
        """Return whether at least one connection of the user is in the group."""
        request = user_in_group_request(self._config.hub, group, user_id, self._config.api_version)
        return existence(await self.send_request(request, **options))
