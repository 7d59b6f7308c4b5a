"""What can be done from the console's lists: close, add to a group, grant, send. All of it by way of the Backplane."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable, Callable, Mapping

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from linarite.cluster.backplane import Backplane
from linarite.domain import commands as do
from linarite.domain.commands import HubAddress
from linarite.domain.messages import DataType, Message
from linarite.domain.names import is_valid_group_name
from linarite.domain.permissions import Permission, parse_permission
from linarite.domain.traffic import Traffic
from linarite.http.console.answers import answer
from linarite.http.console.door import Refused
from linarite.http.console.wishes import bad_request, body_of, hub_of
from linarite.resources.registry import Registry

__all__ = ["Actions"]

# A close frame's reason; the data plane sets no limit of its own.
_REASON_LIMIT = 1024


class Wish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be done to whom."""

    action: str
    connection: str | None = None
    user: str | None = None
    group: str | None = None
    all: bool = False
    reason: str | None = None
    permission: str | None = None
    type: str = "text"
    data: msgspec.Raw = msgspec.Raw(b'""')

    def target(self, *kinds: str) -> str:
        """The one of these members that names the target. Raises Refused."""
        named = [kind for kind in kinds if getattr(self, kind)]
        if len(named) != 1:
            raise bad_request(f"{self.action[:40]}: expected exactly one of {', '.join(kinds)}, got {len(named)}.")
        return named[0]

    def group_name(self) -> str:
        """The group, which has to be there. Raises Refused."""
        if self.group is None or not is_valid_group_name(self.group):
            raise bad_request("group: expected a name of 1 to 1024 characters that are not all white space.")
        return self.group


class Actions:
    """Carries out what somebody at the console wants done."""

    def __init__(self, registry: Registry, backplane: Backplane, traffic_of: Callable[[str], Traffic]) -> None:
        """`traffic_of` are the counters of a resource's traffic."""
        self._registry = registry
        self._backplane = backplane
        self._traffic_of = traffic_of
        self._ways: Mapping[str, Callable[[HubAddress, Wish], Awaitable[None]]] = {
            "close": self._close,
            "addToGroup": self._add,
            "removeFromGroup": self._remove,
            "grant": self._grant,
            "revoke": self._revoke,
            "send": self._send,
        }

    async def act(self, request: Request) -> Response:
        """Do one thing."""
        at = hub_of(self._registry, request)
        wish = await body_of(request, Wish)
        way = self._ways.get(wish.action)
        if way is None:
            raise bad_request(f"action: expected one of {', '.join(self._ways)}, got {wish.action[:40]!r}.")
        await way(at, wish)
        return answer({"done": True})

    async def _close(self, at: HubAddress, wish: Wish) -> None:
        kind = wish.target("connection", "user", "group", "all")
        if len(wish.reason or "") > _REASON_LIMIT:
            raise bad_request(f"reason: expected at most {_REASON_LIMIT} characters.")
        await self._check_there(at, wish, kind)
        command: do.Command = do.CloseAll(at, do.NOBODY, wish.reason)
        if kind == "connection":
            command = do.CloseConnection(at, str(wish.connection), wish.reason)
        elif kind == "user":
            command = do.CloseUser(at, str(wish.user), do.NOBODY, wish.reason)
        elif kind == "group":
            command = do.CloseGroup(at, str(wish.group), do.NOBODY, wish.reason)
        self._backplane.publish(command)

    async def _add(self, at: HubAddress, wish: Wish) -> None:
        group = wish.group_name()
        question: do.Question[do.Added] = do.AddConnectionToGroup(at, str(wish.connection), group)
        if wish.target("connection", "user") == "user":
            question = do.AddUserToGroup(at, str(wish.user), group)
        added = await self._backplane.ask(question)
        if added is do.Added.NOBODY:
            raise _gone(wish)
        if added is do.Added.TOO_MANY_GROUPS:
            raise Refused(409, "Conflict", "The connection is in as many groups as it may be.")

    async def _remove(self, at: HubAddress, wish: Wish) -> None:
        kind = wish.target("connection", "user")
        await self._check_there(at, wish, kind)
        command: do.Command
        if wish.group is None and kind == "user":
            command = do.RemoveUserFromAllGroups(at, str(wish.user))
        elif wish.group is None:
            command = do.RemoveConnectionFromAllGroups(at, str(wish.connection))
        elif kind == "user":
            command = do.RemoveUserFromGroup(at, str(wish.user), wish.group)
        else:
            command = do.RemoveConnectionFromGroup(at, str(wish.connection), wish.group)
        self._backplane.publish(command)

    async def _grant(self, at: HubAddress, wish: Wish) -> None:
        wish.target("connection")
        group = wish.group_name()
        _check_granted(
            await self._backplane.ask(do.GrantPermission(at, str(wish.connection), _permission(wish), group)), wish
        )

    async def _revoke(self, at: HubAddress, wish: Wish) -> None:
        wish.target("connection")
        group = wish.group_name()
        _check_granted(
            await self._backplane.ask(do.RevokePermission(at, str(wish.connection), _permission(wish), group)), wish
        )

    async def _send(self, at: HubAddress, wish: Wish) -> None:
        kind = wish.target("connection", "user", "group", "all")
        data_type, data = _payload(wish)
        traffic = self._traffic_of(at.resource)
        if traffic.is_used_up:
            traffic.refused_sends += 1
            raise Refused(429, "TooManyRequests", "The resource's message quota of the day is used up.")
        await self._check_there(at, wish, kind)
        traffic.inbound_bytes += len(data)
        message = Message(data_type, data, wish.group if kind == "group" else None)
        command: do.Command = do.SendToAll(at, message)
        if kind == "connection":
            command = do.SendToConnection(at, str(wish.connection), message)
        elif kind == "user":
            command = do.SendToUser(at, str(wish.user), message)
        elif kind == "group":
            command = do.SendToGroup(at, str(wish.group), message)
        self._backplane.publish(command)

    async def _check_there(self, at: HubAddress, wish: Wish, kind: str) -> None:
        """Somebody at a page wants to know when his target has gone. Raises Refused."""
        if kind == "connection":
            is_there = await self._backplane.ask(do.ConnectionExists(at, str(wish.connection)))
        elif kind == "user":
            is_there = await self._backplane.ask(do.UserExists(at, str(wish.user)))
        elif kind == "group":
            is_there = await self._backplane.ask(do.GroupExists(at, str(wish.group)))
        else:
            is_there = True
        if not is_there:
            raise _gone(wish)


def _gone(wish: Wish) -> Refused:
    kind = "connection" if wish.connection else "user" if wish.user else "group"
    return Refused(404, "NotFound", f"The {kind} is not there any more.")


def _permission(wish: Wish) -> Permission:
    permission = parse_permission(wish.permission or "")
    if permission is None:
        raise bad_request("permission: expected sendToGroup or joinLeaveGroup.")
    return permission


def _check_granted(granted: do.Granted, wish: Wish) -> None:
    if granted is do.Granted.NO_CONNECTION:
        raise _gone(wish)
    if granted is do.Granted.TOO_MANY_TARGETS:
        raise Refused(409, "Conflict", "The connection has as many grants and revocations as it may have.")


def _payload(wish: Wish) -> tuple[DataType, bytes]:
    if wish.type == DataType.JSON.value:
        return DataType.JSON, bytes(wish.data)
    try:
        text = msgspec.json.decode(wish.data, type=str)
        if wish.type == DataType.TEXT.value:
            return DataType.TEXT, text.encode()
        if wish.type == DataType.BINARY.value:
            return DataType.BINARY, base64.b64decode(text, validate=True)
    except (msgspec.DecodeError, binascii.Error, ValueError) as error:
        raise bad_request(f"data: expected {_DATA_WORDS.get(wish.type, 'text')}: {error}.") from None
    raise bad_request(f"type: expected text, json or binary, got {wish.type[:40]!r}.")


_DATA_WORDS = {"text": "a text", "binary": "bytes in base64"}
