"""The order of one connection's events."""

import asyncio

import pytest
from tests.events.scripted import settled, until

from linarite.events.event_line import EventLine, LineIdentity, Turn
from linarite.resources.model import AccessKeys

FOREVER = 1000.0


@pytest.fixture
def line() -> EventLine:
    return EventLine(LineIdentity("linarite", "chat", "conn1", "svc.example.com", "alice", "json.webpubsub.azure.v1"))


class Runner:
    """Starts events that last until a test ends them, and notes which are under way."""

    def __init__(self, line: EventLine, patience_seconds: float = FOREVER) -> None:
        self.line = line
        self.patience_seconds = patience_seconds
        self.running: list[str] = []
        self.gates: dict[str, asyncio.Event] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}

    async def start(self, name: str, *, is_blocking: bool) -> None:
        turn = self.line.take_turn(is_blocking=is_blocking)
        self.gates[name] = asyncio.Event()
        self.tasks[name] = asyncio.create_task(self._run(name, turn))
        await settled()

    async def _run(self, name: str, turn: Turn) -> None:
        try:
            await self.line.await_turn(turn, self.patience_seconds)
            self.running.append(name)
            await self.gates[name].wait()
            self.running.remove(name)
        finally:
            self.line.end_turn(turn)

    async def end(self, name: str) -> None:
        self.gates[name].set()
        await self.tasks[name]
        await settled()


async def test_events_go_one_at_a_time_in_the_order_they_happened(line):
    runner = Runner(line)
    kinds = {"connected": False, "message 1": True, "joined": False, "message 2": True, "disconnected": False}
    for name, is_blocking in kinds.items():
        await runner.start(name, is_blocking=is_blocking)
    for name in kinds:
        assert runner.running == [name]
        await runner.end(name)
    assert runner.running == []
    assert line.turns == []


async def test_an_unblocking_event_that_hangs_holds_up_a_blocking_one_for_a_while_only(line):
    runner = Runner(line, patience_seconds=0.02)
    await runner.start("connected", is_blocking=False)
    await runner.start("message 1", is_blocking=True)
    assert runner.running == ["connected"]
    await until(lambda: "message 1" in runner.running)
    await runner.start("message 2", is_blocking=True)
    await runner.start("disconnected", is_blocking=False)
    assert runner.running == ["connected", "message 1"]
    await runner.end("message 1")
    await until(lambda: "message 2" in runner.running)
    await runner.end("connected")
    assert runner.running == ["message 2"]
    await runner.end("message 2")
    assert runner.running == ["disconnected"]
    await runner.end("disconnected")


async def test_without_patience_a_blocking_event_waits_for_blocking_ones_only(line):
    runner = Runner(line, patience_seconds=0.0)
    await runner.start("connected", is_blocking=False)
    await runner.start("message 1", is_blocking=True)
    await runner.start("message 2", is_blocking=True)
    assert runner.running == ["connected", "message 1"]
    await runner.end("message 1")
    assert runner.running == ["connected", "message 2"]
    for name in ("message 2", "connected"):
        await runner.end(name)


async def test_an_event_that_is_cancelled_while_it_waits_gives_its_place_up(line):
    runner = Runner(line)
    for name in ("message 1", "message 2", "message 3"):
        await runner.start(name, is_blocking=True)
    runner.tasks["message 2"].cancel()
    await runner.end("message 1")
    assert runner.running == ["message 3"]
    await runner.end("message 3")
    assert line.turns == []


async def test_an_event_that_is_cancelled_under_way_lets_the_next_go(line):
    runner = Runner(line)
    await runner.start("message 1", is_blocking=True)
    await runner.start("disconnected", is_blocking=False)
    runner.tasks["message 1"].cancel()
    await settled()
    assert runner.running[-1] == "disconnected"
    await runner.end("disconnected")


def test_ids_count_up_from_one(line):
    assert [line.next_id() for _ in range(3)] == [1, 2, 3]


def test_the_signature_follows_the_keys(line):
    old, new = AccessKeys("abc", "", "s"), AccessKeys("def", "", "s")
    first = line.signature(old)
    assert first.startswith("sha256=1dfafa3c")
    assert line.signature(old) is first
    assert line.signature(new) != first


def test_a_line_becomes_what_its_connection_was_let_in_as(line):
    line.accept(None, "custom")
    assert (line.user_id, line.subprotocol) == (None, "custom")
