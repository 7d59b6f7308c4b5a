"""What resource logs cost: message throughput with connectivity and messaging logs on, beside that with them off."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

from bench.cases import FRAMES_PER_SECOND, PACES, SENDS_PER_SECOND, Case
from bench.dialects import Dialect
from bench.generator import Line
from bench.measuring import Bench, Sample, values
from bench.servers import LINARITE, Linarite, Running, ServerError
from bench.table import Row, Unit

__all__ = ["CASES", "Burdened", "compare"]

SHARE = Unit("share", decimals=2)
# Throughput with logs, as a share of that without.
WANTED_SHARE = 0.85
_LOGS = "[{category:ConnectivityLogs,enabled:true},{category:MessagingLogs,enabled:true}]"

Load = Callable[[Dialect], Sequence[str]]
Burdened = Callable[[Linarite], AbstractContextManager[Running]]
"""Runs a server that has more to do beside its load."""


def fan_out(name: str, bench: Bench) -> Iterator[Row]:
    """Frames delivered a second when members of a group publish: one entry when a message comes, one when it goes."""
    receivers = str(bench.scale.receivers)
    publishing = ("-k", str(PACES[0].publishers), "-x", str(PACES[0].window))
    heard = ("-n", receivers, "-C", "256", "-e", receivers, *_window(bench))
    yield from _cost(name, bench, FRAMES_PER_SECOND, lambda dialect: (*dialect.publish_by_client, *publishing, *heard))


def rest_to_one(name: str, bench: Bench) -> Iterator[Row]:
    """REST sends a second to one connection: two entries a send, the most that a message has."""
    sending = ("-n", "1", "-U", "8", "-e", "1", *_window(bench))
    yield from _cost(name, bench, SENDS_PER_SECOND, lambda dialect: (*dialect.send_to_one, *sending))


def _cost(name: str, bench: Bench, unit: Unit, load: Load) -> Iterator[Row]:
    return compare(name, bench, unit, load, _with_logs, WANTED_SHARE)


def _window(bench: Bench) -> tuple[str, ...]:
    return ("-w", str(min(1.0, bench.scale.seconds)), "-t", str(bench.scale.seconds))


def compare(name: str, bench: Bench, unit: Unit, load: Load, burdened: Burdened, wanted_share: float) -> Iterator[Row]:
    """Load a server without a burden and one with it in turn, round by round."""
    lines: dict[str, list[Line]] = {}
    with ExitStack() as stack:
        steps = {
            f"{name}-without": stack.enter_context(bench.linarite.run()),
            f"{name}-with": stack.enter_context(burdened(bench.linarite)),
        }
        for number in range(bench.scale.rounds):
            for step, running in steps.items():
                lines.setdefault(step, []).append(bench.run_load(step, number, running, load(running.dialect)))
    speeds = []
    for step, of_step in lines.items():
        samples = {LINARITE: Sample(tuple(of_step))}
        speeds.append(values(samples, "msg_per_s").get(LINARITE, 0.0))
        cost, cores = values(samples, "server_us_per_msg"), values(samples, "server_cpu")
        yield Row(step, unit, None, values(samples, "msg_per_s"), cost, cores)
    without, with_it = speeds
    yield Row(f"{name}-share", SHARE, wanted_share, {LINARITE: with_it / without} if without else {})


@contextmanager
def _with_logs(linarite: Linarite) -> Iterator[Running]:
    """Run a server whose default resource sends both categories to a workspace."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, linarite.run(Path(folder)) as running:
        resource = (LINARITE, "-g", LINARITE, "--resource-type", "Microsoft.SignalRService/webPubSub")
        setting = ("create", "-n", "bench", "--resource", *resource, "--workspace", "bench", "--logs", _LOGS)
        command = [sys.executable, "-m", "linarite", "monitor", "diagnostic-settings", *setting]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("LINARITE_")}
        result = subprocess.run(
            [*command, "--data-folder", str(Path(folder) / "data")],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode:
            raise ServerError(f"no diagnostic setting could be made: {result.stderr.strip()}")
        yield running


CASES: Mapping[str, Case] = {"logs-cost-fan-out": fan_out, "logs-cost-rest": rest_to_one}
