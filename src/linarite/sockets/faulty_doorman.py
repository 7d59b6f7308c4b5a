"""The doorman of `linarite dev`: lets clients in as the reception does, but for the faults that are set.

A refusal is one that something in front of the service would give: the service's own books know nothing of it. A client
whose connection is lost before its recovery is refused by the reception itself, since the connection really is gone.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from urllib.parse import parse_qs

import msgspec

from linarite.domain.faults import FaultBook, FaultKind, Subject
from linarite.hubs.connection import Connection
from linarite.hubs.directory import Directory
from linarite.sockets.admission import ConnectionRequest, Refused, addressed_hub, recovery_of
from linarite.sockets.upgrade import Doorman, RequestHead, Welcome

__all__ = ["FaultyDoorman"]

_GOING_AWAY = 1001
_LOST = "The connection was lost by a fault on request."


class FaultyDoorman:
    """A doorman in front of another one."""

    def __init__(self, doorman: Doorman, book: FaultBook, directory: Directory) -> None:
        self._doorman = doorman
        self._book = book
        self._directory = directory
        self.message_limit_bytes = doorman.message_limit_bytes
        self.read_buffer_bytes = doorman.read_buffer_bytes

    async def receive(self, head: RequestHead) -> Welcome:
        """The way in for this client. Raises Refused."""
        if self._book.active:
            await self._meet_faults(head)
        return await self._doorman.receive(head)

    def give_back(self, welcome: Welcome) -> None:
        """The client went away before it could come in."""
        self._doorman.give_back(welcome)

    def own(self, task: asyncio.Task[None]) -> None:
        """See that the task is awaited before the server ends."""
        self._doorman.own(task)

    async def _meet_faults(self, head: RequestHead) -> None:
        path, _, query = head.target.partition("?")
        request = ConnectionRequest(path, query, head.first(b"host") or "", head.first(b"authorization"))
        recovery = recovery_of(request)
        if recovery is None:
            subject = Subject(addressed_hub(request), _user_of(request))
        else:
            connection = self._find(recovery.hub, recovery.connection_id)
            user = None if connection is None else connection.user_id
            subject = Subject(recovery.hub, user, recovery.connection_id)
            if connection is not None and self._book.choose(FaultKind.LOSE_RECOVERY, subject) is not None:
                connection.close(_GOING_AWAY, _LOST)
        fault = self._book.choose(FaultKind.REFUSE_UPGRADE, subject)
        if fault is None:
            return
        await asyncio.sleep(fault.delay_seconds)
        if fault.status is not None:
            wait = fault.retry_after_seconds
            headers = {} if wait is None else {"Retry-After": str(wait)}
            raise Refused(fault.status, "Refused by a fault on request.", headers)

    def _find(self, hub_name: str, connection_id: str) -> Connection | None:
        found = (hub.find(connection_id) for at, hub in self._directory if at.hub == hub_name)
        return next((connection for connection in found if connection is not None), None)


def _user_of(request: ConnectionRequest) -> str | None:
    """The user whom the token names. Nobody is let in by this: it only selects, and the reception checks the token."""
    _, _, bearer = (request.authorization or "").partition(" ")
    token = parse_qs(request.query).get("access_token", [bearer])[-1]
    payload = token.split(".")[1] if token.count(".") == 2 else ""
    try:
        claims = msgspec.json.decode(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (binascii.Error, ValueError):
        return None
    user = claims.get("sub") if isinstance(claims, dict) else None
    return user if isinstance(user, str) else None
