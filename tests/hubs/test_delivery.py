"""What is said in a tick is written once to each receiver, in order, and the same bytes to all who hear the same."""

import gc
import weakref

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.hubs import immediate_delivery
from tests.hubs.outlets import connect, resume, stall
from tests.hubs.surroundings import AT, Ticks, make_hub

from linarite.domain import commands as do
from linarite.domain.messages import DataType, Message
from linarite.protocols.json_codec import JSON
from linarite.protocols.simple_codec import SIMPLE


def text(data: str, **more: object) -> Message:
    return Message(DataType.TEXT, data.encode(), **more)


def test_what_is_said_in_a_tick_is_written_once_when_it_ends(hub, ticks):
    client = connect(hub, "c", groups=["g"])
    for number in range(3):
        hub.execute(do.SendToGroup(AT, "g", text(str(number), group="g")))
    assert client.outlet.writes == []
    ticks.end()
    assert len(client.outlet.writes) == 1
    assert [frame["data"] for frame in client.outlet.told] == ["0", "1", "2"]


def test_one_callback_is_asked_for_in_a_tick(hub, ticks):
    connect(hub, "c", "u", groups=["g"])
    for message in map(text, "ab"):
        hub.execute(do.SendToAll(AT, message))
        hub.execute(do.SendToGroup(AT, "g", message))
        hub.execute(do.SendToUser(AT, "u", message))
        hub.execute(do.SendToConnection(AT, "c", message))
    assert len(ticks.callbacks) == 1


def test_several_audiences_are_written_in_one_piece_in_the_order_of_saying(hub, ticks):
    client = connect(hub, "c", "u", groups=["g", "h"])
    hub.execute(do.SendToGroup(AT, "h", text("1")))
    hub.execute(do.SendToConnection(AT, "c", text("2")))
    hub.execute(do.SendToGroup(AT, "g", text("3")))
    hub.execute(do.SendToAll(AT, text("4")))
    hub.execute(do.SendToUser(AT, "u", text("5")))
    hub.execute(do.SendToGroup(AT, "h", text("6")))
    ticks.end()
    assert len(client.outlet.writes) == 1
    assert [frame["data"] for frame in client.outlet.told] == list("123456")


@given(st.lists(st.sampled_from([JSON, SIMPLE]), min_size=1, max_size=6), st.integers(1, 4), st.integers(0, 2))
def test_those_who_hear_one_audience_share_the_very_same_bytes(codecs, message_count, others):
    ticks = Ticks()
    hub = make_hub(ticks)
    members = [connect(hub, f"m{number}", groups=["g"], codec=codec) for number, codec in enumerate(codecs)]
    for number in range(others):  # of a second group: also audience of this tick, heard by nobody else
        connect(hub, f"o{number}", groups=["other"])
        hub.execute(do.SendToGroup(AT, "other", text("x")))
    for number in range(message_count):
        hub.execute(do.SendToGroup(AT, "g", text(str(number))))
    ticks.end()
    first = {}
    for connection, outlet in members:
        [written] = outlet.writes
        assert first.setdefault(connection.codec, written) is written
        assert len(outlet.frames) == message_count


def test_those_who_hear_the_same_audiences_in_full_share_one_join(hub, ticks):
    clients = [connect(hub, f"c{number}", groups=["g"]) for number in range(3)]
    hub.execute(do.SendToGroup(AT, "g", text("1")))
    hub.execute(do.SendToAll(AT, text("2")))
    ticks.end()
    assert clients[0].outlet.writes[0] is clients[1].outlet.writes[0] is clients[2].outlet.writes[0]


def test_who_is_left_out_of_one_message_hears_the_others(hub, ticks):
    first, second = (connect(hub, name, groups=["g"]) for name in ("c1", "c2"))
    hub.execute(do.SendToGroup(AT, "g", text("1")))
    hub.execute(do.SendToGroup(AT, "g", text("2"), frozenset(["c1", "unknown"])))
    hub.execute(do.SendToGroup(AT, "g", text("3")))
    ticks.end()
    assert [frame["data"] for frame in first.outlet.told] == ["1", "3"]
    assert [frame["data"] for frame in second.outlet.told] == ["1", "2", "3"]


def test_who_hears_nothing_is_not_written_to(hub, ticks):
    alone = connect(hub, "c1", groups=["g"])
    outsider = connect(hub, "c2")
    hub.execute(do.SendToGroup(AT, "g", text("1"), frozenset(["c1"])))
    hub.execute(do.SendToGroup(AT, "g", text("2"), frozenset(["c1", "c2"])))
    ticks.end()
    assert alone.outlet.writes == outsider.outlet.writes == []


def test_frames_for_a_client_that_does_not_read_wait_one_by_one_with_the_end_of_their_life(hub, ticks):
    client = connect(hub, "c", groups=["g"])
    stall(hub, client)
    hub.execute(do.SendToGroup(AT, "g", text("1", expires_at=30.0)))
    hub.delivery.send_direct(client.connection, JSON.ack(1, None))
    hub.execute(do.SendToAll(AT, text("2")))
    hub.execute(do.SendToConnection(AT, "c", text("3", expires_at=7.5)))
    ticks.end()
    assert client.outlet.writes == []
    assert [expires_at for _, expires_at in client.outlet.held] == [30.0, None, None, 7.5]
    resume(hub, client)
    assert [frame.get("data") for frame in client.outlet.told] == ["1", None, "2", "3"]


def test_client_that_reads_is_not_made_to_wait_by_one_that_does_not(hub, ticks):
    slow, quick = connect(hub, "slow"), connect(hub, "quick")
    stall(hub, slow)
    hub.execute(do.SendToAll(AT, text("x", expires_at=1.0)))
    ticks.end()
    assert len(quick.outlet.frames) == 1
    assert quick.outlet.held == []


def test_settle_writes_at_once_and_the_rest_when_the_tick_ends(hub, ticks):
    client = connect(hub, "c")
    hub.execute(do.SendToAll(AT, text("1")))
    hub.delivery.settle()
    assert [frame["data"] for frame in client.outlet.told] == ["1"]
    hub.execute(do.SendToAll(AT, text("2")))
    ticks.end()
    assert [frame["data"] for frame in client.outlet.told] == ["1", "2"]
    hub.delivery.settle()
    ticks.end()
    assert len(client.outlet.writes) == 2


class Metadata(dict):
    """Metadata whose end can be seen."""


def test_message_is_not_kept_after_it_was_written(hub, ticks):
    """Receivers held on to the messages of a tick with several audiences until they heard something else."""
    clients = [connect(hub, f"c{number}", f"u{number}", codec=SIMPLE) for number in range(3)]
    metadata = Metadata(k="v")
    gone = weakref.ref(metadata)
    for number in range(3):
        hub.execute(do.SendToUser(AT, f"u{number}", text("x", metadata=metadata)))
    del metadata
    ticks.end()
    gc.collect()
    assert all(client.outlet.frames for client in clients)
    assert gone() is None


steps = st.lists(st.one_of(list(immediate_delivery.STEPS)), min_size=5, max_size=40)


# Each is quick, and what may go wrong takes a certain order of several steps.
@settings(max_examples=max(1000, settings.default.max_examples))
@given(steps)
def test_every_connection_receives_what_it_would_without_batches(steps):
    """Nothing lost, doubled, out of order or delivered to the wrong one, whatever happens within a tick."""
    both = immediate_delivery.Both()
    for name, *arguments in steps:
        getattr(both, name)(*arguments)
        both.check_so_far()
    both.end_tick()
