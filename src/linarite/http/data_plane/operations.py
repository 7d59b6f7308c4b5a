"""The operations of the data plane: each reads its call, then tells or asks the hub.

Absent targets are success: sending to nobody, closing or removing what is not there changes nothing and is no error.
Only adding, granting and the existence checks report 404. (reference-rest-api-data-plane; swagger 2024-12-01.)
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

import msgspec

from linarite.access.entrance import generated_token_key
from linarite.access.tokens import make_token
from linarite.cluster.backplane import Backplane
from linarite.domain import commands as do
from linarite.domain.messages import NO_METADATA, DataType, Message
from linarite.domain.metadata import InvalidMetadata, parse_metadata
from linarite.domain.names import GROUP_NAME_LIMIT, is_valid_group_name
from linarite.domain.permissions import Permission, parse_permission
from linarite.http.data_plane.content import parse_content_type, read_content, read_json
from linarite.http.data_plane.errors import ApiError, bad_request, not_existed, plain
from linarite.http.data_plane.paging import make_continuation_token, read_continuation_token
from linarite.http.data_plane.requests import ApiRequest
from linarite.http.data_plane.tracing import trace_received
from linarite.monitoring.resource_logs import ResourceLogs

__all__ = ["Answer", "Operations"]

_NEWEST_VERSION = "2024-12-01"
_PAGE_SIZE_LIMIT = 200  # swagger 2024-12-01, maxpagesize: 1 to 200, default 200
_TOP_LIMIT = 2_147_483_647  # swagger 2024-12-01: a 32-bit number
# The service's issuer in tokens that it makes itself.
_ISSUER = "https://webpubsub.azure.com"
_DEFAULT_TOKEN_MINUTES = 60
_LONGEST_TOKEN_MINUTES = 2_147_483_647  # swagger: a 32-bit number
_CLIENT_PATHS = {"default": "/client/hubs/", "mqtt": "/clients/mqtt/hubs/"}
_METADATA_HEADER = b"x-webpubsub-metadata-"


class Answer(NamedTuple):
    """A success: its status, and a JSON body if there is one."""

    status: int
    body: bytes = b""


_OK = Answer(200)
_ACCEPTED = Answer(202)
_NO_CONTENT = Answer(204)


class GroupsBody(msgspec.Struct):
    """The body of `:addToGroups` and `:removeFromGroups`."""

    groups: list[str] | None = None
    filter: str | None = None


class Operations:
    """Carries out calls, one method each."""

    def __init__(
        self,
        backplane: Backplane,
        clock: Callable[[], float],
        *,
        public_endpoint: str | None = None,
        logs: ResourceLogs | None = None,
    ) -> None:
        """`clock` is the event loop's, by which messages expire; `public_endpoint` is the setting of that name."""
        self._backplane = backplane
        self._clock = clock
        self._public_endpoint = public_endpoint
        self._logs = logs

    # Sending

    async def send_to_all(self, call: ApiRequest) -> Answer:
        """To every connection of the hub."""
        at, excluded, ttl, wanted = call.at(), call.excluded(), call.ttl_seconds(), call.filter()
        message = await self._message(call, at, None, ttl)
        self._backplane.publish(do.SendToAll(at, message, excluded, wanted))
        return _ACCEPTED

    async def send_to_group(self, call: ApiRequest) -> Answer:
        """To a group's members."""
        at, group, excluded, ttl, wanted = (
            call.at(), call.group(), call.excluded(), call.ttl_seconds(), call.filter(),
        )  # fmt: skip
        message = await self._message(call, at, group, ttl)
        self._backplane.publish(do.SendToGroup(at, group, message, excluded, wanted))
        return _ACCEPTED

    async def send_to_user(self, call: ApiRequest) -> Answer:
        """To a user's connections."""
        at, user_id, ttl, wanted = call.at(), call.user_id(), call.ttl_seconds(), call.filter()
        message = await self._message(call, at, None, ttl)
        self._backplane.publish(do.SendToUser(at, user_id, message, wanted))
        return _ACCEPTED

    async def send_to_connection(self, call: ApiRequest) -> Answer:
        """To one connection."""
        at, connection_id, ttl = call.at(), call.connection_id(), call.ttl_seconds()
        message = await self._message(call, at, None, ttl)
        self._backplane.publish(do.SendToConnection(at, connection_id, message))
        return _ACCEPTED

    async def _message(self, call: ApiRequest, at: do.HubAddress, group: str | None, ttl: int) -> Message:
        body = await call.body()
        content = parse_content_type(call.headers.get(b"content-type"))
        data = read_content(content, body)
        expires_at = self._clock() + ttl if ttl else None
        trace_id = None
        if self._logs is not None and self._logs.messaging:
            trace_id = trace_received(self._logs, call, at, content.data_type, len(data), group)
        return Message(content.data_type, data, group, None, _metadata(call.headers), expires_at, trace_id)

    # Existence

    async def connection_exists(self, call: ApiRequest) -> Answer:
        """Whether a connection is there."""
        at, connection_id = call.at(), call.connection_id()
        if not await self._backplane.ask(do.ConnectionExists(at, connection_id)):
            raise not_existed("Warning", "Connection", connection_id)
        return _OK

    async def user_exists(self, call: ApiRequest) -> Answer:
        """Whether a user has a connection."""
        at, user_id = call.at(), call.user_id()
        if not await self._backplane.ask(do.UserExists(at, user_id)):
            raise not_existed("Warning", "User", user_id)
        return _OK

    async def group_exists(self, call: ApiRequest) -> Answer:
        """Whether a group has a member."""
        at, group = call.at(), call.group()
        if not await self._backplane.ask(do.GroupExists(at, group)):
            raise not_existed("Warning", "Group", group)
        return _OK

    async def user_in_group(self, call: ApiRequest) -> Answer:
        """Whether a user is in a group: our one addition to the API (docs/differences.md)."""
        at, group, user_id = call.at(), call.group(), call.user_id()
        if not await self._backplane.ask(do.UserInGroup(at, user_id, group)):
            raise not_existed("Warning", "User", user_id)
        return _OK

    # Closing

    async def close_connection(self, call: ApiRequest) -> Answer:
        """End one connection."""
        self._backplane.publish(do.CloseConnection(call.at(), call.connection_id(), call.one("reason")))
        return _NO_CONTENT

    async def close_all(self, call: ApiRequest) -> Answer:
        """End every connection of the hub."""
        self._backplane.publish(do.CloseAll(call.at(), call.excluded(), call.one("reason")))
        return _NO_CONTENT

    async def close_group(self, call: ApiRequest) -> Answer:
        """End a group's members' connections."""
        self._backplane.publish(do.CloseGroup(call.at(), call.group(), call.excluded(), call.one("reason")))
        return _NO_CONTENT

    async def close_user(self, call: ApiRequest) -> Answer:
        """End a user's connections."""
        self._backplane.publish(do.CloseUser(call.at(), call.user_id(), call.excluded(), call.one("reason")))
        return _NO_CONTENT

    # Membership

    async def add_connection_to_group(self, call: ApiRequest) -> Answer:
        """Make a connection a member."""
        at, group, connection_id = call.at(), call.group(), call.connection_id()
        added = await self._backplane.ask(do.AddConnectionToGroup(at, connection_id, group))
        if added is do.Added.NOBODY:
            raise not_existed("Error", "Connection", connection_id)
        _check_groups(added, group)
        return _OK

    async def add_user_to_group(self, call: ApiRequest) -> Answer:
        """Make a user's connections of this moment members."""
        at, group, user_id = call.at(), call.group(), call.user_id()
        added = await self._backplane.ask(do.AddUserToGroup(at, user_id, group))
        if added is do.Added.NOBODY:
            raise not_existed("Warning", "User", user_id)
        _check_groups(added, group)
        return _OK

    async def remove_connection_from_group(self, call: ApiRequest) -> Answer:
        """End one membership."""
        self._backplane.publish(do.RemoveConnectionFromGroup(call.at(), call.connection_id(), call.group()))
        return _NO_CONTENT

    async def remove_connection_from_all_groups(self, call: ApiRequest) -> Answer:
        """End a connection's memberships."""
        self._backplane.publish(do.RemoveConnectionFromAllGroups(call.at(), call.connection_id()))
        return _NO_CONTENT

    async def remove_user_from_group(self, call: ApiRequest) -> Answer:
        """End the membership of a user's connections in one group."""
        self._backplane.publish(do.RemoveUserFromGroup(call.at(), call.user_id(), call.group()))
        return _NO_CONTENT

    async def remove_user_from_all_groups(self, call: ApiRequest) -> Answer:
        """End all memberships of a user's connections."""
        self._backplane.publish(do.RemoveUserFromAllGroups(call.at(), call.user_id()))
        return _NO_CONTENT

    async def add_connections_to_groups(self, call: ApiRequest) -> Answer:
        """Every connection that a filter matches into every group named."""
        at = call.at()
        groups, wanted = await self._groups_body(call)
        self._backplane.publish(do.AddConnectionsToGroups(at, groups, wanted))
        return _OK

    async def remove_connections_from_groups(self, call: ApiRequest) -> Answer:
        """Every connection that a filter matches out of every group named."""
        at = call.at()
        groups, wanted = await self._groups_body(call)
        self._backplane.publish(do.RemoveConnectionsFromGroups(at, groups, wanted))
        return _OK

    async def _groups_body(self, call: ApiRequest) -> tuple[list[str], Any]:
        body = await call.body()
        content = parse_content_type(call.headers.get(b"content-type"))
        if content.data_type is not DataType.JSON:
            raise ApiError(415)
        message = "The request body is not a valid groups request."
        value = read_json(content, body, message)
        if not isinstance(value, dict):
            raise bad_request("body", message)
        try:
            wanted = msgspec.convert({str(name).lower(): item for name, item in value.items()}, GroupsBody)
        except msgspec.ValidationError:
            raise bad_request("body", message) from None
        if not wanted.groups or not all(map(is_valid_group_name, wanted.groups)):
            raise bad_request("groups", "A nonempty list of valid group names is required.")
        return wanted.groups, call.compiled(wanted.filter, "Filter")

    async def list_connections_in_group(self, call: ApiRequest) -> Answer:
        """One page of a group's connections, in the order of their ids."""
        at, group = call.at(), call.group()
        size = call.whole_number("maxpagesize", 1, _PAGE_SIZE_LIMIT) or _PAGE_SIZE_LIMIT
        top = call.whole_number("top", 1, _TOP_LIMIT)
        token = call.one("continuationToken")
        salt = call.resource.keys.salt
        after = "" if token is None else read_continuation_token(salt, at, group, token)
        wanted = size if top is None else min(size, top)
        # One more than wanted tells whether another page follows.
        rows = await self._backplane.ask(do.ListGroupConnections(at, group, wanted + 1, after))
        page = rows[:wanted]
        rest = None if top is None else top - len(page)
        next_link = None
        if len(rows) > wanted and rest != 0:
            following = make_continuation_token(salt, at, group, page[-1].connection_id)
            next_link = _next_link(call, size, rest, following)
        value = [{"connectionId": row.connection_id, "userId": row.user_id} for row in page]
        return Answer(200, msgspec.json.encode({"value": value, "nextLink": next_link}))

    # Permissions

    async def grant_permission(self, call: ApiRequest) -> Answer:
        """Allow a connection one thing for one group."""
        at, permission, group, connection_id = _permission_call(call)
        granted = await self._backplane.ask(do.GrantPermission(at, connection_id, permission, group))
        if granted is do.Granted.NO_CONNECTION:
            raise not_existed("Info", "Connection", connection_id)
        _check_room(granted, connection_id)
        return _OK

    async def revoke_permission(self, call: ApiRequest) -> Answer:
        """Forbid a connection one thing for one group."""
        at, permission, group, connection_id = _permission_call(call)
        revoked = await self._backplane.ask(do.RevokePermission(at, connection_id, permission, group))
        _check_room(revoked, connection_id)
        return _NO_CONTENT

    async def check_permission(self, call: ApiRequest) -> Answer:
        """Whether a connection may do one thing to one group."""
        at, permission, group, connection_id = _permission_call(call)
        if not await self._backplane.ask(do.CheckPermission(at, connection_id, permission, group)):
            raise not_existed("Info", "Connection", connection_id)
        return _OK

    # Tokens

    async def generate_client_token(self, call: ApiRequest) -> Answer:
        """A token for a client, signed with the primary key.

        A caller with a bearer token gets one that needs no access key, since these may be disabled.
        """
        at = call.at()
        groups = call.all("group")
        if not all(map(is_valid_group_name, groups)):
            raise bad_request("group", "Invalid group name.")
        minutes = call.whole_number("minutesToExpire", 1, _LONGEST_TOKEN_MINUTES) or _DEFAULT_TOKEN_MINUTES
        audience = (self._public_endpoint or _endpoint(call)) + _client_path(call) + quote(at.hub, safe="")
        now = int(time.time())
        claims: dict[str, Any] = {
            "nbf": now,
            "exp": now + minutes * 60,
            "iat": now,
            "iss": _ISSUER,
            "aud": audience,
        }
        if user_id := call.one("userId"):
            claims["sub"] = user_id
        claims.update(_one_or_many("role", call.all("role")), **_one_or_many("webpubsub.group", groups))
        keys = call.resource.keys
        token = make_token(generated_token_key(keys) if call.is_bearer else keys.primary, claims)
        return Answer(200, msgspec.json.encode({"token": token}))

    async def health(self, call: ApiRequest) -> Answer:
        """The service's own health check."""
        return _OK


def _client_path(call: ApiRequest) -> str:
    """Where the clients of the type that the call names connect, up to the hub."""
    kind = (call.one("clientType") or "default").lower()
    if kind not in _CLIENT_PATHS:
        raise bad_request("clientType", f"Invalid clientType. Expected Default or MQTT, got '{kind[:64]}'.")
    return _CLIENT_PATHS[kind]


def _endpoint(call: ApiRequest) -> str:
    """The address that the caller used, without the path of the API."""
    address = call.address
    return f"{address.scheme}://{address.host}{address.prefix}"


def _one_or_many(name: str, values: Sequence[str]) -> Mapping[str, Any]:
    """A claim as the service writes it: absent, one string, or a list."""
    return {} if not values else {name: values[0] if len(values) == 1 else list(values)}


def _permission_call(call: ApiRequest) -> tuple[do.HubAddress, Permission, str, str]:
    at = call.at()
    permission = parse_permission(call.names["permission"])
    if permission is None:
        raise bad_request("permission", "Invalid permission. Expected sendToGroup or joinLeaveGroup.")
    target = call.one("targetName")
    if target is None or not is_valid_group_name(target):
        message = f"Invalid targetName. Expected a group name of 1 to {GROUP_NAME_LIMIT} characters."
        raise bad_request("targetName", message)
    return at, permission, target, call.connection_id()


def _check_groups(added: do.Added, group: str) -> None:
    if added is do.Added.TOO_MANY_GROUPS:
        message = f"A connection is a member of too many groups to join `{group}`."
        raise plain(409, "Error.Connection.Conflict", message, "Connection")


def _check_room(granted: do.Granted, connection_id: str) -> None:
    if granted is do.Granted.TOO_MANY_TARGETS:
        message = f"Connection `{connection_id}` has too many permission targets."
        raise plain(409, "Error.Connection.Conflict", message, "Connection")


def _metadata(headers: Mapping[bytes, bytes]) -> Mapping[str, str]:
    pairs = [
        (name[len(_METADATA_HEADER) :].decode("latin-1"), value.decode("latin-1").rpartition(",")[2].strip())
        for name, value in headers.items()
        if name.startswith(_METADATA_HEADER)
    ]
    if not pairs:
        return NO_METADATA
    try:
        return parse_metadata(pairs)
    except InvalidMetadata as error:
        raise bad_request("metadata", str(error)) from None


def _next_link(call: ApiRequest, size: int, top: int | None, token: str) -> str:
    query: dict[str, str | int] = {"api-version": _NEWEST_VERSION, "maxpagesize": size}
    if top is not None:
        query["top"] = top
    query["continuationToken"] = token
    return f"{_endpoint(call)}{call.path}?{urlencode(query)}"
