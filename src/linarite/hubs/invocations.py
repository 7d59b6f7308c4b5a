"""The invocations of one client: user events whose answer comes back under an id, and that can be called off.

An invocation has exactly one answer, or none: after it was cancelled, or after the client's socket has closed, for the
official JavaScript client then gives up all that it has invoked there, also if the connection is recovered. What nobody
waits for is ended upstream, so that it holds up nothing. An invocation blocks the client's later requests like an
event; one that waits behind another event can be cancelled too, and is then never carried out. Ids are looked at when a
request arrives, so that a pending one is known wherever it waits.
"""

from __future__ import annotations

from collections.abc import Callable

from linarite.hubs.client_events import Cancellable, EventAnswer
from linarite.protocols import requests as wanted
from linarite.protocols.codec import AckError, InvocationAnswer

__all__ = ["InvocationTeller", "Invocations"]

_BAD_REQUEST = "BadRequest"
_FAILED = AckError("InternalServerError", "Internal server error")

InvocationTeller = Callable[[str, InvocationAnswer | AckError], None]


class _Pending:
    """An invocation that the client waits for; `call` is its way upstream, None while it waits for its turn."""

    __slots__ = ("call", "request")

    def __init__(self, request: wanted.Invoke) -> None:
        self.request = request
        self.call: Cancellable | None = None


class Invocations:
    """The pending invocations of one connection, by their ids."""

    __slots__ = ("_pending", "_tell")

    def __init__(self, tell: InvocationTeller) -> None:
        """`tell` answers the client."""
        self._pending: dict[str, _Pending] = {}
        self._tell = tell

    def __len__(self) -> int:
        return len(self._pending)

    def admit(self, request: wanted.Invoke) -> bool:
        """Note an invocation that has arrived; one that cannot be carried out is answered, and False returned."""
        if request.fault is not None:
            self._tell(request.invocation_id, AckError(_BAD_REQUEST, request.fault))
            return False
        if request.invocation_id in self._pending:
            text = "invocationId: an invocation of this connection is pending under this id."
            self._tell(request.invocation_id, AckError(_BAD_REQUEST, text))
            return False
        self._pending[request.invocation_id] = _Pending(request)
        return True

    def is_wanted(self, request: wanted.Invoke) -> bool:
        """Whether the client still waits for this invocation."""
        pending = self._pending.get(request.invocation_id)
        return pending is not None and pending.request is request

    def began(self, request: wanted.Invoke, call: Cancellable | None) -> None:
        """It is on its way upstream; None is no way, as it is answered already."""
        if self.is_wanted(request):
            self._pending[request.invocation_id].call = call

    def answered(self, request: wanted.Invoke, answer: EventAnswer | None) -> None:
        """Tell the client what came back, None if nobody answered; nothing if it no longer waits."""
        if not self.is_wanted(request):
            return
        del self._pending[request.invocation_id]
        if answer is None:
            self._tell(request.invocation_id, _FAILED)
        else:
            payload = None if answer.data_type is None else wanted.Payload(answer.data_type, answer.data)
            self._tell(request.invocation_id, InvocationAnswer(payload, answer.metadata))

    def cancel(self, invocation_id: str) -> bool:
        """The client does not wait any more; True if that ended a call upstream, behind which other requests wait."""
        pending = self._pending.pop(invocation_id, None)
        if pending is None or pending.call is None:
            return False
        pending.call.cancel()
        return True

    def give_up(self) -> bool:
        """The client's socket is gone, and with it whoever waited; True as `cancel` has it."""
        calls = [pending.call for pending in self._pending.values() if pending.call is not None]
        self._pending.clear()
        for call in calls:
            call.cancel()
        return bool(calls)
