"""Long-running operations in the two forms of the platform that SDKs follow.

Writes are done when they are answered, which is the synchronous form: pollers see nothing to wait for. With the setting
`management_operation_seconds` they are answered in the asynchronous form of the service (recorded answers, 2024-03-01;
"Track asynchronous Azure operations"): the operation is shown as running for that long, `Azure-AsyncOperation` names
the address of its status and `Location` that of its result, and both ask to be polled every second. The change has
been made by then in this form as well, so that a result never tells of anything that could still fail.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from linarite.http.management.calls import Answer, Call, Operation
from linarite.http.management.documents import timestamp
from linarite.resources.errors import ResourceError

__all__ = ["ACCEPTED", "DONE", "RESTARTED", "LongRunning"]

# Which status of the synchronous form begins an asynchronous operation, and with which status that is answered.
DONE: Mapping[int, int] = {200: 200, 201: 201}
"""For PUT."""
ACCEPTED: Mapping[int, int] = {200: 202}
"""For PATCH, DELETE and POST; a 204 says that there was nothing to do."""
RESTARTED: Mapping[int, int] = {204: 202}
"""For a restart, which has no body in either form."""

# Operations that are remembered; their pollers are SDKs that have long asked when so many more have begun.
_REMEMBERED_OPERATIONS = 256
# Pollers wait 30 seconds where they are not told, azure-core's default.
_RETRY_AFTER = {"Retry-After": "1"}


@dataclass(frozen=True, slots=True)
class _Begun:
    """One operation: since and until when it is shown as running, and what it has answered."""

    resource: str
    state: str
    start: datetime
    end: datetime
    result: Answer


class LongRunning:
    """Gives operations their asynchronous form, and answers for what becomes of them."""

    def __init__(self, seconds: float, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """With 0 seconds operations keep their synchronous form."""
        self._seconds = seconds
        self._clock = clock
        self._begun: dict[str, _Begun] = {}

    def form(self, operation: Operation, statuses: Mapping[int, int], *, is_secret: bool = False) -> Operation:
        """The operation in the form that the setting asks for.

        What is secret stands in the first answer alone, as in the service: whoever may only read could ask for results.
        """

        def begin(call: Call) -> Answer:
            answer = operation(call)
            if answer.status not in statuses:
                return answer
            result = Answer(204 if answer.body is None else 200, None if is_secret else answer.body)
            return self._begin(call, answer, statuses[answer.status], result)

        return begin if self._seconds else operation

    def observed(self, operation: Operation) -> Operation:
        """An operation that shows a resource, with the state that running operations give it."""

        def show(call: Call) -> Answer:
            answer = operation(call)
            now = self._clock()
            for begun in reversed(self._begun.values()):
                if begun.resource == call.resource.lower() and begun.end > now:
                    return replace(answer, body=_in_state(answer.body, begun.state))
            return answer

        return show if self._seconds else operation

    def status(self, call: Call) -> Answer:
        """How an operation stands, for `Azure-AsyncOperation`."""
        begun, is_running = self._find(call)
        document = {
            "id": f"{_resource_path(call)}/operationStatuses/{call.parameters['operation']}",
            "name": call.parameters["operation"],
            "status": "Running" if is_running else "Succeeded",
            "startTime": timestamp(begun.start),
        }
        if is_running:
            return Answer(body=document, headers=_RETRY_AFTER)
        return Answer(body={**document, "endTime": timestamp(begun.end)})

    def result(self, call: Call) -> Answer:
        """What an operation has come to, for `Location`: 202 while it is running, then what it answers."""
        begun, is_running = self._find(call)
        if is_running:
            return Answer(202, headers={**_RETRY_AFTER, "Location": _address(call, "operationResults")})
        return begun.result

    def _begin(self, call: Call, answer: Answer, status: int, result: Answer) -> Answer:
        now, state = self._clock(), "Creating" if answer.status == 201 else "Updating"
        name = str(uuid.uuid4())
        end = now + timedelta(seconds=self._seconds)
        while len(self._begun) >= _REMEMBERED_OPERATIONS:
            del self._begun[next(iter(self._begun))]
        self._begun[name] = _Begun(call.resource.lower(), state, now, end, result)
        begun = replace(call, parameters={**call.parameters, "operation": name})
        headers = {
            **_RETRY_AFTER,
            "Azure-AsyncOperation": _address(begun, "operationStatuses"),
            "Location": _address(begun, "operationResults"),
        }
        return replace(answer, status=status, body=_in_state(answer.body, state), headers=headers)

    def _find(self, call: Call) -> tuple[_Begun, bool]:
        """The operation that the path names, and whether it is shown as running."""
        begun = self._begun.get(call.parameters["operation"].lower())
        if begun is None or begun.resource != call.resource.lower():
            raise ResourceError("NotFound", f"The operation '{call.parameters['operation']}' was not found.")
        return begun, begun.end > self._clock()


def _in_state(body: object, state: str) -> object:
    """A document that tells of its provisioning state, in that state."""
    properties = body.get("properties") if isinstance(body, dict) else None
    if not isinstance(body, dict) or not isinstance(properties, dict) or "provisioningState" not in properties:
        return body
    return {**body, "properties": {**properties, "provisioningState": state}}


def _resource_path(call: Call) -> str:
    group = f"/subscriptions/{call.subscription}/resourceGroups/{call.group}"
    return f"{group}/providers/Microsoft.SignalRService/WebPubSub/{call.resource}"


def _address(call: Call, segment: str) -> str:
    path = f"{_resource_path(call)}/{segment}/{call.parameters['operation']}"
    return f"{call.endpoint.called}{path}?api-version={call.api_version}"
