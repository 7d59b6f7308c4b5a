"""Any order of sending, acknowledging, losing the socket, coming back and waiting leaves a reliable client with all."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from tests.hubs.house import Guest, House, join, send
from tests.hubs.outlets import RecordingOutlet
from tests.hubs.surroundings import AT

from linarite.domain import commands as do
from linarite.domain.messages import DataType, Message
from linarite.hubs.recovery import RecoveryLimits, RecoveryQueue
from linarite.protocols.json_codec import RELIABLE_JSON
from linarite.resources.model import AccessKeys, Resource
from linarite.sockets.admission import RecoveryRequest
from linarite.sockets.recoveries import Recoveries

WINDOW = 30.0
LIMIT = 25


class _OneResource:
    """As much of a registry as recoveries look at."""

    def __init__(self) -> None:
        self._resource = Resource(
            name=AT.resource, resource_group="rg", location="here", keys=AccessKeys("p" * 44, "s" * 44, "x" * 44)
        )

    def get(self, name: str) -> Resource | None:
        return self._resource if name == AT.resource else None


class Line(RecordingOutlet):
    """One socket of the client; what was written to it has arrived, as long as it is there."""

    def abort(self) -> None:
        self.closed = 1006, ""


class ReliableSession(RuleBasedStateMachine):
    """A client with one group, whose socket comes and goes, and a plain list of what was said to the group."""

    def __init__(self) -> None:
        super().__init__()
        self.house = House()
        self.ended: list[str] = []
        self.recoveries = Recoveries(self.house.time, _OneResource(), WINDOW, self._forget)
        self.guest: Guest = self.house.enter(
            "c", codec=RELIABLE_JSON, recovery=RecoveryQueue(RecoveryLimits(LIMIT, 10**9))
        )
        self.guest.outlet.connection = self.guest.connection
        self.token = self.recoveries.watch(self.guest.session)
        self.line: RecordingOutlet | None = self.guest.outlet
        self.said: list[str] = []
        """What the client has to get, the first with the sequence id 1."""
        self.got: dict[int, str] = {}
        self.acknowledged = 0
        self.is_over = False
        self.lost_at: float | None = None
        self.read = 0
        self.acks: dict[int, str] = {}
        self.done: set[int] = set()
        self.next_ack = 1
        self.guest.says(join())
        self.house.ticks.end()

    def _forget(self, session: Any, reason: str) -> None:
        self.ended.append(reason)
        self.recoveries.drop(session)
        self.house.hub.detach(session.connection)
        session.ended()

    # What the client gets

    def _look(self) -> None:
        if self.line is None:
            return
        told = [json.loads(frame.payload) for frame in self.line.frames if frame.opcode == 1]
        for frame in told[self.read :]:
            if frame["type"] == "message":
                number = frame["sequenceId"]
                assert self.got.setdefault(number, frame["data"]) == frame["data"], "one number for two messages"
                assert number > self.acknowledged or number in self.got
            elif frame["type"] == "ack":
                self.acks[frame["ackId"]] = "done" if frame["success"] else frame["error"]["name"]
        self.read = len(told)

    def _end_tick(self) -> None:
        self.house.ticks.end()
        self._look()
        self.house.time.pass_()
        if not self.is_over and len(self.said) - self.acknowledged > LIMIT:
            self.is_over = True
            assert self.guest.connection.is_closing
            if self.line is not None:
                assert self.line.closed == (1008, "The reliable message buffer is full.")
            else:
                assert self.ended == ["The reliable message buffer is full."]

    # What happens

    @precondition(lambda self: not self.is_over)
    @rule(count=st.integers(1, 4))
    def others_say(self, count):
        for _ in range(count):
            text = f"t{len(self.said)}"
            self.said.append(text)
            self.house.hub.execute(do.SendToGroup(AT, "g", Message(DataType.TEXT, text.encode(), "g")))
        self._end_tick()

    @precondition(lambda self: not self.is_over and self.line is not None)
    @rule(again=st.booleans())
    def client_publishes(self, again):
        ack_id = max(1, self.next_ack - 1) if again else self.next_ack
        self.next_ack = max(self.next_ack, ack_id + 1)
        self.acks.pop(ack_id, None)
        is_first = ack_id not in self.done
        text = f"a{ack_id}"
        if is_first:
            self.said.append(text)
            self.done.add(ack_id)
        self.guest.says(send(text, ack_id, dataType="text"))
        self._end_tick()
        if not self.is_over:
            assert self.acks[ack_id] == ("done" if is_first else "Duplicate")

    @precondition(lambda self: not self.is_over and self.line is not None)
    @rule(back=st.integers(-2, 6))
    def client_acknowledges(self, back):
        upto = max(0, max(self.got, default=0) - back)
        self.guest.says({"type": "sequenceAck", "sequenceId": upto})
        self.acknowledged = max(self.acknowledged, min(upto, len(self.said)))

    @precondition(lambda self: not self.is_over and self.line is not None)
    @rule()
    def socket_is_lost(self):
        self.line = None
        self.recoveries.detach(self.guest.session)
        self.guest.session.detached()
        self.lost_at = self.house.time.now

    @precondition(lambda self: self.line is None)
    @rule()
    def client_comes_back(self):
        session = self.recoveries.find(RecoveryRequest(AT.hub, "c", self.token))
        assert (session is None) == self.is_over
        if session is None:
            return
        self.line = line = Line()
        connection = session.connection
        line.connection = connection
        connection.outlet, connection.write, connection.is_stalled = line, line.write, False
        session.hub.delivery.stalled.discard(connection)
        self.recoveries.attach(session)
        self.token = self.recoveries.watch(session)
        self.read = 0
        self.lost_at = None
        assert connection.recovery is not None
        replayed = [frame for frame, _ in connection.recovery.unacknowledged(self.house.time.now)]
        for frame in replayed:
            line.write(frame)
        assert len(replayed) == len(self.said) - self.acknowledged, "exactly what is not acknowledged comes again"
        self._look()

    @precondition(lambda self: self.line is None)
    @rule()
    def client_comes_back_with_a_wrong_token(self):
        assert self.recoveries.find(RecoveryRequest(AT.hub, "c", self.token + "x")) is None
        assert self.recoveries.find(RecoveryRequest("other", "c", self.token)) is None

    @rule(seconds=st.sampled_from([1.0, 14.0, 29.0, 31.0]))
    def time_passes(self, seconds):
        self.house.time.pass_(seconds)
        if self.lost_at is not None and not self.is_over and self.house.time.now >= self.lost_at + WINDOW:
            self.is_over = True
            assert self.ended == ["The connection recovery timeout expired."]

    # What always holds

    @invariant()
    def nothing_is_lost_or_out_of_order(self):
        assert sorted(self.got) == list(range(1, len(self.got) + 1)), "a gap"
        assert [self.got[number] for number in sorted(self.got)] == self.said[: len(self.got)]
        if self.line is not None and not self.is_over:
            assert len(self.got) == len(self.said), "an open line has brought everything"

    @invariant()
    def it_is_a_member_as_long_as_it_may_come_back(self):
        is_here = self.house.hub.find("c") is not None
        assert is_here or self.is_over
        assert len(self.recoveries) == (self.lost_at is not None and not self.is_over)


TestReliableSession = ReliableSession.TestCase
TestReliableSession.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
