"""Cases of the client protocols: what each costs beside plain JSON, streams, and what reliability takes.

No peer has these protocols. The measure is Linarite's own JSON protocol instead, under the same load, on the same
process, in turn round by round.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial

from bench.cases import EVENT_CLIENTS, FRAMES_PER_SECOND, KIBIBYTES, PACES, SECONDS, TIMES, Case, Pace
from bench.client_protocols import JSON, PROTOBUF, RELIABLE_JSON, RELIABLE_PROTOBUF, ClientProtocol
from bench.dialects import GROUP, LinariteLoads
from bench.generator import Line
from bench.measuring import Bench, Sample, Samples, values
from bench.servers import LINARITE, Linarite, Running
from bench.table import Row, Unit

__all__ = ["CASES"]

MESSAGES_PER_SECOND = Unit("messages/s", decimals=0)
FRAGMENTS_PER_SECOND = Unit("fragments/s", decimals=0)

# What reliability may cost, as CPU for each delivered frame.
RELIABLE_COST = 1.5
# "Not slower" within what the same load differs by from one run to the next.
NOT_SLOWER = 1.05
# A client that acknowledges once a second may get 1,000 messages a second before what is kept for it is too much, and
# here it gets many more.
KEEP_MANY = ("--recovery-limit-messages", "1000000")
# At how many different sequence ids receivers stand, beside the case where all have heard the same.
FEW_IDS = 10
# Names of groups g1000 and so on have one length, so that protobuf's do.
OWN_GROUP, OWN_GROUP_BYTES, OWN_GROUP_OFFSET = "g{i}", 5, 1000
RECOVERY_SECONDS = 3
MISSED_MESSAGES = 10
RELIABLE_KIBIBYTES = 14
# Fragments under way: the one, and enough for 10 and 100 a tick (see PACES).
STREAM_WINDOWS: Mapping[int, int] = {1: 1, 10: 20, 100: 200}

Steps = Mapping[str, Sequence[str]]


def reliable_fan_out(pace: Pace, name: str, bench: Bench) -> Iterator[Row]:
    """Frames delivered by the reliable protocols; also when receivers joined at different times.

    Those who have heard the same stand at one sequence id and share a tick's frames, others do not.
    """
    different = {f"{ids}-ids": ids for ids in (FEW_IDS, bench.scale.receivers)}
    with _keeping_many() as running:
        loads = _loads(bench, running)
        steps = {
            protocol.name: _published(pace, protocol, loads, bench)
            for protocol in (JSON, RELIABLE_JSON, RELIABLE_PROTOBUF)
        }
        for step, ids in different.items():
            lots = (*RELIABLE_JSON.speaking(GROUP), "-s", str(ids))
            steps[step] = (*_published(pace, RELIABLE_JSON, loads, bench), *lots)
        samples = _in_turn(name, bench, running, steps)
    yield from _rows(name, FRAMES_PER_SECOND, samples, "msg_per_s")
    yield _ratio(name, samples, RELIABLE_JSON.name, RELIABLE_COST)
    yield _ratio(name, samples, RELIABLE_PROTOBUF.name, RELIABLE_COST)
    for step in different:
        yield _ratio(name, samples, step, None)


def protobuf_fan_out(pace: Pace, name: str, bench: Bench) -> Iterator[Row]:
    """Frames delivered when the members of a group speak protobuf, and when they speak JSON."""
    with bench.linarite.run() as running:
        loads = _loads(bench, running)
        steps = {protocol.name: _published(pace, protocol, loads, bench) for protocol in (JSON, PROTOBUF)}
        samples = _in_turn(name, bench, running, steps)
    yield from _rows(name, FRAMES_PER_SECOND, samples, "msg_per_s")
    yield _ratio(name, samples, PROTOBUF.name, NOT_SLOWER)


def publishing(name: str, bench: Bench) -> Iterator[Row]:
    """Messages that clients publish, each to a group of its own, so that reading them is most of the work."""
    protocols = (JSON, RELIABLE_JSON, PROTOBUF, RELIABLE_PROTOBUF)
    with _keeping_many() as running:
        loads = _loads(bench, running)
        steps = {protocol.name: _published_alone(protocol, loads, bench) for protocol in protocols}
        samples = _in_turn(name, bench, running, steps)
    yield from _rows(name, MESSAGES_PER_SECOND, samples, "msg_per_s")
    yield _ratio(name, samples, PROTOBUF.name, NOT_SLOWER)


def streams(name: str, bench: Bench) -> Iterator[Row]:
    """Fragments a second that one publisher gets through to the subscribers, who hear each of them."""
    with _keeping_many() as running:
        loads = _loads(bench, running)
        steps = {
            f"{protocol.name}-{frames}": _streamed(window, protocol, loads, bench)
            for protocol in (JSON, RELIABLE_JSON)
            for frames, window in STREAM_WINDOWS.items()
        }
        samples = _in_turn(name, bench, running, steps)
    yield from _rows(name, FRAGMENTS_PER_SECOND, samples, "sent_per_s")


def recovery(name: str, bench: Bench) -> Iterator[Row]:
    """The time from the moment at which all clients are cut until the last is back and has what it missed."""
    clients = str(bench.scale.recoveries)
    with bench.linarite.run() as running:
        loads = _loads(bench, running)
        opening = (*loads.member(), *RELIABLE_JSON.opening(), "-n", clients, "-C", "256")
        missed = (*loads.send_to_group(GROUP), "-q", str(MISSED_MESSAGES), "-e", clients, "-t", "0")
        samples = _in_turn(name, bench, running, {"all": (*opening, *missed)})["all"]
    yield Row(f"{name}-connected", SECONDS, None, values(samples, "reconnected_s"))
    cost = values(samples, "server_us_per_recovery")
    yield Row(name, SECONDS, RECOVERY_SECONDS, values(samples, "recovered_s"), cost)


def idle_memory_reliable(name: str, bench: Bench) -> Iterator[Row]:
    """Resident memory that one connected, silent reliable client costs."""
    scale = bench.scale
    with bench.linarite.run() as running:
        opening = ("-n", str(scale.idle_connections), "-C", "256", "-i", str(scale.idle_seconds), "-t", "0")
        options = (*_loads(bench, running).member(None), *RELIABLE_JSON.opening(), *opening)
        line = bench.run_load(name, 0, running, options)
    yield Row(name, KIBIBYTES, RELIABLE_KIBIBYTES, values({LINARITE: Sample((line,))}, "rss_per_conn"))


def _keeping_many() -> AbstractContextManager[Running]:
    return Linarite(*KEEP_MANY).run()


def _loads(bench: Bench, running: Running) -> LinariteLoads:
    return bench.linarite.loads(running.port)


def _published(pace: Pace, protocol: ClientProtocol, loads: LinariteLoads, bench: Bench) -> tuple[str, ...]:
    """Return the options of members who publish to their one group, so many frames a tick."""
    receivers = str(bench.scale.receivers)
    client = (*loads.member(), *protocol.opening(), *protocol.publishing(GROUP, len(GROUP)))
    sending = ("-k", str(pace.publishers), "-x", str(pace.window))
    return (*client, *sending, "-n", receivers, "-C", "256", "-e", receivers, *bench.scale.window())


def _published_alone(protocol: ClientProtocol, loads: LinariteLoads, bench: Bench) -> tuple[str, ...]:
    clients = str(EVENT_CLIENTS)
    client = (*loads.member(None), *protocol.opening(), "-o", str(OWN_GROUP_OFFSET))
    frames = (*protocol.joining(OWN_GROUP, OWN_GROUP_BYTES), *protocol.publishing(OWN_GROUP, OWN_GROUP_BYTES))
    return (*client, *frames, "-n", clients, "-k", clients, "-x", "1", "-e", "1", *bench.scale.window())


def _streamed(window: int, protocol: ClientProtocol, loads: LinariteLoads, bench: Bench) -> tuple[str, ...]:
    # The publisher is a member, too, and hears by itself how far its stream has come.
    members = str(bench.scale.subscribers + 1)
    client = (*loads.member(), *protocol.opening(), *protocol.streaming(GROUP))
    return (*client, "-k", "1", "-x", str(window), "-n", members, "-C", "256", "-e", members, *bench.scale.window())


def _in_turn(name: str, bench: Bench, running: Running, steps: Steps) -> Mapping[str, Samples]:
    """Load one server with each step in turn, round by round."""
    lines: dict[str, list[Line]] = {step: [] for step in steps}
    for number in range(bench.scale.rounds):
        for step, options in steps.items():
            lines[step].append(bench.run_load(f"{name}-{step}", number, running, options))
    return {step: {LINARITE: Sample(tuple(of_step))} for step, of_step in lines.items()}


def _rows(name: str, unit: Unit, steps: Mapping[str, Samples], figure: str) -> Iterator[Row]:
    for step, samples in steps.items():
        cost, cores = values(samples, "server_us_per_msg"), values(samples, "server_cpu")
        yield Row(f"{name}-{step}", unit, None, values(samples, figure), cost, cores)


def _ratio(name: str, steps: Mapping[str, Samples], step: str, target: float | None) -> Row:
    """Compare a step's CPU for each frame with that of plain JSON."""
    measure, cost = (values(steps[which], "server_us_per_msg").get(LINARITE, 0.0) for which in (JSON.name, step))
    return Row(f"{name}-{step}-cost", TIMES, target, {LINARITE: cost / measure} if measure else {})


def _for_each_pace() -> Iterator[tuple[str, Case]]:
    for kind, case in (("reliable", reliable_fan_out), ("protobuf", protobuf_fan_out)):
        for pace in PACES:
            yield f"{kind}-{pace.frames}", partial(case, pace)


# By the name that --only takes, in the order in which they run.
CASES: Mapping[str, Case] = {
    **dict(_for_each_pace()),
    "publish": publishing,
    "streams": streams,
    "recovery": recovery,
    "idle-memory-reliable": idle_memory_reliable,
}
