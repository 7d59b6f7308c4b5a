"""What operations hand to the hub, seen at the seam between them."""

from __future__ import annotations

import pytest
from tests.http.data_plane.calls import a_call
from tests.signing import claims_of

from linarite.domain.commands import Command, HubAddress, SendToAll
from linarite.http.data_plane.operations import Operations


class Recorder:
    """A backplane that keeps what is published."""

    def __init__(self) -> None:
        self.commands: list[Command] = []

    def publish(self, command: Command) -> None:
        self.commands.append(command)


@pytest.mark.parametrize(
    ("query", "expires_at"),
    [(b"", None), (b"messageTtlSeconds=0", None), (b"messageTtlSeconds=1", 101.0), (b"messageTtlSeconds=300", 400.0)],
)
async def test_message_expires_when_its_time_to_live_is_over(query: bytes, expires_at: float | None) -> None:
    """0 and none never expire."""
    recorder = Recorder()
    await Operations(recorder, lambda: 100.0).send_to_all(a_call(query))
    (command,) = recorder.commands
    assert isinstance(command, SendToAll)
    assert (command.at, command.message.expires_at) == (HubAddress("one", "chat"), expires_at)


@pytest.mark.parametrize(
    ("public_endpoint", "audience"),
    [
        (None, "http://10.0.0.1:8080/client/hubs/chat"),
        ("https://pubsub.example.com/realtime", "https://pubsub.example.com/realtime/client/hubs/chat"),
    ],
)
async def test_made_token_is_for_the_endpoint_that_clients_use(public_endpoint: str | None, audience: str) -> None:
    """An application server inside the network calls the server's own address, which its clients do not know."""
    operations = Operations(Recorder(), lambda: 0.0, public_endpoint=public_endpoint)
    answer = await operations.generate_client_token(a_call(b""))
    token = answer.body.decode().removeprefix('{"token":"').removesuffix('"}')
    assert claims_of(token)["aud"] == audience
