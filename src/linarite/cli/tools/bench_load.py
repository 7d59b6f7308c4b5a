"""The load of `linarite bench`: reliable clients that publish numbered messages to a group, and others that hear them.

A message holds its sender, its number and the moment at which it was due, all by this process's clock, so that a
receiver can tell how long it took and what is missing. With a rate, latency counts from when a message was due and not
from when it could be sent, if that is later than this process's timers explain: a server that stops for a second is
seen in every message of that second.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from linarite.cli.tools.bench_counts import Latencies, Sequence, Tally
from linarite.cli.tools.clients import Client, ConnectionEnded, Frame, refusal_of
from linarite.cli.tools.failures import ToolFailed
from linarite.cli.tools.sockets import Ending

__all__ = ["Load", "Measured", "Plan"]

# Connections that are made at once: a load test tests messages, and should not be refused for its hurry.
_CONNECTING = 20
# The pace of sending, and what timers and a busy machine add to it: no fault of the endpoint.
_TICK_SECONDS = 0.001
_TIMER_SECONDS = 0.005
_ROUNDING = 1e-6  # of times that are sums
# Without a rate, receivers set the pace too: half of what a server keeps for a connection that does not acknowledge.
_LAG = 500
# A message is lost when none at all has come for that long.
_QUIET_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be done."""

    hub: str
    subscribers: int
    publishers: int
    rate: float
    """Messages a second of all publishers; infinite: as fast as acks come."""

    seconds: float
    size: int
    in_flight: int
    """Messages of one publisher that may wait for their acks."""


@dataclass(slots=True)
class Measured:
    """What came of it."""

    published: int = 0
    acknowledged: int = 0
    refused: int = 0
    first_refusal: str = ""
    seconds: float = 0.0
    """From the first message until the last one came."""

    tally: Tally = field(default_factory=Tally)
    expected: int = 0
    due: int = 0
    recoveries: int = 0
    latencies: Latencies = field(default_factory=Latencies)
    acks: Latencies = field(default_factory=Latencies)

    @property
    def lost(self) -> int:
        """Messages that a receiver should have heard and did not."""
        return self.expected - self.tally.received

    @property
    def unacknowledged(self) -> int:
        """Publishes that nobody has answered."""
        return self.published - self.acknowledged - self.refused

    @property
    def is_flawless(self) -> bool:
        """Whether every message came once, in order, and was acknowledged."""
        return not any((self.lost, self.tally.duplicated, self.tally.reordered, self.unacknowledged, self.refused))


class Load:
    """One run of a plan."""

    def __init__(self, plan: Plan, connect: Callable[[list[str], list[str], Callable[[Frame], None]], Client]) -> None:
        """`connect` makes a client with these groups and roles; it is not connected yet."""
        self._plan = plan
        self._connect = connect
        self._group = f"linarite-bench-{os.urandom(8).hex()}"
        self._filling = "x" * plan.size
        self._numbers = [0] * plan.publishers
        self._open = [0] * plan.publishers
        self._publishers: list[Client] = []
        self._subscribers: list[Client] = []
        self._ended: list[asyncio.Future[Ending]] = []
        self._clients = AsyncExitStack()
        self.measured = Measured()
        self.connected = 0

    async def __aenter__(self) -> Load:
        """Connect all clients. Raises ToolFailed."""
        try:
            await self._connect_all()
        except BaseException:
            await self._clients.aclose()
            raise
        return self

    async def __aexit__(self, *_error: object) -> None:
        clients = [*self._publishers, *self._subscribers]
        await asyncio.gather(*(client.close() for client in clients))
        await self._clients.aclose()

    async def run(self) -> Measured:
        """Publish for as long as is planned, and wait for what is on its way. Raises ConnectionEnded."""
        begun = time.perf_counter()
        await self._publish(begun)
        last = await self._settle()
        measured = self.measured
        measured.seconds = last - begun
        measured.expected = (measured.published - measured.refused) * self._plan.subscribers
        measured.recoveries = sum(client.recoveries for client in [*self._publishers, *self._subscribers])
        return measured

    async def _connect_all(self) -> None:
        self._subscribers = [self._connect([self._group], [], self._receiver()) for _ in range(self._plan.subscribers)]
        role = f"webpubsub.sendToGroup.{self._group}"
        self._publishers = [self._connect([], [role], lambda _frame: None) for _ in range(self._plan.publishers)]
        clients = [*self._subscribers, *self._publishers]
        for client in clients:
            client.ended.add_done_callback(self._ended.append)
        waiting = iter(clients)
        failures: list[ToolFailed] = []

        async def connect_some() -> None:
            for client in waiting:
                if failures:  # whoever is being connected may finish; no more are begun
                    return
                try:
                    await self._clients.enter_async_context(client)
                except ToolFailed as failure:
                    failures.append(failure)
                self.connected += 1

        await asyncio.gather(*(connect_some() for _ in range(_CONNECTING)))
        if failures:
            raise failures[0]

    def _receiver(self) -> Callable[[Frame], None]:
        """What one subscriber does with each frame."""
        tally, latencies = self.measured.tally, self.measured.latencies
        sequences = [Sequence(tally) for _ in range(self._plan.publishers)]
        now = time.perf_counter

        def receive(frame: Frame) -> None:
            if frame["type"] == "message" and frame.get("group") == self._group:
                data = frame["data"]
                if sequences[data["p"]].take(data["n"]):
                    latencies.add(now() - data["t"])

        return receive

    async def _publish(self, begun: float) -> None:
        until = begun + self._plan.seconds
        while (now := time.perf_counter()) < until:
            self._send_due(begun, now)
            self._check_lines()
            await asyncio.sleep(_TICK_SECONDS if self._plan.rate != float("inf") else 0)
        self._send_due(begun, until)
        if self._plan.rate != float("inf"):
            self.measured.due = int(self._plan.rate * self._plan.seconds + _ROUNDING)

    def _send_due(self, begun: float, now: float) -> None:
        """Send what is due by now and has room; what has none stays due."""
        rate = self._plan.rate
        if rate == float("inf"):
            for publisher in range(self._plan.publishers):
                while self._open[publisher] < self._plan.in_flight and self._lag < _LAG:
                    self._send(publisher, time.perf_counter())
            return
        due = int(rate * (now - begun) + _ROUNDING)
        while self.measured.published < due:
            publisher = self.measured.published % self._plan.publishers
            if self._open[publisher] >= self._plan.in_flight:
                return
            wanted = begun + (self.measured.published + 1) / rate
            self._send(publisher, now if now - wanted < _TIMER_SECONDS else wanted)

    @property
    def _lag(self) -> float:
        """Messages that the receivers have yet to hear, on the average."""
        return self.measured.published - self.measured.tally.received / self._plan.subscribers

    def _send(self, publisher: int, due: float) -> None:
        number = self._numbers[publisher]
        self._numbers[publisher] += 1
        self._open[publisher] += 1
        self.measured.published += 1

        def answered(ack: Frame) -> None:
            self._open[publisher] -= 1
            failure = refusal_of(ack)
            if failure is None:
                self.measured.acknowledged += 1
                self.measured.acks.add(time.perf_counter() - due)
            else:
                self.measured.refused += 1
                self.measured.first_refusal = self.measured.first_refusal or str(failure)

        data = {"p": publisher, "n": number, "t": due, "x": self._filling}
        frame = {"type": "sendToGroup", "group": self._group, "dataType": "json", "data": data}
        self._publishers[publisher].send(frame, answered)

    async def _settle(self) -> float:
        """Wait until everything has come, or nothing has for a while; give the moment of the last one."""
        measured = self.measured
        seen, last = -1, time.perf_counter()
        while True:
            done = measured.tally.received + measured.acknowledged + measured.refused
            now = time.perf_counter()
            if done != seen:
                seen, last = done, now
            expected = (measured.published - measured.refused) * self._plan.subscribers
            is_all = measured.tally.received >= expected and not measured.unacknowledged
            if is_all or now - last > _QUIET_SECONDS:
                return last
            self._check_lines()
            await asyncio.sleep(_TICK_SECONDS)

    def _check_lines(self) -> None:
        """Raise ConnectionEnded if a connection has ended."""
        if self._ended:
            raise ConnectionEnded(f"a connection ended: {self._ended[0].result()}")
