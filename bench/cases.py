"""The cases: each loads Linarite and its peers alike and returns rows for the table.

The targets are the project's own, for one process on one core; docs/performance.md explains the loads.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench.dialects import Dialect
from bench.generator import Line
from bench.measuring import Bench, Load, Sample, Samples, values
from bench.scrapes import scrape_seconds
from bench.servers import LINARITE, Running, Server
from bench.table import Row, Unit

Case = Callable[[str, Bench], Iterator[Row]]

FRAMES_PER_SECOND = Unit("frames/s", decimals=0)
CONNECTS_PER_SECOND = Unit("connects/s", decimals=0)
ECHOES_PER_SECOND = Unit("echoes/s", decimals=0)
SENDS_PER_SECOND = Unit("sends/s", decimals=0)
MILLISECONDS = Unit("p99 ms", decimals=2, less_is_better=True)
MICROSECONDS = Unit("CPU us", decimals=3, less_is_better=True)
KIBIBYTES = Unit("KiB", decimals=1, less_is_better=True, scale=1 / 1024)
SECONDS = Unit("s", decimals=3, less_is_better=True)
TIMES = Unit("times", decimals=2, less_is_better=True)


@dataclass(frozen=True, slots=True)
class Pace:
    """How many POSTs or client frames are kept under way so that so many are ready in one tick."""

    frames: int
    posters: int
    publishers: int
    window: int
    frames_per_second: float


# Twice as many as a tick shall have: one lot is being written while the other is on its way. With a single poster the
# server would idle while the generator still reads; docs/performance.md tells more.
PACES = (
    Pace(frames=1, posters=4, publishers=1, window=1, frames_per_second=180_000),
    Pace(frames=10, posters=20, publishers=20, window=1, frames_per_second=1_500_000),
    Pace(frames=100, posters=200, publishers=20, window=10, frames_per_second=3_000_000),
)
# The receivers that the targets speak of.
TARGET_RECEIVERS = 1000
LATENCY_LIMIT_MS = 20
# Senders of a paced load: enough POST connections that one is free whenever a message is due.
PACED_POSTERS = 32
PACED_PUBLISHERS = 10
# The limit sends what one turn of its loop brought, as Linarite does: a fixed number it would wait for.
ONE_TURN = 0
# Clients that raise events, one under way each.
EVENT_CLIENTS = 64
ECHO_RATE = 8000
ECHO_LIMIT_MS = 50
# What event handlers may cost clients that do not use them.
HANDLER_COST = 1.03
SCRAPES = 200
SCRAPE_LIMIT_MS = 20


def fan_out_rest(pace: Pace, name: str, bench: Bench) -> Iterator[Row]:
    """Frames delivered a second when an application server publishes."""
    yield _saturated(pace, name, bench, _rest_load(bench, "-U", str(pace.posters)))


def fan_out_client(pace: Pace, name: str, bench: Bench) -> Iterator[Row]:
    """Frames delivered a second when members of the group publish."""
    yield _saturated(pace, name, bench, _client_load(bench, "-k", str(pace.publishers), "-x", str(pace.window)))


def latency_rest(pace: Pace, name: str, bench: Bench) -> Iterator[Row]:
    """The delay that 99 of 100 frames keep at half the target rate, published by REST."""
    yield _paced(pace, name, bench, _rest_load(bench, "-U", str(PACED_POSTERS), "-r", _half_rate(pace)))


def latency_client(pace: Pace, name: str, bench: Bench) -> Iterator[Row]:
    """The delay that 99 of 100 frames keep at half the target rate, published by clients."""
    yield _paced(pace, name, bench, _client_load(bench, "-k", str(PACED_PUBLISHERS), "-r", _half_rate(pace)))


def _saturated(pace: Pace, name: str, bench: Bench, load: Load) -> Row:
    # Servers that write each frame alone are no faster with ten under way than with one.
    samples = bench.measure(name, bench.servers(frames_per_send=pace.frames, peers=pace.frames == 1), load)
    return _row(name, FRAMES_PER_SECOND, pace.frames_per_second, samples, "msg_per_s")


def _paced(pace: Pace, name: str, bench: Bench, load: Load) -> Row:
    frames_per_send = 1 if pace.frames == 1 else ONE_TURN
    samples = bench.measure(name, bench.servers(frames_per_send=frames_per_send, peers=pace.frames == 1), load)
    return _row(name, MILLISECONDS, LATENCY_LIMIT_MS, samples, "p99_ms")


def _rest_load(bench: Bench, *sending: str) -> Load:
    return lambda dialect: (*dialect.publish_by_rest, *sending, *_heard_by_all(bench.scale.receivers, bench))


def _client_load(bench: Bench, *sending: str, receivers: int | None = None) -> Load:
    everybody = _heard_by_all(receivers or bench.scale.receivers, bench)

    def load(dialect: Dialect) -> Sequence[str] | None:
        return dialect.publish_by_client and (*dialect.publish_by_client, *sending, *everybody)

    return load


def _heard_by_all(receivers: int, bench: Bench) -> tuple[str, ...]:
    return ("-n", str(receivers), "-C", "256", "-e", str(receivers), *_window(bench))


def _window(bench: Bench) -> tuple[str, ...]:
    return ("-w", str(min(1.0, bench.scale.seconds)), "-t", str(bench.scale.seconds))


def _half_rate(pace: Pace) -> str:
    return str(pace.frames_per_second / TARGET_RECEIVERS / 2)


def _row(name: str, unit: Unit, target: float | None, samples: Samples, figure: str) -> Row:
    cost, cores = values(samples, "server_us_per_msg"), values(samples, "server_cpu")
    return Row(name, unit, target, values(samples, figure), cost, cores)


def idle_memory(name: str, bench: Bench) -> Iterator[Row]:
    """Resident memory that one connected, silent client costs."""
    scale = bench.scale
    opening = ("-n", str(scale.idle_connections), "-C", "256", "-i", str(scale.idle_seconds), "-t", "0")
    samples = bench.measure(name, bench.servers(), lambda dialect: (*dialect.connect, *opening), rounds=1)
    yield Row(name, KIBIBYTES, 12, values(samples, "rss_per_conn"))


def connects(name: str, bench: Bench) -> Iterator[Row]:
    """WebSockets opened a second, each with a token."""
    opening = ("-n", str(bench.scale.connects), "-C", "64", "-i", "0", "-t", "0")
    samples = bench.measure(name, bench.servers(), lambda dialect: (*dialect.connect, *opening))
    cost = values(samples, "server_us_per_connect")
    yield Row(name, CONNECTS_PER_SECOND, 3000, values(samples, "connect_per_s"), cost)


def rest_to_one(name: str, bench: Bench) -> Iterator[Row]:
    """REST sends a second, over kept-alive connections, to the one connection of a user."""
    sending = ("-n", "1", "-U", "8", "-e", "1", *_window(bench))
    samples = bench.measure(name, bench.servers(), lambda dialect: (*dialect.send_to_one, *sending))
    yield _row(name, SENDS_PER_SECOND, 12_000, samples, "msg_per_s")


def frame_cost(name: str, bench: Bench) -> Iterator[Row]:
    """The server's CPU for one delivered frame with few, with many and with very many receivers."""
    costs = []
    for receivers in bench.scale.receiver_steps:
        step = f"{name}-{receivers}"
        load = _client_load(bench, "-k", "1", "-x", "1", receivers=receivers)
        samples = bench.measure(step, bench.servers(peers=False), load)
        costs.append(values(samples, "server_us_per_msg"))
        yield _row(step, MICROSECONDS, None, samples, "server_us_per_msg")
    yield Row(f"{name}-spread", TIMES, 1.1, _spread(costs))


def _spread(costs: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Return each server's dearest figure divided by its cheapest."""
    return {
        server: max(cost[server] for cost in costs) / cheapest
        for server in costs[0]
        if (cheapest := min(cost[server] for cost in costs)) > 0
    }


def groups_cost(name: str, bench: Bench) -> Iterator[Row]:
    """The server's CPU for one REST send to a group of one, with few and with very many groups in the hub.

    Both servers hold the same number of connections: here in one group, there each in a group of its own.
    """
    few, many = bench.scale.group_steps
    silent = many - few
    costs = []
    with _holding(bench, "crowd", silent) as one_crowd, _holding(bench, "g{i}", silent) as many_groups:
        steps = {f"{name}-{few}": one_crowd, f"{name}-{many}": many_groups}
        lines: dict[str, list[Line]] = {step: [] for step in steps}
        for number in range(bench.scale.rounds):
            for step, running in steps.items():
                load = _to_one_group(bench, running, few, silent)
                lines[step].append(bench.run_load(step, number, running, load))
    for step, of_step in lines.items():
        samples = {LINARITE: Sample(tuple(of_step))}
        costs.append(values(samples, "server_us_per_msg"))
        yield _row(step, MICROSECONDS, None, samples, "server_us_per_msg")
    yield Row(f"{name}-spread", TIMES, 1.1, _spread(costs))


@contextmanager
def _holding(bench: Bench, group: str, silent: int) -> Iterator[Running]:
    """Run Linarite with so many silent connections, each joined to the group."""
    with bench.linarite.run() as running:
        joining = bench.linarite.loads(running.port).join(group)
        opening = ("-p", str(running.port), *joining, "-n", str(silent), "-C", "256")
        with bench.generator.holding(opening) as line:
            bench.write_down(f"join {group}", LINARITE, 0, line)
            yield running


def _to_one_group(bench: Bench, running: Running, few: int, silent: int) -> Sequence[str]:
    """Join a group with each of a few connections, and send to the first one's."""
    loads = bench.linarite.loads(running.port)
    joining = (*loads.join("g{i}"), "-n", str(few), "-o", str(silent))
    return (*joining, *loads.send_to_group(f"g{silent}"), "-U", "8", "-e", "1", *_window(bench))


def webhook_echo(name: str, bench: Bench) -> Iterator[Row]:
    """Events that clients get back from an application server on the generator's core, as fast as they come."""
    samples = _echoes(name, bench, "-x", "1")
    yield _row(name, ECHOES_PER_SECOND, ECHO_RATE, samples, "msg_per_s")


def webhook_latency(name: str, bench: Bench) -> Iterator[Row]:
    """The delay that 99 of 100 echoes keep at half the target rate."""
    samples = _echoes(name, bench, "-r", str(ECHO_RATE / 2))
    yield _row(name, MILLISECONDS, ECHO_LIMIT_MS, samples, "p99_ms")


def _echoes(name: str, bench: Bench, *sending: str) -> Samples:
    with bench.limit(1).answering_events() as url, bench.linarite.run_with_handler(url) as running:
        clients = ("-n", str(EVENT_CLIENTS), "-k", str(EVENT_CLIENTS), "-e", "1")
        load = (*bench.linarite.loads(running.port).raise_events(), *clients, *sending, *_window(bench))
        lines = [bench.run_load(name, number, running, load) for number in range(bench.scale.rounds)]
    return {LINARITE: Sample(tuple(lines))}


def handler_cost(name: str, bench: Bench) -> Iterator[Row]:
    """The server's CPU for a frame that a group hears, in a hub without and in one with event handlers."""
    steps: dict[str, Running] = {}
    lines: dict[str, list[Line]] = {}
    with ExitStack() as stack:
        url = stack.enter_context(bench.limit(1).answering_events())
        steps[f"{name}-without"] = stack.enter_context(bench.linarite.run())
        steps[f"{name}-with"] = stack.enter_context(bench.linarite.run_with_handler(url))
        load = _rest_load(bench, "-U", str(PACES[0].posters))
        for number in range(bench.scale.rounds):
            for step, running in steps.items():
                lines.setdefault(step, []).append(bench.run_load(step, number, running, load(running.dialect) or ()))
    costs = []
    for step, of_step in lines.items():
        samples = {LINARITE: Sample(tuple(of_step))}
        costs.append(values(samples, "server_us_per_msg"))
        yield _row(step, MICROSECONDS, None, samples, "server_us_per_msg")
    without, with_handlers = (cost.get(LINARITE, 0.0) for cost in costs)
    yield Row(f"{name}-ratio", TIMES, HANDLER_COST, {LINARITE: with_handlers / without} if without else {})


def start_to_ready(name: str, bench: Bench) -> Iterator[Row]:
    """The time from the start of the process to its first accepted WebSocket."""
    seconds: dict[str, float] = {}
    for server in bench.servers():
        bench.tell(f"{name}: {server.name}")
        with TemporaryDirectory(prefix="bench-") as folder:
            times = [_start_once(server, Path(folder)) for _ in range(bench.scale.starts + 1)]
        # The first start makes what later ones find: data folder, development authority, compiled modules.
        for number, time in enumerate(times):
            bench.write_down(name, server.name, number, Line({"ready_s": time}))
        seconds[server.name] = median(times[1:])
    yield Row(name, SECONDS, 0.5, seconds)


def _start_once(server: Server, folder: Path) -> float:
    with server.run(folder) as running:
        return running.ready_seconds


def metrics_scrape(name: str, bench: Bench) -> Iterator[Row]:
    """The time that 99 of 100 scrapes of `/metrics` keep while many silent clients are connected."""
    bench.tell(name)
    with TemporaryDirectory(prefix="bench-") as folder, bench.linarite.run(Path(folder)) as running:
        opening = (
            "-p",
            str(running.port),
            *running.dialect.connect,
            "-n",
            str(bench.scale.idle_connections),
            "-C",
            "256",
        )
        with bench.generator.holding(opening) as line:
            bench.write_down(name, LINARITE, 0, line)
            seconds = sorted(scrape_seconds(running.port, Path(folder) / "data", SCRAPES))
    yield Row(name, MILLISECONDS, SCRAPE_LIMIT_MS, {LINARITE: 1000 * seconds[len(seconds) * 99 // 100]})


def _for_each_pace() -> Iterator[tuple[str, Case]]:
    for kind, case in (
        ("fan-out-rest", fan_out_rest),
        ("fan-out-client", fan_out_client),
        ("latency-rest", latency_rest),
        ("latency-client", latency_client),
    ):
        for pace in PACES:
            yield f"{kind}-{pace.frames}", partial(case, pace)


# By the name that --only takes, in the order in which they run.
CASES: Mapping[str, Case] = {
    **dict(_for_each_pace()),
    "idle-memory": idle_memory,
    "connects": connects,
    "rest-to-one": rest_to_one,
    "frame-cost": frame_cost,
    "groups-cost": groups_cost,
    "webhook-echo": webhook_echo,
    "webhook-latency": webhook_latency,
    "handler-cost": handler_cost,
    "metrics-scrape": metrics_scrape,
    "start": start_to_ready,
}
