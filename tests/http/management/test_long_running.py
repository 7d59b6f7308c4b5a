import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from tests.http.management.conftest import API_VERSION, CREDENTIAL, SUBSCRIPTION

from linarite.http.management.calls import Answer, Call
from linarite.http.management.endpoint import Endpoint
from linarite.http.management.long_running import ACCEPTED, DONE, RESTARTED, LongRunning
from linarite.resources.errors import ResourceError

DEADLINE_SECONDS = 10.0
START = datetime(2026, 1, 1, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


def a_call(**parameters: str) -> Call:
    path = {"subscription": "s", "group": "rg", "resource": "Demo", **parameters}
    endpoint = Endpoint("https://public.example.com", "public.example.com", 443, "http://localhost:8080")
    return Call(None, endpoint, None, path, {}, "2024-03-01")  # type: ignore[arg-type]


def operation_of(answer: Answer) -> Call:
    """The call that polls what an answer began."""
    path = answer.headers["Azure-AsyncOperation"].partition("?")[0]
    return a_call(operation=path.rpartition("/")[2])


def document(state: str = "Succeeded") -> dict[str, object]:
    return {"name": "Demo", "properties": {"provisioningState": state, "hostName": "h"}}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def long_running(clock: Clock) -> LongRunning:
    return LongRunning(5, clock)


def test_without_seconds_operations_keep_their_form():
    def operation(call: Call) -> Answer:
        return Answer(201, document())

    assert LongRunning(0).form(operation, DONE) is operation
    assert LongRunning(0).observed(operation) is operation


@pytest.mark.parametrize(
    ("answer", "statuses", "status", "body"),
    [
        (Answer(201, document()), DONE, 201, document("Creating")),
        (Answer(200, document()), DONE, 200, document("Updating")),
        (Answer(200, document()), ACCEPTED, 202, document("Updating")),
        (Answer(200, {"primaryKey": "k"}), ACCEPTED, 202, {"primaryKey": "k"}),
        (Answer(200), ACCEPTED, 202, None),
        (Answer(204), RESTARTED, 202, None),
    ],
)
def test_an_operation_begins_with_the_addresses_to_poll(long_running, answer, statuses, status, body):
    begun = long_running.form(lambda call: answer, statuses)(a_call())
    assert (begun.status, begun.body, begun.headers["Retry-After"]) == (status, body, "1")
    name = operation_of(begun).parameters["operation"]
    owner = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.SignalRService/WebPubSub/Demo"
    for header, segment in (("Azure-AsyncOperation", "operationStatuses"), ("Location", "operationResults")):
        assert begun.headers[header] == f"http://localhost:8080{owner}/{segment}/{name}?api-version=2024-03-01"


def test_what_had_nothing_to_do_begins_nothing(long_running):
    assert long_running.form(lambda call: Answer(204), ACCEPTED)(a_call()) == Answer(204)


def test_a_status_is_running_and_then_succeeded(long_running, clock):
    poll = operation_of(long_running.form(lambda call: Answer(200), ACCEPTED)(a_call()))
    name = poll.parameters["operation"]
    running = long_running.status(poll)
    assert (running.status, running.headers) == (200, {"Retry-After": "1"})
    assert running.body == {
        "id": "/subscriptions/s/resourceGroups/rg/providers/Microsoft.SignalRService/WebPubSub/Demo"
        f"/operationStatuses/{name}",
        "name": name,
        "status": "Running",
        "startTime": "2026-01-01T00:00:00.000000Z",
    }
    clock.now += timedelta(seconds=5)
    done = long_running.status(poll)
    assert done.body == {**running.body, "status": "Succeeded", "endTime": "2026-01-01T00:00:05.000000Z"}
    assert done.headers == {}


def test_a_result_is_202_and_then_what_the_operation_answers(long_running, clock):
    changed = operation_of(long_running.form(lambda call: Answer(200, document()), ACCEPTED)(a_call()))
    deleted = operation_of(long_running.form(lambda call: Answer(200), ACCEPTED)(a_call()))
    running = long_running.result(changed)
    assert (running.status, running.body, running.headers["Retry-After"]) == (202, None, "1")
    assert "/operationResults/" in running.headers["Location"]
    clock.now += timedelta(seconds=5)
    assert long_running.result(changed) == Answer(200, document())
    assert long_running.result(deleted) == Answer(204)


def test_a_result_does_not_repeat_what_is_secret(long_running, clock):
    regenerate = long_running.form(lambda call: Answer(200, {"primaryKey": "k"}), ACCEPTED, is_secret=True)
    begun = regenerate(a_call())
    assert begun.body == {"primaryKey": "k"}
    clock.now += timedelta(seconds=5)
    assert long_running.result(operation_of(begun)) == Answer(200)


def test_a_resource_shows_the_state_of_what_is_running(long_running, clock):
    show = long_running.observed(lambda call: Answer(200, document()))
    assert show(a_call()).body == document()
    long_running.form(lambda call: Answer(201, document()), DONE)(a_call())
    assert show(a_call()).body == document("Creating")
    assert show(a_call(resource="other")).body == document()
    clock.now += timedelta(seconds=5)
    assert show(a_call()).body == document()


def test_operations_of_other_resources_and_forgotten_ones_are_not_found(long_running):
    begin = long_running.form(lambda call: Answer(200), ACCEPTED)
    first = operation_of(begin(a_call()))
    with pytest.raises(ResourceError) as caught:
        long_running.status(a_call(resource="other", operation=first.parameters["operation"]))
    assert caught.value.code == "NotFound"
    for _ in range(256):
        begin(a_call())
    with pytest.raises(ResourceError):
        long_running.result(first)


# The whole way, over HTTP


@pytest.fixture(scope="module")
def slow_url(start_server: Callable[..., str]) -> str:
    return start_server(management_operation_seconds=0.2)


@pytest.fixture
def slow(slow_url: str) -> Iterator[httpx.Client]:
    with httpx.Client(
        base_url=slow_url + SUBSCRIPTION,
        params={"api-version": API_VERSION},
        headers={"Authorization": f"Bearer {CREDENTIAL}"},
        verify=False,
    ) as client:
        yield client


def follow(client: httpx.Client, begun: httpx.Response) -> httpx.Response:
    """Poll as SDKs do, but faster: the status until it has succeeded, then the result."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    seen = []
    while not seen or seen[-1] == "Running":
        assert time.monotonic() < deadline, "the operation does not end"
        seen.append(client.get(begun.headers["Azure-AsyncOperation"], params=None).json()["status"])
    assert seen[0] == "Running"
    assert seen[-1] == "Succeeded"
    return client.get(begun.headers["Location"], params=None)


def test_a_resource_lives_from_creating_to_deleted(slow):
    name = f"slow-{uuid.uuid4().hex[:8]}"
    slow.put("/resourceGroups/slow", json={"location": "eastus"})
    path = f"/resourceGroups/slow/providers/Microsoft.SignalRService/webPubSub/{name}"
    made = slow.put(path, json={"location": "eastus", "sku": {"name": "Standard_S1"}})
    assert (made.status_code, made.json()["properties"]["provisioningState"]) == (201, "Creating")
    assert slow.get(path).json()["properties"]["provisioningState"] == "Creating"
    assert follow(slow, made).status_code == 200
    assert slow.get(path).json()["properties"]["provisioningState"] == "Succeeded"

    hub = slow.put(f"{path}/hubs/chat", json={"properties": {}})
    assert (hub.status_code, follow(slow, hub).json()["name"]) == (201, "chat")
    patched = slow.patch(path, json={"tags": {"a": "b"}})
    assert (patched.status_code, follow(slow, patched).json()["tags"]) == (202, {"a": "b"})
    keys = slow.post(f"{path}/regenerateKey", json={"keyType": "primary"})
    assert (keys.status_code, keys.json()) == (202, slow.post(f"{path}/listKeys").json())
    result = follow(slow, keys)
    assert (result.status_code, result.content) == (200, b"")
    restarted = slow.post(f"{path}/restart")
    assert (restarted.status_code, follow(slow, restarted).status_code) == (202, 204)

    deleted = slow.delete(path)
    assert deleted.status_code == 202
    assert follow(slow, deleted).status_code == 204
    assert slow.get(path).status_code == 404
    assert slow.delete(path).status_code == 204


def test_an_unknown_operation_is_not_found(slow):
    path = "/resourceGroups/linarite/providers/Microsoft.SignalRService/webPubSub/linarite/operationStatuses/none"
    response = slow.get(path)
    assert (response.status_code, response.json()["error"]["code"]) == (404, "NotFound")
