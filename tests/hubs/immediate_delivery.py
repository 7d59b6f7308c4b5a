"""A hub beside a model of it that notes at once who is to receive what, and steps that are done to both."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from hypothesis import strategies as st
from tests.hubs.outlets import Client, connect, resume, stall
from tests.hubs.surroundings import AT, Ticks, make_hub
from tests.protocols.frames import split_frames

from linarite.domain import commands as do
from linarite.domain.filters import compile_filter
from linarite.domain.messages import DataType, Message
from linarite.protocols.codec import Codec
from linarite.protocols.framing import frame
from linarite.protocols.json_codec import JSON, RELIABLE_JSON
from linarite.protocols.protobuf_codec import RELIABLE_PROTOBUF
from linarite.protocols.simple_codec import SIMPLE

ONLY_U1 = compile_filter("userId eq 'u1'")
# Who is there at the start.
FIRST = [
    ("c1", "u1", JSON, {"g1"}),
    ("c2", "u1", SIMPLE, {"g1", "g2"}),
    ("c3", "u2", JSON, {"g1"}),
    ("c4", None, JSON, set()),
    ("c5", None, SIMPLE, {"g2"}),
    ("c6", "u1", RELIABLE_JSON, {"g1", "g2"}),
    ("c7", "u2", RELIABLE_JSON, {"g1"}),
]

_names = st.sampled_from([name for name, *_ in FIRST])
_users = st.sampled_from(["u1", "u2"])
_groups = st.sampled_from(["g1", "g2", "g3"])
_excluded = st.just(frozenset()) | st.frozensets(_names | st.just("unknown"), max_size=2)
_filters = st.sampled_from([None, ONLY_U1])
_codecs = st.sampled_from([JSON, SIMPLE, RELIABLE_JSON, RELIABLE_PROTOBUF])

# Each step is the name of a method of `Both` and its arguments.
STEPS = (
    st.tuples(st.just("send_to_group"), _groups, _excluded, _filters),
    st.tuples(st.just("send_to_all"), _excluded, _filters),
    st.tuples(st.just("send_to_user"), _users),
    st.tuples(st.just("send_to_connection"), _names),
    st.tuples(st.just("acknowledge"), _names),
    st.tuples(st.just("confirm"), _names, st.integers(0, 3)),
    st.tuples(st.just("join"), _names, _groups),
    st.tuples(st.just("leave"), _names, _groups),
    st.tuples(st.just("leave_all"), _names),
    st.tuples(st.just("leave_and_join"), _users, _groups),
    st.tuples(st.just("change_many"), st.lists(_groups, max_size=2), _filters, st.booleans()),
    st.tuples(st.just("attach"), _names, st.none() | _users, _codecs, st.frozensets(_groups, max_size=2)),
    st.tuples(st.just("lose"), _names),
    st.tuples(st.just("close_user"), _users, _excluded),
    st.tuples(st.just("close_group"), _groups, _excluded),
    st.tuples(st.just("stop_reading"), _names),
    st.tuples(st.just("stop_reading_at_next_write"), _names),
    st.tuples(st.just("read_again"), _names),
    st.tuples(st.just("settle")),
    st.tuples(st.just("end_tick")),
)


class Listener:
    """A connection, and what it is to receive."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.name = client.connection.connection_id
        self.user_id = client.connection.user_id
        self.groups: set[str] = set()
        self.said: list[bytes] = []
        self.count = 0

    def is_told(self, message: Message) -> None:
        codec = self.client.connection.codec
        self.count += 1
        self.said.append(codec.number(codec.encode(message), self.count))

    @property
    def received(self) -> list[bytes]:
        """Every frame that was written, then those that wait for the client to read."""
        outlet = self.client.outlet
        return [frame(*one) for one in split_frames(b"".join(outlet.writes))] + [held for held, _ in outlet.held]


class Both:
    """Does each step to the hub and to the model."""

    def __init__(self) -> None:
        self.ticks = Ticks()
        self.hub = make_hub(self.ticks)
        self.here: dict[str, Listener] = {}
        self.count = 0
        self.acks: set[bytes] = set()
        for name, user_id, codec, groups in FIRST:
            self.attach(name, user_id, codec, groups)

    def check_so_far(self) -> None:
        """Nothing may come that was not said, nor before what was said earlier."""
        for listener in self.here.values():
            received = listener.received
            assert received == listener.said[: len(received)]

    def check_all(self) -> None:
        for listener in self.here.values():
            assert listener.received == listener.said
            queue = listener.client.connection.recovery
            if queue is not None:
                kept = [kept for kept, _ in queue.unacknowledged(0)]
                messages = [said for said in listener.said if said not in self.acks]
                assert kept == messages[len(messages) - len(queue) :]
                assert queue.next_id == listener.count + 1

    def _named(self, name: str) -> list[Listener]:
        return [self.here[name]] if name in self.here else []

    def _of_user(self, user_id: str) -> list[Listener]:
        return [listener for listener in self.here.values() if listener.user_id == user_id]

    def _members(self, group: str) -> list[Listener]:
        return [listener for listener in self.here.values() if group in listener.groups]

    # Saying

    def _say(self, listeners: Iterable[Listener], left_out: Collection[str], wanted: object) -> Message:
        self.count += 1
        message = Message(DataType.TEXT, str(self.count).encode())
        for listener in listeners:
            if listener.name not in left_out and (wanted is None or listener.user_id == "u1"):
                listener.is_told(message)
        return message

    def send_to_group(self, group: str, left_out: frozenset[str], wanted: object) -> None:
        message = self._say(self._members(group), left_out, wanted)
        self.hub.execute(do.SendToGroup(AT, group, message, left_out, wanted))

    def send_to_all(self, left_out: frozenset[str], wanted: object) -> None:
        message = self._say(self.here.values(), left_out, wanted)
        self.hub.execute(do.SendToAll(AT, message, left_out, wanted))

    def send_to_user(self, user_id: str) -> None:
        self.hub.execute(do.SendToUser(AT, user_id, self._say(self._of_user(user_id), (), None)))

    def send_to_connection(self, name: str) -> None:
        self.hub.execute(do.SendToConnection(AT, name, self._say(self._named(name), (), None)))

    def acknowledge(self, name: str) -> None:
        self.count += 1
        ack = JSON.ack(self.count, None)
        self.acks.add(ack)
        for listener in self._named(name):
            listener.said.append(ack)
            self.hub.delivery.send_direct(listener.client.connection, ack)

    def confirm(self, name: str, back: int) -> None:
        """The client has got its messages, but for the last ones."""
        for listener in self._named(name):
            queue = listener.client.connection.recovery
            if queue is not None:
                before, sequence_id = queue.next_id - 1 - len(queue), max(0, queue.next_id - 1 - back)
                queue.acknowledge(sequence_id)
                assert len(queue) == queue.next_id - 1 - max(before, sequence_id)

    # Membership

    def join(self, name: str, group: str) -> None:
        added = self.hub.answer(do.AddConnectionToGroup(AT, name, group))
        assert added is (do.Added.DONE if name in self.here else do.Added.NOBODY)
        for listener in self._named(name):
            listener.groups.add(group)

    def leave(self, name: str, group: str) -> None:
        self.hub.execute(do.RemoveConnectionFromGroup(AT, name, group))
        for listener in self._named(name):
            listener.groups.discard(group)

    def leave_all(self, name: str) -> None:
        self.hub.execute(do.RemoveConnectionFromAllGroups(AT, name))
        for listener in self._named(name):
            listener.groups.clear()

    def leave_and_join(self, user_id: str, group: str) -> None:
        """The group may end with its last member and begin anew within a tick."""
        self.hub.execute(do.RemoveUserFromGroup(AT, user_id, group))
        self.hub.answer(do.AddUserToGroup(AT, user_id, group))
        for listener in self._of_user(user_id):
            listener.groups.add(group)

    def change_many(self, groups: list[str], wanted: object, is_join: bool) -> None:
        command = do.AddConnectionsToGroups if is_join else do.RemoveConnectionsFromGroups
        self.hub.execute(command(AT, groups, wanted))
        for listener in self.here.values():
            if wanted is None or listener.user_id == "u1":
                (listener.groups.update if is_join else listener.groups.difference_update)(groups)

    # Coming and going

    def attach(self, name: str, user_id: str | None, codec: Codec, groups: Collection[str]) -> None:
        if name not in self.here:
            listener = self.here[name] = Listener(connect(self.hub, name, user_id, groups, codec=codec))
            listener.groups.update(groups)

    def lose(self, name: str) -> None:
        """The socket is gone: what was not written yet is lost, and nothing more may be."""
        for listener in self._named(name):
            connection = self.here.pop(name).client.connection
            connection.write = lambda _: None  # as the socket itself does
            connection.is_stalled = False
            self.hub.detach(connection)
            assert listener.client.connection not in self.hub.delivery.stalled

    def close_user(self, user_id: str, left_out: frozenset[str]) -> None:
        self.hub.execute(do.CloseUser(AT, user_id, left_out, "R"))
        self._expect_closed(self._of_user(user_id), left_out)

    def close_group(self, group: str, left_out: frozenset[str]) -> None:
        self.hub.execute(do.CloseGroup(AT, group, left_out, "R"))
        self._expect_closed(self._members(group), left_out)

    def _expect_closed(self, listeners: list[Listener], left_out: frozenset[str]) -> None:
        for listener in listeners:
            if listener.name not in left_out:
                told = listener.client.connection.codec.disconnected(
                    "Application server closed the connection. Reason: R"
                )
                assert listener.received == [*listener.said, *([told] if told else [])]
                assert listener.client.outlet.closed == (1000, "")
                del self.here[listener.name]

    # Time

    def stop_reading(self, name: str) -> None:
        for listener in self._named(name):
            stall(self.hub, listener.client)

    def stop_reading_at_next_write(self, name: str) -> None:
        """A transport tells of its full buffer from within a write."""
        for listener in self._named(name):
            connection, outlet = listener.client

            def write(frames: bytes, client: Client = listener.client) -> None:
                client.connection.write = client.outlet.write
                client.outlet.write(frames)
                stall(self.hub, client)

            connection.write = outlet.write if connection.is_stalled else write

    def read_again(self, name: str) -> None:
        for listener in self._named(name):
            resume(self.hub, listener.client)

    def settle(self) -> None:
        self.hub.delivery.settle()
        self.check_all()

    def end_tick(self) -> None:
        self.ticks.end()
        self.check_all()
